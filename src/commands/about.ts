/** `help`, `about`, `usage`, `stop`. */
import { titlesOf } from '../conversation/greeting.ts';
import { limitsIn, whenText } from '../conversation/limits.ts';
import { type Spent, subjects, type Used } from '../conversation/usage.ts';
import type { Notice } from '../message.ts';
import { type CommandContext, moderates, say, titleHere } from './context.ts';

const DAYS = 30;

/** `about`: what this is and who answers. */
export async function about(c: CommandContext): Promise<Notice> {
  const values = { bot: await titleHere(c), n: c.house.catalog.list().length };
  return { text: say(c, 'aboutText', values) };
}

/** `stop [all]`. */
export async function stop(c: CommandContext): Promise<Notice> {
  const stopped = c.house.stop(c.incoming, c.words[0] === 'all');
  return { text: say(c, stopped ? 'stopDone' : 'stopNothing'), private: true };
}

/** `usage`: one's own, and how much of each limit is left; moderators also see the place, and those of more than a channel every bot of the account. */
export async function usage(c: CommandContext): Promise<Notice> {
  const who = { place: c.incoming.place, personId: c.incoming.author.id };
  const rows: [name: string, subject: string][] = [[say(c, 'usageYou'), subjects.member(who)]];
  const { author, place } = c.incoming;
  if (author.moderator) rows.push([say(c, 'usagePlace'), subjects.place(who)]);
  if (author.moderator && moderates(c.incoming, place.levels[0].kind)) {
    const bots = c.house.catalog.list();
    const titles = await titlesOf(bots, c.house.clients);
    for (const [n, { name }] of bots.entries()) rows.push([titles[n] ?? name, subjects.bot(who, name)]);
  }
  const lines = await Promise.all(rows.map(([name, subject]) => usageRow(c, name, subject)));
  const limits = await c.house.usage.spent(who, limitsIn(c.house.owner, c.binding, c.incoming.place));
  const parts = [`${say(c, 'usageTitle')}\n\n${lines.join('\n')}`];
  if (limits.length > 0) parts.push(`${say(c, 'usageLimits')}\n\n${limits.map((one) => limitRow(c, one)).join('\n')}`);
  return { text: parts.join('\n\n'), private: true };
}

function limitRow(c: CommandContext, { limit, used, endsAt }: Spent): string {
  const name = say(c, limit.whose === 'member' ? 'usageYou' : 'usagePlace');
  const when = whenText(endsAt - c.house.now(), c.language);
  const row = limit.what === 'turns' ? 'usageLimitTurns' : 'usageLimitTokens';
  return `- ${say(c, row, { name, used, most: limit.most, when })}`;
}

async function usageRow(c: CommandContext, name: string, subject: string): Promise<string> {
  const [today, month] = await Promise.all([c.house.usage.sums(subject, 1), c.house.usage.sums(subject, DAYS)]);
  const tokens = (used: Used) => used.input + used.output;
  const values = { turns: today.turns, turns30: month.turns, tokens: tokens(today), tokens30: tokens(month) };
  return `- ${say(c, 'usageRow', { name, ...values })}`;
}
