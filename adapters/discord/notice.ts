/** The program's own answers as Discord messages. */
import {
  AttachmentBuilder,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type InteractionReplyOptions,
  MessageFlags,
} from 'discord.js';
import { sleep } from '#core/async.ts';
import type { Notice } from '#core/message.ts';
import type { Buttons } from './buttons.ts';
import { patiently } from './calls.ts';
import { render } from './render.ts';
import type { Session } from './session.ts';

const CONTENT = 2000;
/** Discord wants a first answer within three seconds; a command that takes longer than this says "thinking" first. */
const PATIENCE = 1_500;

/** Answers an interaction with what a command gives. */
export async function answerWith(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  { screen, signal }: Session,
  command: Promise<Notice | undefined>,
): Promise<void> {
  const waiting = new AbortController();
  const patience = sleep(PATIENCE, AbortSignal.any([signal, waiting.signal])).catch(() => {});
  const inTime = await Promise.race([command.then(() => true), patience.then(() => false)]);
  waiting.abort();
  if (!inTime) await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  const [first, ...rest] = noticeMessages((await command) ?? { text: '' }, screen.buttons);
  if (interaction.deferred) {
    const { flags: _, ...edit } = first;
    await interaction.editReply(edit);
  } else await interaction.reply(first);
  for (const message of rest) await patiently(() => interaction.followUp(message), signal);
}

/** One or more messages: a long notice is cut between lines; buttons and file come with the last. */
export function noticeMessages(
  notice: Notice,
  buttons: Buttons,
): [InteractionReplyOptions, ...InteractionReplyOptions[]] {
  const flags = MessageFlags.SuppressEmbeds | (notice.private ? MessageFlags.Ephemeral : 0);
  const [first, ...rest] = cut(render(notice.text)).map((piece) => ({ content: piece || '\u200b', flags }));
  const messages: [InteractionReplyOptions, ...InteractionReplyOptions[]] = [
    first ?? { content: '\u200b', flags },
    ...rest,
  ];
  const last = messages.at(-1) ?? messages[0];
  last.components = buttons.rows(notice.buttons ?? []);
  if (notice.file) last.files = [fileOf(notice.file)];
  return messages;
}

function fileOf(file: NonNullable<Notice['file']>): AttachmentBuilder {
  return new AttachmentBuilder(Buffer.from(file.bytes), { name: file.name });
}

function cut(text: string): string[] {
  const pieces = [''];
  const lines = text.split('\n').flatMap((line) => line.match(/.{1,1999}/gsu) ?? ['']);
  for (const line of lines) {
    const piece = pieces.at(-1) ?? '';
    if (piece === '') pieces[pieces.length - 1] = line;
    else if (piece.length + line.length < CONTENT) pieces[pieces.length - 1] = `${piece}\n${line}`;
    else pieces.push(line);
  }
  return pieces;
}
