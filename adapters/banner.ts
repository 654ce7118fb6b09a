/** What the owner reads when the program has started, in the language of the machine. */
import type { Language } from '#core/message.ts';

export interface Banner {
  readonly language: Language;
  readonly milliseconds: number;
  /** Address of the page; absent without a server. */
  readonly page?: string | undefined;
  readonly bots: readonly string[];
  /** Bots that the local Coze service answers for. */
  readonly local: readonly string[];
  /** Whether a token is set; absent where these are left out on purpose. */
  readonly discord?: boolean | undefined;
  readonly telegram?: boolean | undefined;
}

const words = {
  en: {
    ready: (ms: number) => `Real Coze is ready after ${ms} ms.`,
    page: 'Page',
    bots: 'Bots',
    noBots: 'none yet: put a config.json into bots/NAME/',
    local: 'the local Coze service, with no account',
    cure: 'To connect a real Coze, run npm run setup, or set COZE_API_TOKEN in .env (see .example.env).',
    starting: 'starting',
    off: (name: string) => `off (set ${name} to start it)`,
  },
  'zh-CN': {
    ready: (ms: number) => `Real Coze 已就绪，用时 ${ms} 毫秒。`,
    page: '网页',
    bots: '机器人',
    noBots: '还没有：请把 config.json 放进 bots/NAME/',
    local: '本地 Coze 服务，未连接账号',
    cure: '要连接真实的 Coze，请运行 npm run setup，或在 .env 中设置 COZE_API_TOKEN（见 .example.env）。',
    starting: '启动中',
    off: (name: string) => `未启用（设置 ${name} 后启用）`,
  },
  'zh-TW': {
    ready: (ms: number) => `Real Coze 已就緒，用時 ${ms} 毫秒。`,
    page: '網頁',
    bots: '機器人',
    noBots: '還沒有：請把 config.json 放進 bots/NAME/',
    local: '本機 Coze 服務，未連接帳號',
    cure: '要連接真正的 Coze，請執行 npm run setup，或在 .env 設定 COZE_API_TOKEN（見 .example.env）。',
    starting: '啟動中',
    off: (name: string) => `未啟用（設定 ${name} 後啟用）`,
  },
};

export function describe(banner: Banner): string {
  const say = words[banner.language];
  const lines: [name: string, text: string][] = [];
  if (banner.page) lines.push([say.page, banner.page]);
  lines.push([say.bots, banner.bots.join(', ') || say.noBots]);
  if (banner.local.length > 0) {
    const which = banner.local.length === banner.bots.length ? '' : ` (${banner.local.join(', ')})`;
    lines.push(['Coze', `${say.local}${which}`], ['', say.cure]);
  }
  if (banner.discord !== undefined)
    lines.push(['Discord', banner.discord ? say.starting : say.off('DISCORD_BOT_TOKEN')]);
  if (banner.telegram !== undefined)
    lines.push(['Telegram', banner.telegram ? say.starting : say.off('TELEGRAM_BOT_TOKEN')]);
  const rows = lines.map(([name, text]) => `  ${pad(name)} ${text}`);
  return `\n${[say.ready(Math.round(banner.milliseconds)), ...rows].join('\n')}\n`;
}

/** Chinese characters take two columns of a terminal. */
function pad(name: string): string {
  const columns = [...name].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) > 0x2e80 ? 2 : 1), 0);
  return name + ' '.repeat(Math.max(9 - columns, 1));
}

/** The language of the machine, by the usual variables; English where it is neither. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const tag = env.LC_ALL || env.LC_MESSAGES || env.LANG || Intl.DateTimeFormat().resolvedOptions().locale;
  if (/^zh[_-](TW|HK|MO|Hant)/i.test(tag)) return 'zh-TW';
  return /^zh/i.test(tag) ? 'zh-CN' : 'en';
}
