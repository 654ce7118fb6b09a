/** The program of `npm run doctor`: looks at everything the settings name, and says what is wrong and what to do. */
import { readSettings } from '#core/settings.ts';
import { languageOf } from '../../banner.ts';
import { openHost, readEnvironment } from '../../host.ts';
import { wordsIn as setupWordsIn } from '../words.ts';
import { examineCoze } from './coze.ts';
import { examineDiscord } from './discord.ts';
import type { Examination } from './patient.ts';
import { examineProgram } from './running.ts';
import { examineTelegram } from './telegram.ts';
import { wordsIn } from './words.ts';

const examinations: readonly Examination[] = [examineProgram, examineCoze, examineTelegram, examineDiscord];

/** True when nothing has to be mended. @throws RealCozeError when the settings or the store cannot be used at all. */
export async function run(): Promise<boolean> {
  const env = readEnvironment();
  const language = languageOf(env);
  const words = wordsIn(language);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  // A reader that has left (`| head`) has seen enough.
  process.stdout.on('error', () => process.exit(1));
  const leaving = new AbortController();
  process.once('SIGINT', () => leaving.abort());
  say(words.welcome);
  readSettings(env);
  // What goes wrong is said below, once.
  const host = await openHost({ env: { ...env, LOG_LEVEL: 'silent' } });
  let faults = 0;
  try {
    const patient = { host, words, setup: setupWordsIn(language), signal: leaving.signal };
    for (const examine of examinations)
      for await (const line of examine(patient)) {
        say(line);
        if (line.startsWith('✗')) faults += 1;
      }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    return false;
  } finally {
    await host.close();
  }
  say(faults === 0 ? words.well : words.sick(faults));
  return faults === 0;
}
