/** What the terminal itself says. */
import type { Language } from '#core/message.ts';

export interface Words {
  readonly hint: string;
  readonly stopped: string;
  readonly failed: string;
  readonly sources: string;
  readonly local: string;
  readonly goodbye: string;
}

const en: Words = {
  hint: 'Write and press Enter. /help lists the commands, :q leaves, Ctrl-C stops an answer.',
  stopped: 'Stopped.',
  failed: 'Something failed inside the program. Ask again; the log says what it was.',
  sources: 'Sources',
  local:
    'Answers come from the local Coze service. To connect a real one, run npm run setup, or set COZE_API_TOKEN in .env.',
  goodbye: 'Goodbye.',
};

const zhCN: Words = {
  hint: '输入后按 Enter 发送。/help 查看命令，:q 退出，Ctrl-C 停止回答。',
  stopped: '已停止。',
  failed: '程序内部出错。请再问一次；日志中有原因。',
  sources: '来源',
  local: '当前由本地 Coze 服务回答。要连接真实的 Coze，请运行 npm run setup，或在 .env 中设置 COZE_API_TOKEN。',
  goodbye: '再见。',
};

const zhTW: Words = {
  hint: '輸入後按 Enter 傳送。/help 查看指令，:q 離開，Ctrl-C 停止回答。',
  stopped: '已停止。',
  failed: '程式內部出錯。請再問一次；記錄檔中有原因。',
  sources: '來源',
  local: '目前由本機 Coze 服務回答。要連接真正的 Coze，請執行 npm run setup，或在 .env 設定 COZE_API_TOKEN。',
  goodbye: '再見。',
};

export function wordsIn(language: Language): Words {
  return { en, 'zh-CN': zhCN, 'zh-TW': zhTW }[language];
}
