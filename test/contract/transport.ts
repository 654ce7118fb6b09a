/**
 * What every `Transport` promises, run by each implementation against the local Coze service.
 *
 * A test file calls `transportContract('open', async () => ({ transport, simulator, cut, close }))`; `make` is called once a test.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Question, ReplyEvent, Transport } from '#core/coze/transport.ts';
import type { ErrorCode } from '#core/errors.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Fault } from '#core/simulator/faults.ts';
import type { Simulator } from '#core/simulator/index.ts';

export interface TransportUnderTest {
  readonly transport: Transport;
  /** Started with `wordMs: 0`. */
  readonly simulator: Simulator;
  /** Breaks the connection in the middle of the next answer, in this transport's protocol. */
  readonly cut: Fault;
  close(): Promise<void>;
}

/** Every code of errors.ts, spelled out so that the compiler notices a new one. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  invalid: true,
  config: true,
  auth: true,
  forbidden: true,
  region: true,
  not_found: true,
  rate_limited: true,
  quota: true,
  busy: true,
  moderated: true,
  too_large: true,
  timeout: true,
  aborted: true,
  network: true,
  protocol: true,
  server: true,
  action_required: true,
  store: true,
  gone: true,
  unsupported: true,
};

/** The text a reader has after these events. */
export function textOf(events: readonly ReplyEvent[]): string {
  return events.reduce((text, event) => {
    if (event.type === 'delta') return text + event.text;
    return event.type === 'replace' ? event.text : text;
  }, '');
}

/** Reads an answer to its end; a failure is handed back with what came before it. */
export async function readAll(
  events: AsyncIterable<ReplyEvent>,
): Promise<{ readonly events: readonly ReplyEvent[]; readonly text: string; readonly error: unknown }> {
  const read: ReplyEvent[] = [];
  try {
    for await (const event of events) read.push(event);
  } catch (error) {
    return { events: read, text: textOf(read), error };
  }
  return { events: read, text: textOf(read), error: undefined };
}

/** A question of one turn. */
export function questionOf(content: string, more: Partial<Question> = {}): Question {
  return { turns: [{ role: 2, content }], user: 'member-1', ...more };
}

