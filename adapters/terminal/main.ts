/** `npm run command`, with Node's compile cache on. */
import { enableCompileCache } from 'node:module';

enableCompileCache();

import('./program.ts')
  .then(({ run }) => run())
  .then(
    (code) => process.exit(code),
    (error: unknown) => {
      const isSentence = error instanceof Error && error.name === 'RealCozeError';
      process.stderr.write(`${isSentence ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
