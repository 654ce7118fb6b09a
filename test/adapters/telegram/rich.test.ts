import fc from 'fast-check';
import { Keyv } from 'keyv';
import type { Nodes } from 'mdast';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReplyEvent } from '#core/coze/transport.ts';
import { parseMarkdown, showable } from '#core/reply/markdown.ts';
import { createPacer } from '#core/reply/pace.ts';
import { present } from '#core/reply/present.ts';
import { createButtons } from '../../../adapters/telegram/buttons.ts';
import { createApi } from '../../../adapters/telegram/client.ts';
import { createRichRenderer } from '../../../adapters/telegram/rich.ts';
import { richLimit } from '../../../adapters/telegram/rich-size.ts';
import { createSurface } from '../../../adapters/telegram/surface.ts';
import { readRich } from '../../fake/telegram/rich.ts';
import { type FakeTelegram, startFakeTelegram } from '../../fake/telegram/server.ts';
import { ANSWERS, answer } from '../../reply/answers.ts';

const blocksOf = (markdown: string, guardMentions = false) =>
  createRichRenderer({ guardMentions }).render(markdown).message.blocks;

describe('a rich message', () => {
  it('has real headings, tables, formulas, tasks, quotes and code', () => {
    const markdown = [
      '## Mass and *energy*',
      '',
      'It is $E = mc^2$, **not** `$400-600K`.',
      '',
      '$$',
      'a^2',
      '$$',
      '',
      '| a | b |',
      '|:--|--:|',
      '| 1 | **2** |',
      '',
      '3. three',
      '   - [x] done',
      '',
      '> said',
      '',
      '```ts',
      'let x;',
      '```',
    ].join('\n');
    expect(blocksOf(markdown)).toEqual([
      { type: 'heading', size: 2, text: ['Mass and ', { type: 'italic', text: 'energy' }] },
      {
        type: 'paragraph',
        text: [
          'It is ',
          { type: 'mathematical_expression', expression: 'E = mc^2' },
          ', ',
          { type: 'bold', text: 'not' },
          ' ',
          { type: 'code', text: '$400-600K' },
          '.',
        ],
      },
      { type: 'mathematical_expression', expression: 'a^2' },
      {
        type: 'table',
        is_bordered: true,
        cells: [
          [
            { text: 'a', align: 'left', valign: 'middle', is_header: true },
            { text: 'b', align: 'right', valign: 'middle', is_header: true },
          ],
          [
            { text: '1', align: 'left', valign: 'middle' },
            { text: { type: 'bold', text: '2' }, align: 'right', valign: 'middle' },
          ],
        ],
      },
      {
        type: 'list',
        items: [
          {
            type: '1',
            value: 3,
            blocks: [
              { type: 'paragraph', text: 'three' },
              {
                type: 'list',
                items: [{ has_checkbox: true, is_checked: true, blocks: [{ type: 'paragraph', text: 'done' }] }],
              },
            ],
          },
        ],
      },
      { type: 'blockquote', blocks: [{ type: 'paragraph', text: 'said' }] },
      { type: 'pre', language: 'ts', text: 'let x;' },
    ]);
  });

  it('links web addresses only, and keeps mentions from notifying anyone in a group', () => {
    expect(blocksOf('[a][1] [b](tg://user?id=1) ask @somebody\n\n[1]: https://example.com', true)).toEqual([
      {
        type: 'paragraph',
        text: [
          { type: 'url', url: 'https://example.com', text: 'a' },
          ' b (tg://user?id=1) ask ',
          { type: 'code', text: '@somebody' },
        ],
      },
    ]);
  });

  it('draws a table of too many columns in monospace, and keeps the words of what lies too deep', () => {
    const row = `|${' x |'.repeat(21)}`;
    expect(blocksOf(`${row}\n|${'---|'.repeat(21)}\n${row}`)).toMatchObject([{ type: 'pre' }]);
    const quoted = `${'> '.repeat(40)}deep`;
    const nested = Array.from({ length: 30 }, (_, depth) => `${'  '.repeat(depth)}- **d${depth}**`).join('\n');
    expect(readRich({ blocks: blocksOf(quoted) })).toContain('deep');
    expect(readRich({ blocks: blocksOf(nested) })).toContain('d29');
  });

  it('leaves out what says nothing', () => {
    expect(blocksOf('#\n\nA <!-- --> b\n\n-\n\n```\n```')).toMatchObject([
      { type: 'paragraph', text: 'A <!-- --> b' },
      { type: 'list', items: [{ blocks: [{ type: 'paragraph', text: ' ' }] }] },
      { type: 'pre', text: ' ' },
    ]);
  });

  it('runs from right to left where the answer does', () => {
    const { message } = createRichRenderer({ guardMentions: false }).render('**שלום** hello');
    expect(message).toMatchObject({ is_rtl: true });
  });

  it('is accepted at every prefix of an answer, says all of it, and is drawn bit by bit as at once', () => {
    const check = (text: string, step: number) => {
      const growing = createRichRenderer({ guardMentions: false });
      for (let end = step; end < text.length + step; end += step) {
        const view = end < text.length ? showable(text.slice(0, end)) : text;
        const { message } = growing.render(view);
        expect(message).toEqual(createRichRenderer({ guardMentions: false }).render(view).message);
        const said = letters(readRich(message));
        for (const leaf of leaves(parseMarkdown(view))) expect(said).toContain(letters(leaf));
        expect(growing.measure(view)).toBeLessThanOrEqual(richLimit);
      }
    };
    for (const text of ANSWERS) check(text, 23);
    fc.assert(fc.property(answer, fc.integer({ min: 20, max: 90 }), check), { numRuns: 25 });
  }, 60_000);
});

