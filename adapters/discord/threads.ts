/** New threads: where every message is meant for the bot it says who it is, before anybody has to ask. */
import { type AnyThreadChannel, type Client, Events } from 'discord.js';
import type { Incoming } from '#core/message.ts';
import { languageOf, placeOf } from './read.ts';
import type { Session } from './session.ts';
import { channelSurface } from './surface.ts';

/** Hears of a client's new threads from now on. */
export function greetThreads(client: Client<true>, session: Session): void {
  client.on(Events.ThreadCreate, (thread, isNew) => {
    // In a forum the first message is a question already, and gets its answer.
    if (isNew && !thread.parent?.isThreadOnly()) session.run('greeting a thread', () => greet(thread, session));
  });
}

async function greet(thread: AnyThreadChannel, session: Session): Promise<void> {
  const place = placeOf(thread, session.account);
  if (!(await session.answersAll(place))) return;
  const incoming: Incoming = {
    id: thread.id,
    place,
    author: { id: thread.ownerId ?? thread.id, name: '', moderator: false },
    text: '/start',
    attachments: [],
    language: languageOf(thread.guild.preferredLocale),
    at: thread.createdTimestamp ?? session.screen.now(),
  };
  await session.engine.reply(incoming, channelSurface(session.screen, { channelId: thread.id }));
}
