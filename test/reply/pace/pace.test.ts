import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Call, createPacer, type Pace, type PacerOptions, type Place } from '#core/reply/pace/pace.ts';

const edit: Call = { isPost: false, isLast: false };
const last: Call = { isPost: false, isLast: true };
const channel: Place = { bucket: 'channel', budget: 'discord-channel' };
const group: Place = { bucket: 'group', budget: 'telegram-group' };

/** A pacer whose clock only moves when it is told to. */
function setUp(more: PacerOptions = {}) {
  const time = { now: 0 };
  return { time, pacer: createPacer({ now: () => time.now, timer: () => () => {}, ...more }) };
}

/** Sends as often as the paces allow, in steps of 10 ms; the times of all calls of each pace. */
function sendAll(time: { now: number }, paces: readonly Pace[], untilMs: number, speed?: number): number[][] {
  const sent: number[][] = paces.map(() => []);
  for (; time.now < untilMs; time.now += 10)
    for (const [index, pace] of paces.entries()) {
      if (pace.wait(edit, speed) > 0) continue;
      pace.sent(edit);
      pace.took(edit, { id: 'm' }, 60);
      sent[index]?.push(time.now);
    }
  return sent;
}

function mostWithin(times: readonly number[], ms: number): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + ms).length));
}

