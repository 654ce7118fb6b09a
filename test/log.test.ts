/** The program's log: no secret gets in, and a terminal gets plain lines. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { createLog, type LogOptions } from '#core/log.ts';

function listen(options: Partial<LogOptions> & { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line), isTTY: options.isTTY ?? false };
  const log = createLog({ level: 'debug', secrets: ['pat_hush', 'p@ss'], ...options, stream });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('log', () => {
  it('writes one JSON line with level, time, fields and sentence', () => {
    const { log, last } = listen();
    log.child({ room: 'web' }).info({ port: 8080 }, 'Ready.');
    expect(last()).toMatchObject({ level: 'info', room: 'web', port: 8080, msg: 'Ready.' });
    expect(Date.parse(String(last().time))).not.toBeNaN();
  });

  it('replaces a secret wherever it occurs, also escaped in a URL', () => {
    const { log, lines } = listen();
    const cause = new Error('refused pat_hush');
    log.warn(
      {
        url: 'https://x/?t=pat_hush',
        list: ['a pat_hush b', { deep: 'socks5://u:p%40ss@h' }],
        error: new RealCozeError('auth', 'No: pat_hush.', { cause }),
        pat_hush: 1,
      },
      'Token pat_hush was refused.',
    );
    expect(lines[0]).not.toMatch(/pat_hush|p@ss|p%40ss/);
    expect(lines[0]).toContain('Token [secret] was refused.');
  });

  it('hides the value of a field that is named like a secret', () => {
    const { log, last } = listen();
    log.debug({ headers: { Authorization: 'Bearer other', accept: '*/*' } }, 'Asked.');
    expect(last().headers).toEqual({ Authorization: '[secret]', accept: '*/*' });
  });

  it('hides secrets that are learnt later', () => {
    const { log, last } = listen();
    log.hide(['late']);
    log.child({ name: 'late' }).info({}, 'It is late.');
    expect(last()).toMatchObject({ name: '[secret]', msg: 'It is [secret].' });
  });

  it('survives what cannot be written as JSON', () => {
    const { log, last } = listen();
    const loop: Record<string, unknown> = { big: 10n };
    loop.self = loop;
    log.info({ loop, url: new URL('http://host/pat_hush') }, 'Odd.');
    expect(last()).toMatchObject({ loop: { big: '10' }, url: 'http://host/[secret]' });
  });

  it('tells the code of our own errors, and where a surprise came from', () => {
    const { log, last } = listen();
    log.error({ error: new RealCozeError('region', 'Not here.', { logid: 'L1' }) }, 'No answer.');
    expect(last().error).toEqual({ name: 'RealCozeError', message: 'Not here.', code: 'region', logid: 'L1' });
    log.error({ error: new TypeError('boo') }, 'No answer.');
    expect(last().error).toMatchObject({ name: 'TypeError', message: 'boo', stack: expect.stringContaining('at ') });
  });

  it('keeps quiet below its level', () => {
    const { log, lines } = listen({ level: 'warn' });
    log.info({}, 'Nothing.');
    expect(lines).toEqual([]);
  });

  it('writes a line for people on a terminal', () => {
    const { log, lines } = listen({ isTTY: true });
    log.info({ url: 'http://127.0.0.1:8080', error: new Error('two words') }, 'Ready.');
    const plain = stripVTControlCharacters(lines.join(''));
    expect(plain).toMatch(/^\d\d:\d\d:\d\d Ready\. url=http:\/\/127\.0\.0\.1:8080 error="two words"\n$/);
  });
});
