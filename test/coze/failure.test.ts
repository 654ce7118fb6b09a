import { describe, expect, test } from 'vitest';
import { cureFor, toError } from '#core/coze/failure.ts';
import { dataOf, listOf, openBody } from '#core/coze/open/body.ts';

describe('codes of Coze', () => {
  test.each([
    ['4000', 'invalid', undefined],
    ['4001', 'not_found', undefined],
    ['4002', 'not_found', 'conversation'],
    ['4003', 'too_large', undefined],
    ['4004', 'too_large', undefined],
    ['4005', 'invalid', undefined],
    ['4006', 'config', undefined],
    ['4007', 'invalid', undefined],
    ['4008', 'rate_limited', undefined],
    ['4009', 'rate_limited', 'backoff'],
    ['4010', 'too_large', undefined],
    ['4011', 'quota', undefined],
    ['4012', 'config', undefined],
    ['4013', 'rate_limited', 'backoff'],
    ['4014', 'moderated', undefined],
    ['4015', 'forbidden', undefined],
    ['4016', 'busy', 'busy'],
    ['4019', 'quota', undefined],
    ['4020', 'rate_limited', 'backoff'],
    ['4021', 'config', undefined],
    ['4022', 'quota', undefined],
    ['4027', 'quota', undefined],
    ['4028', 'quota', undefined],
    ['4033', 'quota', undefined],
    ['4100', 'auth', 'token'],
    ['4101', 'forbidden', 'token'],
    ['4102', 'forbidden', undefined],
    ['4104', 'invalid', undefined],
    ['4105', 'moderated', undefined],
    ['4200', 'not_found', 'conversation'],
    ['4300', 'invalid', undefined],
    ['4301', 'invalid', undefined],
    ['4302', 'too_large', undefined],
    ['4303', 'unsupported', undefined],
    ['4304', 'invalid', undefined],
    ['4314', 'not_found', undefined],
    ['4201', 'server', undefined],
    ['4315', 'not_found', undefined],
    ['5000', 'server', 'once'],
    ['6006', 'timeout', undefined],
    ['6023', 'timeout', undefined],
    ['6031', 'config', undefined],
    ['6039', 'unsupported', undefined],
    ['700012006', 'auth', 'token'],
    ['720701013', 'server', undefined],
    ['720702001', 'server', undefined],
    ['788788103', 'quota', undefined],
    ['720720001', 'server', undefined],
    ['100000003', 'forbidden', undefined],
    ['100000013', 'config', undefined],
    ['103000000', 'invalid', undefined],
    ['103000001', 'forbidden', undefined],
    ['103000002', 'not_found', 'conversation'],
    ['103100001', 'server', undefined],
    ['103100002', 'forbidden', undefined],
    ['103200001', 'server', undefined],
    ['103200002', 'server', undefined],
    ['103200003', 'not_found', undefined],
    ['103200004', 'config', undefined],
    ['103200005', 'invalid', undefined],
    ['104000004', 'too_large', undefined],
    ['104000006', 'invalid', undefined],
    ['104000007', 'invalid', undefined],
    ['999999999', 'server', undefined],
    ['1', 'server', undefined],
  ])('%s is %s', (code, expected, cure) => {
    const error = toError({ code, message: 'whatever', host: 'api.coze.com' });
    expect([error.code, error.upstreamCode, cureFor(error)]).toEqual([expected, code, cure]);
    expect(error.message).toMatch(/^[A-Z].*[.)]?$/s);
  });

  test('a page that says 403 is no word of Coze about the token', () => {
    const error = toError({ status: 403, message: '<!DOCTYPE html><title>Access denied</title>' });
    expect([error.code, cureFor(error)]).toEqual(['forbidden', undefined]);
    expect(error.message).toContain('PROXY');
    expect(toError({ status: 403, message: 'no' }).message).toContain('access token');
  });

  test('a page of megabytes is read in no time', () => {
    const began = performance.now();
    expect(toError({ status: 502, message: `<html>${' '.repeat(1_000_000)}</html>` }).message).not.toContain('html');
    expect(toError({ status: 400, message: `Too bad.${' '.repeat(1_000_000)}x` }).message).toContain('Too bad.');
    expect(performance.now() - began).toBeLessThan(500);
  });

  test('each names what to do, but for what nobody has to', () => {
    const nothingToDo = ['405', '4104', '103200005'];
    const codes = [...Array(9999).keys(), 700012006, 788788103, 100000013, 103000000, 103200004, 104000004].map(String);
    const sentences = codes.filter((code) => !nothingToDo.includes(code)).map((code) => toError({ code }).message);
    const silent = sentences.filter((sentence) => !/\. [A-Z]/.test(sentence));
    expect([...new Set(silent)]).toEqual([]);
  });

  test.each([
    [400, 'invalid'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [405, 'unsupported'],
    [408, 'timeout'],
    [413, 'too_large'],
    [429, 'rate_limited'],
    [451, 'region'],
    [500, 'server'],
    [502, 'server'],
    [504, 'timeout'],
    [599, 'server'],
  ])('status %i without a code is %s', (status, code) => {
    expect(toError({ status })).toMatchObject({ code, upstreamCode: `HTTP ${status}` });
  });

  test("Studio's status as a code is read as the status", () => {
    expect(toError({ status: 400, code: '400', message: 'bind error' }).code).toBe('invalid');
    expect(toError({ status: 500, code: '500', message: 'internal server error' }).code).toBe('server');
  });

  test('a call that Studio does not have is no matter of the token', () => {
    const error = toError({ status: 401, code: '401', message: 'missing session_key in cookie', host: 'coze.lan' });
    expect([error.code, cureFor(error)]).toEqual(['unsupported', undefined]);
  });
});

