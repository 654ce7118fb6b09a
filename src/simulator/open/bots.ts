/** Bots, workspaces and the user behind a token (Coze docs: get_metadata, bots_list, workspaces, users/me). */
import type { Bot } from '../../bots/bot.ts';
import { answer, type Exchange, type Fields, required, sendJson } from '../exchange.ts';
import { personaOf } from '../mind/persona.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';
import { paging } from './conversations.ts';
import { publishedBot } from './request.ts';

const workspaceId = '7300000000000000002';
const publishedAt = 1_760_000_000;

/** The calls that read bots; Studio has two of them. */
export function botRoutes(world: World): readonly Route[] {
  const bot: Route = {
    method: 'GET',
    path: '/v1/bots/:id',
    handle: (exchange) => answer(exchange, botInfo(world, publishedBot(world, exchange.params.id))),
  };
  return world.flavour === 'studio' ? [bot, studioOnlineInfo(world)] : [bot, ...cloudRoutes(world)];
}

function cloudRoutes(world: World): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/bot/get_online_info',
      handle: (exchange) => answer(exchange, botInfo(world, publishedBot(world, required(exchange.query, 'bot_id')))),
    },
    { method: 'GET', path: '/v1/bots', handle: (exchange) => listBots(world, exchange) },
    { method: 'GET', path: '/v1/space/published_bots_list', handle: (exchange) => listSpaceBots(world, exchange) },
    { method: 'GET', path: '/v1/workspaces', handle: listWorkspaces },
    { method: 'GET', path: '/v1/users/me', handle: me },
  ];
}

/** On Studio the older call answers without an envelope. */
function studioOnlineInfo(world: World): Route {
  return {
    method: 'GET',
    path: '/v1/bot/get_online_info',
    handle: ({ query, response }) => {
      if (!query.get('connector_id')) return sendJson(response, 500, { code: 500, msg: 'internal server error' });
      sendJson(response, 200, botInfo(world, publishedBot(world, required(query, 'bot_id'))));
    },
  };
}

function botInfo(world: World, bot: Bot): Fields {
  const persona = personaOf(bot);
  return {
    bot_id: botId(bot),
    name: persona.name,
    description: persona.description,
    icon_url: iconOf(world, bot),
    create_time: publishedAt,
    update_time: publishedAt,
    version: String(publishedAt),
    prompt_info: { prompt: persona.prompt },
    onboarding_info: { prologue: persona.prologue, suggested_questions: persona.suggestions, onboarding_mode: 1 },
    bot_mode: bot.coze.kind === 'open' && bot.coze.workflowId !== undefined ? 2 : 0,
    plugin_info_list: [],
    model_info: { model_id: '7300000000000000003', model_name: 'Local demo' },
    suggest_reply_info: { reply_mode: 'enable' },
    default_user_input_type: 'text',
  };
}

function iconOf(world: World, bot: Bot): string {
  return personaOf(bot).avatar ?? `${world.url}/images/${encodeURIComponent(bot.name)}.png`;
}

function botId(bot: Bot): string {
  return bot.coze.kind === 'open' ? bot.coze.botId : (bot.coze.draft.bot_id ?? '');
}

function published(world: World): readonly Bot[] {
  return world.bots().filter((bot) => bot.coze.kind === 'open');
}

/** Published ones unless `publish_status` asks for drafts too: those are the playground exports. */
function listBots(world: World, exchange: Exchange): void {
  required(exchange.query, 'workspace_id');
  const { page, size } = paging(exchange.query, 'page_num', 100);
  const drafts = exchange.query.get('publish_status') === 'all';
  const all = drafts ? world.bots().filter((bot) => botId(bot) !== '') : published(world);
  const items = all.slice((page - 1) * size, page * size).map((bot) => ({
    id: botId(bot),
    name: personaOf(bot).name,
    icon_url: iconOf(world, bot),
    description: personaOf(bot).description,
    is_published: bot.coze.kind === 'open',
    updated_at: publishedAt,
    published_at: publishedAt,
    owner_user_id: '7300000000000000001',
  }));
  answer(exchange, { items, total: all.length });
}

function listSpaceBots(world: World, exchange: Exchange): void {
  required(exchange.query, 'space_id');
  const { page, size } = paging(exchange.query, 'page_index', 100);
  const all = published(world);
  const space_bots = all.slice((page - 1) * size, page * size).map((bot) => ({
    bot_id: botId(bot),
    bot_name: personaOf(bot).name,
    description: personaOf(bot).description,
    icon_url: iconOf(world, bot),
    publish_time: String(publishedAt),
  }));
  answer(exchange, { space_bots, total: all.length });
}

function listWorkspaces(exchange: Exchange): void {
  const workspace = {
    id: workspaceId,
    name: 'Local demo',
    icon_url: '',
    role_type: 'owner',
    workspace_type: 'personal',
  };
  answer(exchange, { workspaces: [workspace], total_count: 1 });
}

function me(exchange: Exchange): void {
  answer(exchange, { user_id: '7300000000000000001', user_name: 'local', nick_name: 'Local demo', avatar_url: '' });
}
