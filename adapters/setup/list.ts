/** All bots that a token reaches, workspace by workspace (Coze docs: list workspaces, bots_list_draft_published). */

import { id, text, type Wire, wires } from '#core/coze/json.ts';
import type { Api } from '#core/coze/open/api.ts';
import { dataOf } from '#core/coze/open/body.ts';

export interface ListedBot {
  readonly id: string;
  readonly name: string;
  /** To the API channel. */
  readonly published: boolean;
  readonly workspace: string;
}

const pageSize = 50;
/** More than anybody reads on a terminal. */
const mostPages = 6;

/** Published ones first, in each workspace. @throws RealCozeError `forbidden` without the permissions, `unsupported` on Coze Studio */
export async function listBots(api: Api, signal: AbortSignal): Promise<readonly ListedBot[]> {
  const workspaces = await pages(api, '/v1/workspaces', {}, 'workspaces', signal);
  const bots: ListedBot[] = [];
  for (const workspace of workspaces) {
    const query = { workspace_id: id(workspace.id), publish_status: 'all' };
    const found = await pages(api, '/v1/bots', query, 'items', signal);
    const read = found.map((bot) => readBot(bot, text(workspace.name)));
    bots.push(...read.sort((a, b) => Number(b.published) - Number(a.published)));
  }
  return bots;
}

function readBot(bot: Wire, workspace: string): ListedBot {
  return { id: id(bot.id), name: text(bot.name) || id(bot.id), published: bot.is_published !== false, workspace };
}

async function pages(
  api: Api,
  path: string,
  query: Readonly<Record<string, string>>,
  field: 'workspaces' | 'items',
  signal: AbortSignal,
): Promise<Wire[]> {
  const all: Wire[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const asked = { ...query, page_num: String(page), page_size: String(pageSize) };
    const items = wires(dataOf(await api.call(path, { method: 'GET', query: asked, signal }))[field]);
    all.push(...items);
    if (items.length < pageSize) break;
  }
  return all;
}
