/** An answer in progress: the events of the engine folded into the newest state, so that a slow client costs no memory. */
import type { ReplyEvent } from '#core/coze/transport.ts';

/** All of an answer so far. */
export interface Progress {
  readonly text: string;
  readonly reasoning: string;
  readonly excerpts: readonly string[];
  readonly tools: readonly { readonly name: string; readonly state: 'running' | 'done' }[];
  readonly suggestions: readonly string[];
  readonly usage?: { readonly input: number; readonly output: number } | undefined;
  /** Set once the answer is complete. */
  readonly finish?: 'stop' | 'interrupt' | 'notice' | undefined;
}

export const nothingYet: Progress = { text: '', reasoning: '', excerpts: [], tools: [], suggestions: [] };

/**
 * Yields the newest state whenever the consumer is ready for it, the last one always; states in between may be skipped.
 * A failure of the source is thrown after its last state. Leaving early closes the source.
 */
export async function* follow(source: AsyncIterable<ReplyEvent>): AsyncGenerator<Progress, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  const reader = readAll(iterator);
  let shown = nothingYet;
  try {
    while (true) {
      const ended = reader.ended;
      if (reader.state !== shown) {
        shown = reader.state;
        yield shown;
      } else if (ended) break;
      else await reader.change();
    }
    if (reader.failed) throw reader.failure;
  } finally {
    // Not awaited: a source that waits for its next event returns only after it, or when its own signal fires.
    iterator.return?.().catch(() => {});
  }
}

function readAll(iterator: AsyncIterator<ReplyEvent>) {
  const reader = { state: nothingYet, ended: false, failed: false, failure: undefined as unknown, change };
  let wake = Promise.withResolvers<void>();
  function change(): Promise<void> {
    return wake.promise;
  }
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  const read = async () => {
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
      reader.state = fold(reader.state, step.value);
      changed();
    }
  };
  read()
    .catch((error: unknown) => {
      reader.failed = true;
      reader.failure = error;
    })
    .finally(() => {
      reader.ended = true;
      changed();
    });
  return reader;
}

function fold(state: Progress, event: ReplyEvent): Progress {
  switch (event.type) {
    case 'delta':
      return { ...state, text: state.text + event.text };
    case 'replace':
      return { ...state, text: event.text };
    case 'reasoning':
      return { ...state, reasoning: state.reasoning + event.text };
    case 'knowledge':
      return { ...state, excerpts: [...state.excerpts, ...event.excerpts] };
    case 'tool': {
      const others = state.tools.filter((tool) => tool.name !== event.name);
      return { ...state, tools: [...others, { name: event.name, state: event.state }] };
    }
    case 'suggest':
      return { ...state, suggestions: [...state.suggestions, event.text] };
    case 'usage':
      return { ...state, usage: { input: event.input, output: event.output } };
    case 'done':
      return { ...state, finish: event.finish };
  }
}
