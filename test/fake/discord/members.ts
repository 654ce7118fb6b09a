/** What people do in the fake Discord, and what they see. */
import type { Gateway } from './gateway.ts';
import type { Channel, Interaction, Memory, Message, Poll, User } from './memory.ts';
import type { Post } from './posts.ts';
import { describe, type Seen, see } from './seen.ts';
import { type Guild, wireChannel, wireInteraction, wireMessage } from './wire.ts';
import type { RestWorld } from './world.ts';

export interface Say {
  readonly channel: Channel;
  readonly author: User;
  readonly content: string;
  /** Puts a mention of the bot in front. */
  readonly mention?: boolean;
  /** The message it replies to, with the ping on unless `ping` is false. */
  readonly reply?: Message | Seen;
  readonly ping?: boolean;
  readonly files?: readonly File[];
  readonly forward?: Message;
  readonly stickers?: readonly string[];
  readonly poll?: Poll;
  /** How long ago it was written. */
  readonly ageMs?: number;
}

export interface Act {
  readonly channel: Channel;
  readonly user: User;
  readonly locale?: string;
}

export interface Slash {
  readonly name: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, File>>;
}

export interface Members {
  person(name: string, o?: { moderator?: boolean }): User;
  /** A direct conversation of this person with the bot. */
  direct(user: User): Channel;
  thread(parent: Channel, name: string): Channel;
  /** A moderator makes a channel beside the others; the client is told. */
  open(type: Channel['type'], name: string): Channel;
  say(o: Say): Message;
  change(message: Message, content: string): void;
  erase(message: { readonly id: string }): void;
  /** A moderator removes many messages at once. */
  purge(channel: Channel, messages: readonly { readonly id: string }[]): void;
  /** Options come in the order in which the member filled them in. */
  slash(o: Act & Slash): Interaction;
  autocomplete(o: Act & { name: string; option: string; typed: string }): Promise<NonNullable<Interaction['choices']>>;
  menu(o: Act & { name: string; target: Message | Seen }): Interaction;
  /** Sends the form that an interaction was answered with; what is not given is left empty. */
  submit(o: Act & { form: Interaction; values?: Readonly<Record<string, string>> }): Interaction;
  /** Presses the button with this label, on the newest message that has one. */
  press(o: Act & { label: string | RegExp }): Interaction;
  /** Takes a right from the bot in a channel, or gives all back; the client is told. */
  permit(channel: Channel, refuse: Channel['refuse']): void;
  /** Lets somebody manage this channel or category and no other; the client is told. */
  entrust(channel: Channel, user: User): void;
  /** A moderator locks a thread; the client is told. */
  lock(thread: Channel): void;
  /** Three seconds went by: who still waits sees "did not respond"; the tokens of the others stay good. */
  lapse(): void;
  /** Fifteen minutes went by: the interaction's token is no longer taken. */
  expire(interaction: Interaction): void;
  /** What `user`, or somebody without private messages, sees in a channel, oldest first. */
  visible(channel: Channel, user?: User): Seen[];
  waitFor<T>(predicate: () => T | undefined | false | null): Promise<T>;
}

interface World {
  readonly memory: Memory;
  readonly post: Post;
  readonly gateway: Gateway;
  readonly rest: RestWorld;
  readonly guild: Guild;
}

export function createMembers(world: World): Members {
  const { memory, post } = world;
  const members: Members = {
    person(name, o = {}) {
      const user = memory.addUser(name);
      if (o.moderator) world.guild.moderators.add(user.id);
      return user;
    },
    direct(user) {
      const known = [...memory.channels.values()].find((channel) => channel.recipient?.id === user.id);
      return known ?? memory.addChannel({ type: 1, recipient: user });
    },
    thread: (parent, name) => world.rest.openThread(parent, name, { ownerId: memory.snowflake() }),
    open(type, name) {
      const { id: guildId } = world.guild;
      const channel = memory.addChannel({ type, name, guildId });
      world.gateway.dispatch('CHANNEL_CREATE', () => wireChannel(channel, world.rest.bot));
      return channel;
    },
    say: (o) => say(world, o),
    change: (message, content) => post.edit(message, { content }),
    erase(message) {
      const known = memory.messages.get(message.id);
      if (known !== undefined) post.remove(known);
    },
    purge(channel, messages) {
      const ids = messages.map(({ id }) => id);
      for (const id of ids) {
        const known = memory.messages.get(id);
        if (known !== undefined) known.deleted = true;
      }
      const where = { channel_id: channel.id, guild_id: channel.guildId };
      world.gateway.dispatch('MESSAGE_DELETE_BULK', () => ({ ids, ...where }));
      memory.changed();
    },
    slash: (o) => act(world, o, 'command', slashData(world, o)),
    async autocomplete(o) {
      const options = [{ type: 3, name: o.option, value: o.typed, focused: true }];
      const interaction = act(world, o, 'autocomplete', commandData(world, o.name, 1, options));
      return members.waitFor(() => interaction.choices);
    },
    menu: (o) => openMenu(world, o),
    submit: (o) => submit(world, o),
    press: (o) => press(world, members, o),
    permit(channel, refuse) {
      channel.refuse = refuse;
      world.gateway.dispatch('CHANNEL_UPDATE', () => wireChannel(channel, world.rest.bot));
    },
    entrust(channel, { id }) {
      channel.steward = id;
      world.gateway.dispatch('CHANNEL_UPDATE', () => wireChannel(channel, world.rest.bot));
    },
    lock(thread) {
      thread.locked = true;
      world.gateway.dispatch('THREAD_UPDATE', () => wireChannel(thread, world.rest.bot));
    },
    lapse() {
      for (const interaction of memory.interactions.values())
        if (interaction.state === 'waiting') interaction.state = 'lapsed';
    },
    expire(interaction) {
      interaction.state = 'expired';
    },
    visible: (channel, user) =>
      memory
        .messagesOf(channel.id)
        .filter((message) => message.ephemeralFor === undefined || message.ephemeralFor === user?.id)
        .map(see),
    waitFor: (predicate) => memory.waitFor(predicate, () => describe(memory)),
  };
  return members;
}

