/** Opens new files at the very moment another thread does; says how many could not be opened. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSqlite } from '#core/store/sqlite.ts';

const { files, gate } = workerData as { files: readonly string[]; gate: Int32Array };
const failures: string[] = [];

for (const [round, file] of files.entries()) {
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  while (Atomics.load(gate, 0) < 2 * (round + 1)) Atomics.wait(gate, 0, Atomics.load(gate, 0), 1);
  try {
    await openSqlite(file).close();
  } catch (error) {
    failures.push(String(error));
  }
}
parentPort?.postMessage(failures);
