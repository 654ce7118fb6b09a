/** The list of an owner's bots, in any language. */
import type { ListedBot } from '../list.ts';

/** Numbered through all workspaces, which are named where there are several. */
export function table(bots: readonly ListedBot[], draft: string): string {
  const several = new Set(bots.map(({ workspace }) => workspace)).size > 1;
  return bots
    .flatMap(({ name, published, workspace }, index) => [
      ...(several && workspace !== bots[index - 1]?.workspace ? [`  ${workspace}`] : []),
      `  ${index + 1}. ${name}${published ? '' : ` – ${draft}`}`,
    ])
    .join('\n');
}
