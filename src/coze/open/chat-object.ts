/** Reads the fields of Coze's chat object, which come in more than one shape. Coze docs "chat_v3", "chat object". */
import { asJson, id, number, text, type Wire, wire } from '../json.ts';
import type { ToolCall } from '../transport.ts';

export interface TokenUsage {
  readonly input: number;
  readonly output: number;
}

/** `undefined` before Coze knows it: absent, null or zeros. Older docs have other names. */
export function usageOf(chat: Wire): TokenUsage | undefined {
  const usage = wire(chat.usage);
  const input = number(usage.input_count) ?? number(usage.input_tokens) ?? 0;
  const output = number(usage.output_count) ?? number(usage.output_tokens) ?? 0;
  return input + output > 0 ? { input, output } : undefined;
}

/** True for an object that is a fault: its `code` is there and not 0. */
export function hasCode(object: Wire): boolean {
  const code = id(object.code);
  return code !== '' && code !== '0';
}

/** `last_error` may be absent, null or `{code: 0}` where there was none. */
export function hasError(chat: Wire): boolean {
  return hasCode(wire(chat.last_error));
}

/** `chat.failed` is a chat with `last_error` or, in the docs' own example, a bare `{code, msg}`. */
export function failureOf(chat: Wire): Wire {
  return hasError(chat) ? wire(chat.last_error) : chat;
}

/** A call that waits for its output; its arguments come as JSON in a string, or bare. */
export function toCall(call: Wire): ToolCall {
  const called = wire(call.function);
  return { id: id(call.id), name: text(called.name), arguments: asJson(called.arguments) };
}
