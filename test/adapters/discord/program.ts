/** A small program around the adapter, for tests that kill it. */
import { openCatalog } from '#core/bots/catalog.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine } from '#core/engine.ts';
import { createLog } from '#core/log.ts';
import { createNetwork } from '#core/network.ts';
import { createPacer } from '#core/reply/pace.ts';
import { openStore } from '#core/store.ts';
import { startDiscord } from '../../../adapters/discord/adapter.ts';

const { BOTS = '', STORE = '', COZE = '', COZE_TOKEN = '', DISCORD = '', TOKEN = '' } = process.env;
const log = createLog({ level: 'error', secrets: [] });
const catalog = await openCatalog({ dir: BOTS, default: 'nim', log, watch: false });
const store = await openStore(STORE, { log });
const network = createNetwork();
const clients = createClients({
  coze: { apiBase: 'https://api.coze.com', webBase: 'https://www.coze.com' },
  network,
  env: {},
  cache: store.keyv('coze'),
  local: { url: COZE, token: COZE_TOKEN, session: '' },
  log,
});
const engine = createEngine({ catalog, store, clients, log, pacer: createPacer() });
await startDiscord({ token: TOKEN, apiUrl: DISCORD, engine, catalog, network, log });
