/** What Coze tells about a bot. Coze docs "get_metadata_draft_published"; the older call is for what lacks the newer one. */

import type { Profile } from '../../bots/bot.ts';
import { isRealCozeError } from '../../errors.ts';
import { text, type Wire, wire } from '../json.ts';
import { withoutName } from '../prologue.ts';
import type { Api } from './api.ts';
import { dataOf } from './body.ts';

/** Reads name, description, icon, prologue and suggested questions. The prompt, a secret of the owner's, is never read. */
export async function fetchProfile(api: Api, botId: string, signal: AbortSignal): Promise<Profile> {
  return readProfile(dataOf(await fetchBot(api, botId, signal)));
}

async function fetchBot(api: Api, botId: string, signal: AbortSignal): Promise<Wire> {
  try {
    const query = { is_published: 'true' };
    return await api.call(`/v1/bots/${encodeURIComponent(botId)}`, { method: 'GET', query, signal });
  } catch (error) {
    if (!isRealCozeError(error) || !['not_found', 'unsupported'].includes(error.code)) throw error;
    // Coze Studio fails on this call without a connector; 1024 is the API's.
    const query = { bot_id: botId, connector_id: '1024' };
    return api.call('/v1/bot/get_online_info', { method: 'GET', query, signal });
  }
}

function readProfile(bot: Wire): Profile {
  const onboarding = wire(bot.onboarding_info);
  const asked = onboarding.suggested_questions;
  const suggestions = Array.isArray(asked) ? asked.map(text).filter((words) => words.trim() !== '') : [];
  return {
    ...field('name', bot.name),
    ...field('description', bot.description),
    ...field('avatar', bot.icon_url),
    ...field('prologue', withoutName(text(onboarding.prologue))),
    ...(suggestions.length > 0 && { suggestions }),
  };
}

function field<K extends keyof Profile>(key: K, value: unknown): { [P in K]?: string } {
  const words = text(value).trim();
  return words === '' ? {} : ({ [key]: words } as { [P in K]: string });
}
