/** A program that can be killed: the Telegram adapter with its engine, in a process of its own. Everything comes by environment. */
import { openCatalog } from '#core/bots/catalog.ts';
import { createClients } from '#core/coze/client.ts';
import { createEngine } from '#core/engine.ts';
import { createLog } from '#core/log.ts';
import { createNetwork } from '#core/network.ts';
import { createPacer } from '#core/reply/pace.ts';
import { openStore } from '#core/store.ts';
import { startTelegram } from '../../../adapters/telegram/adapter.ts';

const { BOTS = '', STORE = '', COZE = '', COZE_TOKEN = '', TELEGRAM = '', TOKEN = '' } = process.env;
const log = createLog({ level: 'warn', secrets: [TOKEN] });
const catalog = await openCatalog({ dir: BOTS, default: 'nim', log, watch: false });
const store = await openStore(STORE, { log });
const network = createNetwork();
const coze = { token: COZE_TOKEN, apiBase: COZE, webBase: COZE };
const clients = createClients({ coze, network, env: {}, cache: store.keyv('coze'), log });
const engine = createEngine({ catalog, store, clients, log, pacer: createPacer() });
await startTelegram({ token: TOKEN, apiUrl: TELEGRAM, engine, catalog, network, log, store });
