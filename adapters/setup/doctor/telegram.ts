/** The Telegram bot: its token, and how updates reach it (core.telegram.org/bots/api#getwebhookinfo). */
import { isWire, number, text, type Wire, wire } from '#core/coze/json.ts';
import { isRealCozeError } from '#core/errors.ts';
import { getJson } from '../call.ts';
import type { Patient } from './patient.ts';

export async function* examineTelegram(patient: Patient): AsyncGenerator<string> {
  const { host, words, setup, signal } = patient;
  const { telegram } = host.settings;
  if (!telegram) return yield words.off('Telegram', 'TELEGRAM_BOT_TOKEN');
  const call = async (method: string): Promise<Wire | undefined> => {
    const url = `${telegram.apiUrl.replace(/\/+$/, '')}/bot${telegram.token}/${method}`;
    const body = await getJson(host.network('telegram').fetch, { url, service: 'Telegram', signal });
    return isWire(body?.result) ? wire(body.result) : undefined;
  };
  try {
    const me = await call('getMe');
    if (!me) return yield `✗ ${setup.telegramRefused}`;
    yield setup.telegramIs(text(me.username), text(me.first_name), me.can_read_all_group_messages === true);
    yield* examineWay((await call('getWebhookInfo')) ?? {}, telegram.webhook, patient);
  } catch (error) {
    if (signal.aborted || !isRealCozeError(error)) throw error;
    yield `✗ ${words.fault(error)}`;
  }
}

function* examineWay(info: Wire, wanted: string | undefined, { words }: Patient): Generator<string> {
  const [url, why, waiting] = [text(info.url), text(info.last_error_message), number(info.pending_update_count) ?? 0];
  if (url !== (wanted ?? '')) yield words.otherWebhook(url, wanted);
  else if (wanted !== undefined && why !== '' && waiting > 0) yield words.webhookFails(wanted, why, waiting);
}
