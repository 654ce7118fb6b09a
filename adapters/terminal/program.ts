/** The program of `npm run command`: the same bots and the same store, in a terminal or a pipe. */
import { languageOf } from '../banner.ts';
import { openHost, readEnvironment } from '../host.ts';
import { talk } from './talk.ts';
import { wordsIn } from './words.ts';

/** Talks until the person leaves; resolves to the exit code. @throws RealCozeError when it cannot start. */
export async function run(): Promise<number> {
  const env = readEnvironment();
  const host = await openHost({ env, quiet: true });
  const { engine, catalog } = host;
  const language = languageOf(env);
  const preface = catalog.list().some(host.isLocal) ? wordsIn(language).local : undefined;
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  // A reader that has left (`| head`) is no failure.
  process.stdout.on('error', () => process.exit(0));
  try {
    const complete = await talk({
      ...{ engine, catalog, language, interactive, preface },
      ...{ input: process.stdin, output: process.stdout },
    });
    return complete ? 0 : 1;
  } finally {
    await host.close();
  }
}
