import { describe, expect, it } from 'vitest';
import { inPieces, setUp, start } from './rich-scene.ts';

const paragraphs = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `Paragraph **${index}** of the answer, about 量子计算 and the rest.`,
  ).join('\n\n');

const everything = `## 结果

It is $E = mc^2$, **not** $5 or $6, see [here](https://example.com).[^1]

$$
x = \\frac{1}{2}
$$

| 城市 | people |
|:--|--:|
| Bern | **134000** |

1. first
   - nested
     - [x] done
     - [ ] open
2. second

\`\`\`python
print("你好")
\`\`\`

> quoted
> > twice

[^1]: A note.`;

const everythingRead = `结果
It is E = mc^2, not $5 or $6, see here.[1]
x = \\frac{1}{2}
城市 | people
Bern | 134000
1. first
  • nested
    • ☑ done
    • ☐ open
2. second
print("你好")
> quoted
> > twice
[1] A note.
`;

describe('an answer in rich messages', () => {
  it('grows in one message where plain text would need three', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const text = `${paragraphs(150)}\n\n| a | b |\n|---|---|\n| 1 | 2 |`;
    let seen = 0;
    await say(inPieces(text, () => fake.waitFor(() => shown().length > 0 && ++seen)));
    expect(shown()).toHaveLength(1);
    expect(shown()[0]?.rich).toBeDefined();
    expect(shown()[0]?.text).toContain('Paragraph 149 of the answer, about 量子计算 and the rest.\na | b\n1 | 2');
    expect(shown()[0]?.shown.length).toBeGreaterThan(1);
  });

  it('shows everything that a model writes in one message, bit by bit', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const steps = () => shown()[0]?.shown.length ?? 0;
    let seen = 0;
    await say(
      inPieces(`${everything}\n\n${paragraphs(100)}`, async (index) => {
        if (index < 6) seen = await fake.waitFor(() => steps() > seen && steps());
      }),
    );
    const [message, ...others] = shown();
    expect(others).toEqual([]);
    expect(message?.text.startsWith(everythingRead)).toBe(true);
    expect(message?.text).toMatch(/Paragraph 99 of the answer, about 量子计算 and the rest\.$/);
    const types = message?.rich?.map((block) => (block as { type: string }).type);
    expect(types?.slice(0, 8)).toEqual([
      ...['heading', 'paragraph', 'mathematical_expression', 'table', 'list', 'pre', 'blockquote', 'paragraph'],
    ]);
    // No step showed a mark of markdown.
    for (const step of message?.shown ?? []) expect(step).not.toMatch(/\*\*|```|\$\$|\|---/);
    expect(message?.shown.length).toBeGreaterThan(6);
  });

  it('is split where even those are full', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    await say(inPieces(paragraphs(900), () => undefined));
    expect(shown().length).toBeGreaterThan(1);
    for (const message of shown()) expect(message.rich).toBeDefined();
    const all = shown()
      .map(({ text }) => text)
      .join('\n');
    expect(all.match(/\d+(?= of the answer)/g)).toEqual(Array.from({ length: 900 }, (_, index) => String(index)));
  });

  it.each([
    'Bad Request: RICH_MESSAGE_UNSUPPORTED',
    'Bad Request: RICH_MESSAGE_TEXT_TOO_LONG',
    'Bad Request: message is too long',
    'Bad Request: not enough rights to send the rich message to the chat',
  ])('goes on with entities, whole, where Telegram suddenly says %s', async (words) => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    await say(
      inPieces(paragraphs(200), async (index) => {
        if (index !== 20) return;
        const message = await fake.waitFor(() => shown()[0]);
        expect(message.rich).toBeDefined();
        fake.refuseRich = words.replace('Bad Request: ', '');
      }),
    );
    expect(shown().length).toBeGreaterThan(2);
    for (const message of shown()) expect(message.rich).toBeUndefined();
    const all = shown()
      .map((message) => message.text)
      .join('\n');
    expect(all.match(/\d+(?= of the answer)/g)).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
    expect(shown()[0]?.entities[0]?.type).toBe('bold');
    expect(fake.calls.filter(({ params }) => params.rich_message !== undefined).length).toBeLessThan(
      fake.calls.filter(({ params }) => params.text !== undefined).length,
    );
    expect(fake.complaints).toEqual([]);
  });

  it('is refused once and then left alone, reply by reply', async () => {
    const fake = await start();
    const { surface } = setUp(fake);
    const richCalls = () => fake.calls.filter(({ params }) => params.rich_message !== undefined).length;
    fake.refuseRich = 'RICH_MESSAGE_UNSUPPORTED';
    const { id } = await surface.post({ text: '**a**', final: false }, 'turn');
    await surface.edit(id, { text: '**a** b', final: true, note: 'stopped' });
    expect(richCalls()).toBe(1);
    expect(fake.answers(setUp(fake).chat)).toEqual([]);
    fake.refuseRich = undefined;
    await setUp(fake).surface.post({ text: 'c', final: true }, 'turn');
    expect(richCalls()).toBe(2);
  });

  it('has the note under it, the buttons, the reply and no notified member in a group', async () => {
    const fake = await start();
    const group = fake.group('Lab');
    const moved = fake.group('Lab, larger');
    const replyTo = fake.write({ chat: group, from: fake.person('Bo'), text: 'Whom?' });
    const { surface, shown } = setUp(fake, { group, replyTo });
    const buttons = [{ label: 'Stop', command: 'stop' }];
    const { id } = await surface.post({ text: 'Ask @somebody', final: false, buttons }, 'turn');
    expect(shown()[0]).toMatchObject({ buttons: ['Stop'], text: 'Ask @somebody', replyTo });
    await surface.edit(id, { text: 'Ask @somebody', final: false, buttons });
    await surface.edit(id, { text: 'Ask @somebody', final: true, note: 'Stopped.' });
    expect(shown()[0]).toMatchObject({ buttons: [], text: 'Ask @somebody\nStopped.' });
    expect(shown()[0]?.rich).toEqual([
      { type: 'paragraph', text: ['Ask ', { type: 'code', text: '@somebody' }] },
      { type: 'footer', text: 'Stopped.' },
    ]);
    fake.failNext('sendRichMessage', {
      status: 400,
      description: 'Bad Request: upgraded to a supergroup',
      movedTo: moved,
    });
    await surface.post({ text: '*there*', final: true }, 'turn');
    expect(fake.answers(moved)[0]?.rich).toBeDefined();
  });

  it('is plain from the first message on at a server that does not know the method', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    fake.failNext('sendRichMessage', { status: 404, description: 'Not Found: method not found' });
    await say(inPieces('Some **bold** words.', () => undefined));
    expect(shown()).toMatchObject([{ text: 'Some bold words.', entities: [{ type: 'bold', offset: 5, length: 4 }] }]);
    expect(fake.calls.filter(({ method }) => method === 'sendRichMessage')).toHaveLength(1);
  });

  it.each([
    [160, 'and keeps the full one while the rest fits a plain message', [true, false]],
    [230, 'which all become plain where the rest does not', [false]],
  ])('is whole after a refusal behind a full message, %i paragraphs, %s', async (count, _, rich) => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const chinese = Array.from({ length: count }, (_, index) => `**${index}**号${'量子计算'.repeat(20)}`).join('\n\n');
    await say(
      inPieces(chinese, async (index) => {
        if (index !== 32) return;
        await fake.waitFor(() => shown().length === 2);
        fake.refuseRich = 'RICH_MESSAGE_UNSUPPORTED';
      }),
    );
    expect([...new Set(shown().map((message) => message.rich !== undefined))]).toEqual(rich);
    const all = shown().map((message) => message.text.replaceAll('\n', ''));
    expect(all.join('')).toBe(chinese.replaceAll(/\*\*|\n/g, ''));
  });

  it('is drafted with entities, and then a message, where rich drafts are refused', async () => {
    const fake = await start();
    const { say, shown, chat } = setUp(fake, { drafts: true });
    fake.refuseRich = 'RICH_MESSAGE_UNSUPPORTED';
    let drafted = '';
    await say(
      inPieces(paragraphs(40), async (index) => {
        if (index === 2) drafted = await fake.waitFor(() => fake.draft(chat));
      }),
    );
    expect(drafted).toContain('Paragraph 0 of');
    expect(fake.calls.map(({ method }) => method)).toContain('sendMessageDraft');
    expect(fake.calls.filter(({ params }) => params.rich_message !== undefined)).toHaveLength(1);
    expect(shown()).toMatchObject([{ rich: undefined, text: expect.stringContaining('Paragraph 39 of') }]);
  });

  it('is drafted as rich text in a private chat, and posted once', async () => {
    const fake = await start();
    const { say, shown, chat } = setUp(fake, { drafts: true });
    let drafted = '';
    await say(
      inPieces(paragraphs(120), async (index) => {
        if (index === 2) drafted = await fake.waitFor(() => fake.draft(chat));
      }),
    );
    expect(drafted).toContain('Paragraph 0 of');
    expect(shown()).toHaveLength(1);
    expect(fake.draft(chat)).toBeUndefined();
    expect(fake.calls.map(({ method }) => method)).not.toContain('sendMessageDraft');
  });
});
