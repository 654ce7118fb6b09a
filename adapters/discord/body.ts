/** What a message of an answer is made of when it is sent. */
import { createHash } from 'node:crypto';
import { type APIEmbed, MessageFlags, type RawFile } from 'discord.js';
import type { Content } from '#core/surface.ts';
import { type Buttons, shorten } from './buttons.ts';
import type { Body } from './calls.ts';
import type { Pictures } from './pictures.ts';
import { type Drawn, draw } from './render.ts';

/** Discord takes 2000 characters of content. */
const CONTENT = 2000;
/** Embeds of a message, and images of one gallery. */
const EMBEDS = 10;
const GALLERY = 4;

export interface Pen {
  readonly buttons: Buttons;
  /** One for all texts of an answer. */
  readonly drawing: (markdown: string) => Drawn;
  /** Set once Discord has taken a link of the answer for harmful: then none of them leads anywhere. */
  isHarmful?: boolean;
}

/** A body, and the files that its embeds show. */
export interface Packed {
  readonly body: Body;
  readonly files: readonly RawFile[];
  /** The same with the addresses of the pictures in place of files. */
  readonly plain: Body;
  /** Whether the files got through to Discord is not known: they are left out from now on. */
  giveUp(): void;
  /** Discord takes a link for harmful: the words alone, now and from now on. `undefined` where these are they. */
  disarm(): Body | undefined;
}

/** As `bodyOf`, with the pictures that would be gone later. */
export async function pack(pen: Pen, pictures: Pictures, content: Content): Promise<Packed> {
  const plain = bodyOf(pen, content);
  const { giveUp } = pictures;
  if (pen.isHarmful) return { body: withoutLinks(plain), plain, files: [], giveUp, disarm: () => undefined };
  const disarm = () => {
    pen.isHarmful = true;
    return withoutLinks(plain);
  };
  const { images } = pen.drawing(content.text);
  if (!content.final) pictures.expect(images.slice(0, EMBEDS));
  const taken = content.final ? await pictures.take(images.slice(0, EMBEDS)) : new Map<string, RawFile>();
  if (taken.size === 0) return { body: plain, plain, files: [], giveUp, disarm };
  const files = [...taken.values()];
  const embeds = (plain.embeds ?? []).map((embed) => {
    const file = taken.get(embed.image?.url ?? '');
    return file ? { ...embed, image: { url: `attachment://${file.name}` } } : embed;
  });
  const attachments = files.map(({ name }, id) => ({ id: String(id), filename: name }));
  return { body: { ...plain, embeds, attachments }, plain, files, giveUp, disarm };
}

/** The words are shown, and nothing in them can be pressed. */
function withoutLinks(body: Body): Body {
  const content = body.content?.replaceAll(/\b(ht)tp(?=s?:\/\/)/gi, '$1\u200btp');
  return { ...body, ...(content && { content: shorten(content, CONTENT) }), embeds: [] };
}

/** `allowed_mentions` goes with every create and edit: an omitted value would ping whatever the text names. */
export function bodyOf({ buttons, drawing = draw }: Pick<Pen, 'buttons'> & Partial<Pen>, content: Content): Body {
  const { text, images } = drawing(content.text);
  const note = content.note === undefined ? '' : `${text === '' ? '' : '\n'}-# ${content.note.replaceAll('\n', ' ')}`;
  const room = CONTENT - text.length;
  const embeds = content.final ? gallery(images) : [];
  return {
    // A message may not be empty, not even one with buttons: a zero-width space stands in.
    content: text + (note === '' || room < 4 ? '' : shorten(note, room)) || '\u200b',
    embeds,
    // Those of the answer before, when it is made anew.
    attachments: [],
    components: buttons.rows(content.buttons ?? []),
    // Links of an answer grow no previews, unless that would hide its own images too.
    flags: embeds.length > 0 ? 0 : MessageFlags.SuppressEmbeds,
    allowed_mentions: { parse: [], replied_user: false },
  };
}

/** Embeds with the same address are shown as one gallery of up to four images. */
function gallery(images: readonly string[]): APIEmbed[] {
  return images.slice(0, EMBEDS).map((url, place) => ({
    url: images[place - (place % GALLERY)] ?? url,
    image: { url },
  }));
}

/** 25 characters at most; the same key gives the same nonce, also after a restart, so a repeated create gives the first message. */
export function nonceOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 24);
}
