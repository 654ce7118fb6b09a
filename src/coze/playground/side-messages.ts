/** Readers for the messages beside the answer. Their content is plain text or JSON of several makes. */
import { parseJson, parseWire, text, wire } from '../json.ts';
import { excerptsOf } from '../recall.ts';

/** The plugin that a call or its output names, else `plugin`. */
export function toolName(content: string): string {
  const call = wire(parseJson(content));
  return text(call.plugin_name) || text(call.api_name) || text(call.name) || 'plugin';
}

/** One suggestion, or a JSON array of them. */
export function suggestionsIn(content: string): readonly string[] {
  const parsed = /^\s*\[/.test(content) ? parseJson(content) : undefined;
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [content];
  return list.map((item) => text(item).trim()).filter((item) => item !== '');
}

/** Verbose messages hold `{msg_type, data}`; only knowledge recalls are for people. */
export function verboseExcerpts(content: string): readonly string[] {
  const message = parseWire(content);
  return message?.msg_type === 'knowledge_recall' ? excerptsOf(message.data) : [];
}
