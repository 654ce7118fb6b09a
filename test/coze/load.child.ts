/** The local service as a process of its own, so that its memory is not taken for the client's. Each message readies so many answers. */
import { startSimulator } from '#core/simulator/index.ts';
import { openBot } from './open/scripted.ts';

const simulator = await startSimulator({ bots: () => [openBot], wordMs: 0 });

process.on('message', ({ answers, text }: { answers: number; text: string }) => {
  simulator.faults.next(...Array.from({ length: answers }, () => ({ say: [{ type: 'answer', text }] as const })));
  const { url, token, session, sockets } = simulator;
  process.send?.({ url, token, session, sockets });
});
process.on('disconnect', () => simulator.close());
process.send?.('ready');
