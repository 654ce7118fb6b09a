/**
 * The original's WebSocket: `{"uuid", "data": [history]}` in, `{"uuid", "data": {"content", "continue"}}` out, content always the
 * whole answer so far. Beside it `"bot"` chooses one, `"events": true` sends each event of the reply, `{"uuid", "stop": true}` stops.
 */
import { z } from 'zod';
import { RealCozeError } from '#core/errors.ts';
import { answerHistory, chooseBot, type Server } from './ask.ts';
import { parseJson, readHistory } from './body.ts';
import { faultBody } from './fault.ts';
import { follow } from './progress.ts';

/** The part of a WebSocket that is used. `send` ends when the bytes have left, which is what slows the answer down. */
export interface Socket {
  send(text: string): Promise<void>;
}

export interface SocketSession {
  receive(text: string): void;
  /** The client has gone: what runs for it is stopped. */
  close(): void;
}

/** Answers that one client may have running at the same time. */
const mostRunning = 8;

const frame = z.object({
  uuid: z.union([z.string().max(200), z.number()]),
  data: z.unknown().optional(),
  bot: z.string().optional(),
  user: z.string().max(200).optional(),
  events: z.boolean().optional(),
  stop: z.boolean().optional(),
});

type Frame = z.infer<typeof frame>;

export function openSocketSession(server: Server, socket: Socket): SocketSession {
  const running = new Map<Frame['uuid'], AbortController>();
  const send = (value: object) => socket.send(JSON.stringify(value));

  const run = async (asked: Frame) => {
    const { uuid } = asked;
    const stopper = new AbortController();
    const begun = running.has(uuid);
    try {
      if (begun) throw new RealCozeError('busy', 'A question with this uuid is still running. Choose a new one.');
      if (running.size >= mostRunning)
        throw new RealCozeError('busy', `${mostRunning} answers are running already. Wait for one to end.`);
      running.set(uuid, stopper);
      await answer(server, asked, stopper.signal, send);
    } catch (error) {
      const fault = faultBody(error).error;
      const data = { content: fault.message, continue: false };
      await send({ uuid, data, error: { code: fault.code, message: fault.message } });
    } finally {
      if (running.get(uuid) === stopper) running.delete(uuid);
    }
  };

  return {
    receive: (text) => {
      const asked = readFrame(text);
      if ('errmsg' in asked) return void send(asked).catch(() => {});
      if (asked.stop) return running.get(asked.uuid)?.abort();
      run(asked).catch(() => {});
    },
    close: () => {
      for (const stopper of running.values()) stopper.abort();
    },
  };
}

/** What cannot be answered under a uuid is told under the original's name for the connection itself. */
function readFrame(text: string): Frame | { success: false; uuid: 'main-thread'; errmsg: string } {
  const fault = (errmsg: string) => ({ success: false as const, uuid: 'main-thread' as const, errmsg });
  try {
    const parsed = frame.safeParse(parseJson(text, 'The message'));
    if (parsed.success) return parsed.data;
    return fault('The message cannot be used. Send {"uuid": "…", "data": [{"role": 2, "content": "Hello"}]}.');
  } catch (error) {
    return fault(faultBody(error).error.message);
  }
}

async function answer(
  server: Server,
  asked: Frame,
  signal: AbortSignal,
  send: (value: object) => Promise<void>,
): Promise<void> {
  const { uuid, user } = asked;
  const question = { turns: readHistory(asked.data), bot: chooseBot(server, asked.bot), user };
  const events = answerHistory(server.engine, question, signal);
  let content = '';
  if (asked.events) for await (const event of events) await send({ uuid, event });
  else
    for await (const progress of follow(events)) {
      if (progress.text === content) continue;
      content = progress.text;
      await send({ uuid, data: { content, continue: true } });
    }
  await send({ uuid, data: { content, continue: false } });
}
