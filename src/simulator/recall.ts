/** What a knowledge base gave, as both protocols write it. */
import type { Fields } from './exchange.ts';
import type { Thought } from './mind/thought.ts';

/** The `data` of a knowledge recall; the real one has more members in each `meta`. */
export function recalled(thought: Extract<Thought, { type: 'knowledge' }>, datasetId: string): Fields {
  const meta = {
    dataset: { id: datasetId, name: thought.document },
    document: { id: datasetId, name: thought.document },
  };
  const chunks = thought.excerpts.map((slice, index) => ({ index, slice, score: 0.9 - index / 10, meta }));
  return { chunks, ori_req: '' };
}
