/** The failure of a turn that broke off. */
import { RealCozeError } from '../../errors.ts';

/** For a turn that cannot be finished by its chat id either. */
export function lost(cause?: unknown): RealCozeError {
  return new RealCozeError('network', 'The connection to Coze broke before the answer was complete. Ask again.', {
    cause,
  });
}
