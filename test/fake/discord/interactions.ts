/** The routes by which interactions are answered: their callback, and the webhook of their token. */
import type { Interaction, Message } from './memory.ts';
import { invalidForm, refuse } from './refusal.ts';
import { checkMessage, checkModal, type MessageBody } from './validate.ts';
import { wireMessage } from './wire.ts';
import { type Call, checked, type Reply, type RestWorld } from './world.ts';

export function callback(world: RestWorld, call: Call, [id, token]: readonly string[]): Reply {
  const interaction = world.memory.interactions.get(token ?? '');
  if (interaction === undefined || interaction.id !== id || interaction.state === 'lapsed') throw refuse(10062);
  if (interaction.state !== 'waiting') throw refuse(40060);
  const data = (call.body.data ?? {}) as MessageBody & { choices?: Interaction['choices'] };
  const type = Number(call.body.type);
  if (type === 4) {
    checkMessage(data, call.files.length);
    interaction.original = postFor(world, interaction, data, call.files).id;
    interaction.state = 'answered';
  } else if (type === 5) {
    interaction.state = 'thinking';
    interaction.ephemeral = ((data.flags ?? 0) & 64) !== 0;
  } else if (type === 6 || type === 7) {
    if (interaction.kind !== 'component') throw invalidForm(['type'], 'INTERACTION_TYPE', 'Only for components.');
    interaction.original = interaction.source;
    interaction.state = 'answered';
    if (type === 7) world.post.edit(originalOf(world, interaction), data, call.files);
  } else if (type === 8) {
    const choices = data.choices ?? [];
    if (choices.length > 25)
      throw invalidForm(['data', 'choices'], 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.');
    for (const [index, choice] of choices.entries())
      if (choice.name.length < 1 || choice.name.length > 100 || String(choice.value).length > 100)
        throw invalidForm(
          ['data', 'choices', String(index)],
          'BASE_TYPE_BAD_LENGTH',
          'Must be between 1 and 100 in length.',
        );
    interaction.choices = choices;
    interaction.state = 'answered';
  } else if (type === 9) {
    const modal = call.body.data as NonNullable<Interaction['modal']>;
    if (interaction.kind === 'modal') throw invalidForm(['type'], 'INTERACTION_TYPE', 'Not after a form.');
    checkModal(modal);
    interaction.modal = modal;
    interaction.state = 'answered';
  } else throw invalidForm(['type'], 'BASE_TYPE_CHOICES', 'Not a type of the fake server.');
  world.memory.changed();
  return callbackReply(world, call, interaction);
}

function callbackReply(world: RestWorld, call: Call, interaction: Interaction): Reply {
  if (call.query.get('with_response') !== 'true') return { status: 204 };
  const message = interaction.original === undefined ? undefined : world.memory.messages.get(interaction.original);
  return {
    status: 200,
    body: {
      interaction: { id: interaction.id, type: 2, response_message_id: interaction.original ?? null },
      ...(message === undefined ? {} : { resource: { type: 4, message: wireMessage(world.memory, message) } }),
    },
  };
}

export function editWebhookMessage(world: RestWorld, call: Call, [, token, which]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  const headers = world.buckets.take(`PATCH /webhooks/messages|${token}`, world.limits.webhook);
  const body = checked(call);
  if (which === '@original' && interaction.state === 'thinking') {
    const message = postFor(world, interaction, body, call.files);
    interaction.original = message.id;
    interaction.state = 'answered';
    world.memory.changed();
    return { status: 200, body: wireMessage(world.memory, message), headers };
  }
  const message = webhookMessage(world, interaction, which);
  world.post.edit(message, body, call.files);
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

export function readWebhookMessage(world: RestWorld, _call: Call, [, token, which]: readonly string[]): Reply {
  const message = webhookMessage(world, interactionOf(world, token), which);
  return { status: 200, body: wireMessage(world.memory, message) };
}

export function deleteWebhookMessage(world: RestWorld, _call: Call, [, token, which]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  if (which === '@original' && interaction.state === 'thinking') {
    interaction.state = 'answered';
    world.memory.changed();
    return { status: 204 };
  }
  world.post.remove(webhookMessage(world, interaction, which));
  return { status: 204 };
}

export function followUp(world: RestWorld, call: Call, [, token]: readonly string[]): Reply {
  const interaction = interactionOf(world, token);
  if (interaction.state === 'waiting') throw refuse(10015);
  const headers = world.buckets.take(`POST /webhooks|${token}`, world.limits.webhook);
  const body = checked(call);
  const message = postFor(world, interaction, body, call.files);
  if (interaction.state === 'thinking') {
    interaction.original = message.id;
    interaction.state = 'answered';
  }
  world.memory.changed();
  return { status: 200, body: wireMessage(world.memory, message), headers };
}

function postFor(world: RestWorld, interaction: Interaction, body: MessageBody, files: readonly File[]): Message {
  const hidden = ((body.flags ?? 0) & 64) !== 0 || (interaction.state === 'thinking' && interaction.ephemeral);
  // Commands are answered where the bot sees nothing, too.
  const channel = world.memory.channels.get(interaction.channelId);
  if (channel === undefined) throw refuse(10003);
  return world.post.create(channel, world.bot, body, {
    files,
    interactionToken: interaction.token,
    ephemeralFor: hidden ? interaction.user.id : undefined,
    // A first answer to a button is shown as a reply to the message that holds it.
    replyTo: interaction.original === undefined ? interaction.source : undefined,
  });
}

function interactionOf(world: RestWorld, token: string | undefined): Interaction {
  const interaction = world.memory.interactions.get(token ?? '');
  if (interaction === undefined || interaction.state === 'expired') throw refuse(50027);
  return interaction;
}

function originalOf(world: RestWorld, interaction: Interaction): Message {
  const message = interaction.original === undefined ? undefined : world.memory.messages.get(interaction.original);
  if (message === undefined || message.deleted) throw refuse(10008);
  return message;
}

function webhookMessage(world: RestWorld, interaction: Interaction, which: string | undefined): Message {
  if (which === '@original') return originalOf(world, interaction);
  const message = world.memory.messages.get(which ?? '');
  const own = message?.interactionToken === interaction.token || message?.id === interaction.source;
  if (message === undefined || message.deleted || !own) throw refuse(10008);
  return message;
}
