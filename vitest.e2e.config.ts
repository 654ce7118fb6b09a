import { defineConfig } from 'vitest/config';

/** Tests that need a browser, npm or minutes: `npm run test:e2e`. */
export default defineConfig({
  test: { include: ['test/e2e/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 60_000, maxWorkers: 1 },
});
