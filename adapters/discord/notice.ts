/** The program's own answers as Discord messages. */

import { AttachmentBuilder, type InteractionReplyOptions, MessageFlags } from 'discord.js';
import type { Notice } from '#core/message.ts';
import type { Buttons } from './buttons.ts';
import { render } from './render.ts';

const CONTENT = 2000;

/** One or more messages: a long notice is cut between lines; buttons and file come with the last. */
export function noticeMessages(notice: Notice, buttons: Buttons): InteractionReplyOptions[] {
  const pieces = cut(render(notice.text));
  const flags = notice.private ? { flags: MessageFlags.Ephemeral as const } : {};
  return pieces.map((piece, place) => {
    const last = place === pieces.length - 1;
    return {
      content: piece === '' ? '\u200b' : piece,
      ...flags,
      ...(last ? { components: buttons.rows(notice.buttons ?? []) } : {}),
      ...(last && notice.file ? { files: [fileOf(notice.file)] } : {}),
    };
  });
}

function fileOf(file: NonNullable<Notice['file']>): AttachmentBuilder {
  return new AttachmentBuilder(Buffer.from(file.bytes), { name: file.name });
}

function cut(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const line of text.split('\n')) {
    if (piece.length + line.length + 1 > CONTENT && piece !== '') {
      pieces.push(piece);
      piece = '';
    }
    piece += `${piece === '' ? '' : '\n'}${line.slice(0, CONTENT - 1)}`;
  }
  return [...pieces, piece];
}
