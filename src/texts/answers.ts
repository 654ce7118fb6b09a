/** What stands on and under answers, and instead of them. */
import type { Language } from '../message.ts';

export const ANSWER_TEXTS = {
  stop: { en: 'Stop', 'zh-CN': '停止', 'zh-TW': '停止' },
  retry: { en: 'Retry', 'zh-CN': '重试', 'zh-TW': '重試' },
  sources: { en: 'Sources', 'zh-CN': '来源', 'zh-TW': '來源' },
  noteStopped: { en: 'Stopped.', 'zh-CN': '已停止。', 'zh-TW': '已停止。' },
  noteInterrupted: {
    en: 'Interrupted by the next message.',
    'zh-CN': '已被下一条消息打断。',
    'zh-TW': '已被下一則訊息中斷。',
  },
  noteUnfinished: {
    en: 'The answer breaks off here: {reason}',
    'zh-CN': '回答在此中断：{reason}',
    'zh-TW': '回答在此中斷：{reason}',
  },
  noteRestarting: {
    en: 'Restarting; this answer goes on in a moment.',
    'zh-CN': '正在重启，稍后会继续回答。',
    'zh-TW': '正在重新啟動，稍後會繼續回答。',
  },
  noteWithheld: {
    en: 'The moderation of this place does not let the rest of the answer through.',
    'zh-CN': '此处的审核机制不允许显示回答的其余部分。',
    'zh-TW': '此處的審核機制不允許顯示回答的其餘部分。',
  },
  noteNotTaken: {
    en: 'The rest of the answer could not be shown here: the platform does not take it.',
    'zh-CN': '回答的其余部分无法在此显示：平台不接受它。',
    'zh-TW': '回答的其餘部分無法在此顯示：平台不接受它。',
  },
  noteFallback: {
    en: '“{bot}” has no Coze credits left; “{other}” answered instead.',
    'zh-CN': '“{bot}” 的 Coze 额度已用完，由 “{other}” 代为回答。',
    'zh-TW': '「{bot}」的 Coze 額度已用完，由「{other}」代為回答。',
  },
  noteBotMissing: {
    en: '“{bot}” is no longer here; “{other}” answers instead.',
    'zh-CN': '“{bot}” 已不存在，由 “{other}” 代为回答。',
    'zh-TW': '「{bot}」已不存在，由「{other}」代為回答。',
  },
  emptyAnswer: {
    en: 'The bot finished without an answer.',
    'zh-CN': '机器人没有给出回答。',
    'zh-TW': '機器人沒有給出回答。',
  },
  failAuth: {
    en: 'Coze refused the login of this bot. Its owner must renew the token or session.',
    'zh-CN': 'Coze 拒绝了此机器人的登录。请管理者更新令牌或会话。',
    'zh-TW': 'Coze 拒絕了此機器人的登入。請管理者更新權杖或工作階段。',
  },
  failForbidden: {
    en: "Coze does not allow this to the bot's account. Its owner can see why in the log.",
    'zh-CN': 'Coze 不允许此机器人的账号这样做。管理者可在日志中查看原因。',
    'zh-TW': 'Coze 不允許此機器人的帳號這樣做。管理者可在記錄檔中查看原因。',
  },
  failRegion: {
    en: 'Coze does not serve this region. The owner can set PROXY.',
    'zh-CN': 'Coze 不为该地区提供服务。管理者可设置 PROXY。',
    'zh-TW': 'Coze 不為該地區提供服務。管理者可設定 PROXY。',
  },
  failNotFound: {
    en: 'Coze does not know this bot, or it is not published.',
    'zh-CN': 'Coze 上没有此机器人，或尚未发布。',
    'zh-TW': 'Coze 上沒有此機器人，或尚未發佈。',
  },
  failRateLimited: {
    en: 'Too many requests right now. Try again in {seconds} s.',
    'zh-CN': '请求过多，请在 {seconds} 秒后重试。',
    'zh-TW': '請求過多，請在 {seconds} 秒後重試。',
  },
  failQuota: {
    en: 'The Coze quota of this bot is used up.',
    'zh-CN': '此机器人的 Coze 额度已用完。',
    'zh-TW': '此機器人的 Coze 額度已用完。',
  },
  failBusy: {
    en: 'This conversation is already being answered. Try again in a moment.',
    'zh-CN': '此对话正在回答中，请稍后再试。',
    'zh-TW': '此對話正在回答中，請稍後再試。',
  },
  failModerated: { en: 'Coze refused this content.', 'zh-CN': 'Coze 拒绝了此内容。', 'zh-TW': 'Coze 拒絕了此內容。' },
  failTooLarge: {
    en: 'This is too long for Coze. Begin anew with /new, or send less.',
    'zh-CN': '内容过长。请用 /new 重新开始，或减少内容。',
    'zh-TW': '內容過長。請用 /new 重新開始，或減少內容。',
  },
  failTimeout: { en: 'Coze gave no answer in time.', 'zh-CN': 'Coze 未能及时回答。', 'zh-TW': 'Coze 未能及時回答。' },
  failNetwork: { en: 'No connection to Coze.', 'zh-CN': '无法连接到 Coze。', 'zh-TW': '無法連線到 Coze。' },
  failProtocol: {
    en: 'Coze sent something that could not be read.',
    'zh-CN': 'Coze 返回的内容无法识别。',
    'zh-TW': 'Coze 傳回的內容無法辨識。',
  },
  failServer: {
    en: 'Something went wrong on the way to Coze.',
    'zh-CN': '与 Coze 通信时出错。',
    'zh-TW': '與 Coze 通訊時發生錯誤。',
  },
  failAction: {
    en: 'This bot wants a tool that is not available here.',
    'zh-CN': '此机器人需要此处没有的工具。',
    'zh-TW': '此機器人需要此處沒有的工具。',
  },
  failStore: {
    en: 'The history could not be read or written, so nothing was asked or kept. Try again in a moment.',
    'zh-CN': '历史记录无法读写，因此未提问也未保存。请稍后再试。',
    'zh-TW': '歷史記錄無法讀寫，因此未提問也未保存。請稍後再試。',
  },
  failKeep: {
    en: 'This answer could not be remembered yet; that is tried again at the next start.',
    'zh-CN': '此回答暂时无法保存，下次启动时会再试。',
    'zh-TW': '此回答暫時無法保存，下次啟動時會再試。',
  },
  failUnsupported: {
    en: 'This bot cannot do that.',
    'zh-CN': '此机器人不支持这样做。',
    'zh-TW': '此機器人不支援這樣做。',
  },
  failAborted: { en: 'Stopped.', 'zh-CN': '已停止。', 'zh-TW': '已停止。' },
  mailboxFull: {
    en: '{most} messages wait here already. Wait for an answer, or stop it with /stop.',
    'zh-CN': '这里已有 {most} 条消息在等待。请等待回答，或用 /stop 停止。',
    'zh-TW': '這裡已有 {most} 則訊息在等待。請等待回答，或用 /stop 停止。',
  },
  denied: {
    en: 'You may not ask the bot here.',
    'zh-CN': '您不能在此向机器人提问。',
    'zh-TW': '您不能在此向機器人提問。',
  },
  limitMemberTurns: {
    en: 'The limit of questions for each member here is {most}. You may ask again {when}.',
    'zh-CN': '您已提问 {most} 次，达到此处上限。您可在 {when}再次提问。',
    'zh-TW': '您已提問 {most} 次，達到此處上限。您可在 {when}再次提問。',
  },
  limitMemberTokens: {
    en: 'You have used {most} tokens, which is the limit here. You may ask again {when}.',
    'zh-CN': '您已使用 {most} 个 token，达到此处上限。您可在 {when}再次提问。',
    'zh-TW': '您已使用 {most} 個 token，達到此處上限。您可在 {when}再次提問。',
  },
  limitPlaceTurns: {
    en: 'The limit of questions in this place is {most}. It goes on {when}.',
    'zh-CN': '此处已提问 {most} 次，达到上限。将在 {when}恢复。',
    'zh-TW': '此處已提問 {most} 次，達到上限。將在 {when}恢復。',
  },
  limitPlaceTokens: {
    en: 'This place has used {most} tokens, which is its limit. It goes on {when}.',
    'zh-CN': '此处已使用 {most} 个 token，达到上限。将在 {when}恢复。',
    'zh-TW': '此處已使用 {most} 個 token，達到上限。將在 {when}恢復。',
  },
  whenMinute: { en: 'in a minute', 'zh-CN': '1 分钟后', 'zh-TW': '1 分鐘後' },
  whenMinutes: { en: 'in {n} minutes', 'zh-CN': '{n} 分钟后', 'zh-TW': '{n} 分鐘後' },
  whenHours: { en: 'in {n} hours', 'zh-CN': '{n} 小时后', 'zh-TW': '{n} 小時後' },
  nothingAsked: {
    en: 'There is nothing to answer: the message has no text and no file that can be taken.',
    'zh-CN': '没有可回答的内容：消息没有文字，也没有可接收的文件。',
    'zh-TW': '沒有可回答的內容：訊息沒有文字，也沒有可接收的檔案。',
  },
  noBots: {
    en: 'There is no bot yet. Put one into bots/NAME/config.json.',
    'zh-CN': '还没有机器人。请将其放入 bots/NAME/config.json。',
    'zh-TW': '還沒有機器人。請將其放入 bots/NAME/config.json。',
  },
} as const satisfies Record<string, Record<Language, string>>;
