/** The command menus that Telegram shows: one for private chats, one for groups, one for their administrators, in English and Chinese. */
import type { Api } from 'grammy';
import type { BotCommand, BotCommandScope } from 'grammy/types';
import { sleep } from '#core/async.ts';
import { commandTable } from '#core/commands.ts';
import type { Log } from '#core/log.ts';
import type { Language } from '#core/message.ts';
import { forGrammy } from './client.ts';
import { mayPass, telegramError } from './errors.ts';

/** Commands that a menu leaves out although they work: in a private chat every message is a question; settings are for administrators. */
const menus: readonly {
  readonly scope: BotCommandScope['type'] & `all_${string}`;
  readonly without: readonly string[];
}[] = [
  { scope: 'all_private_chats', without: ['chat'] },
  { scope: 'all_group_chats', without: ['settings'] },
  { scope: 'all_chat_administrators', without: [] },
];

/** Telegram knows languages by two letters, so that both Chinese scripts share a menu; no letters = everybody else. */
const languages: readonly { readonly code: 'zh' | undefined; readonly language: Language }[] = [
  { code: undefined, language: 'en' },
  { code: 'zh', language: 'zh-CN' },
];

/** How often a menu is tried that Telegram does not take now, and the pause before the next time. */
const mostTries = 5;
const pauseMs = 2_000;

/** Sets what differs from what Telegram has. Never fails: without menus the commands still work. */
export async function setMenus(api: Api, log: Log, signal: AbortSignal): Promise<void> {
  try {
    for (const { scope: type, without } of menus)
      for (const { code, language } of languages) {
        const where = { scope: { type }, ...(code === undefined ? {} : { language_code: code }) };
        await patiently(() => setMenu(api, commandsIn(language, without), where, signal), signal);
      }
  } catch (error) {
    if (!signal.aborted) log.warn({ error }, 'The command menu in Telegram could not be set.');
  }
}

type Where = NonNullable<Parameters<Api['getMyCommands']>[0]>;

async function setMenu(api: Api, wanted: BotCommand[], where: Where, signal: AbortSignal): Promise<void> {
  const old = await api.getMyCommands(where, forGrammy(signal));
  if (!same(old, wanted)) await api.setMyCommands(wanted, where, forGrammy(signal));
}

/** @throws RealCozeError when it cannot be done, or not in time. */
async function patiently(run: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let left = mostTries; ; left -= 1) {
    try {
      return await run();
    } catch (error) {
      const told = telegramError(error, 'setMyCommands');
      if (signal.aborted || left <= 1 || !mayPass(told)) throw told;
      await sleep(told.retryAfterMs ?? pauseMs, signal);
    }
  }
}

function commandsIn(language: Language, without: readonly string[]): BotCommand[] {
  return commandTable
    .filter(({ name, menu }) => menu && !without.includes(name))
    .map(({ name, summary }) => ({ command: name, description: summary[language] }));
}

function same(a: readonly BotCommand[], b: readonly BotCommand[]): boolean {
  const words = (menu: readonly BotCommand[]) =>
    menu.map(({ command, description }) => `${command} ${description}`).join('\n');
  return words(a) === words(b);
}
