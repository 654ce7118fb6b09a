/** Files that came with messages: their address on Discord's CDN is the reference. */
import { RealCozeError } from '#core/errors.ts';
import type { Attachment } from '#core/message.ts';
import type { Fetch } from '#core/network.ts';

/** Coze takes files up to 512 MB; more than this is not worth the memory of a chat bridge. */
const LIMIT = 50 * 1024 * 1024;

/** @throws RealCozeError `gone` when the address has expired (after a day), `too_large`, `network` */
export async function fetchAttachment(fetch: Fetch, attachment: Attachment, signal: AbortSignal): Promise<Uint8Array> {
  if ((attachment.size ?? 0) > LIMIT) throw tooLarge(attachment);
  const response = await fetch(attachment.ref, { signal }).catch((cause: unknown) => {
    throw new RealCozeError('network', `The file ${attachment.name} could not be fetched from Discord.`, { cause });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new RealCozeError('gone', `Discord no longer has the file ${attachment.name}. Send it again.`);
  }
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
