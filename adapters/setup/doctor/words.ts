/** What the doctor says, besides what setup says of the same things. */
import type { ErrorCode, RealCozeError } from '#core/errors.ts';
import type { Language } from '#core/message.ts';

export type Words = typeof en;

const en = {
  welcome: 'Real Coze doctor. Everything that the settings name is tried; each bot is asked one real question.\n',
  proxy: (host: string | undefined, uses: readonly string[]) =>
    host === undefined ? '· Without a proxy.' : `· Through the proxy ${host}: ${uses.join(', ') || 'nothing'}.`,
  store: (kind: string) => `✓ The store (${kind}) keeps what is written.`,
  runs: (url: string) => `✓ The program runs at ${url} and is well.`,
  ails: (url: string, sentence: string) => `✗ The program at ${url} says: ${sentence}`,
  stands: (url: string) =>
    `· The program does not run at the moment: nothing answers at ${url}. Start it with: npm start`,
  taken: (url: string) => `✗ Something else answers at ${url}. Stop it, or set SERVER_PORT to another port.`,

  noBots: '✗ No bot is configured. Put a config.json into bots/NAME/, or run: npm run setup',
  local: (names: readonly string[]) =>
    `! ${names.join(', ')}: answered by the local Coze service, since no account is set. To connect one, run: npm run setup`,
  answers: (name: string, ms: number, words: string) => `✓ ${name} answers after ${seconds(ms)} s: ${words}`,
  silent: (name: string) => `✗ ${name} ended without a word. Look at its draft at Coze: does its last step answer?`,

  off: (platform: string, variable: string) => `· ${platform} is off: ${variable} is not set.`,
  otherWebhook: (url: string, wanted: string | undefined) =>
    wanted === undefined
      ? `! Telegram delivers to ${url}. The program ends that when it starts; a program behind that address then hears nothing more.`
      : `! Telegram delivers to ${url || 'nobody'} instead of ${wanted}. The program sets its address when it starts.`,
  webhookFails: (url: string, why: string, waiting: number) =>
    `✗ Telegram cannot deliver to ${url}: ${why}. ${waiting} updates wait. Let that address lead to this program's server (SERVER_HOST, SERVER_PORT).`,
  servers: (count: number) => `✓ It is in ${count} Discord ${count === 1 ? 'server' : 'servers'}.`,
  noServers: '✗ It is in no Discord server. Open the invitation above.',
  rights: (server: string, names: readonly string[]) =>
    `! In ${server} it lacks ${names.join(', ')}. Open the invitation above again, or give its role these rights.`,
  fewLogins: (left: number) => `! Discord takes only ${left} more logins of it today. Do not start it over and over.`,

  fault: (error: RealCozeError): string => error.message,
  well: '\nAll is well.',
  sick: (faults: number) => `\n${faults} ${faults === 1 ? 'thing has' : 'things have'} to be mended.`,
};

const zhCN: Words = {
  welcome: 'Real Coze 体检。逐项试用设置中的一切，并向每个机器人提一个真实问题。\n',
  proxy: (host, uses) => (host === undefined ? '· 不使用代理。' : `· 经过代理 ${host}：${uses.join('、') || '无'}。`),
  store: (kind) => `✓ 存储（${kind}）读写正常。`,
  runs: (url) => `✓ 程序正在 ${url} 运行，一切正常。`,
  ails: (url, sentence) => `✗ ${url} 上的程序报告：${sentence}`,
  stands: (url) => `· 程序当前没有运行：${url} 没有响应。启动命令：npm start`,
  taken: (url) => `✗ ${url} 被别的程序占用。请停止它，或把 SERVER_PORT 设为其他端口。`,

  noBots: '✗ 还没有机器人。请把 config.json 放进 bots/NAME/，或运行：npm run setup',
  local: (names) => `! ${names.join('、')}：未设置账号，由本地 Coze 服务回答。要连接账号，请运行：npm run setup`,
  answers: (name, ms, words) => `✓ ${name} 在 ${seconds(ms)} 秒后回答：${words}`,
  silent: (name) => `✗ ${name} 没有回答任何内容。请在扣子中检查它的编排：最后一步有输出吗？`,

  off: (platform, variable) => `· ${platform} 未启用：没有设置 ${variable}。`,
  otherWebhook: (url, wanted) =>
    wanted === undefined
      ? `! Telegram 正在向 ${url} 投递。程序启动时会取消它，那个地址后面的程序将不再收到消息。`
      : `! Telegram 正在向 ${url || '（无）'} 而不是 ${wanted} 投递。程序启动时会设置自己的地址。`,
  webhookFails: (url, why, waiting) =>
    `✗ Telegram 无法投递到 ${url}：${why}。有 ${waiting} 条更新在等待。请让该地址指向本程序的服务器（SERVER_HOST、SERVER_PORT）。`,
  servers: (count) => `✓ 它在 ${count} 个 Discord 服务器中。`,
  noServers: '✗ 它不在任何 Discord 服务器中。请打开上面的邀请链接。',
  rights: (server, names) =>
    `! 在 ${server} 中它缺少权限：${names.join('、')}。请重新打开上面的邀请链接，或为其身份组开启这些权限。`,
  fewLogins: (left) => `! 今天 Discord 只允许它再登录 ${left} 次。请不要反复启动。`,

  fault: (error) => withOriginal(faultsCN, error),
  well: '\n一切正常。',
  sick: (faults) => `\n有 ${faults} 处需要处理。`,
};

