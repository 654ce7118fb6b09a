/** The kinds of values that settings have, each with the sentence for what is none. */
import { z } from 'zod';

export const secret = (name: string, where: string) =>
  z
    .string()
    .regex(/^[^\s=;,"'<>]+=*$/, {
      error: `${name}: this is not the bare value. Paste only the value itself (${where}), without a name, quotes or spaces.`,
    })
    .optional();

export const link = (name: string, example: string) =>
  z
    .string()
    .refine((text) => /^https?:$/.test(schemeOf(text)), {
      error: `${name}: not an address. Write one that starts with https:// or http://, such as ${example}.`,
    })
    .transform((text) => text.replace(/\/+$/, ''));

export const address = (name: string, fallback: string) => link(name, fallback).default(fallback);

export const onOff = (name: string) =>
  z
    .string()
    .default('on')
    .transform((text) => text.toLowerCase())
    .pipe(
      z.enum(['on', 'off', 'true', 'false'], { error: `${name}: write "off" to go around the proxy there, or "on".` }),
    )
    .transform((text) => text === 'on' || text === 'true');

/** Words such as `user:1 server:2`, with spaces or commas between them. */
export const subjects = (name: string) =>
  z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))
    .refine((words) => words.every((word) => /^(user|role|channel|thread|category|server):[^\s:]+$/.test(word)), {
      error: `${name}: not a list of people and places. Write user:ID, role:ID, channel:ID or server:ID, with spaces between them.`,
    })
    .optional();

export const count = (name: string) =>
  z
    .string()
    .refine((text) => /^[1-9]\d{0,11}$/.test(text), {
      error: `${name}: not a limit. Write a whole number above 0, or leave it out for none.`,
    })
    .transform(Number)
    .optional();

const schemes = {
  PROXY: ['socks5:', 'socks5h:', 'socks4:', 'http:', 'https:'],
  STORE_URL: ['sqlite:', 'redis:', 'rediss:', 'postgres:', 'postgresql:', 'memory:'],
};

export const oneOf = (name: keyof typeof schemes, example: string) => (text: string, context: z.RefinementCtx) => {
  const scheme = schemeOf(text);
  if (schemes[name].includes(scheme)) {
    if (!isDecodable(text))
      context.addIssue(
        `${name}: it holds a "%" that begins no code. Write %25 for a percent sign, also in a password.`,
      );
    return;
  }
  const known = schemes[name].map((known) => `${known}//`).join(', ');
  const found = scheme ? `the scheme "${scheme}//" is unknown` : 'this is not an address';
  context.addIssue(`${name}: ${found}. Use one of ${known}, for example ${example}.`);
};

export function schemeOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
