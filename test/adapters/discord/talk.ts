/** What several test files say and wait for. */
import type { Channel, User } from '../../fake/discord/memory.ts';
import type { FakeDiscord } from '../../fake/discord/server.ts';

/** Makes the next answer of the local Coze service exactly this. */
export const says = (text: string) => ({ say: [{ type: 'answer' as const, text }] });

export const never = new Promise<void>(() => {});

export const words = (count: number) => Array.from({ length: count }, (_, n) => `word${n}`);

/** An answer is finished when its Stop button has gone. */
export const isFinished = ({ buttons }: { buttons: readonly { label: string }[] }) =>
  buttons.every(({ label }) => label !== 'Stop');

export type Views = ReturnType<typeof viewsOf>;

/** The views of one fake that tests ask for. */
export function viewsOf(fake: FakeDiscord) {
  const ours = (channel: Channel, user?: User) =>
    fake.visible(channel, user).filter(({ author }) => author === fake.bot.username);
  /** Finished answers: those that offer to be retried. */
  const answers = (channel: Channel) =>
    ours(channel).filter(({ buttons }) => buttons.some(({ label }) => label === 'Retry'));
  return {
    answers,
    answered: (channel: Channel, count = 1) =>
      fake.waitFor(() => {
        const found = answers(channel);
        return found.length >= count ? found : undefined;
      }),
    /** Messages of the bot that `user`, or anybody, sees. */
    ours,
    finished: (channel: Channel, count = 1) =>
      fake.waitFor(() => {
        const found = ours(channel);
        return found.length >= count && found.every(isFinished) ? found : undefined;
      }),
    begun: (channel: Channel, text: string) =>
      fake.waitFor(() => ours(channel).find(({ content }) => content.includes(text))),
  };
}
