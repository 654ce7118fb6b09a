/** Each bot: its config, and one real question. */
import type { Bot } from '#core/bots/bot.ts';
import { isRealCozeError } from '#core/errors.ts';
import { isSample } from '../samples.ts';
import type { Patient } from './patient.ts';

const timeoutMs = 120_000;
const excerptLength = 70;

export async function* examineCoze(patient: Patient): AsyncGenerator<string> {
  const { host, words, setup } = patient;
  const bots = host.catalog.list();
  for (const { sentence } of host.catalog.faults()) yield `✗ ${sentence}`;
  if (bots.length === 0) yield words.noBots;
  const local = bots.filter(host.isLocal);
  if (local.length > 0) yield words.local(local.map(({ name }) => name));
  const connected = bots.filter((bot) => !local.includes(bot));
  const samples = connected.filter(({ coze }) => isSample(coze.kind === 'open' ? coze.botId : coze.draft.bot_id));
  if (samples.length > 0) yield setup.samples(samples.map(({ name }) => name)).replace('!', '✗');
  for (const bot of connected) if (!samples.includes(bot)) yield await ask(bot, patient);
}

async function ask(bot: Bot, { host, words, setup, signal }: Patient): Promise<string> {
  const began = performance.now();
  const question = { turns: [{ role: 2 as const, content: setup.firstQuestion }], user: 'doctor' };
  let answer = '';
  try {
    const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for await (const event of host.clients.for(bot).ask(question, until)) {
      if (event.type === 'delta') answer += event.text;
      if (event.type === 'replace') answer = event.text;
    }
  } catch (error) {
    if (signal.aborted || !isRealCozeError(error)) throw error;
    return `✗ ${bot.name}: ${words.fault(error)}${error.logid ? ` (logid ${error.logid})` : ''}`;
  }
  const whole = answer.replace(/\s+/g, ' ').trim();
  const excerpt = whole.length > excerptLength ? `${whole.slice(0, excerptLength).toWellFormed()}…` : whole;
  return excerpt === '' ? words.silent(bot.name) : words.answers(bot.name, performance.now() - began, excerpt);
}
