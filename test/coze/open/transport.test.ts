import { createOpenTransport } from '#core/coze/open/transport.ts';
import { startSimulator } from '#core/simulator/index.ts';
import { transportContract } from '../../contract/transport.ts';
import { openBot } from './scripted.ts';

transportContract('open', async () => {
  const simulator = await startSimulator({ bots: () => [openBot], wordMs: 0 });
  const transport = createOpenTransport({
    bot: openBot.coze,
    base: simulator.url,
    token: simulator.token,
    fetch,
    sleep: async () => {},
  });
  return {
    transport,
    simulator,
    cut: { cutAfterBytes: 1500 },
    async close() {
      await transport.close?.();
      await simulator.close();
    },
  };
});
