/** The whole house behind a fake Discord, for tests: nothing of ours is replaced. */
import type { Log } from '#core/log.ts';

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
