/** Questions that come by interaction: the others see what was asked and by whom, and the answer follows below. */
import {
  type ButtonInteraction,
  ChannelType,
  type ChatInputCommandInteraction,
  escapeMarkdown,
  type InteractionCallbackResponse,
  LabelBuilder,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  ModalBuilder,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { abortable } from '#core/async.ts';
import type { Attachment, Language } from '#core/message.ts';
import type { Surface } from '#core/surface.ts';
import { shorten } from './buttons.ts';
import { allWordsOf, filesOf, plainly } from './contents.ts';
import { type Answerable, channelOf, incomingOf } from './invoked.ts';
import { languageOf, placeOf } from './read.ts';
import { render } from './render.ts';
import type { Session } from './session.ts';
import { askMenu } from './slash.ts';
import { channelSurface, interactionSurface } from './surface.ts';
import { threadFor } from './threads.ts';

const CONTENT = 2000;
const FORM = 'ask:';
const WORDS = 'words';
/** Messages that somebody was about to ask about, kept until the form comes back; the oldest go first. */
const KEPT = 500;

const formTexts: Readonly<Record<Language, { label: string; hint: string; gone: string }>> = {
  en: {
    label: 'Your question about this message',
    hint: 'Leave it empty to ask the message itself.',
    gone: 'I no longer have that message. Open its menu again.',
  },
  'zh-CN': {
    label: '关于这条消息，您想问什么？',
    hint: '留空则直接提问这条消息。',
    gone: '我已没有那条消息，请重新打开它的菜单。',
  },
  'zh-TW': {
    label: '關於這則訊息，您想問什麼？',
    hint: '留空則直接提問這則訊息。',
    gone: '我已沒有那則訊息，請重新開啟它的選單。',
  },
};

/** Shows the question, then answers it with messages of the interaction's own bucket. */
export async function ask(
  interaction: Answerable,
  session: Session,
  question: { readonly words: string; readonly files?: readonly Attachment[]; readonly about?: Target },
): Promise<void> {
  const { files = [], about } = question;
  await meet(interaction, question.words);
  const words = plainly(question.words, channelOf(interaction));
  const incoming = incomingOf(interaction, session, {
    text: `/ask ${words || (about?.text ?? '')}`,
    attachments: [...files, ...(about?.files ?? [])],
    quote: words && about ? { id: about.id, author: about.author, text: about.text } : undefined,
  });
  const content = shown(incoming.author.name, words, files, about);
  const embeds = files.filter(({ type }) => type.startsWith('image/')).map(({ ref }) => ({ image: { url: ref } }));
  const flags = embeds.length > 0 ? undefined : MessageFlags.SuppressEmbeds;
  // A question whose interaction Discord no longer knows (more than three seconds late) is answered all the same.
  const reply = await interaction
    .reply({ content, embeds, ...(flags && { flags }), withResponse: true })
    .catch(() => undefined);
  const thread = await threadOf(reply, words || (about?.text ?? files[0]?.name ?? ''), session);
  if (thread === undefined)
    return session.engine.reply(incoming, reply ? surfaceOf(interaction, session) : shownIn(interaction, session));
  const surface = channelSurface(session.screen, { channelId: thread.id });
  await session.engine.reply({ ...incoming, place: placeOf(thread, session.account) }, surface);
}

/** Where questions open threads, one that was asked by a command does, too. */
async function threadOf(reply: InteractionCallbackResponse | undefined, question: string, session: Session) {
  const message = reply?.resource?.message ?? undefined;
  return message && threadFor(message, question, session);
}

/** Most people whose names are looked up for a question, and milliseconds for all of them: Discord waits for three seconds only. */
const MEETINGS = 5;
const MEETING = 1_000;

/** A command tells only the numbers of whom it names. Whose name does not come in time stays without one. */
async function meet({ guild }: Answerable, words: string): Promise<void> {
  const ids = new Set([...words.matchAll(/<@!?(\d{17,20})>/g)].map(([, id = '']) => id));
  const strangers = [...ids].filter((id) => guild?.members.cache.has(id) === false);
  const met = strangers.slice(0, MEETINGS).map((user) => guild?.members.fetch({ user }).catch(() => undefined));
  if (met.length > 0) await abortable(Promise.all(met), AbortSignal.timeout(MEETING)).catch(() => undefined);
}

/**
 * Retrying writes into the messages of the answer before, which only the bot's own token can edit; where the bot does not see the channel, the new
 * answer follows below.
 */
export async function retry(
  interaction: ChatInputCommandInteraction | ButtonInteraction,
  session: Session,
): Promise<void> {
  const incoming = incomingOf(interaction, session, { text: '/retry' });
  // Where Discord no longer knows the interaction (more than three seconds late) the answer is made anew all the same.
  const isKnown = await acknowledge(interaction, incoming.author.name).then(
    () => true,
    () => false,
  );
  if (isKnown && !isSeen(interaction)) return session.engine.reply(incoming, surfaceOf(interaction, session));
  await session.engine.reply(incoming, shownIn(interaction, session));
  if (isKnown && !interaction.isButton()) await interaction.deleteReply();
}

async function acknowledge(interaction: ChatInputCommandInteraction | ButtonInteraction, name: string) {
  if (interaction.isButton()) await interaction.deferUpdate();
  else if (isSeen(interaction)) await interaction.deferReply({ flags: MessageFlags.Ephemeral });
  else await interaction.reply({ content: shown(name, '/retry', [], undefined) });
}

/** A message that somebody asks about. */
interface Target {
  readonly id: string;
  readonly url: string;
  readonly author: string;
  readonly text: string;
  readonly files: readonly Attachment[];
}

/** The menu of a message: its text comes whole, even where the bot may not read, but only now. */
export interface MessageMenu {
  open(interaction: MessageContextMenuCommandInteraction): Promise<void>;
  submit(interaction: ModalSubmitInteraction, session: Session): Promise<void>;
}

export function createMessageMenu(): MessageMenu {
  const targets = new Map<string, Target>();
  return {
    async open(interaction) {
      const message = interaction.targetMessage;
      targets.set(interaction.id, {
        id: message.id,
        url: message.url,
        author: message.author.displayName,
        text: allWordsOf(message, message.client.user.id),
        files: filesOf(message),
      });
      const oldest = targets.keys().next().value;
      if (targets.size > KEPT && oldest !== undefined) targets.delete(oldest);
      await interaction.showModal(form(interaction.id, languageOf(interaction.locale)));
    },
    async submit(interaction, session) {
      if (!interaction.customId.startsWith(FORM)) return;
      const about = targets.get(interaction.customId.slice(FORM.length));
      if (about === undefined) {
        const { gone } = formTexts[languageOf(interaction.locale)];
        return void (await interaction.reply({ content: gone, flags: MessageFlags.Ephemeral }));
      }
      const words = interaction.fields.getTextInputValue(WORDS).trim();
      await ask(interaction, session, { words, about });
    },
  };
}

function form(id: string, language: Language): ModalBuilder {
  const { label, hint } = formTexts[language];
  const input = new TextInputBuilder()
    .setCustomId(WORDS)
    .setStyle(TextInputStyle.Paragraph)
    .setRequired(false)
    .setMaxLength(4000)
    .setPlaceholder(hint);
  const labelled = new LabelBuilder().setLabel(label).setTextInputComponent(input);
  return new ModalBuilder().setCustomId(`${FORM}${id}`).setTitle(askMenu[language]).addLabelComponents(labelled);
}

function shown(name: string, words: string, files: readonly Attachment[], about: Target | undefined): string {
  const who = `-# ${escapeMarkdown(name)}${about === undefined ? '' : ` → ${about.url}`}`;
  const quoted = render(words)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `> ${line}`);
  const links = files.map((file) => `> 📎 [${escapeMarkdown(file.name)}](${file.ref})`);
  return shorten([who, ...quoted, ...links].join('\n'), CONTENT);
}

function surfaceOf(interaction: Answerable, { screen }: Session): Surface {
  const { id, token, applicationId } = interaction;
  return interactionSurface(screen, {
    id,
    token,
    applicationId,
    channelId: channelOf(interaction).id,
    at: screen.now(),
    isSeen: isSeen(interaction),
  });
}

/** A private thread is seen by those in it, and by who manages threads. */
function isSeen({ appPermissions, channel }: Answerable): boolean {
  if (!appPermissions.has(PermissionFlagsBits.ViewChannel)) return false;
  const isPrivate = channel?.type === ChannelType.PrivateThread && !channel.joined;
  return !isPrivate || appPermissions.has(PermissionFlagsBits.ManageThreads);
}

function shownIn(interaction: Answerable, { screen }: Session): Surface {
  return channelSurface(screen, { channelId: channelOf(interaction).id });
}
