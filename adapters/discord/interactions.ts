/** Slash commands, their autocomplete, the message menu and pressed buttons. */
import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Client,
  Events,
  type Interaction,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js';
import { commandTable } from '#core/commands.ts';
import { discordInvitation } from '../discord-invitation.ts';
import { ask, createMessageMenu, type MessageMenu, retry } from './asking.ts';
import { shorten } from './buttons.ts';
import { plainly, readAttachment } from './contents.ts';
import { lostButton, notInServer } from './explain.ts';
import { missingIntent } from './intent.ts';
import { channelOf, incomingOf } from './invoked.ts';
import { answerWith } from './notice.ts';
import { languageOf } from './read.ts';
import type { Session } from './session.ts';

const CHOICES = 25;
const CHOICE_LENGTH = 100;

/** Hears a client's interactions from now on. */
export function answerInteractions(client: Client<true>, session: Session): void {
  const menu = createMessageMenu();
  client.on(Events.InteractionCreate, (interaction) =>
    session.run('answering an interaction', () => act(interaction, session, menu)),
  );
}

async function act(interaction: Interaction, session: Session, menu: MessageMenu): Promise<void> {
  if (interaction.inRawGuild()) return void (interaction.isRepliable() && (await introduce(interaction)));
  if (interaction.isAutocomplete()) return complete(interaction, session);
  if (interaction.isChatInputCommand()) return slash(interaction, session);
  if (interaction.isMessageContextMenuCommand()) return menu.open(interaction);
  if (interaction.isModalSubmit()) return menu.submit(interaction, session);
  if (interaction.isButton()) return press(interaction, session);
}

async function introduce(interaction: RepliableInteraction): Promise<void> {
  const invitation = `<${discordInvitation(interaction.applicationId)}>`;
  await tell(interaction, notInServer[languageOf(interaction.locale)].replace('{invitation}', invitation));
}

/** One sentence for the person alone. */
async function tell(interaction: RepliableInteraction, content: string): Promise<void> {
  await interaction.reply({ content, flags: MessageFlags.Ephemeral });
}

async function complete(interaction: AutocompleteInteraction, session: Session): Promise<void> {
  const typed = interaction.options.getFocused();
  const incoming = incomingOf(interaction, session, { text: `/${interaction.commandName} ${typed}` });
  const choices = await session.engine.complete(interaction.commandName, typed, incoming, CHOICES);
  await interaction.respond(
    choices
      .filter(({ value }) => value.length <= CHOICE_LENGTH)
      .slice(0, CHOICES)
      .map(({ label, value }) => ({ name: shorten(label, CHOICE_LENGTH), value })),
  );
}

async function slash(interaction: ChatInputCommandInteraction, session: Session): Promise<void> {
  const words = wordsOf(interaction);
  const files = interaction.options.data.flatMap(({ attachment }) => (attachment ? [readAttachment(attachment)] : []));
  if (interaction.commandName === 'chat') return ask(interaction, session, { words: words.join(' '), files });
  if (interaction.commandName === 'retry') return retry(interaction, session);
  const line = plainly(`/${[interaction.commandName, ...words].join(' ')}`, channelOf(interaction));
  const incoming = incomingOf(interaction, session, { text: line, attachments: files });
  await answerWith(interaction, session, session.engine.command(line, incoming));
  const missing = await missingIntent(incoming, session);
  if (missing !== undefined) await interaction.followUp({ content: missing, flags: MessageFlags.Ephemeral });
}

/** In the order of a command line, whichever the member filled in first; a line has no gaps, so it ends before the first that was left out. */
function wordsOf({ commandName, options }: ChatInputCommandInteraction): string[] {
  const command = commandTable.find(({ name }) => name === commandName);
  const values =
    command?.options.filter(({ kind }) => kind !== 'file').map(({ name }) => options.get(name)?.value) ?? [];
  const end = values.indexOf(undefined);
  return (end < 0 ? values : values.slice(0, end)).map(String);
}

async function press(interaction: ButtonInteraction, session: Session): Promise<void> {
  const label = 'label' in interaction.component ? (interaction.component.label ?? undefined) : undefined;
  const line = session.screen.buttons.commandOf(interaction.customId, label);
  if (line === undefined) return tell(interaction, lostButton[languageOf(interaction.locale)]);
  if (line.startsWith('ask ')) return ask(interaction, session, { words: line.slice('ask '.length) });
  if (line === 'retry') return retry(interaction, session);
  await answerWith(
    interaction,
    session,
    session.engine.command(line, incomingOf(interaction, session, { text: `/${line}` })),
  );
}
