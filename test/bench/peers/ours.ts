/** Our side: `present` with one pacer for all replies, on the surfaces of the place. */
import type { ReplyEvent } from '#core/coze/transport.ts';
import { createPacer } from '#core/reply/pace/pace.ts';
import { present } from '#core/reply/present.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import type { Clock } from '../../reply/clock.ts';
import type { Place } from './place.ts';
import type { Screen } from './screen.ts';
import { type Answer, stream } from './stream.ts';

/** Gives every answer its reply; settles when all have ended. Each promise is one answer. `longest`: characters of a message on Telegram. */
export function presentAll(
  all: readonly Answer[],
  place: Place,
  screen: Screen,
  clock: Clock,
  longest: number,
): Promise<void>[] {
  const pacer = createPacer(clock);
  return all.map(async (answer) => {
    const surface = place.surface(place.budget === 'discord-interaction' ? answer.mark : undefined);
    const presented = await present(events(answer, clock), {
      surface: {
        ...shownOn(screen, surface, answer.mark),
        ...(place.budget.startsWith('telegram') && { limit: longest }),
      },
      pacer,
      signal: new AbortController().signal,
      key: answer.mark,
      note: () => undefined,
    });
    if (presented.error !== undefined) throw presented.error;
  });
}

async function* events(answer: Answer, clock: Clock): AsyncGenerator<ReplyEvent> {
  for await (const text of stream(answer, clock)) yield { type: 'delta', text };
  yield { type: 'done', finish: 'stop' };
}

function shownOn(screen: Screen, surface: Surface, mark: string): Surface {
  const shown = async (call: Promise<Receipt>, content: Content, isPost: boolean) => {
    const receipt = await call;
    if (isPost) screen.drop(`draft ${mark}`);
    // Two interactions may name their messages alike.
    screen.show(`${mark} ${receipt.id}`, content.text);
    return receipt;
  };
  const { draft, spare } = surface;
  return {
    ...surface,
    spare: spare && { ...spare, edit: (id, content) => shown(spare.edit(id, content), content, false) },
    post: (content, key) => shown(surface.post(content, key), content, true),
    edit: (id, content) => shown(surface.edit(id, content), content, false),
    ...(draft && {
      draft: async (content: Content) => {
        const receipt = await draft(content);
        screen.show(`draft ${mark}`, content.text);
        return receipt;
      },
    }),
  };
}
