/** The web page's own files, read once, with the headers that keep everything else out of it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const own = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/page/files.js', 'files.js', 'text/javascript; charset=utf-8'],
  ['/page/main.js', 'main.js', 'text/javascript; charset=utf-8'],
  ['/page/server.js', 'server.js', 'text/javascript; charset=utf-8'],
  ['/page/talk.js', 'talk.js', 'text/javascript; charset=utf-8'],
  ['/page/words.js', 'words.js', 'text/javascript; charset=utf-8'],
  ['/page/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/favicon.ico', 'icon.svg', 'image/svg+xml'],
] as const;

/** How formulas are laid out, in the browsers' different ways, and a font for what fonts of machines often lack. */
const formulas = [
  ['/page/formulas.css', 'Temml-Local.css', 'text/css; charset=utf-8'],
  ['/page/Temml.woff2', 'Temml.woff2', 'font/woff2'],
] as const;

/** Scripts and styles come from here only; images also from Coze and from the local Coze service. Cells of formulas have styles of their own. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "font-src 'self'",
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
  const packages = createRequire(import.meta.url);
  return [
    ...own.map(([path, name, type]) =>
      served(path, () => fileURLToPath(new URL(`./page/${name}`, import.meta.url)), type),
    ),
    ...formulas.map(([path, name, type]) => served(path, () => packages.resolve(`temml/dist/${name}`), type)),
  ];
}

function served(path: string, find: () => string, type: string): readonly [path: string, file: () => Response] {
  let body: Buffer<ArrayBuffer> | undefined;
  const file = () => {
    body ??= readFileSync(find());
    return new Response(body, { headers: { ...headers, 'content-type': type } });
  };
  return [path, file];
}
