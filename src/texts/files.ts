/** What is said of files: those of questions, and histories that are imported. */
import type { Language } from '../message.ts';

export const FILE_TEXTS = {
  fileLeftOut: {
    en: '{name} was left out: {reason}',
    'zh-CN': '未使用 {name}：{reason}',
    'zh-TW': '未使用 {name}：{reason}',
  },
  fileTooLarge: { en: 'it is larger than {most} MB.', 'zh-CN': '超过 {most} MB。', 'zh-TW': '超過 {most} MB。' },
  fileTooMany: {
    en: 'at most {most} files go with one message.',
    'zh-CN': '每条消息最多 {most} 个文件。',
    'zh-TW': '每則訊息最多 {most} 個檔案。',
  },
  fileUnsupported: {
    en: 'this bot takes text files only.',
    'zh-CN': '此机器人只接收文本文件。',
    'zh-TW': '此機器人只接收文字檔。',
  },
  fileKind: {
    en: 'Coze takes no files of this kind.',
    'zh-CN': 'Coze 不接收这种类型的文件。',
    'zh-TW': 'Coze 不接收這種類型的檔案。',
  },
  fileEmpty: { en: 'it is empty.', 'zh-CN': '文件为空。', 'zh-TW': '檔案是空的。' },
  fileGone: {
    en: 'it is no longer there. Send it again.',
    'zh-CN': '文件已不存在，请重新发送。',
    'zh-TW': '檔案已不存在，請重新傳送。',
  },
  fileCut: {
    en: 'Only the first {most} characters of {name} were read.',
    'zh-CN': '只读取了 {name} 的前 {most} 个字符。',
    'zh-TW': '只讀取了 {name} 的前 {most} 個字元。',
  },
  fileFailed: { en: 'it could not be fetched or uploaded.', 'zh-CN': '无法下载或上传。', 'zh-TW': '無法下載或上傳。' },
  importNoJson: {
    en: 'The file is not JSON. Export a history to see the shape that is read.',
    'zh-CN': '文件不是 JSON。请导出一份历史记录，查看可读取的格式。',
    'zh-TW': '檔案不是 JSON。請匯出一份歷史記錄，查看可讀取的格式。',
  },
  importNoTurns: {
    en: 'The file holds no turns. It must be an array, or an object with "turns" or "messages".',
    'zh-CN': '文件中没有记录。它必须是数组，或带有 "turns" 或 "messages" 的对象。',
    'zh-TW': '檔案中沒有記錄。它必須是陣列，或帶有 "turns" 或 "messages" 的物件。',
  },
  importTooMany: {
    en: 'The file has {n} turns; at most {most} can be imported. Split it.',
    'zh-CN': '文件有 {n} 条记录，最多可导入 {most} 条。请拆分文件。',
    'zh-TW': '檔案有 {n} 則記錄，最多可匯入 {most} 則。請拆分檔案。',
  },
  importTurn: { en: 'Turn {n}', 'zh-CN': '第 {n} 条记录', 'zh-TW': '第 {n} 則記錄' },
  importNoObject: {
    en: '{where} is not an object with "role" and "content".',
    'zh-CN': '{where}不是带有 "role" 和 "content" 的对象。',
    'zh-TW': '{where}不是帶有 "role" 和 "content" 的物件。',
  },
  importContentType: {
    en: '{where}: contentType must be 1 (text), 6 (images) or 9 (files).',
    'zh-CN': '{where}：contentType 必须是 1（文本）、6（图片）或 9（文件）。',
    'zh-TW': '{where}：contentType 必須是 1（文字）、6（圖片）或 9（檔案）。',
  },
  importContent: {
    en: '{where}: content must be text.',
    'zh-CN': '{where}：content 必须是文本。',
    'zh-TW': '{where}：content 必須是文字。',
  },
  importRole: {
    en: '{where}: role {role}. Use 1 or "assistant", 2 or "user", 6 or "knowledge".',
    'zh-CN': '{where}：角色为 {role}。请用 1 或 "assistant"、2 或 "user"、6 或 "knowledge"。',
    'zh-TW': '{where}：角色為 {role}。請用 1 或 "assistant"、2 或 "user"、6 或 "knowledge"。',
  },
} as const satisfies Record<string, Record<Language, string>>;
