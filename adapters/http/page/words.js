/** What the page itself says, in the language of the browser. */

const words = {
  en: {
    bots: 'Bots',
    new: 'New chat',
    you: 'You',
    send: 'Send',
    stop: 'Stop',
    retry: 'Retry',
    copy: 'Copy',
    copied: 'Copied',
    sources: 'Sources',
    thinking: 'Thinking',
    hint: 'Enter sends, Shift + Enter makes a new line, / begins a command.',
    ask: (name) => `Message ${name}`,
    local:
      'Answers come from the local Coze service: no account is connected. To connect one, set COZE_API_TOKEN or COZE_SESSION_ID in .env and start again.',
    stopped: 'Stopped.',
    interrupted: 'The bot waits for your answer.',
    offline: 'The server does not answer. Is it still running?',
    empty: 'No bot is configured. Put a config.json into bots/NAME/.',
    fault: (name) => `${name} cannot be used: `,
    attach: 'Add pictures or files',
    remove: (name) => `Remove ${name}`,
    tooLarge: (name) => `${name} is left out: the files of a question have 20 MB together at most.`,
    unreadable: (name) => `${name} cannot be read.`,
    tooMany: (most) => `A question takes ${most} files at most.`,
    keyNeeded: 'This server asks for its key (SERVER_API_KEY).',
    keyRefused: 'The server refused this key. Enter the one of SERVER_API_KEY.',
    enter: 'Enter',
  },
  'zh-CN': {
    bots: '机器人',
    new: '新对话',
    you: '你',
    send: '发送',
    stop: '停止',
    retry: '重试',
    copy: '复制',
    copied: '已复制',
    sources: '来源',
    thinking: '思考过程',
    hint: 'Enter 发送，Shift + Enter 换行，/ 开头为命令。',
    ask: (name) => `给 ${name} 发消息`,
    local:
      '当前由本地 Coze 服务回答，未连接账号。要连接真实的 Coze，请在 .env 中设置 COZE_API_TOKEN 或 COZE_SESSION_ID 后重新启动。',
    stopped: '已停止。',
    interrupted: '机器人在等待你的回答。',
    offline: '服务器没有响应，它还在运行吗？',
    empty: '还没有机器人。请把 config.json 放进 bots/NAME/。',
    fault: (name) => `${name} 无法使用：`,
    attach: '添加图片或文件',
    remove: (name) => `移除 ${name}`,
    tooLarge: (name) => `未添加 ${name}：一个问题的文件合计不能超过 20 MB。`,
    unreadable: (name) => `无法读取 ${name}。`,
    tooMany: (most) => `一个问题最多附带 ${most} 个文件。`,
    keyNeeded: '此服务器需要密钥（SERVER_API_KEY）。',
    keyRefused: '服务器拒绝了这个密钥。请输入 SERVER_API_KEY 的值。',
    enter: '进入',
  },
  'zh-TW': {
    bots: '機器人',
    new: '新對話',
    you: '你',
    send: '傳送',
    stop: '停止',
    retry: '重試',
    copy: '複製',
    copied: '已複製',
    sources: '來源',
    thinking: '思考過程',
    hint: 'Enter 傳送，Shift + Enter 換行，/ 開頭為指令。',
    ask: (name) => `傳訊息給 ${name}`,
    local:
      '目前由本機 Coze 服務回答，尚未連接帳號。要連接真正的 Coze，請在 .env 設定 COZE_API_TOKEN 或 COZE_SESSION_ID 後重新啟動。',
    stopped: '已停止。',
    interrupted: '機器人正在等你的回答。',
    offline: '伺服器沒有回應，它還在執行嗎？',
    empty: '還沒有機器人。請把 config.json 放進 bots/NAME/。',
    fault: (name) => `${name} 無法使用：`,
    attach: '加入圖片或檔案',
    remove: (name) => `移除 ${name}`,
    tooLarge: (name) => `未加入 ${name}：一個問題的檔案合計不能超過 20 MB。`,
    unreadable: (name) => `無法讀取 ${name}。`,
    tooMany: (most) => `一個問題最多附帶 ${most} 個檔案。`,
    keyNeeded: '此伺服器需要金鑰（SERVER_API_KEY）。',
    keyRefused: '伺服器拒絕了這個金鑰。請輸入 SERVER_API_KEY 的值。',
    enter: '進入',
  },
};

function choose() {
  for (const tag of navigator.languages) {
    if (/^zh\b.*(TW|HK|MO|Hant)/i.test(tag)) return 'zh-TW';
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

export const language = choose();
export const say = words[language];

/** Puts the words where the document asks for them: `data-word` as text, `data-label` as the name of a button. */
export function translate(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll('[data-word]')) element.textContent = say[element.dataset.word];
  for (const element of root.querySelectorAll('[data-label]')) element.ariaLabel = say[element.dataset.label];
}
