/** Figures that Prometheus reads: what was asked, how it ended, what runs. */
import { describe, expect, it } from 'vitest';
import { RealCozeError } from '#core/errors.ts';
import { incomingFrom } from '../../../adapters/http/ask.ts';
import { createMetrics } from '../../../adapters/http/metrics.ts';
import { type Script, scriptedEngine, speak } from './site.ts';

const incoming = incomingFrom({ session: 'somebody', text: 'Hello' });

async function figures(script: Script, use: (answer: AsyncIterable<unknown>) => Promise<void>): Promise<string> {
  const metrics = createMetrics();
  const engine = metrics.watch(scriptedEngine(script));
  await use(engine.answer(incoming)).catch(() => {});
  return (await metrics.read()).text;
}

async function readAll(answer: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answer);
}

describe('the figures', () => {
  it('count a whole answer, its first word, and that nothing runs any more', async () => {
    const text = await figures({ answer: () => speak('Hello') }, readAll);
    expect(text).toContain('real_coze_answers_total{platform="web",outcome="ok"} 1');
    expect(text).toContain('real_coze_first_word_seconds_count{platform="web"} 1');
    expect(text).toContain('real_coze_answers_running{platform="web"} 0');
  });

  it('count a failure by its code', async () => {
    const fails = () => {
      throw new RealCozeError('quota', 'Used up.');
    };
    const text = await figures({ answer: fails }, readAll);
    expect(text).toContain('real_coze_answers_total{platform="web",outcome="quota"} 1');
  });

  it('do not count for ever an answer that nobody has begun to read', async () => {
    const text = await figures({ answer: () => speak('Hello') }, async () => {});
    expect(text).not.toContain('real_coze_answers_running{platform="web"} 1');
  });

  it('count an answer whose reader has left', async () => {
    const text = await figures({ answer: () => speak('One', 'two') }, async (answer) => {
      for await (const _ of answer) break;
    });
    expect(text).toContain('real_coze_answers_total{platform="web",outcome="aborted"} 1');
  });
});
