import { describe, expect, it } from 'vitest';
import { amzDate, authorization, rfc3986 } from '#core/coze/playground/sigv4.ts';

/** The published test suite of AWS Signature Version 4 uses these. */
const who = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'service',
};
const headers = { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
const signed = (search: string, method: 'GET' | 'POST' = 'GET') =>
  authorization({ method, url: new URL(`https://example.amazonaws.com/${search}`), headers, body: '' }, who);

describe('AWS signature version 4', () => {
  it.each([
    ['get-vanilla', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ])('signs the case %s of the AWS suite', async (_, search, signature) => {
    expect(await signed(search)).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });

  it('signs post-vanilla of the AWS suite', async () => {
    expect(await signed('', 'POST')).toContain('5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b');
  });

  it('writes the characters that encodeURIComponent leaves alone in upper-case hex', () => {
    expect(rfc3986("a*b!c'(d)~e f")).toBe('a%2Ab%21c%27%28d%29~e%20f');
  });

  it('writes a date as AWS wants it', () => {
    expect(amzDate(Date.UTC(2015, 7, 30, 12, 36, 0))).toBe('20150830T123600Z');
  });
});