const zhTW: Words = {
  welcome: 'Real Coze 健檢。逐項試用設定中的一切，並向每個機器人提一個真實問題。\n',
  proxy: (host, uses) => (host === undefined ? '· 不使用代理。' : `· 經過代理 ${host}：${uses.join('、') || '無'}。`),
  store: (kind) => `✓ 儲存（${kind}）讀寫正常。`,
  runs: (url) => `✓ 程式正在 ${url} 執行，一切正常。`,
  ails: (url, sentence) => `✗ ${url} 上的程式回報：${sentence}`,
  stands: (url) => `· 程式目前沒有執行：${url} 沒有回應。啟動指令：npm start`,
  taken: (url) => `✗ ${url} 被別的程式佔用。請停止它，或把 SERVER_PORT 設為其他連接埠。`,

  noBots: '✗ 還沒有機器人。請把 config.json 放進 bots/NAME/，或執行：npm run setup',
  local: (names) => `! ${names.join('、')}：未設定帳號，由本機 Coze 服務回答。要連接帳號，請執行：npm run setup`,
  answers: (name, ms, words) => `✓ ${name} 在 ${seconds(ms)} 秒後回答：${words}`,
  silent: (name) => `✗ ${name} 沒有回答任何內容。請在 Coze 檢查它的編排：最後一步有輸出嗎？`,

  off: (platform, variable) => `· ${platform} 未啟用：沒有設定 ${variable}。`,
  otherWebhook: (url, wanted) =>
    wanted === undefined
      ? `! Telegram 正在向 ${url} 投遞。程式啟動時會取消它，那個位址後面的程式將不再收到訊息。`
      : `! Telegram 正在向 ${url || '（無）'} 而不是 ${wanted} 投遞。程式啟動時會設定自己的位址。`,
  webhookFails: (url, why, waiting) =>
    `✗ Telegram 無法投遞到 ${url}：${why}。有 ${waiting} 則更新在等待。請讓該位址指向本程式的伺服器（SERVER_HOST、SERVER_PORT）。`,
  servers: (count) => `✓ 它在 ${count} 個 Discord 伺服器中。`,
  noServers: '✗ 它不在任何 Discord 伺服器中。請開啟上面的邀請連結。',
  rights: (server, names) =>
    `! 在 ${server} 中它缺少權限：${names.join('、')}。請重新開啟上面的邀請連結，或為其身分組開啟這些權限。`,
  fewLogins: (left) => `! 今天 Discord 只允許它再登入 ${left} 次。請不要反覆啟動。`,

  fault: (error) => withOriginal(faultsTW, error),
  well: '\n一切正常。',
  sick: (faults) => `\n有 ${faults} 處需要處理。`,
};

/** What an owner can do about it, with nothing to enter again as in setup. */
const faultsCN: Partial<Record<ErrorCode, string>> = {
  auth: '令牌或登录被拒绝：可能有误、已过期，或属于另一区域。请换用新的令牌。',
  forbidden: '没有权限，或机器人未发布到 API。请在 Coze 发布它，并为令牌开启权限。',
  region: 'Coze 在此地区不可用。请设置 PROXY。',
  not_found: 'Coze 上没有找到。请检查 config.json 中的 ID，以及机器人是否已发布。',
  rate_limited: '请求过多。请一分钟后重试。',
  quota: 'Coze 账户的额度已用完。请在 Coze 充值。',
  timeout: '没有及时收到回应。请重试。',
  network: '无法连接。请检查网络、地址和 PROXY。',
  protocol: '对方的回应不是 Coze 的协议。请检查地址。',
  config: '设置有误或缺失。',
  server: '对方服务器出错。请稍后重试。',
};

const faultsTW: Partial<Record<ErrorCode, string>> = {
  auth: '權杖或登入遭拒：可能有誤、已過期，或屬於另一區域。請換用新的權杖。',
  forbidden: '沒有權限，或機器人未發布到 API。請在 Coze 發布它，並為權杖開啟權限。',
  region: 'Coze 在此地區無法使用。請設定 PROXY。',
  not_found: 'Coze 上沒有找到。請檢查 config.json 中的 ID，以及機器人是否已發布。',
  rate_limited: '請求過多。請一分鐘後重試。',
  quota: 'Coze 帳戶的額度已用完。請在 Coze 儲值。',
  timeout: '沒有及時收到回應。請重試。',
  network: '無法連線。請檢查網路、位址和 PROXY。',
  protocol: '對方的回應不是 Coze 的協定。請檢查位址。',
  config: '設定有誤或缺少。',
  server: '對方伺服器出錯。請稍後重試。',
};

/** The English sentence behind it names the variable, the host or the id. */
function withOriginal(cures: Partial<Record<ErrorCode, string>>, { code, message }: RealCozeError): string {
  return cures[code] ? `${cures[code]}（${message}）` : message;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

export function wordsIn(language: Language): Words {
  return { en, 'zh-CN': zhCN, 'zh-TW': zhTW }[language];
}
