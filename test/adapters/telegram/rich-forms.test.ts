/** What a finished rich answer is besides its text. */
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../fake/telegram/server.ts';
import { inPieces, setUp, start } from './rich-scene.ts';

describe('a finished rich answer', () => {
  it('is split where it has more bold words than a message takes', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    await say(inPieces('**a** '.repeat(6000), () => undefined));
    expect(shown().length).toBe(2);
    expect(shown().every(({ rich }) => rich !== undefined)).toBe(true);
    expect(
      shown()
        .map(({ text }) => text)
        .join(' ')
        .match(/a/g)?.length,
    ).toBe(6000);
  });

  it('hides what stands between double bars', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    await say(inPieces('It is ||42||.', () => undefined));
    expect(shown()[0]?.rich).toEqual([{ type: 'paragraph', text: ['It is ', { type: 'spoiler', text: '42' }, '.'] }]);
  });

  it('has names, commands and tags to tap in a private chat once it is finished, and never in a group', async () => {
    const fake = await start();
    const text = 'Write /new, or ask @BotFather about #bots.';
    const tapped = (messages: readonly Seen[]) => messages[0]?.entities.map(({ type }) => type).sort();
    const own = setUp(fake);
    await own.say(inPieces(text, () => undefined));
    expect(tapped(own.shown())).toEqual(['bot_command', 'hashtag', 'mention']);
    const lab = setUp(fake, { group: fake.group('Lab') });
    await lab.say(inPieces(text, () => undefined));
    expect(tapped(lab.shown())).toEqual([]);
  });

  it('is shown whole where Telegram does not take what it finds to tap', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const text = 'Write /new, not openai:me@example.com, **now**.';
    await say(inPieces(text, () => undefined));
    expect(shown()).toMatchObject([{ text: 'Write /new, not openai:me@example.com, now.', entities: [] }]);
    expect(shown()[0]?.rich).toBeDefined();
  });

  it('ends with its pictures, and without where Telegram cannot fetch it', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const text = 'Here it is: ![cat](https://example.com/cat.png)';
    await say(inPieces(text, () => undefined));
    expect(shown()[0]?.rich?.at(-1)).toMatchObject({ type: 'photo', photo: { media: 'https://example.com/cat.png' } });

    const several = setUp(fake);
    await several.say(inPieces(`${text} ![dog](https://example.com/dog.png)`, () => undefined));
    expect(several.shown()[0]?.rich?.filter((block) => (block as { type: string }).type === 'photo').length).toBe(2);

    const other = setUp(fake);
    fake.failNext('sendRichMessage', { status: 400, description: 'Bad Request: failed to get HTTP URL content' });
    await other.surface.post({ text, final: true }, 'turn');
    const [message] = other.shown();
    expect(message?.rich).toHaveLength(1);
    expect(message?.text).toContain('🖼 cat');
    const before = fake.calls.length;
    const buttons = [{ label: 'Retry', command: 'retry' }];
    await other.surface.edit(String(message?.id), { text, final: true, buttons });
    expect(fake.calls.length - before).toBe(1);
    expect(other.shown()[0]?.rich).toHaveLength(1);
  });
});
