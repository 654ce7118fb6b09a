/** What the web page is told. */
import { describe, expect, it } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { eventsOf, sentenceOf, speak, startSite } from './site.ts';

const session = '0123456789abcdef0123456789abcdef';

/** The page's own way of putting the blocks together. */
function blocksOf(events: Record<string, unknown>[]): string[] {
  let shown: string[] = [];
  for (const event of events)
    if (event.type === 'blocks') shown = [...shown.slice(0, Number(event.from)), ...(event.blocks as string[])];
  return shown;
}

describe('the page', () => {
  it('has a policy that runs no script but its own, and all its files', async () => {
    const site = await startSite();
    const page = await fetch(site.url);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/<script>|\son\w+="|\sstyle="|https?:\/\/(?!127)/);
    const paths = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]);
    for (const path of paths) expect((await fetch(site.url + path)).status).toBe(200);
    expect(paths.length).toBeGreaterThan(2);
  });

  it('is told which path there is not', async () => {
    const site = await startSite();
    expect(await sentenceOf(await fetch(`${site.url}/nowhere`))).toMatchObject({
      status: 404,
      message: /Nothing is at \/nowhere/,
    });
  });
});

describe('GET /api/bots', () => {
  it('tells names, welcome and questions of each bot', async () => {
    const site = await startSite({}, { local: () => true });
    const list = await (await fetch(`${site.url}/api/bots`)).json();
    expect(list).toMatchObject({
      default: 'ada',
      local: true,
      faults: [],
      bots: [
        { name: 'ada', title: 'Ada', welcome: '<p>I am <strong>Ada</strong>.</p>', suggestions: ['Why?'] },
        { name: 'bo', title: 'Bo' },
      ],
    });
  });
});

