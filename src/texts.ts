/** Every word of the program's own that people read, in one place. A test finds what is missing and what nobody uses. */
import type { Language } from './message.ts';

const TEXTS = {
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
    en: 'The limit here is {most} questions for each member. You may ask again {when}.',
    'zh-CN': '您已提问 {most} 次，达到此处上限。您可在 {when}再次提问。',
    'zh-TW': '您已提問 {most} 次，達到此處上限。您可在 {when}再次提問。',
  },
  limitMemberTokens: {
    en: 'You have used {most} tokens, which is the limit here. You may ask again {when}.',
    'zh-CN': '您已使用 {most} 个 token，达到此处上限。您可在 {when}再次提问。',
    'zh-TW': '您已使用 {most} 個 token，達到此處上限。您可在 {when}再次提問。',
  },
  limitPlaceTurns: {
    en: 'This place has asked {most} times, which is its limit. It goes on {when}.',
    'zh-CN': '此处已提问 {most} 次，达到上限。将在 {when}恢复。',
    'zh-TW': '此處已提問 {most} 次，達到上限。將在 {when}恢復。',
  },
  limitPlaceTokens: {
    en: 'This place has used {most} tokens, which is its limit. It goes on {when}.',
    'zh-CN': '此处已使用 {most} 个 token，达到上限。将在 {when}恢复。',
    'zh-TW': '此處已使用 {most} 個 token，達到上限。將在 {when}恢復。',
  },
  whenMinutes: { en: 'in {n} minutes', 'zh-CN': '{n} 分钟后', 'zh-TW': '{n} 分鐘後' },
  whenHours: { en: 'in {n} hours', 'zh-CN': '{n} 小时后', 'zh-TW': '{n} 小時後' },
  nothingAsked: {
    en: 'There is nothing to answer: the message has no text and no file that can be taken.',
    'zh-CN': '没有可回答的内容：消息没有文字，也没有可接收的文件。',
    'zh-TW': '沒有可回答的內容：訊息沒有文字，也沒有可接收的檔案。',
  },
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
  fileFailed: { en: 'it could not be fetched or uploaded.', 'zh-CN': '无法下载或上传。', 'zh-TW': '無法下載或上傳。' },
  noBots: {
    en: 'There is no bot yet. Put one into bots/NAME/config.json.',
    'zh-CN': '还没有机器人。请将其放入 bots/NAME/config.json。',
    'zh-TW': '還沒有機器人。請將其放入 bots/NAME/config.json。',
  },
  notAllowed: {
    en: 'Only moderators may choose this here.',
    'zh-CN': '此处仅管理员可以更改。',
    'zh-TW': '此處僅管理員可以變更。',
  },
  levelThread: { en: 'this thread', 'zh-CN': '此话题', 'zh-TW': '此討論串' },
  levelChannel: { en: 'this channel', 'zh-CN': '此频道', 'zh-TW': '此頻道' },
  levelCategory: { en: 'this category', 'zh-CN': '此分类', 'zh-TW': '此類別' },
  levelServer: { en: 'this server', 'zh-CN': '此服务器', 'zh-TW': '此伺服器' },
  levelHere: { en: 'this conversation', 'zh-CN': '此对话', 'zh-TW': '此對話' },
  levelDefault: { en: 'default', 'zh-CN': '默认', 'zh-TW': '預設' },
  levelMissing: { en: 'This place has no {level}.', 'zh-CN': '此处没有{level}。', 'zh-TW': '此處沒有{level}。' },
  botNow: {
    en: '“{bot}” answers in {level}. Choose another:',
    'zh-CN': '{level}由 “{bot}” 回答。选择其他机器人：',
    'zh-TW': '{level}由「{bot}」回答。選擇其他機器人：',
  },
  botChosen: {
    en: '“{bot}” now answers in {level}.',
    'zh-CN': '{level}现在由 “{bot}” 回答。',
    'zh-TW': '{level}現在由「{bot}」回答。',
  },
  botUnchosen: {
    en: 'The choice for {level} is taken back; “{bot}” answers.',
    'zh-CN': '已取消{level}的选择，由 “{bot}” 回答。',
    'zh-TW': '已取消{level}的選擇，由「{bot}」回答。',
  },
  botUnknown: {
    en: 'There is no bot “{bot}”. There are: {bots}.',
    'zh-CN': '没有机器人 “{bot}”。现有：{bots}。',
    'zh-TW': '沒有機器人「{bot}」。現有：{bots}。',
  },
  botWhy: {
    en: 'Who answers here, the nearest choice first:',
    'zh-CN': '此处由谁回答（最近的选择优先）：',
    'zh-TW': '此處由誰回答（最近的選擇優先）：',
  },
  whyNone: { en: '{level}: nothing chosen', 'zh-CN': '{level}：未选择', 'zh-TW': '{level}：未選擇' },
  whyMissing: {
    en: '{level}: “{bot}”, which is gone or broken',
    'zh-CN': '{level}：“{bot}”，已不存在或配置有误',
    'zh-TW': '{level}：「{bot}」，已不存在或設定有誤',
  },
  whyChosen: { en: '{level}: “{bot}”', 'zh-CN': '{level}：“{bot}”', 'zh-TW': '{level}：「{bot}」' },
  whyAnswers: { en: 'answers', 'zh-CN': '由其回答', 'zh-TW': '由其回答' },
  botsTitle: { en: 'Bots:', 'zh-CN': '机器人：', 'zh-TW': '機器人：' },
  botBroken: {
    en: '{bot}: cannot be used. {reason}',
    'zh-CN': '{bot}：无法使用。{reason}',
    'zh-TW': '{bot}：無法使用。{reason}',
  },
  hello: {
    en: 'Hello, I am {bot}. Ask me anything; /help lists the commands.',
    'zh-CN': '您好，我是 {bot}。请随意提问；/help 列出命令。',
    'zh-TW': '您好，我是 {bot}。請隨意提問；/help 列出指令。',
  },
  newDone: {
    en: 'Begun anew; {n} exchanges are forgotten.',
    'zh-CN': '已重新开始，忘记了 {n} 轮对话。',
    'zh-TW': '已重新開始，忘記了 {n} 輪對話。',
  },
  stopDone: { en: 'Stopped.', 'zh-CN': '已停止。', 'zh-TW': '已停止。' },
  stopNothing: {
    en: 'Nothing of yours is running here.',
    'zh-CN': '此处没有您正在运行的回答。',
    'zh-TW': '此處沒有您正在執行的回答。',
  },
  undoDone: { en: 'Taken back: {question}', 'zh-CN': '已撤回：{question}', 'zh-TW': '已收回：{question}' },
  undoNothing: { en: 'There is nothing to take back.', 'zh-CN': '没有可撤回的内容。', 'zh-TW': '沒有可收回的內容。' },
  retryNothing: {
    en: 'There is no question to ask again.',
    'zh-CN': '没有可重新提问的问题。',
    'zh-TW': '沒有可重新提問的問題。',
  },
  doneBefore: {
    en: 'This message came a second time; what it asks is done.',
    'zh-CN': '此消息重复收到，操作已完成。',
    'zh-TW': '此訊息重複收到，操作已完成。',
  },
  waitFirst: {
    en: 'An answer is running. Wait for it, or stop it with /stop.',
    'zh-CN': '正在回答。请等待，或用 /stop 停止。',
    'zh-TW': '正在回答。請等待，或用 /stop 停止。',
  },
  historyEmpty: {
    en: 'The history of “{bot}” here is empty.',
    'zh-CN': '“{bot}” 在此处的历史记录为空。',
    'zh-TW': '「{bot}」在此處的歷史記錄為空。',
  },
  historyTitle: {
    en: 'The last {n} of {all} exchanges with “{bot}”:',
    'zh-CN': '与 “{bot}” 的最近 {n} 轮对话（共 {all} 轮）：',
    'zh-TW': '與「{bot}」的最近 {n} 輪對話（共 {all} 輪）：',
  },
  historyFailed: { en: '(not answered)', 'zh-CN': '（未回答）', 'zh-TW': '（未回答）' },
  historyExported: {
    en: '{n} turns with “{bot}”.',
    'zh-CN': '与 “{bot}” 的 {n} 条记录。',
    'zh-TW': '與「{bot}」的 {n} 則記錄。',
  },
  historyImported: {
    en: '{n} turns are imported; they replace what was here.',
    'zh-CN': '已导入 {n} 条记录，替换了原有内容。',
    'zh-TW': '已匯入 {n} 則記錄，取代了原有內容。',
  },
  historyAdded: {
    en: 'Added as a turn of role {role}.',
    'zh-CN': '已添加一条角色为 {role} 的记录。',
    'zh-TW': '已新增一則角色為 {role} 的記錄。',
  },
  historyNoFile: {
    en: 'Send the JSON file together with the command.',
    'zh-CN': '请将 JSON 文件与命令一起发送。',
    'zh-TW': '請將 JSON 檔案與指令一起傳送。',
  },
  usageOf: { en: 'Write it like this: {usage}', 'zh-CN': '请这样写：{usage}', 'zh-TW': '請這樣寫：{usage}' },
  settingsTitle: { en: 'Settings here:', 'zh-CN': '此处的设置：', 'zh-TW': '此處的設定：' },
  settingsAuto: { en: '(automatic)', 'zh-CN': '（自动）', 'zh-TW': '（自動）' },
  settingsNone: { en: '(none)', 'zh-CN': '（无）', 'zh-TW': '（無）' },
  settingsDone: {
    en: '{name} is now {value} in {level}.',
    'zh-CN': '{level}的 {name} 现为 {value}。',
    'zh-TW': '{level}的 {name} 現為 {value}。',
  },
  settingsUnknown: {
    en: 'There is no setting “{name}”. There are: {names}.',
    'zh-CN': '没有设置 “{name}”。现有：{names}。',
    'zh-TW': '沒有設定「{name}」。現有：{names}。',
  },
  settingsBad: {
    en: '“{value}” does not fit {name}. Use {values}.',
    'zh-CN': '{name} 不能为 “{value}”。可用：{values}。',
    'zh-TW': '{name} 不能為「{value}」。可用：{values}。',
  },
  settingScope: { en: 'who shares a history', 'zh-CN': '谁共享历史记录', 'zh-TW': '誰共用歷史記錄' },
  settingAnswer: { en: 'which messages are answered', 'zh-CN': '回答哪些消息', 'zh-TW': '回答哪些訊息' },
  settingStreaming: { en: 'answers grow while they are written', 'zh-CN': '边写边显示回答', 'zh-TW': '邊寫邊顯示回答' },
  settingLanguage: {
    en: "language of the program's own words",
    'zh-CN': '程序自身文字的语言',
    'zh-TW': '程式自身文字的語言',
  },
  settingMailbox: {
    en: 'a message that comes while an answer runs',
    'zh-CN': '回答期间收到的消息',
    'zh-TW': '回答期間收到的訊息',
  },
  settingSources: { en: 'show sources', 'zh-CN': '显示来源', 'zh-TW': '顯示來源' },
  settingReasoning: { en: 'show reasoning', 'zh-CN': '显示思考过程', 'zh-TW': '顯示思考過程' },
  settingChoose: {
    en: 'who may choose bot and settings',
    'zh-CN': '谁可以选择机器人和设置',
    'zh-TW': '誰可以選擇機器人和設定',
  },
  settingAllow: { en: 'only these are answered', 'zh-CN': '仅回答这些对象', 'zh-TW': '僅回答這些對象' },
  settingDeny: { en: 'these are not answered', 'zh-CN': '不回答这些对象', 'zh-TW': '不回答這些對象' },
  settingMemberTurns: {
    en: 'questions of one member in the period, 0 = no limit',
    'zh-CN': '每位成员在周期内的提问数，0 = 不限',
    'zh-TW': '每位成員在週期內的提問數，0 = 不限',
  },
  settingMemberTokens: {
    en: 'tokens of one member in the period, 0 = no limit',
    'zh-CN': '每位成员在周期内的 token 数，0 = 不限',
    'zh-TW': '每位成員在週期內的 token 數，0 = 不限',
  },
  settingPlaceTurns: {
    en: 'questions of the place in the period, 0 = no limit',
    'zh-CN': '此处在周期内的提问数，0 = 不限',
    'zh-TW': '此處在週期內的提問數，0 = 不限',
  },
  settingPlaceTokens: {
    en: 'tokens of the place in the period, 0 = no limit',
    'zh-CN': '此处在周期内的 token 数，0 = 不限',
    'zh-TW': '此處在週期內的 token 數，0 = 不限',
  },
  settingLimitHours: { en: 'length of the period in hours', 'zh-CN': '周期的小时数', 'zh-TW': '週期的小時數' },
  sourcesNone: {
    en: 'This answer tells no sources.',
    'zh-CN': '此回答没有来源信息。',
    'zh-TW': '此回答沒有來源資訊。',
  },
  sourcesExcerpts: { en: '**Knowledge**', 'zh-CN': '**知识库**', 'zh-TW': '**知識庫**' },
  sourcesTools: { en: '**Tools:** {tools}', 'zh-CN': '**工具：**{tools}', 'zh-TW': '**工具：**{tools}' },
  sourcesReasoning: { en: '**Reasoning**', 'zh-CN': '**思考过程**', 'zh-TW': '**思考過程**' },
  helpTitle: {
    en: 'Write to me, or use a command:',
    'zh-CN': '直接向我发消息，或使用命令：',
    'zh-TW': '直接向我傳訊息，或使用指令：',
  },
  aboutText: {
    en: '**Real Coze** brings Coze bots to chat platforms. “{bot}” answers here; {n} bots are installed.',
    'zh-CN': '**Real Coze** 将 Coze 机器人带到聊天平台。此处由 “{bot}” 回答，共安装 {n} 个机器人。',
    'zh-TW': '**Real Coze** 將 Coze 機器人帶到聊天平台。此處由「{bot}」回答，共安裝 {n} 個機器人。',
  },
  usageTitle: { en: 'Used today / in 30 days:', 'zh-CN': '今日 / 30 天用量：', 'zh-TW': '今日 / 30 天用量：' },
  usageRow: {
    en: '{name}: {turns} / {turns30} questions, {tokens} / {tokens30} tokens',
    'zh-CN': '{name}：{turns} / {turns30} 次提问，{tokens} / {tokens30} 个 token',
    'zh-TW': '{name}：{turns} / {turns30} 次提問，{tokens} / {tokens30} 個 token',
  },
  usageYou: { en: 'You', 'zh-CN': '您', 'zh-TW': '您' },
  usagePlace: { en: 'This place', 'zh-CN': '此处', 'zh-TW': '此處' },
  cmdChat: { en: 'Ask the bot', 'zh-CN': '向机器人提问', 'zh-TW': '向機器人提問' },
  cmdBot: {
    en: 'Choose which bot answers here, or see why',
    'zh-CN': '选择由哪个机器人在此回答，或查看原因',
    'zh-TW': '選擇由哪個機器人在此回答，或查看原因',
  },
  cmdBots: { en: 'List the bots', 'zh-CN': '列出机器人', 'zh-TW': '列出機器人' },
  cmdNew: {
    en: 'Forget this conversation and begin anew',
    'zh-CN': '忘记此对话并重新开始',
    'zh-TW': '忘記此對話並重新開始',
  },
  cmdRetry: { en: 'Ask the last question again', 'zh-CN': '重新提出上一个问题', 'zh-TW': '重新提出上一個問題' },
  cmdStop: { en: 'Stop the running answer', 'zh-CN': '停止正在进行的回答', 'zh-TW': '停止正在進行的回答' },
  cmdUndo: {
    en: 'Take back the last question and its answer',
    'zh-CN': '撤回上一个问题及其回答',
    'zh-TW': '收回上一個問題及其回答',
  },
  cmdHistory: {
    en: 'Show, export, import or add to the history',
    'zh-CN': '显示、导出、导入或添加历史记录',
    'zh-TW': '顯示、匯出、匯入或新增歷史記錄',
  },
  cmdSettings: {
    en: 'Show or change the settings of this place',
    'zh-CN': '显示或更改此处的设置',
    'zh-TW': '顯示或變更此處的設定',
  },
  cmdHelp: { en: 'Show what I can do', 'zh-CN': '显示我能做什么', 'zh-TW': '顯示我能做什麼' },
  cmdAbout: { en: 'About this program', 'zh-CN': '关于此程序', 'zh-TW': '關於此程式' },
  cmdUsage: { en: 'Show what was used', 'zh-CN': '显示用量', 'zh-TW': '顯示用量' },
  cmdStart: { en: 'Greet', 'zh-CN': '问候', 'zh-TW': '問候' },
  cmdAsk: { en: 'Ask these words', 'zh-CN': '提出这些文字', 'zh-TW': '提出這些文字' },
  cmdSources: { en: 'Show what an answer rests on', 'zh-CN': '显示回答的依据', 'zh-TW': '顯示回答的依據' },
  optWords: { en: 'What to ask', 'zh-CN': '要问的内容', 'zh-TW': '要問的內容' },
  optBot: {
    en: 'Name of the bot, or “why”, or “reset”',
    'zh-CN': '机器人名称，或 why，或 reset',
    'zh-TW': '機器人名稱，或 why，或 reset',
  },
  optLevel: { en: 'Where it applies', 'zh-CN': '适用范围', 'zh-TW': '適用範圍' },
  optAll: { en: '“all”: also those that wait', 'zh-CN': 'all：包括等待中的', 'zh-TW': 'all：包括等待中的' },
  optHistory: { en: 'What to do with the history', 'zh-CN': '对历史记录的操作', 'zh-TW': '對歷史記錄的操作' },
  optFile: { en: 'A history as JSON, to import', 'zh-CN': '要导入的 JSON 历史记录', 'zh-TW': '要匯入的 JSON 歷史記錄' },
  optSetting: { en: 'Name of the setting', 'zh-CN': '设置名称', 'zh-TW': '設定名稱' },
  optValue: { en: 'New value, or “reset”', 'zh-CN': '新值，或 reset', 'zh-TW': '新值，或 reset' },
  optMessage: { en: 'Which answer', 'zh-CN': '哪个回答', 'zh-TW': '哪個回答' },
  optMore: {
    en: 'How many, or the role and words to add',
    'zh-CN': '数量，或要添加的角色与文字',
    'zh-TW': '數量，或要新增的角色與文字',
  },
} as const satisfies Record<string, Record<Language, string>>;

/** The languages in which the program speaks. */
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN', 'zh-TW'];

export type TextKey = keyof typeof TEXTS;

/** All of them, for tests. */
export const allTexts: Readonly<Record<TextKey, Readonly<Record<Language, string>>>> = TEXTS;

/** A text with its `{names}` filled in. */
export function text(key: TextKey, language: Language, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[key][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text in every language, for menus. */
export function everyLanguage(key: TextKey): Readonly<Record<Language, string>> {
  return TEXTS[key];
}
