/** Looking at a chat of the fake Telegram as its members do. */
import type { User } from 'grammy/types';
import type { FakeTelegram, Seen } from '../../fake/telegram/server.ts';

/** An answer of the local service with exactly this text. */
export const says = (text: string) => ({ say: [{ type: 'answer' as const, text }] });

/** An answer that says eight words of twelve and then waits. */
export const halfway = (until: Promise<unknown> = new Promise(() => {})) => ({
  ...says(twelveWords),
  pause: { afterWords: 8, until },
});

/** What `halfway` says in the end. */
export const twelveWords = 'One two three four five six seven eight nine ten eleven twelve.';

/** An answer is finished when its Stop button has gone. */
export const isFinished = (message: Seen) => !message.buttons.includes('Stop');

/** The bot's messages once there are `count` of them and none is running. */
export function finished(fake: FakeTelegram, chat: number, count: number, topic?: number): Promise<readonly Seen[]> {
  return fake.waitFor(() => {
    const answers = fake.answers(chat, topic);
    return answers.length >= count && answers.every(isFinished) && answers;
  });
}

/** The first message of the bot that shows `words`. */
export function shown(fake: FakeTelegram, chat: number, words: string): Promise<Seen> {
  return fake.waitFor(() => fake.answers(chat).find(({ text }) => text.includes(words)));
}

/** Writes in private and waits for the whole answer. */
export async function ask(fake: FakeTelegram, user: User, text: string): Promise<Seen> {
  const before = fake.answers(user.id).length;
  fake.write({ chat: user.id, from: user, text });
  const answer = (await finished(fake, user.id, before + 1)).at(-1);
  if (!answer) throw new Error('No answer came.');
  return answer;
}
