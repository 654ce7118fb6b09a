/** What a bot of the local service answers. The same turns always get the same answer. */
import type { ToolCall } from '../../coze/transport.ts';
import type { Persona } from './persona.ts';
import type { Heard, Thought } from './thought.ts';

export function think(persona: Persona, heard: readonly Heard[], _o: { imageBase: string }): readonly Thought[] {
  const question = heard.findLast((turn) => turn.role === 'user')?.text ?? '';
  return [
    { type: 'answer', text: `I am **${persona.name}**, played by the local demo service. You said: ${question}` },
  ];
}

export function resume(calls: readonly ToolCall[], outputs: ReadonlyMap<string, string>): readonly Thought[] {
  const lines = calls.map((call) => `- \`${call.name}\`: ${outputs.get(call.id) ?? ''}`);
  return [{ type: 'answer', text: `The tools answered:\n\n${lines.join('\n')}` }];
}
