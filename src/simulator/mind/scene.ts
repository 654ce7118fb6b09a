/** What the mind looks at when it answers: who it is, what was just asked, and what was said before. */
import { charactersOf } from './characters.ts';
import type { Persona } from './persona.ts';
import type { Heard, HeardFile } from './thought.ts';

/** The languages that the mind speaks: English, Chinese in simplified characters and in traditional ones. */
export type Tongue = 'en' | 'zh' | 'tw';

/** One question, with everything that the answer may depend on. */
export interface Scene {
  readonly persona: Persona;
  readonly tongue: Tongue;
  readonly question: string;
  /** Files that came with the question. */
  readonly files: readonly HeardFile[];
  /** What the member said before, oldest first. */
  readonly earlier: readonly string[];
  readonly surroundings: Surroundings;
}

/** What a bot knows beside the words. */
export interface Surroundings {
  /** Where the pictures of the local service are. */
  readonly imageBase: string;
  /** What the caller set for this user: Coze's custom variables, or the parameters of a chatflow. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Makes a scene of the turns: the question is the last text after the last answer, and all files since belong to it. */
export function sceneOf(persona: Persona, heard: readonly Heard[], surroundings: Surroundings): Scene {
  const lastAnswer = heard.findLastIndex((turn) => turn.role === 'assistant');
  const asked = heard.slice(lastAnswer + 1);
  const question = asked.findLast((turn) => turn.text.trim() !== '')?.text.trim() ?? '';
  const said = heard.filter((turn) => turn.role === 'user').map((turn) => turn.text.trim());
  const earlier = said.filter(Boolean).slice(0, question === '' ? undefined : -1);
  const tongue = tongueOf(question, ...earlier.toReversed(), persona.prologue, persona.prompt);
  return { persona, tongue, question, earlier, surroundings, files: asked.flatMap((turn) => turn.files) };
}

/**
 * The tongue of the first text that shows one: a Chinese character decides for Chinese, else a letter for English. In which
 * characters, the first text that has some of one kind alone tells; many words, such as 你好, are the same in both.
 */
export function tongueOf(...texts: readonly string[]): Tongue {
  const first = texts.findIndex((text) => /\p{L}/u.test(text));
  if (!/\p{Script=Han}/u.test(texts[first] ?? '')) return 'en';
  return texts.slice(first).map(charactersOf).find(Boolean) ?? 'zh';
}

/** The text in the member's tongue. */
export function say(scene: Scene, texts: Readonly<Record<Tongue, string>>): string {
  return texts[scene.tongue];
}
