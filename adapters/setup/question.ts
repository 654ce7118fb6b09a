/** Step 6: one real question, through the config and the settings as they now are on disk. */
import { readFile } from 'node:fs/promises';
import { parseBot } from '#core/bots/schema.ts';
import { createClients } from '#core/coze/client.ts';
import type { Transport } from '#core/coze/transport.ts';
import { isRealCozeError } from '#core/errors.ts';
import { readSettings } from '#core/settings.ts';
import { confirm } from './ask.ts';
import { openFolder } from './folder.ts';
import type { Setup } from './session.ts';

/** Asks, shows the answer, and asks again while the owner wants to. */
export async function askTheBot(setup: Setup, name: string): Promise<void> {
  const { dialogue, words, signal } = setup;
  for (;;) {
    dialogue.say(words.asking(words.firstQuestion));
    try {
      dialogue.say(words.answered(await answerOf(setup, name)));
      return;
    } catch (error) {
      if (signal.aborted || !isRealCozeError(error)) throw error;
      dialogue.say(words.fault(error));
    }
    if (!(await confirm(setup, words.askAgain, false))) return;
  }
}

async function answerOf(setup: Setup, name: string): Promise<string> {
  const env = await setup.environment.read();
  const settings = readSettings(env);
  const file = openFolder(settings.bots.dir ?? 'bots').fileOf(name);
  const clients = createClients({
    ...{ coze: settings.coze, network: setup.network('coze'), env, log: setup.log },
    cache: (await setup.openStore()).keyv('coze'),
  });
  try {
    return await read(clients.for(parseBot(name, await readFile(file, 'utf8'))), setup);
  } finally {
    await clients.close();
  }
}

async function read(transport: Transport, { words, signal }: Setup): Promise<string> {
  let answer = '';
  const question = { turns: [{ role: 2 as const, content: words.firstQuestion }], user: 'setup' };
  for await (const event of transport.ask(question, signal)) {
    if (event.type === 'delta') answer += event.text;
    if (event.type === 'replace') answer = event.text;
  }
  return answer.trim();
}
