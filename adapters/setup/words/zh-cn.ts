/** What setup says in Simplified Chinese. */
import type { ErrorCode } from '#core/errors.ts';
import type { Words } from './en.ts';
import { table } from './table.ts';

export const zhCN: Words = {
  welcome: 'Real Coze 设置向导。直接按 Enter 可跳过问题并保留现有设置。每个回答都会立即检查；密钥不会显示出来。',

  where: '\n1. 您的 Coze 机器人在哪里？',
  ownStudio: '自己部署的 Coze Studio',
  whereQuestion: (known) =>
    `请输入编号（Enter：${known ? `继续使用 ${known}` : '暂不连接 Coze，由示例机器人自行回答'}）：`,
  studioAddress: 'Coze Studio 的地址，例如 http://localhost:8888：',
  noAddress: '这不是地址。地址形如 http://localhost:8888。',
  proxyQuestion: '要经过的代理，例如 socks5h://127.0.0.1:7890（Enter：不用代理）：',
  noProxy: '这不是代理地址。应以 socks5h://、socks5://、socks4://、http:// 或 https:// 开头。',
  noSuchNumber: (most) => `请输入 1 到 ${most} 的编号，或直接按 Enter。`,

  credential: (page) => `\n2. 用什么方式访问 Coze？令牌和应用在这里创建：${page}`,
  byToken: '个人访问令牌（pat_…，到所选天数后失效）',
  byDevice: '在浏览器中输入代码登录（需要“TV 和有限输入设备”类型的 OAuth 应用）',
  credentialQuestion: (known) => `请输入编号（Enter：${known ? '保留现有令牌' : '跳过 Coze'}）：`,
  studioCredential: '\n2. 在 Coze Studio 中点击头像，进入“API 授权”创建访问令牌。',
  tokenQuestion: (known) => `请粘贴令牌（Enter：${known ? '保留现有令牌' : '跳过 Coze'}）：`,
  noToken: '这不是令牌。请只粘贴令牌本身，不要带空格。',
  account: (name) => `✓ Coze 已接受${name ? `，您是 ${name}` : ''}。`,
  otherRegion: (name) => `这是 ${name} 的令牌吗？(y/N)`,
  needsStore: '登录信息需要保存，而 STORE_URL=memory:// 退出即忘。请从 .env 中删除这一行，或改用令牌，然后重新运行。',
  deviceApp: '应用的客户端 ID 以 .app.coze 结尾。',
  clientQuestion: '客户端 ID（Enter：跳过 Coze）：',
  device: (url, code, minutes) =>
    `请在浏览器中打开 ${url}，并在 ${minutes} 分钟内输入代码 ${code}。等待中…（Ctrl-C 退出）`,

  bots: (bots) => `\n3. 您的机器人：\n${table(bots, '未发布到 API')}`,
  noList: '\n3. 哪个机器人？ID 在其页面地址的末尾：…/bot/7400000000000000001',
  botQuestion: (listed) => `机器人的${listed ? '编号或 ID' : ' ID 或地址'}（Enter：跳过）：`,
  noSuchBot: '没有这个机器人。请输入列表中的编号，或由数字组成的 ID。',
  unpublished: (name, studio) =>
    studio
      ? `此令牌无法访问 ${name}。请在 Coze Studio 中打开该智能体，点击“发布”，选择“API”并发布，且令牌须属于该智能体的创建者。然后再次输入。`
      : `${name} 还没有发布到 API 渠道（4015）。请在扣子中打开它，点击“发布”，在渠道中勾选“API”，再点击“发布”。然后在这里再次输入。`,
  botWritten: (name, file) => `✓ ${name} 已写入 ${file}。`,
  defaultQuestion: (name, others) =>
    `未选择机器人时，由 ${name} 代替 ${others.slice(0, 3).join('、')}${others.length > 3 ? '…' : ''} 回答吗？(Y/n)`,

  samples: (names) =>
    `! ${names.join('、')}：示例机器人，Coze 不认识它们。请删除它们的文件夹，或在其 config.json 中换上您自己的 bot_id。`,

  telegram: '\n4. Telegram：在 @BotFather 中用 /newbot 创建机器人并获得令牌。',
  discord:
    '\n   Discord：在 discord.com/developers/applications 点“New Application”，再到“Bot”页点“Reset Token”获得令牌。',
  platformQuestion: (known) => `请粘贴令牌（Enter：${known ? '保留现有令牌' : '跳过'}）：`,
  telegramRefused: 'Telegram 不认识这个令牌。请从 @BotFather 重新复制，形如 123456789:AAF-…。',
  telegramIs: (username, name, readsAll) =>
    `✓ Telegram 机器人：@${username}（${name}）。${
      readsAll
        ? '它能读到群里的每条消息。'
        : '在群里它只收到提及、回复和命令；要读到每条消息，请对 @BotFather 发送 /setprivacy 并选 Disable，然后重新加群。'
    }`,
  discordRefused: 'Discord 不认识这个令牌。请在“Bot”页点“Reset Token”并复制新的令牌。',
  discordIs: (name, intentPage, invitation) =>
    `✓ Discord 机器人：${name}。${
      intentPage === undefined
        ? 'Message Content Intent 已开启：可以回答频道里的每条消息。'
        : `Message Content Intent 未开启：只收到提及、私信和命令。要回答频道里的每条消息，请在此开启：${intentPage}`
    }\n  邀请它到您的服务器：${invitation}`,

  written: (variables) =>
    variables.length > 0 ? `\n5. 已写入 .env（仅您本人可读）：${variables.join('、')}。` : '\n5. .env 无需改动。',
  firstQuestion: '你好！你是谁，能做什么？',
  asking: (question) => `\n6. 正在问您的机器人：${question}`,
  answered: (answer) => `✓ 它回答：\n\n${answer.replace(/^(?=.)/gm, '  ')}`,
  askAgain: '再问一次吗？(y/N)',
  goodbye: '\n设置完成。启动命令：npm start（如果它正在运行，请先按 Ctrl-C 结束）。',

  fault: (error) => {
    const sentence = faults[error.code] ?? error.message;
    // Only the English sentence names the host, the proxy, or what is set wrong.
    const detail = ['network', 'config'].includes(error.code) ? error.message : error.upstreamCode;
    return `✗ ${sentence}${detail ? `（${detail}）` : ''}`;
  },
};

/** What an owner can do about it. Codes that are missing here bring a sentence that says more. */
const faults: Partial<Record<ErrorCode, string>> = {
  auth: '令牌或登录被拒绝：可能有误、已过期，或属于另一区域（coze.com 与 coze.cn 的令牌不通用）。请重新输入。',
  forbidden: '令牌没有所需的权限。请在 Coze 为它开启权限并选对工作空间，然后重新输入。',
  region: 'Coze 在此地区不可用，需要经过代理。',
  not_found: 'Coze 上没有找到。请检查 ID 和地址，然后重新输入。',
  rate_limited: '请求过多。请一分钟后重试。',
  quota: 'Coze 账户的额度已用完。请在 Coze 充值。',
  timeout: '没有及时收到回应，或代码已过期。请重试。',
  network: '无法连接。请检查网络、地址和代理，然后重试。',
  protocol: '对方的回应不是 Coze 的协议。请检查地址，然后重新输入。',
  config: '设置有误。请更正后重新输入。',
  server: '对方服务器出错。请稍后重试。',
};
