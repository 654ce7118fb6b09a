import { describe, expect, it } from 'vitest';
import { createButtons, shorten } from '../../../adapters/discord/buttons.ts';

describe('buttons', () => {
  it('carry their command with them, so that a restart does not matter', () => {
    const [row] = createButtons().rows([{ label: 'Nim', command: 'bot nim', style: 'primary' }]);
    const id = row?.components[0]?.custom_id ?? '';
    expect(createButtons().commandOf(id, 'Nim')).toBe('bot nim');
  });

  it('keep a command of any length within the hundred characters of an id', () => {
    const buttons = createButtons();
    const command = `ask ${'长'.repeat(300)}`;
    const [row] = buttons.rows([{ label: '长'.repeat(300), command }]);
    const button = row?.components[0];
    expect(button?.custom_id.length).toBeLessThanOrEqual(100);
    expect(button?.label.length).toBeLessThanOrEqual(80);
    expect(buttons.commandOf(button?.custom_id ?? '', button?.label)).toBe(command);
  });

  it('fall back to the whole label after a restart, but never to half a question', () => {
    const words = `What is the answer to ${'a '.repeat(24)}?`;
    const [row] = createButtons().rows([{ label: words, command: `ask ${words} ${'x'.repeat(90)}` }]);
    const id = row?.components[0]?.custom_id ?? '';
    expect(createButtons().commandOf(id, words)).toBe(`ask ${words}`);
    expect(createButtons().commandOf(id, `${words.slice(0, 70)}…`)).toBeUndefined();
  });

  it('stand five in a row, at most twenty-five, with an id each', () => {
    const rows = createButtons().rows(Array.from({ length: 30 }, () => ({ label: 'a', command: 'stop' })));
    expect(rows.map(({ components }) => components.length)).toEqual([5, 5, 5, 5, 5]);
    const ids = rows.flatMap(({ components }) => components.map((button) => button.custom_id));
    expect(new Set(ids).size).toBe(25);
  });

  it('have a label in one line, or are left out', () => {
    const rows = createButtons().rows(['a\n  b', ' \n', 'c'].map((label) => ({ label, command: 'stop' })));
    expect(rows.map(({ components }) => components.map(({ label }) => label))).toEqual([['a b', 'c']]);
    expect(createButtons().rows([{ label: ' ', command: 'stop' }])).toEqual([]);
  });

  it('of others are left alone', () => {
    expect(createButtons().commandOf('poll:1', 'Yes')).toBeUndefined();
  });

  it('never cut a character in half', () => {
    expect(shorten('👨‍👩‍👧👨‍👩‍👧', 10)).toBe('👨‍👩‍👧…');
  });
});
