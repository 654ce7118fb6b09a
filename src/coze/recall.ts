/** Reads what a knowledge recall found. Its JSON is undocumented: `{chunks:[{slice, …}]}` and relatives, often JSON within JSON. */
import { isWire, parseJson, text, type Wire } from './json.ts';

const LISTS = ['chunks', 'slices', 'segments', 'documents', 'list', 'data', 'output_list', 'results'];
const WORDS = ['slice', 'content', 'text', 'output', 'snippet'];
const MOST = 20;
const LONGEST = 2000;

/** The passages, each once, bounded in number and length. */
export function excerptsOf(data: unknown): readonly string[] {
  const found = new Set<string>();
  gather(data, found, 0);
  return [...found].slice(0, MOST);
}

function gather(value: unknown, found: Set<string>, depth: number): void {
  if (depth > 6 || found.size >= MOST) return;
  if (typeof value === 'string') gatherText(value, found, depth);
  else if (Array.isArray(value)) for (const item of value) gather(item, found, depth + 1);
  else if (isWire(value)) gatherObject(value, found, depth);
}

function gatherObject(value: Wire, found: Set<string>, depth: number): void {
  const words = WORDS.map((key) => text(value[key])).find((word) => word.trim() !== '');
  if (words !== undefined) gatherText(words, found, depth);
  else for (const key of LISTS) if (value[key] !== undefined) gather(value[key], found, depth + 1);
}

function gatherText(value: string, found: Set<string>, depth: number): void {
  const nested = /^\s*[[{]/.test(value) ? parseJson(value) : undefined;
  if (nested !== undefined) gather(nested, found, depth + 1);
  else if (value.trim() !== '') found.add(value.trim().slice(0, LONGEST));
}
