/** Interactions as the core reads them. */
import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  GuildMember,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
} from 'discord.js';
import { RealCozeError } from '#core/errors.ts';
import type { Attachment, Incoming } from '#core/message.ts';
import { languageOf, moderationOf, placeOf } from './read.ts';
import type { Session } from './session.ts';

/** What can be answered with messages. */
export type Answerable = ChatInputCommandInteraction | ButtonInteraction | ModalSubmitInteraction;
export type Invoked = Answerable | MessageContextMenuCommandInteraction | AutocompleteInteraction;

export interface Said {
  readonly text: string;
  readonly attachments?: readonly Attachment[] | undefined;
  readonly quote?: Incoming['quote'];
}

/** The person, place and language of an interaction, with what was said by it. */
export function incomingOf(interaction: Invoked, session: Session, said: Said): Incoming {
  const { member, user } = interaction;
  const channel = channelOf(interaction);
  const roles = member === null || Array.isArray(member.roles) ? member?.roles : [...member.roles.cache.keys()];
  const language = languageOf(interaction.locale);
  session.languages.learn(user.id, language);
  return {
    id: interaction.id,
    place: placeOf(channel, session.account),
    author: {
      id: user.id,
      name: (member !== null && 'displayName' in member ? member.displayName : undefined) ?? user.displayName,
      ...moderationOf(member instanceof GuildMember ? member : null, channel),
      ...(Array.isArray(roles) ? { roles } : {}),
    },
    text: said.text,
    attachments: said.attachments ?? [],
    ...(said.quote === undefined ? {} : { quote: said.quote }),
    language,
    at: interaction.createdTimestamp,
  };
}

/** Known in every place where the commands are registered: servers with the bot in them, and its direct messages. */
export function channelOf({ channel }: Invoked): NonNullable<Invoked['channel']> {
  if (channel === null) throw new RealCozeError('protocol', 'Discord sent an interaction without its channel.');
  return channel;
}
