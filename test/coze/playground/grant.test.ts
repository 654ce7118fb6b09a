import { describe, expect, it } from 'vitest';
import { readGrant } from '#core/coze/playground/grant.ts';

const auth = { access_key_id: 'AK', secret_access_key: 'SK', session_token: 'ST' };
const grant = (host: string, base = 'https://www.coze.com') =>
  readGrant({ service_id: 'svc', upload_host: host, auth }, base);

describe('where an upload goes', () => {
  it.each([
    ['imagex-ap-singapore-1.example.com', 'ap-singapore-1'],
    ['imagex-us-east-1.example.com', 'us-east-1'],
    ['imagex.cn-north-1.example.com', 'cn-north-1'],
    ['upload.example.com', 'ap-singapore-1'],
  ])('host %s is signed for region %s [22]', (host, region) => {
    expect(grant(host).region).toBe(region);
  });

  it('is unencrypted only on this machine, and only for a service that is on it', () => {
    expect(grant('127.0.0.1:8080', 'http://127.0.0.1:80').scheme).toBe('http:');
    expect(grant('127.0.0.1:8080').scheme).toBe('https:');
    expect(grant('upload.example.com', 'http://127.0.0.1:80').scheme).toBe('https:');
  });
});
