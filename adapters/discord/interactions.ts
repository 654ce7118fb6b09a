/** Slash commands, their autocomplete, the message menu and pressed buttons. */

import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Client,
  Events,
  escapeMarkdown,
  type Interaction,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  PermissionFlagsBits,
} from 'discord.js';
import { sleep } from '#core/async.ts';
import { parseCommand } from '#core/commands.ts';
import type { Attachment, Incoming, Notice } from '#core/message.ts';
import { shorten } from './buttons.ts';
import { noticeMessages } from './notice.ts';
import { languageOf, placeOf, readAttachment } from './read.ts';
import { render } from './render.ts';
import type { Session } from './session.ts';
import { channelSurface, interactionSurface } from './surface.ts';

/** Discord wants a first answer within three seconds; a command that takes longer than this says "thinking" first. */
const PATIENCE = 1_500;
const CHOICES = 25;
const CHOICE_LENGTH = 100;

type Acted = ChatInputCommandInteraction | MessageContextMenuCommandInteraction | ButtonInteraction;

/** Hears a client's interactions from now on. */
export function answerInteractions(client: Client<true>, session: Session): void {
  client.on(Events.InteractionCreate, (interaction) =>
    session.run('answering an interaction', () => act(interaction, session)),
  );
}

async function act(interaction: Interaction, session: Session): Promise<void> {
  if (interaction.isAutocomplete()) return complete(interaction, session);
  if (interaction.isChatInputCommand()) return slash(interaction, session);
  if (interaction.isMessageContextMenuCommand()) return askAbout(interaction, session);
  if (interaction.isButton()) return press(interaction, session);
}

async function complete(interaction: AutocompleteInteraction, session: Session): Promise<void> {
  const typed = interaction.options.getFocused();
  const incoming = incomingOf(interaction, session, `/${interaction.commandName} ${typed}`);
  const choices = await session.engine.complete(interaction.commandName, typed, incoming, CHOICES);
  await interaction.respond(
    choices
      .filter(({ value }) => value.length <= CHOICE_LENGTH)
      .slice(0, CHOICES)
      .map(({ label, value }) => ({ name: shorten(label, CHOICE_LENGTH), value })),
  );
}

async function slash(interaction: ChatInputCommandInteraction, session: Session): Promise<void> {
  const options = interaction.options.data;
  const words = options.filter(({ attachment }) => !attachment).map(({ value }) => String(value));
  const files = options.flatMap(({ attachment }) => (attachment ? [readAttachment(attachment)] : []));
  await perform(interaction, session, [interaction.commandName, ...words].join(' '), files);
}

/** A command that is a turn gets a surface; any other is answered with its notice. */
async function perform(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  session: Session,
  line: string,
  files: readonly Attachment[] = [],
): Promise<void> {
  const command = parseCommand(line)?.command;
  const incoming = incomingOf(interaction, session, `/${line}`, files);
  if (command?.name === 'retry') return retry(interaction, session, incoming);
  if (command !== undefined && command.run === undefined) return takeTurn(interaction, session, incoming);
  await answerWith(interaction, session, session.engine.command(line, incoming));
}

async function takeTurn(interaction: Acted, session: Session, incoming: Incoming): Promise<void> {
  await interaction.deferReply();
  await session.engine.reply(incoming, surfaceOf(interaction, session));
}

/** Retrying writes into the messages of the answer before, which only the bot's own token can edit. */
async function retry(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  session: Session,
  incoming: Incoming,
): Promise<void> {
  if (interaction.isButton()) await interaction.deferUpdate();
  else await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  await session.engine.reply(incoming, channelSurface(session.screen, { channelId: interaction.channelId }));
  if (!interaction.isButton()) await interaction.deleteReply();
}

function surfaceOf(interaction: Acted, session: Session, answered = false) {
  return interactionSurface(session.screen, {
    id: interaction.id,
    token: interaction.token,
    applicationId: interaction.applicationId,
    channelId: interaction.channelId,
    at: session.screen.now(),
    answered,
  });
}

/** The target comes whole, even where the bot may not read messages. */
async function askAbout(interaction: MessageContextMenuCommandInteraction, session: Session): Promise<void> {
  const target = interaction.targetMessage;
  const files = [...target.attachments.values()].map(readAttachment);
  await takeTurn(interaction, session, incomingOf(interaction, session, `/ask ${target.content}`, files));
}

async function press(interaction: ButtonInteraction, session: Session): Promise<void> {
  const label = 'label' in interaction.component ? (interaction.component.label ?? undefined) : undefined;
  const line = session.screen.buttons.commandOf(interaction.customId, label);
  if (line === undefined) return void (await interaction.deferUpdate());
  if (!line.startsWith('ask ')) return perform(interaction, session, line);
  // The others should see what was asked, and by whom; the answer follows.
  const words = line.slice('ask '.length);
  const { name } = incomingOf(interaction, session, '').author;
  await interaction.reply({ content: shorten(`-# ${escapeMarkdown(name)}\n${quoteOf(words)}`, 2000) });
  await session.engine.reply(incomingOf(interaction, session, `/ask ${words}`), surfaceOf(interaction, session, true));
}

function quoteOf(words: string): string {
  return render(words)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

async function answerWith(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  { screen, signal }: Session,
  command: Promise<Notice | undefined>,
): Promise<void> {
  const waiting = new AbortController();
  const patience = sleep(PATIENCE, AbortSignal.any([signal, waiting.signal])).catch(() => {});
  const inTime = await Promise.race([command.then(() => true), patience.then(() => false)]);
  waiting.abort();
  if (!inTime) await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  const notice = await command;
  const [first, ...rest] = noticeMessages(notice ?? { text: '' }, screen.buttons);
  if (first === undefined) return;
  if (interaction.deferred) {
    const { flags: _, ...edit } = first;
    await interaction.editReply(edit);
  } else await interaction.reply(first);
  for (const message of rest) await interaction.followUp(message);
}

function incomingOf(
  interaction: Acted | AutocompleteInteraction,
  session: Session,
  text: string,
  attachments: readonly Attachment[] = [],
): Incoming {
  const { channel, member, user } = interaction;
  if (channel === null || (channel.isDMBased() && channel.partial && !('id' in channel)))
    throw new Error('Discord sent an interaction without its channel.');
  const moderator =
    channel.isDMBased() || (interaction.memberPermissions?.has(PermissionFlagsBits.ManageChannels) ?? false);
  const roles =
    member === null ? undefined : Array.isArray(member.roles) ? member.roles : [...member.roles.cache.keys()];
  return {
    id: interaction.id,
    place: placeOf(channel, session.account),
    author: {
      id: user.id,
      name: (member !== null && 'displayName' in member ? member.displayName : undefined) ?? user.displayName,
      moderator,
      ...(roles === undefined ? {} : { roles }),
    },
    text,
    attachments,
    language: languageOf(interaction.locale),
    at: interaction.createdTimestamp,
  };
}
