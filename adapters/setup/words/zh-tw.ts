/** What setup says in Traditional Chinese. */
import type { ErrorCode } from '#core/errors.ts';
import type { Words } from './en.ts';
import { table } from './table.ts';

export const zhTW: Words = {
  welcome: 'Real Coze 設定精靈。直接按 Enter 可略過問題並保留現有設定。每個回答都會立即檢查；金鑰不會顯示出來。',

  where: '\n1. 您的 Coze 機器人在哪裡？',
  ownStudio: '自行架設的 Coze Studio',
  whereQuestion: (known) =>
    `請輸入編號（Enter：${known ? `繼續使用 ${known}` : '暫不連接 Coze，由範例機器人自行回答'}）：`,
  studioAddress: 'Coze Studio 的位址，例如 http://localhost:8888：',
  noAddress: '這不是位址。位址的格式如 http://localhost:8888。',
  proxyQuestion: '要經過的代理伺服器，例如 socks5h://127.0.0.1:7890（Enter：不使用）：',
  noProxy: '這不是代理伺服器的位址。應以 socks5h://、socks5://、socks4://、http:// 或 https:// 開頭。',
  noSuchNumber: (most) => `請輸入 1 到 ${most} 的編號，或直接按 Enter。`,

  credential: (page) => `\n2. 以何種方式存取 Coze？權杖和應用程式在這裡建立：${page}`,
  byToken: '個人存取權杖（pat_…，到所選天數後失效）',
  byDevice: '在瀏覽器中輸入代碼登入（需要「TV 和有限輸入裝置」類型的 OAuth 應用程式）',
  credentialQuestion: (known) => `請輸入編號（Enter：${known ? '保留現有權杖' : '略過 Coze'}）：`,
  studioCredential: '\n2. 在 Coze Studio 中點選頭像，進入「API 授權」建立存取權杖。',
  tokenQuestion: (known) => `請貼上權杖（Enter：${known ? '保留現有權杖' : '略過 Coze'}）：`,
  noToken: '這不是權杖。請只貼上權杖本身，不要帶空格。',
  account: (name) => `✓ Coze 已接受${name ? `，您是 ${name}` : ''}。`,
  otherRegion: (name) => `這是 ${name} 的權杖嗎？(y/N)`,
  needsStore: '登入資訊需要保存，而 STORE_URL=memory:// 結束即忘。請從 .env 中刪除這一行，或改用權杖，然後重新執行。',
  deviceApp: '應用程式的用戶端 ID 以 .app.coze 結尾。',
  clientQuestion: '用戶端 ID（Enter：略過 Coze）：',
  device: (url, code, minutes) =>
    `請在瀏覽器中開啟 ${url}，並在 ${minutes} 分鐘內輸入代碼 ${code}。等待中…（Ctrl-C 結束）`,

  bots: (bots) => `\n3. 您的機器人：\n${table(bots, '未發佈到 API')}`,
  noList: '\n3. 哪個機器人？ID 在其頁面網址的末尾：…/bot/7400000000000000001',
  botQuestion: (listed) => `機器人的${listed ? '編號或 ID' : ' ID 或網址'}（Enter：略過）：`,
  noSuchBot: '沒有這個機器人。請輸入清單中的編號，或由數字組成的 ID。',
  unpublished: (name, studio) =>
    studio
      ? `此權杖無法存取 ${name}。請在 Coze Studio 中開啟該智能體，點選「發佈」，選擇「API」並發佈，且權杖須屬於該智能體的建立者。然後再次輸入。`
      : `${name} 還沒有發佈到 API 管道（4015）。請在 Coze 中開啟它，點選「發佈」，在管道中勾選「API」，再點選「發佈」。然後在這裡再次輸入。`,
  botWritten: (name, file) => `✓ ${name} 已寫入 ${file}。`,
  defaultQuestion: (name, others) =>
    `未選擇機器人時，由 ${name} 代替 ${others.slice(0, 3).join('、')}${others.length > 3 ? '…' : ''} 回答嗎？(Y/n)`,

  samples: (names) =>
    `! ${names.join('、')}：範例機器人，Coze 不認識它們。請刪除它們的資料夾，或在其 config.json 換上您自己的 bot_id。`,

  telegram: '\n4. Telegram：在 @BotFather 中用 /newbot 建立機器人並取得權杖。',
  discord:
    '\n   Discord：在 discord.com/developers/applications 點「New Application」，再到「Bot」頁點「Reset Token」取得權杖。',
  platformQuestion: (known) => `請貼上權杖（Enter：${known ? '保留現有權杖' : '略過'}）：`,
  telegramRefused: 'Telegram 不認得這個權杖。請從 @BotFather 重新複製，格式如 123456789:AAF-…。',
  telegramIs: (username, name, readsAll) =>
    `✓ Telegram 機器人：@${username}（${name}）。${
      readsAll
        ? '它能讀到群組裡的每則訊息。'
        : '在群組裡它只收到提及、回覆和指令；要讀到每則訊息，請對 @BotFather 傳送 /setprivacy 並選 Disable，然後重新加入群組。'
    }`,
  discordRefused: 'Discord 不認得這個權杖。請在「Bot」頁點「Reset Token」並複製新的權杖。',
  discordIs: (name, intentPage, invitation) =>
    `✓ Discord 機器人：${name}。${
      intentPage === undefined
        ? 'Message Content Intent 已開啟：可以回答頻道裡的每則訊息。'
        : `Message Content Intent 未開啟：只收到提及、私訊和指令。要回答頻道裡的每則訊息，請在此開啟：${intentPage}`
    }\n  邀請它到您的伺服器：${invitation}`,

  written: (variables) =>
    variables.length > 0 ? `\n5. 已寫入 .env（僅您本人可讀）：${variables.join('、')}。` : '\n5. .env 無需變更。',
  firstQuestion: '你好！你是誰，能做什麼？',
  asking: (question) => `\n6. 正在問您的機器人：${question}`,
  answered: (answer) => `✓ 它回答：\n\n${answer.replace(/^(?=.)/gm, '  ')}`,
  askAgain: '再問一次嗎？(y/N)',
  goodbye: '\n設定完成。啟動指令：npm start（如果它正在執行，請先按 Ctrl-C 結束）。',

  fault: (error) => {
    const sentence = faults[error.code] ?? error.message;
    // Only the English sentence names the host, the proxy, or what is set wrong.
    const detail = ['network', 'config'].includes(error.code) ? error.message : error.upstreamCode;
    return `✗ ${sentence}${detail ? `（${detail}）` : ''}`;
  },
};

/** What an owner can do about it. Codes that are missing here bring a sentence that says more. */
const faults: Partial<Record<ErrorCode, string>> = {
  auth: '權杖或登入遭拒：可能有誤、已過期，或屬於另一區域（coze.com 與 coze.cn 的權杖不通用）。請重新輸入。',
  forbidden: '權杖沒有所需的權限。請在 Coze 為它開啟權限並選對工作空間，然後重新輸入。',
  region: 'Coze 在此地區無法使用，需要經過代理伺服器。',
  not_found: 'Coze 上沒有找到。請檢查 ID 和位址，然後重新輸入。',
  rate_limited: '請求過多。請一分鐘後重試。',
  quota: 'Coze 帳戶的額度已用完。請在 Coze 儲值。',
  timeout: '沒有及時收到回應，或代碼已過期。請重試。',
  network: '無法連線。請檢查網路、位址和代理伺服器，然後重試。',
  protocol: '對方的回應不是 Coze 的協定。請檢查位址，然後重新輸入。',
  config: '設定有誤。請更正後重新輸入。',
  server: '對方伺服器發生錯誤。請稍後重試。',
};
