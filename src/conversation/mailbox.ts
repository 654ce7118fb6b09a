/** One answer at a time per conversation, in the order of arrival; different conversations never wait for each other. */
import { RealCozeError } from '../errors.ts';

/** `wait`: in order, bounded. `interrupt`: the newest stops the one that runs. `join`: those that wait are asked as one. */
export type MailboxMode = 'wait' | 'interrupt' | 'join';

/** A turn as the mailbox sees it. */
export interface Letter {
  readonly mode: MailboxMode;
  /** Stops the turn, running or waiting. */
  readonly stop: AbortController;
  /** Was let in before a crash and is not refused now. */
  readonly readmitted?: boolean | undefined;
  /** Later letters that are asked together with this one (modes `join` and `interrupt`); absent where that cannot be. */
  readonly joined?: Letter[] | undefined;
}

/** A letter's place in the queue. */
export interface Slot {
  /** Resolves when it is this letter's turn, `false` when an earlier one took it over. Rejects with the reason of `stop`. */
  readonly granted: Promise<boolean>;
  /** Must be called at the end, however it came: the next one starts. */
  release(): void;
}

export interface Mailbox {
  /** @throws what `full` makes, when too many wait already. */
  enter(key: string, letter: Letter, full: () => RealCozeError): Slot;
  /** True while an answer runs or waits under the key. */
  busy(key: string): boolean;
}

/** Most letters that wait behind a running one. */
export const MOST_WAITING = 10;

/** Why a turn was stopped by the message after it. */
export const INTERRUPTED = new RealCozeError('aborted', 'Interrupted by the next message.');

interface Waiting {
  readonly letter: Letter;
  grant(mine: boolean): void;
}

interface Queue {
  running: Letter | undefined;
  waiting: Waiting[];
}

export function createMailbox(): Mailbox {
  const queues = new Map<string, Queue>();

  const next = (key: string, queue: Queue) => {
    const first = queue.waiting.shift();
    queue.running = first?.letter;
    if (first) first.grant(true);
    else queues.delete(key);
  };

  const enter = (key: string, letter: Letter, full: () => RealCozeError): Slot => {
    const queue = queues.get(key) ?? { running: undefined, waiting: [] };
    queues.set(key, queue);
    if (queue.running && letter.mode === 'interrupt') queue.running.stop.abort(INTERRUPTED);
    if (queue.waiting.length >= MOST_WAITING && !letter.readmitted) throw full();

    const gate = Promise.withResolvers<boolean>();
    const mine: Waiting = { letter, grant: gate.resolve };
    const onStop = () => {
      const at = queue.waiting.indexOf(mine);
      if (at < 0) return;
      queue.waiting.splice(at, 1);
      gate.reject(letter.stop.signal.reason);
    };
    gate.promise.catch(() => {});
    letter.stop.signal.addEventListener('abort', onStop, { once: true });

    const leader = queue.running ? queue.waiting[0]?.letter : undefined;
    if (!queue.running) {
      queue.running = letter;
      gate.resolve(true);
    } else if (leader && joins(letter, leader)) gate.resolve(false);
    else queue.waiting.push(mine);

    return {
      granted: gate.promise,
      release() {
        letter.stop.signal.removeEventListener('abort', onStop);
        if (queue.running === letter) next(key, queue);
      },
    };
  };

  return { enter, busy: (key) => queues.has(key) };
}

/** True when the letter was put to the leader. What waits behind an interrupted answer is joined too, so that nothing is lost. */
function joins(letter: Letter, leader: Letter): boolean {
  if (letter.mode === 'wait' || leader.mode === 'wait' || !letter.joined || !leader.joined) return false;
  leader.joined.push(letter, ...letter.joined.splice(0));
  return true;
}