export function transportContract(name: string, make: () => Promise<TransportUnderTest>): void {
  describe(`${name}: the contract of a transport`, () => {
    let it: TransportUnderTest;

    beforeEach(async () => {
      it = await make();
    });

    afterEach(async () => {
      await it.close();
    });

    const ask = (content: string, signal = new AbortController().signal) =>
      it.transport.ask(questionOf(content), signal);

    test('the pieces of an answer add up to the whole answer', async () => {
      const answer = 'One two three, four.\n\n- five\n- six 😀 “seven” \\ 八';
      it.simulator.faults.next({ say: [{ type: 'answer', text: answer }] });
      const { text, error } = await readAll(ask('Count'));
      expect(error).toBeUndefined();
      expect(text).toBe(answer);
    });

    test('done comes last and once', async () => {
      it.simulator.faults.next({
        say: [
          { type: 'answer', text: 'Yes.' },
          { type: 'suggest', text: 'Why?' },
        ],
      });
      const { events } = await readAll(ask('Really?'));
      expect(events.filter((event) => event.type === 'done')).toEqual([{ type: 'done', finish: 'stop' }]);
      expect(events.at(-1)?.type).toBe('done');
    });

    test('several answers of one turn are joined by a blank line', async () => {
      it.simulator.faults.next({
        say: [
          { type: 'answer', text: 'First.' },
          { type: 'answer', text: 'Second.' },
        ],
      });
      expect((await readAll(ask('Two, please'))).text).toBe('First.\n\nSecond.');
    });

    test('the history reaches the bot', async () => {
      const turns = [
        { role: 2, content: 'My name is Ada.' },
        { role: 1, content: 'Hello Ada.' },
        { role: 2, content: 'What is my name?' },
      ] as const;
      await readAll(it.transport.ask({ turns, user: 'member-1' }, new AbortController().signal));
      expect(JSON.stringify(it.simulator.requests.map((request) => request.body))).toContain('My name is Ada.');
    });

    test('files that a turn brings along reach the bot, and not their bytes in its history', async () => {
      const bring = (content: string, type: string, url: string) => ({
        role: 2 as const,
        contentType: 6 as const,
        content: JSON.stringify([
          { type: 'text', text: content },
          { type, file_url: url },
        ]),
      });
      const image = bring('Who is this?', 'image', 'data:image/png;base64,iVBORw==');
      const answer = { role: 1, content: 'A cat.' } as const;
      const paper = bring('And what is that?', 'file', 'data:application/pdf;base64,JVBE');
      const turns = [image, answer, image, answer, paper];
      const { text, error } = await readAll(
        it.transport.ask({ turns, user: 'member-1' }, new AbortController().signal),
      );
      expect(error).toBeUndefined();
      expect(text).toMatch(/, 3 bytes[\s\S]*“And what is that\?”/);
      const asked = JSON.stringify(it.simulator.requests.map((request) => request.body));
      expect(asked).toContain('Who is this?');
      expect(asked).not.toContain('iVBORw');
    });

    test.each([
      ['is no base64', 'image/png,%89PNG'],
      ['is empty', 'image/png;base64,'],
      ['is a long word', 'a'.repeat(200_000)],
    ])('a file that a turn brings along and that %s is told as one that nobody can read', async (_, rest) => {
      const content = JSON.stringify([{ type: 'image', file_url: `data:${rest}` }]);
      const turns = [{ role: 2, contentType: 6, content }] as const;
      const { error } = await readAll(it.transport.ask({ turns, user: 'member-1' }, new AbortController().signal));
      expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('data:image/png;base64,') });
    });

    test('an abort ends the answer at once, although nothing more comes', async () => {
      const stop = new AbortController();
      const never = Promise.withResolvers<void>();
      it.simulator.faults.next({
        say: [{ type: 'answer', text: LONG }],
        pause: { afterWords: 3, until: never.promise },
      });
      const events: ReplyEvent[] = [];
      const reading = (async () => {
        for await (const event of ask('Stop me', stop.signal)) {
          events.push(event);
          stop.abort();
        }
      })();
      await expect(reading).rejects.toMatchObject({ name: 'RealCozeError', code: 'aborted' });
      expect(LONG.startsWith(textOf(events))).toBe(true);
      never.resolve();
    });

    test('a signal that has fired already asks nothing', async () => {
      const { error, events } = await readAll(ask('Never', AbortSignal.abort()));
      expect(error).toMatchObject({ code: 'aborted' });
      expect(events).toEqual([]);
      expect(it.simulator.requests).toEqual([]);
    });

    test('leaving early closes the request, and the transport goes on working', async () => {
      const never = Promise.withResolvers<void>();
      it.simulator.faults.next({
        say: [{ type: 'answer', text: LONG }],
        pause: { afterWords: 3, until: never.promise },
      });
      for await (const event of ask('Leave')) if (event.type === 'delta' || event.type === 'replace') break;
      it.simulator.faults.next({ say: [{ type: 'answer', text: 'Still here.' }] });
      expect((await readAll(ask('And now?'))).text).toBe('Still here.');
      never.resolve();
    });

    test('a 429 says how long to wait', async () => {
      const headers = { 'retry-after': '60' };
      it.simulator.faults.next({ refuse: { code: 4013, msg: 'too many requests', status: 429, headers } });
      const { error } = await readAll(ask('Quick'));
      expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 60_000 });
    });

    test.each([
      [{ code: 4000, msg: 'bad parameter', status: 400 }],
      [{ code: 4100, msg: 'authentication is invalid', status: 401 }],
      [{ code: 4028, msg: 'free quota used up' }],
      [{ code: 4015, msg: 'not published' }],
      [{ code: 999999999, msg: 'never heard of' }],
    ])('a refusal is an error of ours: %o', async (refuse) => {
      it.simulator.faults.next({ refuse });
      const { error, events } = await readAll(ask('Refuse me'));
      expect(isRealCozeError(error) && CODES[error.code]).toBe(true);
      expect(events).toEqual([]);
    });

    test('a web page in place of an answer is an error of ours', async () => {
      it.simulator.faults.next({ body: { text: '<html><body>Bad Gateway</body></html>', type: 'text/html' } });
      const { error } = await readAll(ask('Page'));
      expect(isRealCozeError(error) && CODES[error.code]).toBe(true);
      expect(String(error)).not.toContain('<');
    });

    test('a cut stream still gives the whole answer, or a typed error after what was said', async () => {
      // A transport may ask again; the bot then says the same.
      const say = [{ type: 'answer' as const, text: LONG }];
      it.simulator.faults.next({ say, ...it.cut }, { say });
      const { text, error } = await readAll(ask('Cut'));
      if (error === undefined) expect(text).toContain(LONG);
      else expect(isRealCozeError(error) && CODES[error.code]).toBe(true);
    });

    test('answers at the same time do not mix', async () => {
      it.simulator.faults.next(
        ...[1, 2, 3, 4].map((n) => ({ say: [{ type: 'answer' as const, text: `Answer ${n} ${LONG}` }] })),
      );
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((content) => readAll(ask(content))));
      const texts = answers.map((answer) => answer.text).toSorted();
      expect(texts).toEqual([1, 2, 3, 4].map((n) => `Answer ${n} ${LONG}`));
    });
  });
}

const LONG = 'This answer has enough words to be stopped, left and cut in its middle, wherever that may be.';
