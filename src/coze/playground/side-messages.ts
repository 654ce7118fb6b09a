/** Readers for the messages beside the answer. Their content is plain text or JSON of several makes; text is always a fallback. */

/** Longest text of one excerpt or detail that is passed on. */
const TEXT_LIMIT = 4_000;

/** The plugin that a call or its output names, else `plugin`. */
export function toolName(content: string): string {
  const parsed = parse(content);
  for (const key of ['plugin_name', 'api_name', 'name', 'tool_name']) {
    const name = property(parsed, key);
    if (typeof name === 'string' && name !== '') return name;
  }
  return 'plugin';
}

/** One suggestion, or a JSON array of them. */
export function suggestionsIn(content: string): string[] {
  const parsed = parse(content);
  const texts: unknown[] = Array.isArray(parsed) ? parsed : [content];
  return texts
    .filter((text) => typeof text === 'string')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** The passages of a recall: JSON with `chunks` or a list, each with `slice` or `content`; otherwise the text itself. */
export function knowledgeExcerpts(content: string): string[] {
  const parsed = parse(content);
  const list = Array.isArray(parsed) ? parsed : property(parsed, 'chunks');
  const passages: unknown[] = Array.isArray(list) ? list.map(passage) : [];
  const texts = passages.filter((text) => typeof text === 'string' && text !== '').map((text) => cut(String(text)));
  if (texts.length > 0) return texts;
  return parsed === undefined && content.trim() !== '' ? [cut(content.trim())] : [];
}

/** Verbose messages hold `{msg_type, data}`; only knowledge recalls are for people. */
export function verboseExcerpts(content: string): string[] {
  const parsed = parse(content);
  const data = property(parsed, 'data');
  if (property(parsed, 'msg_type') !== 'knowledge_recall') return [];
  return knowledgeExcerpts(typeof data === 'string' ? data : JSON.stringify(data ?? []));
}

function passage(value: unknown): unknown {
  if (typeof value === 'string') return value;
  return property(value, 'slice') ?? property(value, 'content') ?? property(value, 'text');
}

const cut = (text: string) => (text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text);

function parse(content: string): unknown {
  if (!/^\s*[[{]/.test(content)) return undefined;
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
