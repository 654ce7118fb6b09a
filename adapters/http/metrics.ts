/** Figures for Prometheus, counted where every adapter passes: around the engine. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ReplyEvent } from '#core/coze/transport.ts';
import type { Engine } from '#core/engine.ts';
import { errorCode } from '#core/errors.ts';

export interface Metrics {
  /** The same engine, counted. */
  watch(engine: Engine): Engine;
  /** The text that Prometheus reads, and its content type. */
  read(): Promise<{ readonly type: string; readonly text: string }>;
}

interface Figures {
  readonly registry: Registry;
  readonly answers: Counter<'platform' | 'outcome'>;
  readonly running: Gauge<'platform'>;
  readonly firstWord: Histogram<'platform'>;
  readonly whole: Histogram<'platform'>;
}

const seconds = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];

/** prom-client is loaded at the first figure, not at start, where it would cost what nobody may ever read. */
export function createMetrics(now: () => number = () => performance.now()): Metrics {
  let loading: Promise<Figures> | undefined;
  const figures = () => {
    loading ??= load();
    return loading;
  };
  return {
    watch: (engine) => watch(engine, (use) => void figures().then(use, () => {}), now),
    read: async () => {
      const { registry } = await figures();
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

async function load(): Promise<Figures> {
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    answers: new prom.Counter({
      name: 'real_coze_answers_total',
      help: 'Answers by platform and outcome: ok, shown (a whole reply on a chat platform) or the code of the error.',
      labelNames: ['platform', 'outcome'],
      registers,
    }),
    running: new prom.Gauge({
      name: 'real_coze_answers_running',
      help: 'Answers that run now.',
      labelNames: ['platform'],
      registers,
    }),
    firstWord: new prom.Histogram({
      name: 'real_coze_first_word_seconds',
      help: 'From the question to the first word of the answer.',
      labelNames: ['platform'],
      buckets: seconds,
      registers,
    }),
    whole: new prom.Histogram({
      name: 'real_coze_answer_seconds',
      help: 'From the question to the end of the answer.',
      labelNames: ['platform'],
      buckets: seconds,
      registers,
    }),
  };
}

type Record = (use: (figures: Figures) => void) => void;

function watch(engine: Engine, record: Record, now: () => number): Engine {
  const begin = (platform: string) => {
    const started = now();
    record(({ running }) => running.inc({ platform }));
    return {
      firstWord: () => {
        const took = (now() - started) / 1000;
        record(({ firstWord }) => firstWord.observe({ platform }, took));
      },
      end: (outcome: string) => {
        const took = (now() - started) / 1000;
        record(({ running, answers, whole }) => {
          running.dec({ platform });
          answers.inc({ platform, outcome });
          whole.observe({ platform }, took);
        });
      },
    };
  };
  return {
    ...engine,
    answer: (incoming, signal, options) =>
      counted(engine.answer(incoming, signal, options), () => begin(incoming.place.platform)),
    reply: async (incoming, surface, options) => {
      const turn = begin(incoming.place.platform);
      await engine.reply(incoming, surface, options);
      turn.end('shown');
    },
  };
}

/** Begins with the first event that is asked for: an answer that nobody reads never ends either. */
async function* counted(
  events: AsyncIterable<ReplyEvent>,
  begin: () => { firstWord(): void; end(outcome: string): void },
): AsyncGenerator<ReplyEvent> {
  const turn = begin();
  let outcome = 'aborted';
  let silent = true;
  try {
    for await (const event of events) {
      if (silent && (event.type === 'delta' || event.type === 'replace')) {
        silent = false;
        turn.firstWord();
      }
      if (event.type === 'done') outcome = 'ok';
      yield event;
    }
  } catch (error) {
    outcome = errorCode(error);
    throw error;
  } finally {
    turn.end(outcome);
  }
}
