/** "Typing" until the first words are there. */
import type { Surface } from '../surface.ts';
import type { Pacer } from './pace/pace.ts';

/** Shows it now and as often as the platform forgets it, until the returned function is called. A draft is its own sign, and shares its budget with this one. */
export function keepTyping(surface: Surface, { timer }: Pick<Pacer, 'timer'>): () => void {
  if (!surface.typing || surface.draft) return () => {};
  let cancel = () => {};
  const type = () => {
    surface.typing?.().catch(() => {});
    if (surface.typingEveryMs !== undefined) cancel = timer(surface.typingEveryMs, type);
  };
  type();
  return () => cancel();
}