function say(world: World, o: Say): Message {
  const content = o.mention ? `<@${world.rest.bot.id}> ${o.content}` : o.content;
  const target = o.reply === undefined ? undefined : world.memory.messages.get(o.reply.id);
  return world.post.create(
    o.channel,
    o.author,
    { content },
    {
      files: o.files ?? [],
      replyTo: target?.id,
      forwarded: o.forward,
      stickers: o.stickers,
      poll: o.poll,
      ageMs: o.ageMs,
      // A reply with the ping on mentions whom it answers; Discord does not for messages that came from an interaction.
      pinged: target !== undefined && o.ping !== false ? target.author : undefined,
    },
  );
}

interface Given {
  readonly type: number;
  readonly name: string;
  readonly value: string;
}

function slashData(world: World, { name, options = {}, files = {} }: Slash): object {
  const kept = Object.entries(files).map(([option, file]) => [option, ...world.post.keep([file])] as const);
  const attached = kept.map(([option, file]) => ({ type: 11, name: option, value: file?.id ?? '' }));
  const attachments = Object.fromEntries(kept.map(([, file]) => [file?.id, file]));
  return { ...commandData(world, name, 1, [...words(options), ...attached]), resolved: { attachments } };
}

function commandData(world: World, name: string, type: number, options: readonly Given[]): Record<string, unknown> {
  const command = world.rest.commands.find((known) => known.name === name && (known.type ?? 1) === type);
  if (command === undefined) throw new Error(`/${name} is not registered, so nobody can call it.`);
  for (const option of command.options ?? [])
    if (option.required && !options.some((given) => given.name === option.name))
      throw new Error(`/${name} needs "${option.name}"; Discord would not let it be sent.`);
  for (const given of options) {
    const option = command.options?.find((one) => one.name === given.name && one.type === given.type);
    const choices = option?.choices?.map(({ value }) => value);
    if (option === undefined || choices?.includes(given.value) === false)
      throw new Error(`/${name} has no "${given.name}" that could be ${given.value}.`);
  }
  return { id: command.id, name, type, options };
}

function words(options: Readonly<Record<string, string>>): Given[] {
  return Object.entries(options).map(([name, value]) => ({ type: 3, name, value }));
}

function act(world: World, o: Act, kind: Interaction['kind'], data: object, source?: Message): Interaction {
  const { memory, rest } = world;
  const interaction: Interaction = {
    id: memory.snowflake(),
    token: `aW50ZXJhY3Rpb246${memory.snowflake()}`,
    kind,
    user: o.user,
    channelId: o.channel.id,
    source: source?.id,
    state: 'waiting',
    ephemeral: false,
    original: undefined,
    choices: undefined,
    modal: undefined,
  };
  memory.interactions.set(interaction.token, interaction);
  const frame = wireInteraction(interaction, o.channel, {
    bot: rest.bot,
    guild: world.guild,
    applicationId: rest.applicationId,
    locale: o.locale ?? 'en-US',
  });
  const message = source === undefined ? {} : { message: wireMessage(memory, source) };
  world.gateway.dispatch('INTERACTION_CREATE', () => ({ ...frame, ...message, data }));
  return interaction;
}

function openMenu(world: World, o: Act & { name: string; target: Message | Seen }): Interaction {
  const target = world.memory.messages.get(o.target.id);
  if (target === undefined) throw new Error('That message is gone.');
  const data = commandData(world, o.name, 3, []);
  // The target comes whole, whatever the intents are.
  const resolved = { messages: { [target.id]: wireMessage(world.memory, target) } };
  return act(world, o, 'menu', { ...data, target_id: target.id, resolved });
}

function submit(world: World, o: Act & { form: Interaction; values?: Readonly<Record<string, string>> }): Interaction {
  const { modal } = o.form;
  if (modal === undefined) throw new Error('No form was shown.');
  const components = modal.components.map(({ type, component }, id) => {
    const value = o.values?.[component?.custom_id ?? ''] ?? '';
    if (value === '' && component?.required !== false)
      throw new Error('Discord would not send this form: a field is empty.');
    return {
      type,
      id: id * 2,
      component: { id: id * 2 + 1, type: component?.type, custom_id: component?.custom_id, value },
    };
  });
  return act(world, o, 'modal', { custom_id: modal.custom_id, components });
}

function press(world: World, members: Members, o: Act & { label: string | RegExp }): Interaction {
  const fits = (label: string) => (typeof o.label === 'string' ? label === o.label : o.label.test(label));
  const seen = members.visible(o.channel, o.user).toReversed();
  for (const message of seen) {
    const button = message.buttons.find(({ label }) => fits(label));
    if (button === undefined) continue;
    const data = { component_type: 2, custom_id: button.customId };
    return act(world, o, 'component', data, world.memory.messages.get(message.id));
  }
  throw new Error(`No button "${o.label}" to press. What a member sees:\n${describe(world.memory)}`);
}
