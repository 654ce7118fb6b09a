/** Buttons: a command line travels in the `custom_id` (100 characters at most), so that a button works after a restart too. */

import { ButtonStyle, ComponentType } from 'discord.js';
import type { Button } from '#core/message.ts';

const PREFIX = 'c:';
const LONG = 'l:';
const ID_LIMIT = 100;
const LABEL_LIMIT = 80;
const ROW = 5;
const ROWS = 5;
/** Long commands kept at once; the oldest go first. */
const KEPT = 2000;

/** Makes component rows of buttons, and finds the command of a pressed one. */
export interface Buttons {
  rows(buttons: readonly Button[]): ActionRow[];
  /** `undefined` when the button is not ours, or its long command is no longer known and its label does not tell it. */
  commandOf(customId: string, label: string | undefined): string | undefined;
}

interface ActionRow {
  readonly type: ComponentType.ActionRow;
  readonly components: ButtonComponent[];
}

interface ButtonComponent {
  readonly type: ComponentType.Button;
  readonly style: ButtonStyle.Primary | ButtonStyle.Danger | ButtonStyle.Secondary;
  readonly label: string;
  readonly custom_id: string;
}

/** One per adapter. Commands too long for a `custom_id` are kept in memory; after a restart an `ask` falls back to its label. */
export function createButtons(): Buttons {
  const long = new Map<string, string>();

  function idFor(command: string, place: number): string {
    // The place keeps two equal commands in one message apart: Discord refuses a repeated id.
    const short = `${PREFIX}${place}:${command}`;
    if (short.length <= ID_LIMIT) return short;
    const name = fingerprint(command);
    long.delete(name);
    long.set(name, command);
    const oldest = long.keys().next().value;
    if (long.size > KEPT && oldest !== undefined) long.delete(oldest);
    return `${LONG}${place}:${command.startsWith('ask ') ? 'a' : 'c'}:${name}`;
  }

  return {
    rows(buttons) {
      // Discord refuses a blank label, and the whole message with it.
      const named = buttons.map((button) => ({ ...button, label: button.label.replaceAll(/\s+/g, ' ').trim() }));
      const shown = named.filter(({ label }) => label !== '').slice(0, ROW * ROWS);
      const components = shown.map((button, place) => ({
        type: ComponentType.Button as const,
        style: styleOf(button),
        label: shorten(button.label, LABEL_LIMIT),
        custom_id: idFor(button.command, place),
      }));
      const rows: ActionRow[] = [];
      for (let start = 0; start < components.length; start += ROW)
        rows.push({ type: ComponentType.ActionRow, components: components.slice(start, start + ROW) });
      return rows;
    },
    commandOf(customId, label) {
      const short = /^c:\d+:(.*)$/s.exec(customId);
      if (short !== null) return short[1];
      const kept = /^l:\d+:([ac]):(.*)$/.exec(customId);
      if (kept === null) return undefined;
      const command = long.get(kept[2] ?? '');
      if (command !== undefined) return command;
      return kept[1] === 'a' && label !== undefined && !label.endsWith('…') ? `ask ${label}` : undefined;
    },
  };
}

function styleOf({ style }: Button): ButtonComponent['style'] {
  if (style === 'primary') return ButtonStyle.Primary;
  return style === 'danger' ? ButtonStyle.Danger : ButtonStyle.Secondary;
}

/** At most `limit` UTF-16 units, never half a character; what was cut shows as an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > limit - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** FNV-1a, twice: names a command among the two thousand that are kept. */
function fingerprint(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    low = Math.imul(low ^ code, 0x01000193) >>> 0;
    high = Math.imul(high ^ code, 0x85ebca6b) >>> 0;
  }
  return low.toString(36) + high.toString(36);
}
