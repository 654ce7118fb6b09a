/** The methods about the bot itself, its menus, its chats' members and its files. */
import type { BotCommand } from 'grammy/types';
import type { Call } from './call.ts';
import type { Method } from './messages.ts';
import { badRequest } from './refusal.ts';
import type { World } from './world.ts';

const scopes = [
  'default',
  'all_private_chats',
  'all_group_chats',
  'all_chat_administrators',
  'chat',
  'chat_administrators',
  'chat_member',
];
/** The largest file that `getFile` prepares on the public server. */
const mostFileBytes = 20 * 1024 * 1024;

/** By name, as the Bot API spells them. */
export function accountMethods(world: World): Readonly<Record<string, Method>> {
  return {
    getMe: () => world.me,
    setMyCommands: ({ params }) => setMenu(world, params),
    getMyCommands: ({ params }) => world.menus.get(menuKey(params))?.commands ?? [],
    deleteMyCommands: ({ params }) => world.menus.delete(menuKey(params)) || true,
    setMyDescription: ({ params }) => setProfile(world, 'description', params, params.description, 512),
    setMyShortDescription: ({ params }) => setProfile(world, 'short', params, params.short_description, 120),
    setMyName: ({ params }) => setProfile(world, 'name', params, params.name, 64),
    getFile: ({ params }) => {
      const file = world.files.get(String(params.file_id));
      if (!file) throw badRequest('wrong file_id or the file is temporarily unavailable');
      if (file.size > mostFileBytes) throw badRequest('file is too big');
      return { file_id: file.id, file_unique_id: `u${file.id}`, file_size: file.size, file_path: file.path };
    },
    getChat: ({ params }) => world.known(params.chat_id).chat,
    getChatMember: ({ params }) => member(world, params.chat_id, Number(params.user_id)),
    getChatAdministrators: ({ params }) => {
      const chat = world.known(params.chat_id);
      if (chat.chat.type === 'private') throw badRequest('there are no administrators in the private chat');
      return [...chat.members]
        .filter(([, status]) => status === 'administrator' || status === 'creator')
        .map(([id]) => member(world, params.chat_id, id));
    },
    answerCallbackQuery: ({ params }) => {
      const press = world.presses.get(String(params.callback_query_id));
      if (!press || press.answered)
        throw badRequest('query is too old and response timeout expired or query ID is invalid');
      const words = params.text === undefined ? undefined : String(params.text);
      if ((words?.length ?? 0) > 200) throw badRequest('MESSAGE_TOO_LONG');
      Object.assign(press, { answered: true, text: words, alert: params.show_alert === true });
      return true;
    },
  };
}

function member(world: World, chatId: unknown, userId: number): object {
  const status = world.known(chatId).members.get(userId);
  const user = userId === world.me.id ? world.me : world.people.get(userId);
  if (!user) throw badRequest('user not found');
  return { user, status: status ?? 'left' };
}

function menuKey(params: Call['params']): string {
  const scope = (params.scope as { type?: string; chat_id?: number; user_id?: number } | undefined) ?? {
    type: 'default',
  };
  if (!scopes.includes(String(scope.type))) throw badRequest("can't parse BotCommandScope: unsupported type specified");
  return [scope.type, scope.chat_id, scope.user_id, params.language_code || '-'].filter(Boolean).join(':');
}

function setMenu(world: World, params: Call['params']): true {
  const commands = params.commands as BotCommand[] | undefined;
  if (!Array.isArray(commands)) throw badRequest('parameter "commands" is required');
  if (commands.length > 100) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  for (const { command, description } of commands) {
    if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
    if (!description || description.length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
  }
  const language = String(params.language_code ?? '');
  if (language !== '' && !/^[a-z]{2}$/.test(language)) throw badRequest('LANG_CODE_INVALID');
  const key = menuKey(params);
  world.menus.set(key, { scope: key, language, commands });
  return true;
}

function setProfile(world: World, field: string, params: Call['params'], value: unknown, most: number): true {
  const words = String(value ?? '');
  if (words.length > most) throw badRequest(`BOT_${field.toUpperCase()}_INVALID`);
  world.profile.set(`${field}:${params.language_code || '-'}`, words);
  return true;
}
