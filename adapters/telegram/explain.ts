/** What only Telegram makes necessary to say. */
import type { Incoming, Language } from '#core/message.ts';
import { targetOf } from './place.ts';
import type { Session } from './session.ts';

/** `settings answer all` where Telegram keeps the messages of the group from the bot (core.telegram.org/bots/features#privacy-mode). */
const cannotReadAll: Readonly<Record<Language, string>> = {
  en: 'Telegram’s privacy mode keeps messages that do not call me from me. Make me an administrator of this group; or send /setprivacy to @BotFather, choose Disable, and add me to the group again. Until then I answer mentions, replies to me and commands.',
  'zh-CN':
    'Telegram 的隐私模式已开启，我收不到没有提到我的消息。请把我设为本群管理员；或对 @BotFather 发送 /setprivacy 并选择 Disable，再把我重新加入本群。在此之前，我只回答提到我的消息、对我的回复和命令。',
  'zh-TW':
    'Telegram 的隱私模式已開啟，我收不到沒有提到我的訊息。請把我設為本群管理員；或對 @BotFather 傳送 /setprivacy 並選擇 Disable，再把我重新加入本群。在此之前，我只回答提到我的訊息、對我的回覆和指令。',
};

/** What has to be said to the result of a command line, if anything. */
export async function explained(session: Session, line: string, incoming: Incoming): Promise<string | undefined> {
  const { api, me, moderators, engine } = session;
  const { place } = incoming;
  if (place.direct || !/^\/?settings\s+answer\s+all\b/i.test(line)) return undefined;
  const { answer, language = incoming.language ?? 'en' } = await engine.settings(place);
  if (answer !== 'all') return undefined;
  const now = await api.getMe().catch(() => me);
  if (now.can_read_all_group_messages || (await moderators.has(targetOf(place).chat, me.id))) return undefined;
  return cannotReadAll[language];
}
