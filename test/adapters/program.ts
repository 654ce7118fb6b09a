/** The program as `npm start` runs it, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Program {
  /** Address of the page. */
  readonly url: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the log has said it. */
  says(sentence: RegExp): Promise<void>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  readonly process: ChildProcess;
}

const root = join(import.meta.dirname, '../..');

/** Starts the program on a free port and waits until it says where its page is. */
export async function startProgram(env: Record<string, string> = {}, args: readonly string[] = []): Promise<Program> {
  const child = spawn(process.execPath, ['adapters/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, LANG: 'en_US.UTF-8', SERVER_PORT: '0', STORE_URL: 'memory://', ...env },
  });
  let stdout = '';
  let stderr = '';
  const said = new EventTarget();
  child.stderr.on('data', (data) => {
    stderr += data;
    said.dispatchEvent(new Event('said'));
  });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      stdout += data;
      const found = /http:\/\/\S+/.exec(stdout)?.[0];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The program ended with ${code} before it was ready: ${stderr}`)));
  });
  return {
    url: await url,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (sentence) => {
      while (!sentence.test(stderr))
        await new Promise((resolve) => said.addEventListener('said', resolve, { once: true }));
    },
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return child.exitCode;
    },
    process: child,
  };
}
