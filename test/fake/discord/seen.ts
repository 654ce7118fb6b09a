/** Messages as members see them. */
import type { Attachment, Memory, Message } from './memory.ts';

/** One message as a member sees it. */
export interface Seen {
  readonly id: string;
  readonly author: string;
  readonly content: string;
  readonly buttons: readonly { readonly label: string; readonly customId: string }[];
  readonly files: readonly Attachment[];
  /** Addresses of the images that are shown: embeds, unless they are suppressed. */
  readonly images: readonly string[];
  readonly replyTo: string | undefined;
  readonly edits: number;
  readonly private: boolean;
}

export function see(message: Message): Seen {
  const buttons = message.components.flatMap((row) => row.components ?? []);
  return {
    id: message.id,
    author: message.author.username,
    content: message.content,
    buttons: buttons.map((button) => ({ label: button.label ?? '', customId: button.custom_id ?? '' })),
    files: message.attachments,
    images: (message.flags & 4) !== 0 ? [] : message.embeds.flatMap(({ image }) => (image ? [image.url] : [])),
    replyTo: message.replyTo,
    edits: message.edits,
    private: message.ephemeralFor !== undefined,
  };
}

export function describe(memory: Memory): string {
  const lines = [...memory.messages.values()]
    .filter((message) => !message.deleted)
    .map((message) => {
      const place = memory.channels.get(message.channelId)?.name ?? 'direct';
      const buttons = see(message)
        .buttons.map(({ label }) => `[${label}]`)
        .join(' ');
      return `#${place} ${message.author.username}: ${JSON.stringify(message.content)} ${buttons}`;
    });
  return lines.join('\n');
}