describe('a pace', () => {
  it('lets the first words go at once', () => {
    expect(setUp().pacer.open(channel).wait(edit)).toBe(0);
  });

  it('keeps the last slot of a Discord window for the last edit', () => {
    const { time, pacer } = setUp();
    const pace = pacer.open(channel);
    const [sent = []] = sendAll(time, [pace], 4500);
    expect(sent.length).toBe(4);
    expect(pace.wait(last)).toBe(0);
  });

  it('never exceeds what a group may hear in a minute, however many replies share it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), (replies) => {
        const { time, pacer } = setUp();
        const paces = Array.from({ length: replies }, () => pacer.open(group));
        const times = sendAll(time, paces, 200_000)
          .flat()
          .sort((a, b) => a - b);
        // One slot at least is kept for the end of a reply.
        expect(mostWithin(times, 60_000)).toBeLessThanOrEqual(19);
      }),
      { numRuns: 6 },
    );
  });

  it('is dense while an answer is short, and still has something to spend late in the minute', () => {
    const { time, pacer } = setUp();
    const [sent = []] = sendAll(time, [pacer.open(group)], 60_000);
    const gaps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(sent.filter((at) => at < 5000).length).toBeGreaterThanOrEqual(8);
    expect(sent.filter((at) => at > 20_000).length).toBeGreaterThanOrEqual(3);
  });

  it('counts the age of an answer from its first words, however long the model thought before', () => {
    const { time, pacer } = setUp();
    const pace = pacer.open(group);
    const usual = sendAll(time, [pace], 1)[0]?.length === 1 ? pace.wait(edit) : 0;
    const late = setUp();
    const thinking = late.pacer.open(group);
    late.time.now = 45_000;
    sendAll(late.time, [thinking], 45_001);
    expect(thinking.wait(edit)).toBe(usual);
  });

  it('spends more at first on an answer that is written fast, since it may end soon', () => {
    const early = [60, 240, 800].map((speed) => {
      const { time, pacer } = setUp();
      const [sent = []] = sendAll(time, [pacer.open(group)], 10_000, speed);
      return sent.length;
    });
    expect(early).toEqual(early.toSorted((a, b) => a - b));
    expect(early[2]).toBeGreaterThan((early[0] ?? 0) + 3);
  });

  it('is due at the same time however often it is asked', () => {
    const { time, pacer } = setUp();
    const pace = pacer.open(channel);
    pace.sent(edit);
    pace.took(edit, { id: 'm' }, 60);
    const due = time.now + pace.wait(edit, 60);
    for (; time.now < due - 100; time.now += 50) expect(time.now + pace.wait(edit, 60)).toBe(due);
  });

  it('spends the slot it kept shortly before a Discord window closes, which costs a last edit next to nothing', () => {
    const { time, pacer } = setUp();
    const [sent = []] = sendAll(time, [pacer.open(channel)], 5000, 60);
    expect(sent.length).toBe(5);
    expect(sent[4]).toBeGreaterThan(4700);
  });

  it('keeps a slot for each reply that will probably end soon', () => {
    const { time, pacer } = setUp();
    const paces = Array.from({ length: 4 }, () => pacer.open(channel));
    const sent = sendAll(time, paces, 4000, 800).flat();
    expect(sent.length).toBeLessThan(4);
    let atOnce = 0;
    for (const pace of paces) {
      if (pace.wait(last) > 0) continue;
      pace.sent(last);
      atOnce++;
    }
    expect(atOnce).toBeGreaterThanOrEqual(2);
  });

  it('takes a new message in the middle for an edit where it costs the same, and lets it go at once where it does not', () => {
    const post: Call = { isPost: true, isLast: false };
    for (const [place, isPaced] of [
      [group, true],
      [channel, false],
    ] as const) {
      const { pacer } = setUp();
      const pace = pacer.open(place);
      pace.sent(post);
      pace.took(post, { id: 'm' }, 60);
      expect(pace.wait(post) > 0).toBe(isPaced);
    }
  });

  it('lets the replies of a place take turns', () => {
    const { time, pacer } = setUp();
    const paces = Array.from({ length: 3 }, () => pacer.open(channel));
    const times = sendAll(time, paces, 60_000)
      .flat()
      .filter((at) => at > 20_000);
    expect(new Set(times).size).toBe(times.length);
  });

  it('gives each reply of a place its fair share', () => {
    const { time, pacer } = setUp();
    const paces = Array.from({ length: 4 }, () => pacer.open(channel));
    const counts = sendAll(time, paces, 60_000).map((times) => times.length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('lets the last edit of one reply pass the middle edits of the others', () => {
    const { time, pacer } = setUp();
    const [one, two] = [pacer.open(channel), pacer.open(channel)];
    for (let calls = 0; calls < 4; calls++) one.sent(edit);
    time.now += 2000;
    expect(two.wait(last)).toBe(0);
    expect(one.wait(edit)).toBeGreaterThan(0);
  });

  it('obeys a 429 for its bucket, also with the last edit, and leaves other buckets alone', () => {
    const { pacer } = setUp();
    const [pace, other] = [pacer.open(channel), pacer.open({ ...channel, bucket: 'elsewhere' })];
    pace.sent(edit);
    pace.refused(edit, 7000);
    expect(pace.wait(last)).toBe(7000);
    expect(other.wait(edit)).toBe(0);
  });

  it('slows down when answers come late, and recovers', () => {
    const { time, pacer } = setUp();
    const pace = pacer.open(channel);
    pace.sent(edit);
    pace.took(edit, { id: 'm' }, 60);
    const usual = pace.wait(edit);
    time.now += 10_000;
    pace.sent(edit);
    pace.took(edit, { id: 'm' }, 4000);
    const slowed = pace.wait(edit);
    expect(slowed).toBeGreaterThan(usual);
    for (let calls = 0; calls < 8; calls++) {
      time.now += 10_000;
      pace.sent(edit);
      pace.took(edit, { id: 'm' }, 60);
    }
    expect(pace.wait(edit)).toBeLessThan(slowed);
  });

  it('follows the headers when a bucket is smaller than thought', () => {
    const { time, pacer } = setUp();
    const pace = pacer.open(channel);
    for (const remaining of [2, 1]) {
      pace.sent(edit);
      pace.took(edit, { id: 'm', remaining, resetAfterMs: 6000 - time.now }, 0);
      time.now += 100;
    }
    pace.sent(last);
    pace.took(last, { id: 'm', remaining: 0, resetAfterMs: 6000 - time.now }, 0);
    expect(pace.wait(last)).toBe(6000 - time.now);
  });

  it.each([
    [1, 40],
    [0.25, 10],
  ])('keeps a whole bot under its ceiling over many places, with a share of %d of it', (discordShare, most) => {
    const { time, pacer } = setUp({ discordShare });
    const paces = Array.from({ length: 120 }, (_, index) =>
      pacer.open({ bucket: `channel-${index}`, budget: 'discord-channel', globalBucket: 'bot' }),
    );
    const times = sendAll(time, paces, 5000)
      .flat()
      .sort((a, b) => a - b);
    expect(mostWithin(times, 1000)).toBeLessThanOrEqual(most);
    expect(times.length).toBeGreaterThan(150 * discordShare);
  });
});
