import { describe, expect } from 'vitest';
import { test } from './scene.ts';
import { ask, says } from './talk.ts';

describe('the pictures of an answer', () => {
  const address = (name: string) => `https://pictures.example/${name}.png`;
  const answer = ['cat', 'dog', 'owl'].map((name) => `![${name}](${address(name)})`).join('\n');

  test('are shown: the first with its text, the others as an album under it', async ({ fake, house, ada }) => {
    await house.start(fake);
    house.simulator.faults.next(says(answer));
    fake.write({ chat: ada.id, from: ada, text: 'Draw three.' });
    const [text, ...album] = await fake.waitFor(() => fake.answers(ada.id).length === 3 && fake.answers(ada.id));
    expect(text).toMatchObject({ preview: address('cat'), text: '🖼 cat\n🖼 dog\n🖼 owl' });
    expect(album.map(({ file, replyTo }) => [file?.name, replyTo])).toEqual([
      ['dog.png', text?.id],
      ['owl.png', text?.id],
    ]);
  });

  test('are shown one by one where Telegram cannot fetch them all', async ({ fake, house, ada }) => {
    await house.start(fake);
    fake.world.unreachable.add(address('dog'));
    house.simulator.faults.next(says(answer));
    fake.write({ chat: ada.id, from: ada, text: 'Draw three.' });
    const [, owl] = await fake.waitFor(() => fake.answers(ada.id).length === 2 && fake.answers(ada.id));
    expect(owl?.file?.name).toBe('owl.png');
    expect((await ask(fake, ada, '/bots')).text).toContain('pepper');
    expect(fake.answers(ada.id).length).toBe(3);
  });
});
