/** `npm run doctor`, with Node's compile cache on. */
import { enableCompileCache } from 'node:module';

enableCompileCache();

import('./program.ts')
  .then(({ run }) => run())
  .then(
    (isWell) => process.exit(isWell ? 0 : 1),
    (error: unknown) => {
      const isSentence = error instanceof Error && error.name === 'RealCozeError';
      process.stderr.write(`${isSentence ? `✗ ${error.message}` : error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
