/** Step 3: which bot. Its config is written once Coze has shown that it can be asked. */
import type { Api } from '#core/coze/open/api.ts';
import { fetchProfile } from '#core/coze/open/profile.ts';
import { errorCode, isRealCozeError } from '#core/errors.ts';
import { confirm, untilGood } from './ask.ts';
import type { Access } from './credential.ts';
import { type Folder, openFolder } from './folder.ts';
import { type ListedBot, listBots } from './list.ts';
import type { Setup } from './session.ts';

/** `name` is its folder; `undefined` when none was chosen. */
export async function chooseBot(setup: Setup, access: Access): Promise<string | undefined> {
  const { dialogue, words, environment, signal } = setup;
  const found = await listed(setup, access.api);
  dialogue.say(found.length > 0 ? words.bots(found) : words.noList);
  const question = { text: words.botQuestion(found.length > 0) };
  const bot = await untilGood(setup, question, (answer) => check(setup, access.api, idOf(answer, found), found));
  if (!bot) return undefined;
  signal.throwIfAborted();
  const folder = openFolder((await environment.read()).BOTS_DIR || 'bots');
  const name = await folder.write(bot, access.config);
  dialogue.say(words.botWritten(bot.name || name, folder.fileOf(name)));
  await settle(setup, folder, name);
  return name;
}

/** Empty where this Coze has no lists, or the token may not read them. */
async function listed({ signal, dialogue, words }: Setup, api: Api): Promise<readonly ListedBot[]> {
  try {
    return await listBots(api, signal);
  } catch (error) {
    if (signal.aborted || !isRealCozeError(error)) throw error;
    if (!['unsupported', 'forbidden', 'not_found'].includes(error.code)) dialogue.say(words.fault(error));
    return [];
  }
}

/** A number of the list, an id, or the address of the bot's page at Coze, which ends with the id. */
function idOf(answer: string, found: readonly ListedBot[]): string | undefined {
  return found[Number(answer) - 1]?.id ?? /(?:^|bot(?:_id)?[/=])(\d{8,})(?:\D|$)/.exec(answer)?.[1];
}

/** The bot, when Coze answers for it. @throws RealCozeError */
async function check(
  { dialogue, words, signal }: Setup,
  api: Api,
  id: string | undefined,
  found: readonly ListedBot[],
): Promise<Pick<ListedBot, 'id' | 'name'> | undefined> {
  if (id === undefined) {
    dialogue.say(words.noSuchBot);
    return undefined;
  }
  const name = found.find((bot) => bot.id === id)?.name ?? '';
  try {
    return { id, name: (await fetchProfile(api, id, signal)).name ?? name };
  } catch (error) {
    if (errorCode(error) !== 'forbidden' || !isRealCozeError(error)) throw error;
    // A token that may chat but not read bots is enough; the question at the end shows it.
    if (error.upstreamCode === '4101') return { id, name };
    dialogue.say(words.unpublished(name || id, error.upstreamCode !== '4015'));
    return undefined;
  }
}

/** The new bot answers where nobody chose one, if the owner likes, and the program reads its folder. */
async function settle(setup: Setup, folder: Folder, name: string): Promise<void> {
  const { environment, words, dialogue } = setup;
  const env = await environment.read();
  // The file of a single bot would win over the folder.
  for (const single of ['BOT_CONFIG_PATH', 'bot_config_path'])
    if (env[single]) await environment.save({ [single]: '' });
  const others = (await folder.names()).filter((other) => other !== name);
  if (
    others.length > 0 &&
    env.DEFAULT_BOT !== name &&
    (await confirm(setup, words.defaultQuestion(name, others), true))
  )
    await environment.save({ DEFAULT_BOT: name });
  // Without a token for all bots the local Coze service goes on answering for them.
  const samples = env.COZE_API_TOKEN ? await folder.samples() : [];
  if (samples.length > 0) dialogue.say(words.samples(samples));
}
