/** Calls to the server, with this browser's session and, where one is asked for, its key. */
import { language, say } from './words.js';

const sessionName = 'real-coze.session';
const keyName = 'real-coze.key';

/** A failure that the server explained in a sentence. */
export class Fault extends Error {}

/** The id of this browser's own conversations: random, so that nobody else can name it. */
export function session() {
  const known = localStorage.getItem(sessionName);
  if (known) return known;
  const id = Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  localStorage.setItem(sessionName, id);
  return id;
}

export async function getBots() {
  return (await call('/api/bots')).json();
}

/** Chooses the bot of the session; resolves to what was said with it before. */
export async function openSession(bot) {
  return (await call('/api/session', { session: session(), language, bot })).json();
}

/** Asks, and gives back each event of the answer as it comes. */
export async function* ask(text, files, signal) {
  const response = await call('/api/chat', { session: session(), language, text, files }, signal);
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    const events = (rest + step.value).split('\n\n');
    rest = events.pop();
    // The rest are comments: the server says that it lives.
    for (const event of events) if (event.startsWith('data: ')) yield JSON.parse(event.slice('data: '.length));
  }
}

async function call(path, body, signal) {
  const key = localStorage.getItem(keyName);
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
  const request = body ? { method: 'POST', body: JSON.stringify(body), headers, signal } : { headers, signal };
  const response = await fetch(path, request).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Fault(say.offline);
  });
  if (response.ok) return response;
  if (response.status === 401) {
    await askForKey(key ? say.keyRefused : say.keyNeeded);
    return call(path, body, signal);
  }
  const { error } = await response.json().catch(() => ({}));
  throw new Fault(error?.message ?? say.offline);
}

function askForKey(words) {
  const dialog = document.getElementById('key');
  const input = document.getElementById('key-text');
  dialog.querySelector('label').textContent = words;
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener(
      'close',
      () => {
        localStorage.setItem(keyName, input.value.trim());
        resolve();
      },
      { once: true },
    ),
  );
}
