/** Who a bot of the local service is: read from our own config, or from the draft that a playground call carries. */
import type { Bot } from '../../bots/bot.ts';
import { type Fields, isFields, parseJson } from '../exchange.ts';

/** What a bot knows of itself. */
export interface Persona {
  readonly name: string;
  readonly description: string;
  readonly prologue: string;
  readonly suggestions: readonly string[];
  /** The owner's prompt: what the bot knows of itself, never shown. */
  readonly prompt: string;
  readonly avatar: string | undefined;
}

/** The persona of a configured bot: of an export from its `work_info`, of an Open API bot from its `bridge`. */
export function personaOf(bot: Bot): Persona {
  const draft = bot.coze.kind === 'playground' ? personaOfDraft(bot.coze.draft) : undefined;
  return {
    name: bot.bridge.name ?? draft?.name ?? capitalised(bot.name),
    description: bot.bridge.description ?? draft?.description ?? '',
    prologue: bot.bridge.prologue ?? draft?.prologue ?? '',
    suggestions: bot.bridge.suggestions ?? draft?.suggestions ?? [],
    prompt: draft?.prompt ?? bot.bridge.description ?? '',
    avatar: bot.bridge.avatar,
  };
}

/** The persona inside a playground draft, whose `work_info` holds strings with JSON in them. */
export function personaOfDraft(draft: Fields): Persona {
  const work = isFields(draft.work_info) ? draft.work_info : {};
  const onboarding = parseJson(text(work.onboarding));
  const welcome = isFields(onboarding) ? onboarding : {};
  const prompt = promptText(text(work.prompt)) || promptText(text(work.system_info_all));
  return {
    name: text(draft.name) || nameIn(prompt) || 'Coze bot',
    description: text(draft.description) || descriptionIn(prompt),
    prologue: text(welcome.prologue),
    suggestions: Array.isArray(welcome.suggested_questions)
      ? welcome.suggested_questions.map(text).filter(Boolean)
      : [],
    prompt,
    avatar: text(draft.icon_url) || undefined,
  };
}

/** `prompt` is plain text, or a JSON list of `{prompt_type, data}`. */
function promptText(value: string): string {
  const parts = parseJson(value);
  if (!Array.isArray(parts)) return value;
  return parts
    .map((part) => (isFields(part) ? text(part.data) : ''))
    .filter(Boolean)
    .join('\n');
}

function nameIn(prompt: string): string | undefined {
  return (
    /\b(?:you are|your name is) ([A-Z][\w-]*)/i.exec(prompt)?.[1] ?? /你(?:是|叫)([^\s，。,.]{1,8})/.exec(prompt)?.[1]
  );
}

/** What the prompt's first sentence says of the bot, turned from "You are Nim, a guide." into "A guide.". */
function descriptionIn(prompt: string): string {
  const sentence = /^[^.。\n]*[.。]?/.exec(prompt.replace(/^\s*#.*\n+/, ''))?.[0]?.trim() ?? '';
  return capitalised(sentence.replace(/^you are (?:[A-Z][\w-]*, )?/i, '').replace(/^你是(?:[^，。]{1,8}，)?/, ''));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
