/** Files that came with messages: their address on Discord's CDN is the reference. It is signed and lasts a day. */
import type { REST } from 'discord.js';
import { RealCozeError } from '#core/errors.ts';
import type { Attachment } from '#core/message.ts';
import type { Fetch } from '#core/web.ts';
import { callOnly } from './calls.ts';

/** Coze takes files up to 512 MB; more than this is not worth the memory of a chat bridge. */
const LIMIT = 50 * 1024 * 1024;

/** @throws RealCozeError `gone` when Discord no longer has the file, `too_large`, `network` */
export async function fetchAttachment(
  { fetch, rest }: { fetch: Fetch; rest: REST },
  attachment: Attachment,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if ((attachment.size ?? 0) > LIMIT) throw tooLarge(attachment);
  let response = await get(fetch, attachment, attachment.ref, signal);
  if (!response.ok) {
    await response.body?.cancel();
    const renewed = await renew(rest, attachment.ref, signal);
    if (renewed !== undefined) response = await get(fetch, attachment, renewed, signal);
  }
  if (!response.ok) {
    if (!response.bodyUsed) await response.body?.cancel();
    throw new RealCozeError('gone', `Discord no longer has the file ${attachment.name}. Send it again.`);
  }
  return read(response, attachment);
}

async function get(fetch: Fetch, { name }: Attachment, url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new RealCozeError('network', `The file ${name} could not be fetched from Discord.`, { cause });
  }
}

/** A turn found after a long stop holds an address that has run out; Discord signs it anew. */
async function renew(rest: REST, url: string, signal: AbortSignal): Promise<string | undefined> {
  const call = { method: 'POST', path: '/attachments/refresh-urls', doing: 'renewing the address of a file' } as const;
  const answer = await callOnly(rest, { ...call, body: { attachment_urls: [url] }, signal }).catch(() => undefined);
  return (
    (answer as { refreshed_urls?: { refreshed?: string | null }[] } | undefined)?.refreshed_urls?.[0]?.refreshed ??
    undefined
  );
}

async function read(response: Response, attachment: Attachment): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LIMIT) throw tooLarge(attachment);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge({ name }: Attachment): RealCozeError {
  return new RealCozeError('too_large', `The file ${name} is larger than 50 MB. Send a smaller one.`);
}
