/** `work_info.message_info`: the turns that go with a question, as the site's own page writes them. */
import type { PlaygroundDraft } from '../../bots/bot.ts';
import { RealCozeError } from '../../errors.ts';
import type { Turn } from '../../message.ts';
import { partsOf } from '../carried.ts';
import { parseJson, text, type Wire } from '../json.ts';
import type { Question, UploadedFile } from '../transport.ts';

/** `contentType` 1 text, 6 `{"image_list":[{"key"}]}`, 9 `{"file_list":[{"key"}]}`. */
interface Item {
  readonly role: number;
  readonly content: string;
  readonly contentType: number;
}

/**
 * The body of `POST /api/draftbot/execute`: the export with the conversation put in. The bot's own opening turns
 * come first, then the caller's. Neither the export nor the question is changed.
 */
export function executeBody(draft: PlaygroundDraft, question: Question, ids: { uuid: string; device: string }): object {
  const turns = [...openingTurns(draft), ...question.turns.flatMap((turn, i) => items(turn, filesOf(question, i)))];
  return {
    ...draft,
    device_id: ids.device,
    push_uuid: ids.uuid,
    work_info: { ...draft.work_info, message_info: JSON.stringify(turns) },
  };
}

/** What the owner left in the editor's debug chat. Missing, empty and unreadable are all the same: nothing. */
function openingTurns(draft: PlaygroundDraft): readonly unknown[] {
  const { message_info: info } = draft.work_info;
  const parsed = typeof info === 'string' ? parseJson(info) : undefined;
  return Array.isArray(parsed) ? parsed : [];
}

function filesOf(question: Question, index: number): readonly UploadedFile[] {
  return index === question.turns.length - 1 ? (question.files ?? []) : [];
}

/** Files stand before the words that speak of them, each kind in one item; words may be missing. */
function items(turn: Turn, attached: readonly UploadedFile[]): Item[] {
  const parts = partsOf(turn);
  const files = parts ? [...filesIn(parts), ...attached] : attached;
  const content = parts ? wordsIn(parts) : turn.content;
  const keys = (images: boolean) =>
    files.filter((file) => (file.kind === 'image') === images).map((file) => ({ key: file.id }));
  const { role } = turn;
  const contentType = parts ? 1 : (turn.contentType ?? 1);
  const all: Item[] = [];
  if (keys(true).length > 0) all.push({ role, content: JSON.stringify({ image_list: keys(true) }), contentType: 6 });
  if (keys(false).length > 0) all.push({ role, content: JSON.stringify({ file_list: keys(false) }), contentType: 9 });
  if (content !== '' || all.length === 0) all.push({ role, content, contentType });
  return all;
}

/** The Open API's way of saying the same. @throws RealCozeError `unsupported` for a file that only has an address. */
function filesIn(parts: readonly Wire[]): readonly UploadedFile[] {
  return parts
    .filter((part) => part.type !== 'text')
    .map((part) => {
      const fileId = text(part.file_id);
      const kind = part.type === 'image' || part.type === 'audio' ? part.type : 'file';
      if (fileId !== '') return { id: fileId, kind };
      throw new RealCozeError(
        'unsupported',
        'This bot takes no addresses of pictures or files. Send the bytes, as data:image/png;base64,…',
      );
    });
}

function wordsIn(parts: readonly Wire[]): string {
  return parts
    .map((part) => (part.type === 'text' ? text(part.text) : ''))
    .filter(Boolean)
    .join('\n');
}
