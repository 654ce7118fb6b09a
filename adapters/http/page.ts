/** The web page's own files, read once, with the headers that keep everything else out of it. */
import { readFileSync } from 'node:fs';

const files = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/page/main.js', 'main.js', 'text/javascript; charset=utf-8'],
  ['/page/server.js', 'server.js', 'text/javascript; charset=utf-8'],
  ['/page/talk.js', 'talk.js', 'text/javascript; charset=utf-8'],
  ['/page/words.js', 'words.js', 'text/javascript; charset=utf-8'],
  ['/page/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/favicon.ico', 'icon.svg', 'image/svg+xml'],
] as const;

/** Scripts and styles come from here only; images also from Coze and from the local Coze service. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: https: http://127.0.0.1:* http://localhost:*",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** Each path with what answers it. */
export function pageFiles(): readonly (readonly [path: string, file: () => Response])[] {
  return files.map(([path, name, type]) => {
    let body: string | undefined;
    const file = () => {
      body ??= readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
      return new Response(body, { headers: { ...headers, 'content-type': type } });
    };
    return [path, file] as const;
  });
}