describe('hints about the region', () => {
  test.each(['4100', '4101', '4015', '700012006'])('%s may be a token of the other side', (code) => {
    expect(toError({ code, host: 'api.coze.cn' }).message).toContain('coze.com');
    expect(toError({ code, host: 'api.coze.com' }).message).toContain('coze.cn');
  });

  test('a host of its own is named without them', () => {
    const { message } = toError({ code: '4100', host: 'coze.example.org' });
    expect(message).toContain('coze.example.org');
    expect(message).not.toContain('coze.cn');
  });
});

describe("Coze's own words", () => {
  const stack = 'code=103100002 message=agent not exists\nstack=/app/x.go:10 Foo\n/app/y.go:20 Bar\n';

  test("Studio's stack trace is cut, its true code taken from the first line", () => {
    const error = toError({ code: '103100001', message: stack });
    expect([error.code, error.upstreamCode]).toEqual(['forbidden', '103100002']);
    expect(`${error.message}${error.cause}`).not.toContain('.go');
  });

  test.each(['boom\ncause=inner\nstack=/app/x.go:1', 'boom stack=/app/x.go:1', 'boom\\nstack=/app/x.go'])(
    '%j is cut after its first line',
    (message) => {
      expect(toError({ code: '4000', message }).message).toMatch(/Coze says: boom$/);
    },
  );

  test('are bounded, without pages and without tokens', () => {
    expect(toError({ code: '4000', message: 'x'.repeat(5000) }).message.length).toBeLessThan(300);
    expect(toError({ code: '4000', message: '<html>x</html>' }).message).not.toContain('<');
    const leak = 'token pat_AbC123 of Bearer czs_foo.bar-x is bad';
    expect(toError({ code: '4000', message: leak }).message).not.toMatch(/AbC123|foo/);
  });

  test.each([
    ['msg', { code: 4033, msg: 'words' }],
    ['message', { code: 4033, message: 'words' }],
    ['error_message', { error_code: '4033', error_message: 'words' }],
  ])('may be under %s', (_, body) => {
    const told = { status: 200, headers: new Headers(), host: 'x' };
    expect(() => openBody(JSON.stringify(body), told)).toThrow('words');
  });
});

describe('envelopes', () => {
  const told = { status: 200, headers: new Headers(), host: 'x' };

  test.each([['{"code":0,"data":{}}'], ['{"code":"0"}'], ['{"data":{}}'], ['{}']])('%s is a success', (body) => {
    expect(() => openBody(body, told)).not.toThrow();
  });

  test.each([
    ['{"code":"4016"}', 'busy'],
    ['{"code":4016}', 'busy'],
    ['[]', 'protocol'],
    ['nonsense', 'protocol'],
    ['', 'protocol'],
  ])('%j is not', (body, code) => {
    expect(() => openBody(body, told)).toThrow(expect.objectContaining({ code }));
  });

  const object = { id: '1' };

  test.each([
    ['data', { code: 0, data: object }],
    ['ConversationData', { code: 0, ConversationData: object }],
    ['ChatV3ChatDetail', { ChatV3ChatDetail: object }],
    ['nothing', object],
  ])('an object may be under %s', (_, body) => {
    expect(dataOf(body)).toEqual(object);
  });

  test.each([
    ['data', { data: [object, null, 'x'] }],
    ['Messages', { Messages: [object] }],
    ['data.messages', { data: { messages: [object] } }],
  ])('a list may be under %s', (_, body) => {
    expect(listOf(body)).toEqual([object]);
  });

  test('no list is an empty one', () => {
    expect(listOf({ data: null })).toEqual([]);
  });

  test('logid may be under error', () => {
    expect(() => openBody('{"code":1,"error":{"logid":"L1"}}', told)).toThrow(expect.objectContaining({ logid: 'L1' }));
  });
});
