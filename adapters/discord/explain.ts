/** What only Discord makes necessary to say. */
import type { Language } from '#core/message.ts';

type Texts = Readonly<Record<Language, string>>;

/** A reply without a ping: Discord hides its text from applications that may not read everything. */
export const hiddenText: Texts = {
  en: 'Discord hides the text of this reply from me. Reply with the ping switched on, or mention me in the text.',
  'zh-CN': 'Discord 不让我看到这条回复的内容。回复时请打开提醒（@），或在消息里提到我。',
  'zh-TW': 'Discord 不讓我看到這則回覆的內容。回覆時請開啟提醒（@），或在訊息裡提到我。',
};

/** Talk without a mention in a thread that a question has opened. */
export const hiddenTalk: Texts = {
  en: 'Discord hides from me what does not call me, also in this thread. Mention me, or reply to me with the ping switched on.',
  'zh-CN': '即使在这个子区里，Discord 也不让我看到没有叫我的消息。请提到我，或在回复我时打开提醒（@）。',
  'zh-TW': '即使在這個討論串裡，Discord 也不讓我看到沒有叫我的訊息。請提到我，或在回覆我時打開提醒（@）。',
};

/** `settings answer all` or `threads on` without the privileged intent. */
export const cannotReadAll: Texts = {
  en: 'Discord does not show me messages that do not call me. The owner can change that: Developer Portal → this application → Bot → Message Content Intent, then restart the program. Until then I answer mentions, replies with a ping, direct messages and commands.',
  'zh-CN':
    'Discord 不让我看到没有提到我的消息。管理者可以更改：Developer Portal → 此应用 → Bot → Message Content Intent，然后重启程序。在此之前，我会回答提到我的消息、带提醒的回复、私信和命令。',
  'zh-TW':
    'Discord 不讓我看到沒有提到我的訊息。管理者可以更改：Developer Portal → 此應用程式 → Bot → Message Content Intent，然後重新啟動程式。在此之前，我會回答提到我的訊息、帶提醒的回覆、私訊和指令。',
};

/** The server has the commands, but not the bot itself: it was added without the scope `bot`. */
export const notInServer: Texts = {
  en: 'This server has my commands, but not me. Somebody who may manage the server can add me here: {invitation}',
  'zh-CN': '此服务器只添加了我的命令，没有添加我本身。可以管理服务器的人能在这里添加我：{invitation}',
  'zh-TW': '此伺服器只加入了我的指令，沒有加入我本身。可以管理伺服器的人能在這裡加入我：{invitation}',
};

/** What is too long for a button is not kept over a restart. */
export const lostButton: Texts = {
  en: 'I no longer know the whole of what this button says. Write it to me in your own words.',
  'zh-CN': '我已不记得这个按钮的完整内容，请用您自己的话告诉我。',
  'zh-TW': '我已不記得這個按鈕的完整內容，請用您自己的話告訴我。',
};

/** Sent to the asker in private: the channel takes no messages from the bot. */
export const cannotWrite: Texts = {
  en: 'You asked me something in {channel}, but I may not write there. A moderator can give me “Send Messages” (in threads: “Send Messages in Threads”), or unlock the thread.',
  'zh-CN':
    '您在 {channel} 向我提问，但我在那里没有发言权限。管理员可以授予我“发送消息”（在子区中为“在子区内发送消息”）权限，或解锁子区。',
  'zh-TW':
    '您在 {channel} 向我提問，但我在那裡沒有發言權限。管理員可以授予我「傳送訊息」（在討論串中為「在討論串中傳送訊息」）權限，或解除討論串的鎖定。',
};
