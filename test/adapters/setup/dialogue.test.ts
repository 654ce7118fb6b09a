import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { openDialogue } from '../../../adapters/setup/dialogue.ts';

function open(interactive: boolean) {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  let seen = '';
  output.on('data', (text) => {
    seen += text;
  });
  return { input, dialogue: openDialogue({ input, output, interactive }), seen: () => seen };
}

it('gives each line of a pipe to the question that it answers, and Enter when there are no more', async () => {
  const { input, dialogue, seen } = open(false);
  input.end('one\n\n  three  \n');
  expect([
    await dialogue.ask('1?'),
    await dialogue.ask('2?'),
    await dialogue.ask('3?'),
    await dialogue.ask('4?'),
  ]).toEqual(['one', '', 'three', '']);
  expect(seen()).toBe('1?\n2?\n3?\n4?\n');
  dialogue.close();
});

it('shows on a terminal what is typed, but nothing of a secret', async () => {
  const { input, dialogue, seen } = open(true);
  const name = dialogue.ask('Name?');
  input.write('Ann\r');
  expect(await name).toBe('Ann');
  const token = dialogue.ask('Token?', { secret: true });
  input.write('pat_hidden\r');
  expect(await token).toBe('pat_hidden');
  const after = dialogue.ask('Again?');
  input.write('yes\r');
  expect(await after).toBe('yes');
  expect(seen()).toContain('Token?');
  expect(seen()).not.toContain('hidden');
  expect(seen()).toMatch(/Ann[\s\S]*yes/);
  dialogue.close();
});

it('leaves at Ctrl-C, whatever it waits for', async () => {
  const { input, dialogue } = open(true);
  const name = dialogue.ask('Name?');
  input.write('\x03');
  await expect(name).rejects.toMatchObject({ code: 'aborted' });
  expect(dialogue.signal.aborted).toBe(true);
  await expect(dialogue.ask('Name?')).rejects.toMatchObject({ code: 'aborted' });
});
