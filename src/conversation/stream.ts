/** What can be done with a stream of reply events besides showing it. */
import type { ReplyEvent } from '../coze/transport.ts';
import type { FinishedAnswer } from './journal.ts';

/** Gathers an answer while its events pass. */
export interface Gathered {
  add(event: ReplyEvent): void;
  answer(finish: FinishedAnswer['finish']): FinishedAnswer;
}

export function gather(): Gathered {
  let text = '';
  let reasoning = '';
  const suggestions: string[] = [];
  const excerpts: string[] = [];
  const tools = new Set<string>();
  return {
    add(event) {
      if (event.type === 'delta') text += event.text;
      else if (event.type === 'replace') text = event.text;
      else if (event.type === 'reasoning') reasoning += event.text;
      else if (event.type === 'suggest') suggestions.push(event.text);
      else if (event.type === 'knowledge') excerpts.push(...event.excerpts);
      else if (event.type === 'tool') tools.add(event.name);
    },
    answer: (finish) => ({ text, finish, suggestions, sources: { excerpts, tools: [...tools], reasoning } }),
  };
}

/** The same events; `onDone` is waited for before `done` passes on. */
export async function* recorded(
  events: AsyncIterable<ReplyEvent>,
  onDone: (answer: FinishedAnswer) => Promise<void>,
): AsyncGenerator<ReplyEvent> {
  const gathered = gather();
  for await (const event of events) {
    gathered.add(event);
    if (event.type === 'done') await onDone(gathered.answer(event.finish));
    yield event;
  }
}

/** An answer from before a crash as events. */
export async function* replayed(answer: FinishedAnswer): AsyncGenerator<ReplyEvent> {
  const { excerpts, tools, reasoning } = answer.sources;
  if (reasoning !== '') yield { type: 'reasoning', text: reasoning };
  if (excerpts.length > 0) yield { type: 'knowledge', excerpts };
  for (const name of tools) yield { type: 'tool', name, state: 'done' };
  yield { type: 'replace', text: answer.text };
  for (const text of answer.suggestions) yield { type: 'suggest', text };
  yield { type: 'done', finish: answer.finish };
}

/** The text in one piece, for places that want answers whole. */
export async function* whole(events: AsyncIterable<ReplyEvent>): AsyncGenerator<ReplyEvent> {
  let text = '';
  try {
    for await (const event of events) {
      if (event.type === 'delta') text += event.text;
      else if (event.type === 'replace') text = event.text;
      else {
        if (event.type === 'done') yield { type: 'replace', text };
        yield event;
      }
    }
  } catch (error) {
    if (text !== '') yield { type: 'replace', text };
    throw error;
  }
}