function letters(words: string): string {
  return words.replace(/[^\p{L}]/gu, '');
}

/** Every text of a tree by itself. */
function leaves(node: Nodes): string[] {
  if (node.type === 'html' || node.type === 'definition') return [];
  if ('value' in node) return [node.value];
  return 'children' in node ? node.children.flatMap(leaves) : [];
}

/** Time passes a hundred times as fast, the server keeps no limits. */
function setUp(fake: FakeTelegram, more: { drafts?: boolean } = {}) {
  const ada = fake.person('Ada');
  const surface = createSurface({
    api: createApi({ token: fake.token, apiUrl: fake.url, network: {} }),
    account: String(fake.world.me.id),
    target: { chat: ada.id, topic: undefined },
    direct: true,
    rich: true,
    buttons: createButtons(new Keyv<string>()),
    ...more,
  });
  const pacer = createPacer({
    now: () => performance.now() * 100,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms / 100);
      return () => clearTimeout(timer);
    },
  });
  const say = (events: AsyncIterable<ReplyEvent>) =>
    present(events, {
      ...{ surface, pacer, key: 'turn', note: () => undefined },
      signal: new AbortController().signal,
    });
  return { chat: ada.id, surface, say, shown: () => fake.answers(ada.id) };
}

async function* inPieces(
  text: string,
  afterPiece: (index: number) => Promise<unknown> | undefined,
): AsyncGenerator<ReplyEvent> {
  for (let at = 0, index = 0; at < text.length; at += 400, index++) {
    yield { type: 'delta', text: text.slice(at, at + 400) };
    await afterPiece(index);
  }
  yield { type: 'done', finish: 'stop' };
}

async function start(): Promise<FakeTelegram> {
  const fake = await startFakeTelegram({ limits: 'off' });
  onTestFinished(() => fake.close());
  return fake;
}

const paragraphs = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `Paragraph **${index}** of the answer, about 量子计算 and the rest.`,
  ).join('\n\n');

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

  it('is split where even those are full', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    await say(inPieces(paragraphs(900), () => undefined));
    expect(shown().length).toBeGreaterThan(1);
    const all = shown()
      .map(({ text }) => text)
      .join('\n');
    expect(all.match(/Paragraph \d+ of/g)).toHaveLength(900);
  });

  it('goes on with entities, whole, where Telegram suddenly takes no rich messages', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const text = paragraphs(200);
    await say(
      inPieces(text, async (index) => {
        if (index !== 20) return;
        await fake.waitFor(() => shown().length > 0);
        fake.failNext(/editMessageText/, { status: 400, description: 'Bad Request: RICH_MESSAGES_NOT_SUPPORTED' });
      }),
    );
    expect(shown().length).toBeGreaterThan(2);
    for (const message of shown()) expect(message.rich).toBeUndefined();
    const all = shown()
      .map((message) => message.text)
      .join('\n');
    expect(all.match(/Paragraph \d+ of/g)).toHaveLength(200);
    expect(shown()[0]?.entities[0]?.type).toBe('bold');
    expect(fake.complaints).toEqual([]);
  });

  it('is plain from the first message on at a server that does not know the method', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    fake.failNext('sendRichMessage', { status: 404, description: 'Not Found: method not found' });
    await say(inPieces('Some **bold** words.', () => undefined));
    expect(shown()).toMatchObject([{ text: 'Some bold words.', entities: [{ type: 'bold', offset: 5, length: 4 }] }]);
    expect(fake.calls.filter(({ method }) => method === 'sendRichMessage')).toHaveLength(1);
  });

  it('ends with its first picture, and without where Telegram cannot fetch it', async () => {
    const fake = await start();
    const { say, shown } = setUp(fake);
    const text = 'Here it is: ![cat](https://example.com/cat.png)';
    await say(inPieces(text, () => undefined));
    expect(shown()[0]?.rich?.at(-1)).toMatchObject({ type: 'photo', photo: { media: 'https://example.com/cat.png' } });

    const other = setUp(fake);
    fake.failNext('sendRichMessage', { status: 400, description: 'Bad Request: failed to get HTTP URL content' });
    await other.surface.post({ text, final: true }, 'turn');
    const [message] = other.shown();
    expect(message?.rich).toHaveLength(1);
    expect(message?.text).toContain('🖼 cat');
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