describe('POST /api/chat', () => {
  it('streams the answer as blocks of HTML, of which only the changed ones come again', async () => {
    const site = await startSite({ answer: () => speak('# Hi\n\n', 'One **two', '** three\n\n', 'Four') });
    const events = await eventsOf(await site.post('/api/chat', { session, text: 'Hello' }));
    expect(blocksOf(events)).toEqual(['<h3>Hi</h3>', '<p>One <strong>two</strong> three</p>', '<p>Four</p>']);
    expect(events.at(-1)).toEqual({ type: 'done', text: '# Hi\n\nOne **two** three\n\nFour', finish: 'stop' });
    expect(site.asked[0]?.incoming.place.levels).toEqual([{ kind: 'channel', id: session }]);
  });

  it('takes files with a question, and without one', async () => {
    const site = await startSite();
    const files = [{ name: 'a.png', type: 'image/png', url: 'data:image/png;base64,AAAA' }];
    for (const text of ['What is it?', '']) await eventsOf(await site.post('/api/chat', { session, text, files }));
    expect(site.asked.map(({ incoming }) => [incoming.text, incoming.attachments])).toEqual(
      ['What is it?', ''].map((text) => [
        text,
        [{ name: 'a.png', type: 'image/png', ref: 'data:image/png;base64,AAAA' }],
      ]),
    );
    const large = [{ ...files[0], url: `data:;base64,${'A'.repeat(20 * 1024 * 1024)}` }];
    expect((await site.post('/api/chat', { session, text: '', files: large })).status).toBe(200);
  });

  it.each([
    [{ text: '' }, 'text: empty; write a question'],
    [{ text: 'x', files: [{ name: 'a', type: '', url: 'https://x.org' }] }, 'files: each url is a data: URL'],
    [{ text: 'x', files: Array(11).fill({ name: 'a', type: '', url: 'data:,' }) }, 'files: ten at most'],
    [{ text: 'x'.repeat(29 * 1024 * 1024) }, 'The body is larger than 28 MiB. Send smaller files.'],
  ])('refuses what it cannot ask', async (request, sentence) => {
    const site = await startSite();
    const refused = await sentenceOf(await site.post('/api/chat', { session, ...request }));
    expect(refused.message).toContain(sentence);
    expect(site.asked).toEqual([]);
  });

  it('tells what stood behind the answer', async () => {
    const site = await startSite({
      answer: () => [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'knowledge', excerpts: ['Page 1'] },
        { type: 'tool', name: 'search', state: 'running' },
        { type: 'tool', name: 'search', state: 'done' },
        { type: 'delta', text: 'Yes' },
        { type: 'suggest', text: 'Why?' },
        { type: 'done', finish: 'stop' },
      ],
    });
    const events = await eventsOf(await site.post('/api/chat', { session, text: 'Hello' }));
    expect(events.findLast(({ type }) => type === 'behind')).toEqual({
      type: 'behind',
      reasoning: 'Hm.',
      excerpts: ['Page 1'],
      tools: [{ name: 'search', state: 'done' }],
      suggestions: ['Why?'],
    });
  });

  it('shows what there was when the answer fails, and the sentence', async () => {
    async function* dies() {
      yield { type: 'delta' as const, text: 'Half **an' };
      throw new RealCozeError('timeout', 'Coze fell silent.');
    }
    const site = await startSite({ answer: dies });
    const events = await eventsOf(await site.post('/api/chat', { session, text: 'Hello' }));
    expect(blocksOf(events).join()).toContain('Half');
    expect(events.at(-1)).toEqual({ type: 'fault', code: 'timeout', message: 'Coze fell silent.' });
  });

  it('answers a command with its notice and buttons', async () => {
    const site = await startSite({
      command: (line) =>
        line === 'bots' ? { text: '*Ada*, Bo', buttons: [{ label: 'Bo', command: 'bot bo' }] } : undefined,
    });
    const events = await eventsOf(await site.post('/api/chat', { session, text: '/bots' }));
    expect(events).toEqual([
      { type: 'notice', blocks: ['<p><em>Ada</em>, Bo</p>'], buttons: [{ label: 'Bo', command: 'bot bo' }] },
    ]);
    expect(site.asked).toEqual([]);
  });

  it('asks what only looks like a command', async () => {
    const site = await startSite();
    await eventsOf(await site.post('/api/chat', { session, text: '/usr/bin is what?' }));
    expect(site.asked).toHaveLength(1);
  });

  it.each([
    [{ session: 'short', text: 'x' }, /session: 16 to 64/],
    [{ session, text: '' }, /text: empty/],
    [{ session: '../../../../../../etc', text: 'x' }, /session: 16 to 64/],
  ])('refuses %j', async (body, sentence) => {
    const site = await startSite();
    expect(await sentenceOf(await site.post('/api/chat', body))).toMatchObject({
      status: 400,
      message: expect.stringMatching(sentence),
    });
  });
});

describe('POST /api/session', () => {
  it('chooses the bot and gives the history back, drawn', async () => {
    const lines: string[] = [];
    const turns = [
      { role: 2, content: 'Hello' },
      { role: 6, content: 'secret knowledge' },
      { role: 1, content: '**Hi**' },
    ];
    const bytes = new TextEncoder().encode(JSON.stringify({ turns }));
    const site = await startSite({
      command: (line) => {
        lines.push(line);
        return { text: '', file: { name: 'h.json', type: 'application/json', bytes } };
      },
    });
    const opened = await (await site.post('/api/session', { session, bot: 'bo' })).json();
    expect(opened).toEqual({
      bot: 'bo',
      turns: [
        { role: 2, text: 'Hello' },
        { role: 1, text: '**Hi**', blocks: ['<p><strong>Hi</strong></p>'] },
      ],
    });
    expect(lines).toEqual(['bot bo', 'history export']);
  });
});

describe('GET /metrics', () => {
  it('counts answers by platform and outcome', async () => {
    const site = await startSite();
    const text = await (await fetch(`${site.url}/metrics`)).text();
    expect(text).toContain('real_coze_answers_running');
    expect(text).toContain('process_cpu_seconds_total');
  });
});
