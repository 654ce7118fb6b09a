/** Which updates are heard, and the albums among them. */
import type { Message, Update } from 'grammy/types';

export const heard = [
  'message',
  'edited_message',
  'callback_query',
  'my_chat_member',
  'stopped_message_generation',
] as const;

/** One update, or the updates of one album. */
export type Together = [Update, ...Update[]];

/** Names the album that an update is a part of. */
export function albumOf(update: Update | undefined): string | undefined {
  const message: Message | undefined = update?.message;
  return message?.media_group_id === undefined ? undefined : `${message.chat.id}:${message.media_group_id}`;
}

/** Pictures of one album arrive as one message each, with the same group id; they are one question. */
export function groupAlbums(updates: readonly Update[]): Together[] {
  const groups: Together[] = [];
  const albums = new Map<string, Update[]>();
  for (const update of updates) {
    const album = albumOf(update);
    const begun = album === undefined ? undefined : albums.get(album);
    if (begun) begun.push(update);
    else {
      const group: Together = [update];
      groups.push(group);
      if (album !== undefined) albums.set(album, group);
    }
  }
  return groups;
}
