/** What one can try with a bot of the local service: each topic with the words that call it, in English and Chinese. */
import { writeEssay } from './essay.ts';
import { recallName, recollect, takeNote } from './memory.ts';
import { type Scene, say, type Tongue } from './scene.ts';
import {
  answerTwice,
  askBack,
  reasonAloud,
  showCard,
  showCode,
  showFormula,
  showImage,
  showList,
  showSources,
  showTable,
  takeAnswer,
  useTool,
} from './showpieces.ts';
import type { Thought } from './thought.ts';

/** One thing that a bot can be asked for. */
export interface Topic {
  readonly name: string;
  readonly match: RegExp;
  /** Words that call it, as a suggestion reads. */
  readonly invite: Readonly<Record<Tongue, string>>;
  readonly act: (scene: Scene) => readonly Thought[];
}

/** In the order in which they are tried: the first whose words are in the question answers it. */
export const topics: readonly Topic[] = [
  {
    name: 'memory',
    match:
      /what (did|have|do) (I|you).*\b(tell|told|say|said|know|remember)|我.{0,4}(说过|說過|告诉过?你|告訴過?你)(些|了)?什[么麼]|你[记記]得什[么麼]/i,
    invite: { en: 'What did I tell you?', zh: '我跟你说过什么？', tw: '我跟你說過什麼？' },
    act: recollect,
  },
  {
    name: 'name',
    match: /what('s| is) my name|remember my name|who am I\b|我叫什[么麼]|我是[谁誰]/i,
    invite: { en: 'What is my name?', zh: '我叫什么名字？', tw: '我叫什麼名字？' },
    act: recallName,
  },
  {
    name: 'note',
    match: /\bmy name is\b|\bremember\b|我叫|[记記]住|[请請][记記]得/i,
    invite: {
      en: 'Remember that the key is under the mat',
      zh: '请记住：钥匙在垫子下面',
      tw: '請記住：鑰匙在墊子下面',
    },
    act: takeNote,
  },
  {
    name: 'several',
    match: /\b(two|several|multiple) messages\b|[两兩多几幾](条消息|[条條則]訊息)/i,
    invite: { en: 'Answer in two messages', zh: '用两条消息回答', tw: '用兩條訊息回答' },
    act: answerTwice,
  },
  {
    name: 'question',
    match: /\bask me\b|[问問]我|反[问問]/i,
    invite: { en: 'Ask me something', zh: '问我一个问题', tw: '問我一個問題' },
    act: askBack,
  },
  {
    name: 'long',
    match: /\b(long|longer|essay|\d[\d,]{3,} (characters|words))\b|[长長]文|[长長]一[点點]|很[长長]|作文|\d{4,}\s*字/i,
    invite: { en: 'Write a long essay', zh: '写一篇长文', tw: '寫一篇長文' },
    act: writeEssay,
  },
  {
    name: 'reasoning',
    match: /\b(think|reason|reasoning|riddle)\b|思考|推理|想一想|[谜謎]/i,
    invite: { en: 'Think through a riddle', zh: '推理一道谜题', tw: '推理一道謎題' },
    act: reasonAloud,
  },
  {
    name: 'code',
    match: /\b(code|program|function|typescript|javascript|python)\b|代[码碼]|程式|程序|函[数數式]|[编編]程/i,
    invite: { en: 'Show me some code', zh: '给我看一段代码', tw: '給我看一段程式碼' },
    act: showCode,
  },
  {
    name: 'table',
    match: /\b(tables?|compare|comparison)\b|表格|[对對]比|比[较較]/i,
    invite: { en: 'Compare planets in a table', zh: '用表格比较行星', tw: '用表格比較行星' },
    act: showTable,
  },
  {
    name: 'formula',
    match: /\b(latex|formulas?|equations?|maths?)\b|公式|方程|[数數][学學]/i,
    invite: { en: 'Write a formula', zh: '写一个公式', tw: '寫一個公式' },
    act: showFormula,
  },
  {
    name: 'image',
    match: /\b(images?|pictures?|photos?|draw|paint|painting)\b|[图圖][片案像]|照片|[画畫]/i,
    invite: { en: 'Paint a picture', zh: '画一张图片', tw: '畫一張圖片' },
    act: showImage,
  },
  {
    name: 'sources',
    match: /\b(knowledge|sources?|look up|documents?)\b|知[识識]|[来來]源|[资資]料|查一查/i,
    invite: { en: 'Look up a fact with sources', zh: '查一条带来源的知识', tw: '查一條帶來源的知識' },
    act: showSources,
  },
  {
    name: 'tool',
    match: /\b(tools?|weather|plugins?)\b|工具|天[气氣]|插件|外掛/i,
    invite: { en: 'What is the weather like?', zh: '天气怎么样？', tw: '天氣怎麼樣？' },
    act: useTool,
  },
  {
    name: 'card',
    match: /\bcards?\b|卡片/i,
    invite: { en: 'Show a card', zh: '显示一张卡片', tw: '顯示一張卡片' },
    act: showCard,
  },
  {
    name: 'list',
    match: /\b(lists?|steps?|plan|checklist)\b|清[单單]|列表|步[骤驟]|[计計][划劃畫]/i,
    invite: { en: 'Make a list', zh: '列一个清单', tw: '列一個清單' },
    act: showList,
  },
  {
    name: 'choice',
    match: /(^|: )(the )?(sea|mountains?)[.!]?$|(^|: )(大海|高山)[。！]?$/i,
    invite: { en: 'Sea', zh: '大海', tw: '大海' },
    act: takeAnswer,
  },
  {
    name: 'self',
    match:
      /\bwho are you\b|\byour name\b|\babout you(rself)?\b|introduce yourself|你是[谁誰]|你叫什[么麼]|介[绍紹].{0,2}自己/i,
    invite: { en: 'Who are you?', zh: '你是谁？', tw: '你是誰？' },
    act: introduce,
  },
  {
    name: 'greeting',
    match: /^(\S+: )?((hello|hi|hey)\b|(你好|您好|嗨))/i,
    invite: { en: 'Hello!', zh: '你好！', tw: '你好！' },
    act: greet,
  },
  {
    name: 'help',
    match: /\bhelp\b|\bwhat can (you|I) (do|try|ask)\b|\bfeatures?\b|[帮幫]助|(能|可以)做什[么麼]|[会會]什[么麼]|功能/i,
    invite: { en: 'What can you do?', zh: '你能做什么？', tw: '你能做什麼？' },
    act: (scene) => [{ type: 'answer', text: `${introduction(scene)}\n\n${menu(scene)}` }],
  },
];

function introduce(scene: Scene): readonly Thought[] {
  const honest = say(scene, {
    en: 'To be honest, no language model speaks here: the **local demo service** plays me, so that everything can be tried without an account. Connect Coze, and the real bot answers in my place.',
    zh: '说实话，这里没有语言模型：是**本地演示服务**在扮演我，让您无需账号就能试用一切。连接 Coze 之后，回答您的就是真正的智能体。',
    tw: '說實話，這裡沒有語言模型：是**本機示範服務**在扮演我，讓您無需帳號就能試用一切。連接 Coze 之後，回答您的就是真正的智能體。',
  });
  return [{ type: 'answer', text: `${introduction(scene)}\n\n${honest}` }];
}

/** The bot's own welcome, and where to go from there. */
function greet(scene: Scene): readonly Thought[] {
  const hint = say(scene, {
    en: 'The local demo service plays me. Ask *what can you do?* for everything one can try here.',
    zh: '我由本地演示服务扮演。想知道这里能试什么，请问*你能做什么？*',
    tw: '我由本機示範服務扮演。想知道這裡能試什麼，請問*你能做什麼？*',
  });
  return [{ type: 'answer', text: `${scene.persona.prologue || introduction(scene)}\n\n${hint}` }];
}

/** Name and description, and by whom the bot is played. */
export function introduction(scene: Scene): string {
  const { name, description } = scene.persona;
  const greeting = say(scene, {
    en: `I am **${name}**, played by the local demo service.`,
    zh: `我是**${name}**，由本地演示服务扮演。`,
    tw: `我是**${name}**，由本機示範服務扮演。`,
  });
  return description === '' ? greeting : `${greeting}\n\n${description}`;
}

/** Answers to what people say anyway: nothing to suggest. */
const unlisted = new Set(['choice', 'greeting', 'help']);

/** Everything one can try, as a list. */
export function menu(scene: Scene): string {
  const head = say(scene, { en: 'Try one of these:', zh: '您可以试试：', tw: '您可以試試：' });
  const tail = say(scene, {
    en: '- Echo *anything you like*\n\nOr send a file, and I tell you what arrived.',
    zh: '- 复述 *任何内容*\n\n也可以发一个文件，我会告诉您收到了什么。',
    tw: '- 複述 *任何內容*\n\n也可以發一個檔案，我會告訴您收到了什麼。',
  });
  const shown = topics.filter((topic) => !unlisted.has(topic.name));
  return `${head}\n\n${shown.map((topic) => `- ${topic.invite[scene.tongue]}`).join('\n')}\n${tail}`;
}

/** Three questions to go on with: the bot's own first, then topics, none that was asked already. */
export function followUps(scene: Scene, current: string): readonly Thought[] {
  const asked = new Set([scene.question, ...scene.earlier]);
  const start = topics.findIndex((topic) => topic.name === current) + 1;
  const others = [...topics.slice(start), ...topics.slice(0, start)].filter((topic) => !unlisted.has(topic.name));
  const own = scene.persona.suggestions.filter((text) => isIn(text, scene.tongue)).slice(0, 1);
  const texts = [...own, ...others.map((topic) => topic.invite[scene.tongue])];
  return [...new Set(texts)]
    .filter((text) => text !== '' && !asked.has(text))
    .slice(0, 3)
    .map((text) => ({ type: 'suggest', text }));
}

function isIn(text: string, tongue: Tongue): boolean {
  return /\p{Script=Han}/u.test(text) === (tongue !== 'en');
}
