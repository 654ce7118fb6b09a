/**
 * Files that a turn brings along itself: a turn of content type 6 or 9 may hold a list of Coze's own parts (`text`, `image`,
 * `file`, `audio`), and a part's `file_url` may be a `data:` URL. Coze takes none of those, so they are uploaded first.
 */
import { RealCozeError } from '../errors.ts';
import type { Turn } from '../message.ts';
import { parseJson, text, type Wire, wires } from './json.ts';
import type { FileToUpload, Question, UploadedFile } from './transport.ts';

/** The parts of a turn that holds such a list. */
export function partsOf(turn: Turn): readonly Wire[] | undefined {
  if (turn.contentType !== 6 && turn.contentType !== 9) return undefined;
  const value = parseJson(turn.content);
  return Array.isArray(value) ? wires(value) : undefined;
}

/** The question with the id of an upload in place of each `data:` URL. @throws RealCozeError `invalid` for a URL that cannot be read, else as `upload`. */
export async function uploadCarried(
  question: Question,
  upload: (file: FileToUpload, signal: AbortSignal) => Promise<UploadedFile>,
  signal: AbortSignal,
): Promise<Question> {
  const turns: Turn[] = [];
  for (const turn of question.turns) {
    const parts = partsOf(turn);
    if (!parts?.some(isCarried)) {
      turns.push(turn);
      continue;
    }
    const sent: Wire[] = [];
    for (const part of parts) {
      if (isCarried(part)) sent.push({ type: part.type, file_id: (await upload(fileIn(part), signal)).id });
      else sent.push(part);
    }
    turns.push({ ...turn, content: JSON.stringify(sent) });
  }
  return { ...question, turns };
}

function isCarried(part: Wire): boolean {
  return text(part.file_url).startsWith('data:');
}

/** Cut at its comma first: one expression for the whole address would look for hours for a comma that megabytes do not have. */
function fileIn(part: Wire): FileToUpload {
  const kind = text(part.type) || 'file';
  const url = text(part.file_url);
  const comma = url.indexOf(',');
  const [type = '', ...parameters] = url.slice('data:'.length, Math.max(comma, 0)).split(';');
  try {
    if (parameters.at(-1) !== 'base64' || comma === url.length - 1) throw new Error('No base64 follows a comma.');
    return { name: text(part.name) || kind, type: type.toLowerCase(), bytes: decodeBase64(url.slice(comma + 1)) };
  } catch (cause) {
    const sentence = `The ${kind} in the question cannot be read. Send it as data:TYPE;base64,BYTES, for example data:image/png;base64,iVBORw0KGgo=.`;
    throw new RealCozeError('invalid', sentence, { cause });
  }
}

/** Base64 in either alphabet. Filled by hand: `Uint8Array.from` takes seconds for a large picture. @throws DOMException */
export function decodeBase64(base64: string): Uint8Array {
  const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
