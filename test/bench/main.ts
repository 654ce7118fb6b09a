/**
 * `npm run bench`: every figure of the README, each bench in a process of its own, one after another.
 * `npm run bench -- reply sse` runs only those. Ratios within one run are what counts; absolute times depend on the machine.
 */
import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const benches = ['reply', 'reply-cost', 'peers', 'sse', 'turns'];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !benches.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown.join('", "')}". Choose from: ${benches.join(', ')}.`);
  process.exit(1);
}

const memory = Math.round(totalmem() / 2 ** 30);
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, ${memory} GiB`);
for (const name of chosen.length > 0 ? chosen : benches) {
  console.log(`\n== ${name}`);
  const file = join(import.meta.dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
