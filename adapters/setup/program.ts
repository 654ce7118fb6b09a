/** The program of `npm run setup`: opens what the questions need, and closes it whatever happens. */
import { createLog } from '#core/log.ts';
import { readSettings, secretsOf } from '#core/settings.ts';
import { openStore, type Store } from '#core/store.ts';
import { languageOf } from '../banner.ts';
import { createNetworks } from '../host.ts';
import { openDialogue } from './dialogue.ts';
import { openEnvironment } from './environment.ts';
import { setUp } from './setup.ts';
import { wordsIn } from './words.ts';

/** Asks on the terminal or in a pipe, in the working folder. @throws RealCozeError when `.env` cannot be used as it is. */
export async function run(): Promise<void> {
  const environment = openEnvironment({ file: '.env', template: '.example.env', shell: process.env });
  const settings = readSettings(await environment.read());
  let networks = createNetworks(settings);
  const log = createLog({ level: 'error', secrets: secretsOf(settings) });
  const dialogue = openDialogue({
    input: process.stdin,
    output: process.stdout,
    // Also when the output goes through a pipe: otherwise the terminal itself would show secrets.
    interactive: process.stdin.isTTY === true,
  });
  let store: Promise<Store> | undefined;
  const openOnce = () => {
    store ??= openStore(settings.storeUrl, { log });
    return store;
  };
  try {
    await setUp({
      ...{ dialogue, environment, log, openStore: openOnce, signal: dialogue.signal },
      words: wordsIn(languageOf(await environment.read())),
      network: (target) => networks.towards(target),
      async useProxy(url) {
        const before = networks;
        networks = createNetworks({ ...settings, proxy: { ...settings.proxy, url } });
        await before.close();
      },
    });
  } catch (error) {
    if (!dialogue.signal.aborted) throw error;
  } finally {
    dialogue.close();
    await Promise.allSettled([networks.close(), store?.then((opened) => opened.close())]);
  }
}
