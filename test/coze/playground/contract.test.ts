/** The playground transport against the local Coze service, in its own binary envelopes. */
import { createPlaygroundTransport } from '#core/coze/playground/transport.ts';
import { startSimulator } from '#core/simulator/index.ts';
import { transportContract } from '../../contract/transport.ts';
import { draft } from './setting.ts';

transportContract('playground', async () => {
  const simulator = await startSimulator({ bots: () => [], wordMs: 0 });
  const transport = createPlaygroundTransport({
    bot: { kind: 'playground', draft: draft() },
    base: simulator.url,
    session: simulator.session,
    fetch: (input, init) => fetch(input, init),
    openWebSocket: (url) => new WebSocket(url),
    timing: { suggestionMs: 100, nextMessageMs: 100, backoffMs: 1 },
  });
  const close = async () => {
    await transport.close();
    await simulator.close();
  };
  return { transport, simulator, cut: { dropSocketAfterWords: 6 }, close };
});
