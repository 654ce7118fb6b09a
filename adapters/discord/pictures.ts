/**
 * Pictures whose addresses run out, as those that Coze's bots make: they are fetched while they are fresh and sent along as files. Discord shows the others
 * by their addresses.
 */
import type { RawFile } from 'discord.js';
import type { Fetch } from '#core/web.ts';

/** Signatures with an end, in the query: of Coze's own storage, Amazon's, Aliyun's, Google's and such; and Coze's short links to them. */
const SIGNED =
  /[?&](?:x-(?:amz-|tos-|oss-|goog-)?)?(?:expires|signature|sign|auth_key)=|^https:\/\/s\.coze\.(?:cn|com)\/t\//i;
/** Discord takes 10 MiB a file on servers without boosts. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Milliseconds for a picture to arrive, and for the end of an answer to wait for those that are late; most were begun before. */
const FETCHING = 20_000;
const PATIENCE = 5_000;
const REDIRECTS = 3;

export interface Pictures {
  /** Begins to fetch those that run out. */
  expect(addresses: readonly string[]): void;
  /** The files of those that are here, by address. Never throws: what does not come is shown by its address. */
  take(addresses: readonly string[]): Promise<ReadonlyMap<string, RawFile>>;
  /** They did not get through to Discord: the end of the answer comes before them. */
  giveUp(): void;
}

/** For the messages of one answer. Without `fetch` nothing is fetched. */
export function createPictures(fetch: Fetch | undefined): Pictures {
  const coming = new Map<string, Promise<RawFile | undefined>>();
  let isOver = false;
  /** One that is late has been waited for; no further message of the answer waits. */
  let isLate = false;

  function come(address: string): Promise<RawFile | undefined> {
    const known = coming.get(address);
    if (known !== undefined) return known;
    const name = `picture-${coming.size + 1}`;
    const file = fetch ? fetchPicture(fetch, address, name).catch(() => undefined) : Promise.resolve(undefined);
    coming.set(address, file);
    return file;
  }

  return {
    expect(addresses) {
      for (const address of addresses) if (SIGNED.test(address)) void come(address);
    },
    async take(addresses) {
      const wanted = isOver ? [] : addresses.filter((address) => SIGNED.test(address));
      const files = new Map<string, RawFile>();
      if (wanted.length === 0) return files;
      const waiting = new AbortController();
      const patience = new Promise<undefined>((resolve) => {
        const end = () => {
          isLate = true;
          resolve(undefined);
        };
        if (isLate) return end();
        const timer = setTimeout(end, PATIENCE);
        waiting.signal.addEventListener('abort', () => clearTimeout(timer));
      });
      let room = MOST_BYTES;
      for (const address of wanted) {
        const file = await Promise.race([come(address), patience]);
        const size = (file?.data as Uint8Array | undefined)?.length ?? 0;
        if (!file || size > room) continue;
        room -= size;
        files.set(address, file);
      }
      waiting.abort();
      return files;
    },
    giveUp() {
      isOver = true;
    },
  };
}

async function fetchPicture(fetch: Fetch, address: string, name: string): Promise<RawFile | undefined> {
  const signal = AbortSignal.timeout(FETCHING);
  const response = await follow(fetch, address, signal, REDIRECTS);
  const type = /^image\/(png|jpe?g|gif|webp)\b/i.exec(response?.headers.get('content-type') ?? '')?.[1]?.toLowerCase();
  if (!response?.ok || type === undefined) return void (await response?.body?.cancel());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return { name: `${name}.${type}`, data: Buffer.concat(chunks), contentType: `image/${type}` };
}

async function follow(fetch: Fetch, address: string, signal: AbortSignal, left: number): Promise<Response | undefined> {
  if (!isPublic(new URL(address))) return undefined;
  const response = await fetch(address, { signal, redirect: 'manual' });
  const next = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
  if (next === null) return response;
  await response.body?.cancel();
  return left > 0 ? follow(fetch, new URL(next, address).href, signal, left - 1) : undefined;
}

/**
 * A model writes these addresses, so nothing of the owner's own network is asked: only names with a domain that a certificate has to vouch for, which is
 * what HTTPS is here for.
 */
function isPublic({ protocol, port, hostname }: URL): boolean {
  return (
    protocol === 'https:' &&
    port === '' &&
    /\.[a-z][a-z0-9-]+$/.test(hostname) &&
    !/\.(local|localhost|internal)$/.test(hostname)
  );
}
