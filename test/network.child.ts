/**
 * Fetches and talks over a WebSocket, and prints what came back as JSON. A program of its own, for the test's certificate is
 * trusted by `NODE_EXTRA_CA_CERTS`, which Node reads at its start. Arguments: proxy, address of the site without its scheme.
 */
import { createNetwork } from '#core/network.ts';

const [, , proxy, site = ''] = process.argv;
const network = createNetwork({ proxy });

async function fetched(): Promise<string> {
  const response = await network.fetch(`https://${site}/`, { method: 'POST', body: 'hello' });
  return response.text();
}

function heard(): Promise<string> {
  const socket = network.openWebSocket(`wss://${site}/`);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send('hi'));
    socket.addEventListener('message', (event) => {
      socket.close();
      resolve(String(event.data));
    });
    socket.addEventListener('error', (event) => reject(event));
  });
}

const sentence = (error: unknown) => String((error as { message?: unknown }).message);
console.log(JSON.stringify([await fetched().catch(sentence), await heard().catch(sentence)]));
await network.close();
