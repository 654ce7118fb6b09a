/** The store, and whether the program runs at the moment. */
import { isWire, text, wire } from '#core/coze/json.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Patient } from './patient.ts';

const timeoutMs = 5_000;

export async function* examineProgram({ host, words, signal }: Patient): AsyncGenerator<string> {
  const { settings, store } = host;
  const { url: proxy, coze, discord, telegram } = settings.proxy;
  const uses = Object.entries({ Coze: coze, Discord: discord, Telegram: telegram }).flatMap(([name, isOn]) =>
    isOn ? name : [],
  );
  yield words.proxy(proxy && new URL(proxy).host, uses);
  try {
    await store.check();
    yield words.store(new URL(settings.storeUrl).protocol.replace(':', ''));
  } catch (error) {
    if (!isRealCozeError(error)) throw error;
    yield `✗ ${words.fault(error)}`;
  }
  // On any free port nobody but the program knows where it is.
  if (!settings.server?.port) return;
  const url = addressOf(settings.server);
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(`${url}/health`, { signal: until }).catch(() => undefined);
  signal.throwIfAborted();
  if (!response) return yield words.stands(url);
  const body: unknown = await response.json().catch(() => undefined);
  const { status, error } = isWire(body) ? body : {};
  if (status === 'ok') yield words.runs(url);
  else if (isWire(error)) yield words.ails(url, text(wire(error).message));
  else yield words.taken(url);
}

/** How the server is reached on this machine. */
function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}
