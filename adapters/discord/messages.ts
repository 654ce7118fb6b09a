/** Messages, their edits and their deletions. */
import { type Client, Events, type Message } from 'discord.js';
import { callForMessage, patiently } from './calls.ts';
import { howCalled, placeOf, readMessage } from './read.ts';
import type { Session } from './session.ts';
import { bodyOf, channelSurface, nonceOf } from './surface.ts';

const UNREADABLE =
  'Discord hides the text of this reply from me. Reply with the ping switched on, or mention me in the text.\nDiscord 不让我看到这条回复的内容。回复时请打开提醒（@），或在消息里提到我。';

/** Hears a client's messages from now on. */
export function answerMessages(client: Client<true>, session: Session): void {
  client.on(Events.MessageCreate, (message) => session.run('answering a message', () => answer(message, session)));
  client.on(Events.MessageUpdate, (before, message) => {
    // Discord also sends an update when it has made a link's preview.
    if (message.editedTimestamp === null || (!before.partial && before.content === message.content)) return;
    session.run('following an edit', () => follow(message, session));
  });
  client.on(Events.MessageDelete, (message) => {
    if (message.author?.bot) return;
    session.run('following a deletion', () =>
      session.engine.deleted(placeOf(message.channel, session.account), message.id, session.surfaceFor),
    );
  });
}

async function answer(message: Message, session: Session): Promise<void> {
  const call = await howCalled(message, session.account, session.answersAll);
  if (call === undefined) return;
  if (call === 'unreadable') return explain(message, session);
  const incoming = await readMessage(message, session.account, session.languages);
  const surface = channelSurface(session.screen, { channelId: message.channelId, replyTo: message.id });
  await session.engine.reply(incoming, surface);
}

async function follow(message: Message, session: Session): Promise<void> {
  const call = await howCalled(message, session.account, session.answersAll);
  if (call === undefined || call === 'unreadable') return;
  await session.engine.edited(await readMessage(message, session.account, session.languages), session.surfaceFor);
}

async function explain(message: Message, { screen, signal }: Session): Promise<void> {
  const body = {
    ...bodyOf(screen, { text: UNREADABLE, final: true }),
    nonce: nonceOf(`unreadable ${message.id}`),
    enforce_nonce: true,
    message_reference: { message_id: message.id, fail_if_not_exists: false as const },
  };
  const path = `/channels/${message.channelId}/messages` as const;
  await patiently(
    () => callForMessage(screen.rest, { method: 'POST', path, body, doing: 'explaining a hidden text' }),
    signal,
  );
}
