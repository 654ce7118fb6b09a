/** One turn of a playground bot: what it does becomes frames whose content is the whole text so far. */
import type { Fault } from '../faults.ts';
import type { Thought } from '../mind/thought.ts';
import { createPacing, type Pacing, TurnFailure, words } from '../pacing.ts';
import { recalled } from '../recall.ts';
import type { World } from '../world.ts';
import type { Sockets } from './sockets.ts';

/** Who waits for the frames, and the word by which it knows its own. */
export interface Listener {
  readonly deviceId: string;
  readonly pushUuid: string;
}

/** The site's numbers for the kinds of reply. */
const replyType = { answer: 1, suggest: 2, plugin: 3, toolOutput: 4, knowledge: 5, intermediate: 7, verbose: 100 };

interface Turn {
  readonly world: World;
  readonly sockets: Sockets;
  readonly listener: Listener;
  readonly fault: Fault | undefined;
  readonly pacing: Pacing;
}

/** Sends the turn's frames. A turn that fails just ends without its last frame: the playground has no error frames. */
export async function speakTurn(o: Omit<Turn, 'pacing'>, thoughts: readonly Thought[]): Promise<void> {
  const turn: Turn = { ...o, pacing: createPacing(o.world, o.fault) };
  try {
    if (o.fault?.garbage !== undefined) o.sockets.sendRaw(o.listener.deviceId, Buffer.from(o.fault.garbage));
    for (const thought of thoughts) await act(turn, thought);
  } catch (error) {
    if (!(error instanceof TurnFailure) && !o.world.signal.aborted) throw error;
  }
}

async function act(turn: Turn, thought: Thought): Promise<void> {
  switch (thought.type) {
    case 'answer':
    case 'ask':
      return await speak(turn, thought.text, replyType.answer);
    case 'reasoning':
      return await speak(turn, thought.text, replyType.intermediate);
    case 'suggest':
      return await send(turn, thought.text, replyType.suggest, true);
    case 'card':
      return await send(turn, thought.content, replyType.verbose, true);
    case 'knowledge':
      return await send(turn, JSON.stringify(recalled(thought, turn.world.newId())), replyType.knowledge, true);
    case 'tool':
      await send(turn, JSON.stringify({ name: thought.name, arguments: thought.arguments }), replyType.plugin, true);
      return await send(turn, thought.output, replyType.toolOutput, true);
    case 'action':
      return;
  }
}

async function speak(turn: Turn, text: string, type: number): Promise<void> {
  let soFar = '';
  for (const word of words(text)) {
    if (turn.fault?.dropSocketAfterWords === turn.pacing.spoken) turn.sockets.drop(turn.listener.deviceId);
    await turn.pacing.next();
    soFar += word;
    await send(turn, soFar, type, false);
  }
  await send(turn, text, type, true);
}

async function send(turn: Turn, content: string, type: number, finished: boolean): Promise<void> {
  const ext = { PushUuid: turn.listener.pushUuid, is_finish: finished ? '1' : '0' };
  await turn.sockets.send(turn.listener.deviceId, { event_type: 1, message: { content, reply_type: type, ext } });
}
