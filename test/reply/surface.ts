/** A platform with memory: what a member would see, and every call with its time. */
import { RealCozeError } from '#core/errors.ts';
import type { Content, Receipt, Surface } from '#core/surface.ts';
import type { Clock } from './clock.ts';

export interface Shown {
  readonly id: string;
  content: Content;
}

export interface Call {
  readonly kind: 'post' | 'edit' | 'spare' | 'remove' | 'draft' | 'file';
  readonly id: string;
  readonly key?: string;
  readonly content?: Content;
  readonly at: number;
}

export interface MemorySurface extends Surface {
  readonly messages: Shown[];
  readonly calls: Call[];
  /** Errors to throw, one per call, before anything is done; `after` throws once it is done (outcome unknown). */
  readonly faults: { error: RealCozeError; on?: Call['kind']; after?: boolean }[];
  text(): string;
}

export interface MemoryOptions {
  readonly clock: Clock;
  readonly roundTripMs?: number;
  readonly limit?: number;
  readonly budget?: Surface['budget'];
  readonly drafts?: boolean;
  /** The channel takes edits of the same messages. */
  readonly spare?: boolean;
  readonly files?: boolean;
}

export function createMemorySurface(options: MemoryOptions): MemorySurface {
  const { clock, roundTripMs = 30 } = options;
  const messages: Shown[] = [];
  const calls: Call[] = [];
  const keys = new Map<string, string>();
  const faults: MemorySurface['faults'] = [];

  async function call(entry: Omit<Call, 'at'>, act: () => string): Promise<Receipt> {
    calls.push({ ...entry, at: clock.now() });
    await clock.sleep(roundTripMs);
    const index = faults.findIndex((fault) => fault.on === undefined || fault.on === entry.kind);
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (fault && !fault.after) throw fault.error;
    const id = act();
    if (fault) throw fault.error;
    return { id };
  }

  function find(id: string): Shown {
    const message = messages.find((shown) => shown.id === id);
    if (!message) throw new RealCozeError('gone', 'The message was deleted.');
    return message;
  }

  function edit(kind: 'edit' | 'spare', id: string, content: Content): Promise<Receipt> {
    return call({ kind, id, content }, () => {
      find(id).content = content;
      return id;
    });
  }

  return {
    limit: options.limit ?? 2000,
    bucket: 'memory:1',
    budget: options.budget ?? 'discord-channel',
    messages,
    calls,
    faults,
    text: () => messages.map((shown) => shown.content.text).join('\n'),
    post: (content, key) =>
      call({ kind: 'post', id: '', key, content }, () => {
        const known = keys.get(key);
        if (known !== undefined) return known;
        const id = `m${keys.size + 1}`;
        keys.set(key, id);
        messages.push({ id, content });
        return id;
      }),
    edit: (id, content) => edit('edit', id, content),
    spare: options.spare
      ? {
          bucket: 'memory:channel',
          budget: 'discord-channel',
          edit: (id, content) => edit('spare', id, content),
        }
      : undefined,
    remove: async (id) => {
      await call({ kind: 'remove', id }, () => {
        messages.splice(messages.indexOf(find(id)), 1);
        return id;
      });
    },
    ...(options.drafts ? { draft: (content: Content) => call({ kind: 'draft', id: '', content }, () => '') } : {}),
    ...(options.files ? { file: () => call({ kind: 'file', id: '' }, () => 'file') } : {}),
  };
}
