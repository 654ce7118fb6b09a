/** The store, and whether the program runs at the moment. */
import { isWire, text, wire } from '#core/coze/json.ts';
import { isRealCozeError } from '#core/errors.ts';
import type { Patient } from './patient.ts';

const timeoutMs = 5_000;

export async function* examineProgram({ host, words, setup, signal }: Patient): AsyncGenerator<string> {
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
    yield setup.fault(error);
  }
  if (!settings.server) return;
  const { host: address, port } = settings.server;
  const url = `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address}:${port}`;
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
