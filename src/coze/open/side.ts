/** The messages of a turn that are no answer: tools, knowledge, follow-ups, and Coze's own remarks (`verbose`). */

import { asJson, parseWire, text, type Wire } from '../json.ts';
import { excerptsOf } from '../recall.ts';
import type { ReplyEvent } from '../transport.ts';

/** Kinds of reply that a caller may do without. */
export type Wanted = 'reasoning' | 'knowledge' | 'tool' | 'suggest';

export type Side =
  | { readonly kind: Wanted; readonly event: ReplyEvent }
  /** A question node of a workflow, as Studio announces it. */
  | { readonly kind: 'interrupt' };

/** Coze docs: at most three follow-ups. */
const MOST_SUGGESTIONS = 3;
/** Calls that may wait for their outputs; an output names no call, so that they are matched in order. */
const MOST_CALLS = 100;
const DETAIL = 500;

/** Reads the side messages of one turn; what is none, and what says nothing to a member, is `undefined`. */
export function createSides(): (message: Wire) => Side | undefined {
  const suggested = new Set<string>();
  const calls: string[] = [];

  const takeCall = (content: string): Side => {
    const call = parseWire(content);
    const name = text(call?.name) || text(call?.api_name) || text(call?.plugin_name) || 'tool';
    if (calls.length < MOST_CALLS) calls.push(name);
    return { kind: 'tool', event: { type: 'tool', name, state: 'running', ...detail(call?.arguments) } };
  };

  const takeOutput = (content: string): Side => {
    const output = parseWire(content)?.response_for_model ?? content;
    return { kind: 'tool', event: { type: 'tool', name: calls.shift() ?? 'tool', state: 'done', ...detail(output) } };
  };

  const takeFollowUp = (content: string): Side | undefined => {
    const words = content.trim();
    if (words === '' || suggested.has(words) || suggested.size >= MOST_SUGGESTIONS) return undefined;
    suggested.add(words);
    return { kind: 'suggest', event: { type: 'suggest', text: words } };
  };

  return (message) => {
    const content = text(message.content);
    switch (message.type) {
      case 'function_call':
        return takeCall(content);
      case 'tool_output':
      case 'tool_response':
        return takeOutput(content);
      case 'follow_up':
        return takeFollowUp(content);
      case 'knowledge':
      case 'verbose':
        return takeVerbose(content);
      default:
        return undefined;
    }
  };
}

function takeVerbose(content: string): Side | undefined {
  const verbose = parseWire(content);
  if (verbose?.msg_type === 'interrupt') return { kind: 'interrupt' };
  if (verbose?.msg_type !== 'knowledge_recall') return undefined;
  const excerpts = excerptsOf(verbose.data);
  return excerpts.length > 0 ? { kind: 'knowledge', event: { type: 'knowledge', excerpts } } : undefined;
}

function detail(value: unknown): { detail?: string } {
  if (value === undefined || value === null || value === '') return {};
  return { detail: asJson(value).slice(0, DETAIL) };
}

/** Coze docs: the message list has no order; ids grow with time and are compared as the long numbers they are. */
export function byAge(a: Wire, b: Wire): number {
  const age = (Number(a.created_at) || 0) - (Number(b.created_at) || 0);
  const [left, right] = [String(a.id ?? ''), String(b.id ?? '')];
  return age || left.length - right.length || (left < right ? -1 : Number(left > right));
}

/** Tools and knowledge have nothing to tell a repetition by; answers and follow-ups have. */
export function kindOf(message: Wire): Wanted | undefined {
  const type = text(message.type);
  if (type === 'function_call' || type.startsWith('tool_')) return 'tool';
  const isRecall = type === 'knowledge' || (type === 'verbose' && text(message.content).includes('knowledge_recall'));
  return isRecall ? 'knowledge' : undefined;
}
