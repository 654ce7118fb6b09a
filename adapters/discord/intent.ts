/** What was just set, and Discord will not let happen. */
import type { Incoming } from '#core/message.ts';
import { cannotReadAll } from './explain.ts';
import type { Session } from './session.ts';

/** What to say to who has set that talk without a mention is answered, where Discord hides it. `incoming` is the command. */
export async function missingIntent(
  { text, place, language = 'en' }: Incoming,
  { readsEverything, engine }: Session,
): Promise<string | undefined> {
  const [, wanted] = /^\/settings (answer all|threads on)\b/.exec(text) ?? [];
  if (wanted === undefined || readsEverything) return undefined;
  const { answer, threads } = await engine.settings(place);
  return (wanted === 'threads on' ? threads : answer === 'all') ? cannotReadAll[language] : undefined;
}
