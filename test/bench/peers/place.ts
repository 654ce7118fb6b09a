/** The place of one cell: what its platform counts, and which calls were made. The same for both sides. */
import type { Surface } from '#core/surface.ts';
import type { Clock } from '../../reply/clock.ts';
import type { Cell } from '../reply-optimum.ts';
import { createWorld, type World } from '../reply-world.ts';
import { createForgivingChat } from './forgiving.ts';

/** A cell of the table. */
export interface PeerCell extends Cell {
  /** How the SDK's handler answers a slash command: into the thread, or by the event's channel. */
  readonly slash?: 'thread' | 'channel';
  /** The private chat of Telegram does not hold one call a second, only the bucket behind it. */
  readonly isForgiving?: true;
}

export interface Place {
  readonly budget: Cell['budget'];
  /** The chat or channel; with `interaction`, what the token of that slash command opens, which has buckets of its own. */
  surface(interaction?: string): Surface;
  /** 429s so far. */
  refused(): number;
  /** Calls so far, refused ones included: "post", "edit", "draft", and "interaction post" and so on for those with an interaction's token. */
  calls(): Readonly<Record<string, number>>;
}

export function createPlace({ budget, isForgiving }: PeerCell, clock: Clock): Place {
  const usual = createWorld(budget === 'discord-interaction' ? 'discord-channel' : budget, clock);
  const shared = isForgiving ? createForgivingChat(clock) : usual;
  const interactions = new Map<string, World>();
  const calls: Record<string, number> = {};

  function worldOf(interaction: string): World {
    const world = interactions.get(interaction) ?? createWorld('discord-interaction', clock, usual.edit);
    interactions.set(interaction, world);
    return world;
  }

  function counted(surface: Surface, prefix: string): Surface {
    const count = (kind: string) => {
      calls[prefix + kind] = (calls[prefix + kind] ?? 0) + 1;
    };
    const { draft, spare } = surface;
    return {
      ...surface,
      spare: spare && {
        ...spare,
        edit: (id, content) => {
          count('spare edit');
          return spare.edit(id, content);
        },
      },
      post: (content, key) => {
        count('post');
        return surface.post(content, key);
      },
      edit: (id, content) => {
        count('edit');
        return surface.edit(id, content);
      },
      ...(draft && {
        draft: (content) => {
          count('draft');
          return draft(content);
        },
      }),
    };
  }

  return {
    budget,
    surface: (interaction) => {
      if (interaction === undefined)
        return counted(
          shared.surface(() => {}),
          '',
        );
      const surface = worldOf(interaction).surface(() => {});
      return counted({ ...surface, bucket: `interaction ${interaction}` }, 'interaction ');
    },
    refused: () => [shared, ...interactions.values()].reduce((sum, world) => sum + world.refused(), 0),
    calls: () => calls,
  };
}
