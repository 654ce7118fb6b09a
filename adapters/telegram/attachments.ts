/** Files that come with messages: what they are, and their bytes when somebody asks. */
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Api } from 'grammy';
import type { Message } from 'grammy/types';
import { abortError } from '#core/async.ts';
import { RealCozeError } from '#core/errors.ts';
import type { Attachment } from '#core/message.ts';
import type { Fetch } from '#core/web.ts';
import { forGrammy } from './client.ts';
import { telegramError } from './errors.ts';

/** The Bot API gives bots files of up to 20 MB (core.telegram.org/bots/api#getfile). */
const mostBytes = 20 * 1024 * 1024;
const downloadMs = 60_000;
const prefix = 'telegram:';

interface TelegramFile {
  readonly file_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
}

/** Photos, documents, voice, audio, video, animations and stickers that stand still of a message; of a photo the largest size. */
export function attachmentsOf(message: Message): Attachment[] {
  const photo = (message.photo ?? message.live_photo?.photo)?.at(-1);
  if (photo) return [attachment(photo, `photo-${message.message_id}.jpg`, 'image/jpeg')];
  if (message.voice) return [attachment(message.voice, `voice-${message.message_id}.ogg`, 'audio/ogg')];
  if (message.sticker) return stickerOf(message.sticker, message.message_id);
  if (message.video_note) return [attachment(message.video_note, `video-${message.message_id}.mp4`, 'video/mp4')];
  // An animation comes a second time as a document.
  const film = message.animation ?? message.video;
  if (film) return [attachment(film, `video-${message.message_id}.mp4`, 'video/mp4')];
  if (message.audio) return [attachment(message.audio, `audio-${message.message_id}.mp3`, 'audio/mpeg')];
  const { document } = message;
  return document ? [attachment(document, `file-${message.message_id}`, 'application/octet-stream')] : [];
}

/** Bots can look at pictures that stand still; one that moves is told in words alone. */
function stickerOf(sticker: NonNullable<Message['sticker']>, id: number): Attachment[] {
  const moves = sticker.is_animated || sticker.is_video;
  return moves ? [] : [attachment(sticker, `sticker-${id}.webp`, 'image/webp')];
}

function attachment(file: TelegramFile, name: string, type: string): Attachment {
  return {
    name: file.file_name ?? name,
    type: file.mime_type ?? type,
    size: file.file_size,
    ref: prefix + file.file_id,
  };
}

/** The way to the bytes of files. */
export interface Downloads {
  readonly api: Api;
  /** `https://api.telegram.org/file/bot<token>`: never shown, never logged. */
  readonly fileRoot: string;
  readonly fetch: Fetch;
}

/**
 * The bytes of an attachment that this room made.
 * @throws RealCozeError `too_large` over 20 MB, `not_found`, `invalid` for another platform's file, `network`, `timeout`, `aborted`.
 */
export async function fetchAttachment(from: Downloads, file: Attachment, signal: AbortSignal): Promise<Uint8Array> {
  if (!file.ref.startsWith(prefix)) throw new RealCozeError('invalid', `"${file.name}" is not a file of Telegram.`);
  if ((file.size ?? 0) > mostBytes) throw tooLarge(file);
  const path = await pathOf(from.api, file, signal);
  if (isAbsolute(path)) return await readLocal(path, file);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(downloadMs)]);
  try {
    const response = await from.fetch(`${from.fileRoot}/${path}`, { signal: deadline });
    if (!response.ok || !response.body) throw new RealCozeError('not_found', `Telegram did not give "${file.name}".`);
    return await readBounded(response.body, file);
  } catch (error) {
    if (error instanceof RealCozeError) throw error;
    if (deadline.aborted) throw abortError(deadline);
    // The cause is left out: its text may hold the address, which holds the token.
    throw new RealCozeError('network', `The download of "${file.name}" from Telegram broke off. Send it again.`);
  }
}

/** A Bot API server of one's own that runs with `--local` names a file on its disk, and has no address for it. */
async function readLocal(path: string, file: Attachment): Promise<Uint8Array> {
  const fault = `"${file.name}" lies on the disk of the Bot API server, where this program cannot read it. Give it the same folder, or run the server without --local.`;
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new RealCozeError('not_found', fault);
  if (found.size > mostBytes) throw tooLarge(file);
  return await readFile(path).catch((cause: unknown) => {
    throw new RealCozeError('not_found', fault, { cause });
  });
}

async function pathOf(api: Api, file: Attachment, signal: AbortSignal): Promise<string> {
  try {
    const { file_path: path } = await api.getFile(file.ref.slice(prefix.length), forGrammy(signal));
    if (path) return path;
  } catch (error) {
    const told = telegramError(error, 'getFile');
    throw told.code === 'too_large' ? tooLarge(file) : told;
  }
  throw new RealCozeError('not_found', `Telegram does not have "${file.name}" any more. Send it again.`);
}

async function readBounded(body: ReadableStream<Uint8Array>, file: Attachment): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > mostBytes) throw tooLarge(file);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function tooLarge(file: Attachment): RealCozeError {
  return new RealCozeError(
    'too_large',
    `"${file.name}" is over 20 MB, the most that Telegram gives to bots. Send a smaller file.`,
  );
}
