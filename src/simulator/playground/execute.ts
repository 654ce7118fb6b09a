/** The playground's execute call: the whole draft goes in, the answer comes over the WebSocket. */
import {
  answer,
  badParameter,
  type Exchange,
  type Fields,
  isFields,
  jsonBody,
  parseJson,
  Refusal,
} from '../exchange.ts';
import { personaOfDraft } from '../mind/persona.ts';
import { think } from '../mind/think.ts';
import type { Heard, HeardFile } from '../mind/thought.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import type { Sockets } from './sockets.ts';
import { type Listener, speakTurn } from './speak.ts';
import type { Uploads } from './uploads.ts';

/** The call that asks a bot of the playground. */
export function executeRoutes(world: World, sockets: Sockets, uploads: Uploads): readonly Route[] {
  const handle = (exchange: Exchange) => execute(world, sockets, uploads, exchange);
  return [{ method: 'POST', path: '/api/draftbot/execute', auth: 'cookie', asksBot: true, handle }];
}

async function execute(world: World, sockets: Sockets, uploads: Uploads, exchange: Exchange): Promise<void> {
  const body = jsonBody(exchange);
  const listener: Listener = { deviceId: string(body, 'device_id'), pushUuid: string(body, 'push_uuid') };
  string(body, 'space_id');
  string(body, 'bot_id');
  if (!isFields(body.work_info)) throw badParameter('work_info', 'is required, as an object');
  const heard = readTurns(body.work_info, uploads);
  const thoughts =
    exchange.fault?.say ?? think(personaOfDraft(body), heard, { imageBase: `${world.url}/images`, variables: {} });
  answer(exchange, undefined);
  await speakTurn({ world, sockets, listener, fault: exchange.fault }, thoughts);
}

/** @throws Refusal 4000 unless every field of `work_info` is a string and `message_info` holds turns, the last one the user's. */
function readTurns(work: Fields, uploads: Uploads): readonly Heard[] {
  const odd = Object.entries(work).find(([, value]) => typeof value !== 'string');
  if (odd) throw badParameter(`work_info.${odd[0]}`, 'must be a string');
  const items = parseJson(String(work.message_info ?? ''));
  if (!Array.isArray(items) || items.length === 0)
    throw badParameter('work_info.message_info', 'must be the JSON text of a list of turns');
  const turns = items
    .map((item, index) => readTurn(item, `message_info[${index}]`, uploads))
    .filter((turn) => turn !== undefined);
  if (turns.at(-1)?.role !== 'user') throw badParameter('message_info', 'must end with a turn of the user');
  return turns;
}

/** Role 1 is the assistant, 2 the user; the others are placeholders and knowledge, which nobody said. */
function readTurn(item: unknown, at: string, uploads: Uploads): Heard | undefined {
  if (!isFields(item) || typeof item.content !== 'string' || typeof item.role !== 'number')
    throw badParameter(at, 'must hold a role and a content');
  const contentType = item.contentType ?? item.content_type ?? 1;
  if (item.role !== 1 && item.role !== 2) return undefined;
  const role = item.role === 1 ? 'assistant' : 'user';
  if (contentType === 1) return { role, text: item.content, files: [] };
  return { role, text: '', files: readFiles(item.content, contentType, at, uploads) };
}

function readFiles(content: string, contentType: unknown, at: string, uploads: Uploads): readonly HeardFile[] {
  const [field, kind] = contentType === 6 ? (['image_list', 'image'] as const) : (['file_list', 'file'] as const);
  const value = parseJson(content);
  const list = isFields(value) ? value[field] : undefined;
  if ((contentType !== 6 && contentType !== 9) || !Array.isArray(list))
    throw badParameter(at, 'holds no image_list or file_list');
  return list.map((each) => {
    const key = isFields(each) ? String(each.key) : '';
    const upload = uploads.committed(key);
    if (!upload) throw new Refusal(4200, `The file ${key} was not uploaded.`);
    return { kind, name: upload.name, bytes: upload.bytes };
  });
}

function string(body: Fields, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw badParameter(field, 'is required, as a string');
  return value;
}
