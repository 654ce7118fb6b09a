import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { describe, expect, it, test } from 'vitest';
import { openEnvironment, withVariables } from '../../../adapters/setup/environment.ts';
import { makeHome } from './interview.ts';

describe('a variable is written', () => {
  test.each([
    ['where it stands', 'A=1\n# b\nB=2\nC=3\n', { B: 'x' }, 'A=1\n# b\nB=x\nC=3\n'],
    ['where it stands last, which is the one that counts', 'B=1\nB=2\n', { B: 'x' }, 'B=1\nB=x\n'],
    ['in place of an export', 'export B=2\n', { B: 'x' }, 'B=x\n'],
    [
      'under its commented example',
      '# B: so and so\n# B=2\n\nC=3\n',
      { B: 'x' },
      '# B: so and so\n# B=2\nB=x\n\nC=3\n',
    ],
    ['at the end otherwise', 'AB=1', { B: 'x', D: 'y' }, 'AB=1\nB=x\nD=y\n'],
    ['with the line ends of the file', 'A=1\r\n', { B: 'x' }, 'A=1\r\nB=x\r\n'],
    ['into an empty file', '', { B: 'x' }, 'B=x\n'],
    ['as nothing', 'B=2\n', { B: '' }, 'B=\n'],
  ])('%s', (_, before, changes, after) => {
    expect(withVariables(before, changes)).toBe(after);
  });

  test.each(['pat_abc==', 'a#b', "it's#1", 'https://x.y:8888/z', 'MTIz.fake-token_1', 'C:\\bots'])(
    'so that dotenv reads %s again',
    (value) => {
      expect(parse(withVariables('', { B: value }))).toEqual({ B: value });
    },
  );
});

it('begins a new file as the example, for its owner alone', async () => {
  const home = await makeHome();
  const template = join(home.folder, '.example.env');
  await writeFile(template, '# Token\nA=\n');
  await openEnvironment({ file: home.envFile, template, shell: {} }).save({ A: 'secret' });
  expect(await home.text('.env')).toBe('# Token\nA=secret\n');
  expect((await stat(home.envFile)).mode & 0o777).toBe(0o600);
});

it('closes a file that others could read, and follows a link to where the file is', async () => {
  const home = await makeHome();
  const real = join(home.folder, 'real.env');
  await writeFile(real, 'A=1\n', { mode: 0o644 });
  await symlink(real, home.envFile);
  await openEnvironment({ file: home.envFile, shell: {} }).save({ A: '2' });
  expect(await readFile(real, 'utf8')).toBe('A=2\n');
  expect((await stat(real)).mode & 0o777).toBe(0o600);
  expect((await lstat(home.envFile)).isSymbolicLink()).toBe(true);
});

it('lets the shell win and passes over what is empty, as the program does', async () => {
  const home = await makeHome('A=file\nB=file\nC=\n');
  const environment = openEnvironment({ file: home.envFile, shell: { A: 'shell' } });
  expect(await environment.read()).toEqual({ A: 'shell', B: 'file' });
});
