import { describe, expect, it } from 'vitest';
import { News } from '#core/reply/news.ts';

/** A state that a test changes, and a clock that only moves when it is told to. */
function setUp() {
  const time = { now: 0 };
  const state = { text: '', reasoning: '', tool: undefined as string | undefined, version: 0 };
  return { time, state, news: new News(state, () => time.now, false) };
}

describe('the news of an answer', () => {
  it('is worth a first call at thirty characters, a line end, or after a second', () => {
    const { time, state, news } = setUp();
    expect(news.untilFirst()).toBeUndefined();
    state.text = 'Well';
    expect(news.untilFirst()).toBe(1000);
    time.now = 400;
    expect(news.untilFirst()).toBe(600);
    state.text = 'Well,\n';
    expect(news.untilFirst()).toBe(0);
    state.text = 'Well, this is what I think of it';
    expect(news.untilFirst()).toBe(0);
  });

  it('is worth one more call at twelve characters, when text was taken back, or after a while', () => {
    const { time, state, news } = setUp();
    state.text = 'x'.repeat(40);
    news.shown(30, 100);
    time.now = 600;
    expect(news.untilNext()).toBe(2000);
    state.text = 'x'.repeat(42);
    expect(news.untilNext()).toBe(0);
    state.text = 'x'.repeat(10);
    expect(news.untilNext()).toBe(0);
  });

  it('tells the speed of the text, whatever a tool took before it', () => {
    const { time, state, news } = setUp();
    state.tool = 'search';
    news.untilFirst();
    news.shown(0, 0);
    time.now = 20_000;
    expect(news.speed()).toBeUndefined();
    Object.assign(state, { text: 'a', version: 1 });
    news.untilNext();
    time.now = 21_000;
    Object.assign(state, { text: 'x'.repeat(200), version: 21 });
    expect(news.speed()).toBe(200);
    expect(news.beat()).toBe(75);
  });

  it('tells the speed of an answer that goes on in messages from before a restart', () => {
    const { time, state, news } = setUp();
    Object.assign(state, { text: 'a', version: 1 });
    news.untilNext();
    time.now = 500;
    state.text = 'x'.repeat(100);
    expect(news.speed()).toBe(200);
  });

  it('does not wait long for text that stops coming', () => {
    const { time, state, news } = setUp();
    Object.assign(state, { text: 'a', version: 1 });
    news.untilFirst();
    time.now = 30_000;
    state.version = 2;
    expect(news.beat()).toBe(200);
  });
});
