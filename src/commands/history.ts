/** `history`, `new`, `undo`, `sources`: what is remembered. */
import { decodeText, whyLeftOut } from '../conversation/attachments.ts';
import type { Exchange } from '../conversation/exchange.ts';
import { refusal } from '../conversation/failure.ts';
import { isSharedWith } from '../conversation/keys.ts';
import { readRole, readTurns, writeTurns } from '../conversation/transfer.ts';
import type { Attachment, Notice, Turn } from '../message.ts';
import { type CommandContext, conversation, mayChoose, say, titleHere, usageError } from './context.ts';

const USAGE = 'history show [N] | export | import | add ROLE TEXT';
const SHOWN = 10;
const MOST_SHOWN = 50;
const LINE = 200;
const IMPORT_MS = 30_000;

/** `history [show [N] | export | import | add ROLE TEXT]`. */
export async function history(c: CommandContext): Promise<Notice> {
  const [what = 'show', argument] = c.words;
  await c.house.remembered(c.incoming.place);
  if (what === 'show') return show(c, Math.min(Number(argument ?? SHOWN), MOST_SHOWN));
  if (what === 'export') return exported(c);
  if (what !== 'import' && what !== 'add') throw usageError(c, USAGE);
  if (!mayChoose(c)) throw refusal('forbidden', say(c, 'notAllowed'));
  refuseWhileBusy(c);
  return what === 'import' ? imported(c) : added(c);
}

/** `new`: an answer that still runs is stopped and will not come back. */
export async function forget(c: CommandContext): Promise<Notice> {
  const { key } = conversation(c);
  if (!(await c.house.once(c.incoming))) return { text: say(c, 'doneBefore'), private: true };
  c.house.halt(key);
  return { text: say(c, 'newDone', { n: await c.house.history.clear(key) }) };
}

/** `undo`: takes back the last question and its answer. */
export async function undo(c: CommandContext): Promise<Notice> {
  await c.house.remembered(c.incoming.place);
  refuseWhileBusy(c);
  if (!(await c.house.once(c.incoming))) return { text: say(c, 'doneBefore'), private: true };
  const gone = await c.house.history.undo(conversation(c).key);
  if (!gone) return { text: say(c, 'undoNothing') };
  return { text: say(c, 'undoDone', { question: line(gone.turns[0]?.content ?? '') }) };
}

/** `sources [MESSAGE]`: what the answer to a message, or the last one, rests on. */
export async function sources(c: CommandContext): Promise<Notice> {
  await c.house.remembered(c.incoming.place);
  const exchange = await exchangeOf(c, c.words[0]);
  const found = exchange?.sources;
  const parts = [
    found?.excerpts.length ? `${say(c, 'sourcesExcerpts')}\n${found.excerpts.map(quote).join('\n\n')}` : '',
    found?.tools.length ? say(c, 'sourcesTools', { tools: found.tools.join(', ') }) : '',
    found?.reasoning ? `${say(c, 'sourcesReasoning')}\n${quote(found.reasoning)}` : '',
  ].filter((part) => part !== '');
  return { text: parts.join('\n\n') || say(c, 'sourcesNone'), private: true };
}

/** A message is looked up among those of the place one writes in and of histories that one shares, so that no other can be named. */
async function exchangeOf(c: CommandContext, messageId: string | undefined): Promise<Exchange | undefined> {
  if (messageId === undefined) return (await c.house.history.last(conversation(c).key))?.exchange;
  const at = await c.house.finished(c.incoming.place, messageId);
  if (at?.key === undefined || at.index === undefined || !isSharedWith(at.key, c.incoming.author.id)) return undefined;
  const exchange = await c.house.history.at(at.key, at.index);
  return exchange?.turns.some((turn) => turn.id === messageId) ? exchange : undefined;
}

async function show(c: CommandContext, most: number): Promise<Notice> {
  if (!Number.isInteger(most) || most < 1) throw usageError(c, USAGE);
  const { key } = conversation(c);
  const bot = await titleHere(c);
  const all = await c.house.history.size(key);
  if (all === 0) return { text: say(c, 'historyEmpty', { bot }), private: true };
  const exchanges = await c.house.history.newest(key, most);
  const title = say(c, 'historyTitle', { n: exchanges.length, all, bot });
  return { text: [title, ...exchanges.map(({ exchange }) => shown(c, exchange, bot))].join('\n\n'), private: true };
}

function shown(c: CommandContext, exchange: Exchange, bot: string): string {
  const names = { 1: bot, 2: say(c, 'usageYou'), 6: say(c, 'sourcesExcerpts').replaceAll('*', '') };
  const lines = exchange.turns.map((turn) => `> **${turn.name ?? names[turn.role]}:** ${line(turn.content)}`);
  return [...lines, ...(exchange.failed ? [`> ${say(c, 'historyFailed')}`] : [])].join('\n');
}

async function exported(c: CommandContext): Promise<Notice> {
  const { bot, key } = conversation(c);
  const turns: Turn[] = [];
  for await (const { exchange } of c.house.history.all(key)) turns.push(...exchange.turns);
  const title = await titleHere(c);
  if (turns.length === 0) return { text: say(c, 'historyEmpty', { bot: title }), private: true };
  const bytes = new TextEncoder().encode(writeTurns(bot.name, turns));
  return {
    text: say(c, 'historyExported', { n: turns.length, bot: title }),
    file: { name: `history-${bot.name}.json`, type: 'application/json', bytes },
    private: true,
  };
}

async function imported(c: CommandContext): Promise<Notice> {
  const [file] = c.incoming.attachments;
  if (!file) throw refusal('invalid', say(c, 'historyNoFile'));
  const turns = readTurns(decodeText(await fetched(c, file), c.language) ?? '', c.language);
  const { key } = conversation(c);
  if (!(await c.house.once(c.incoming))) return { text: say(c, 'doneBefore'), private: true };
  await c.house.history.clear(key);
  return { text: say(c, 'historyImported', { n: await c.house.history.add(key, turns) }) };
}

async function fetched(c: CommandContext, file: Attachment): Promise<Uint8Array> {
  try {
    return await c.house.fetchAttachment(file, c.incoming.place, AbortSignal.timeout(IMPORT_MS));
  } catch (error) {
    throw refusal('invalid', whyLeftOut(file, error, c.language));
  }
}

async function added(c: CommandContext): Promise<Notice> {
  const [, roleWord, words] = /^add\s+(\S+)\s+(.+)$/s.exec(c.rest) ?? [];
  if (roleWord === undefined || words === undefined) throw usageError(c, USAGE);
  const role = readRole(roleWord, 'history add', c.language);
  if (!(await c.house.once(c.incoming))) return { text: say(c, 'doneBefore'), private: true };
  await c.house.history.add(conversation(c).key, [{ role, content: words, at: c.incoming.at }]);
  return { text: say(c, 'historyAdded', { role }) };
}

function refuseWhileBusy(c: CommandContext): void {
  if (c.house.busy(conversation(c).key)) throw refusal('busy', say(c, 'waitFirst'));
}

function line(words: string): string {
  const flat = words.replace(/\s+/g, ' ').trim();
  return flat.length > LINE ? `${flat.slice(0, LINE).toWellFormed()}…` : flat;
}

function quote(words: string): string {
  return words
    .trim()
    .split('\n')
    .map((part) => `> ${part}`)
    .join('\n');
}
