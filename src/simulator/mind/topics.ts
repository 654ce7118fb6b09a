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
      /what (did|have|do) (I|you).*\b(tell|told|say|said|know|remember)|我.{0,4}(说过|告诉过?你)(些|了)?什么|你记得什么/i,
    invite: { en: 'What did I tell you?', zh: '我跟你说过什么？' },
    act: recollect,
  },
  {
    name: 'name',
    match: /what('s| is) my name|remember my name|who am I\b|我叫什么|我是谁/i,
    invite: { en: 'What is my name?', zh: '我叫什么名字？' },
    act: recallName,
  },
  {
    name: 'note',
    match: /\bmy name is\b|\bremember\b|我叫|记住|请记得/i,
    invite: { en: 'Remember that the key is under the mat', zh: '请记住：钥匙在垫子下面' },
    act: takeNote,
  },
  {
    name: 'several',
    match: /\b(two|several|multiple) messages\b|(两|多|几)条消息/i,
    invite: { en: 'Answer in two messages', zh: '用两条消息回答' },
    act: answerTwice,
  },
  {
    name: 'question',
    match: /\bask me\b|(问我|反问)/i,
    invite: { en: 'Ask me something', zh: '问我一个问题' },
    act: askBack,
  },
  {
    name: 'long',
    match: /\b(long|longer|essay|\d[\d,]{3,} (characters|words))\b|长文|长一点|很长|作文|\d{4,}\s*字/i,
    invite: { en: 'Write a long essay', zh: '写一篇长文' },
    act: writeEssay,
  },
  {
    name: 'reasoning',
    match: /\b(think|reason|reasoning|riddle)\b|思考|推理|想一想|谜/i,
    invite: { en: 'Think through a riddle', zh: '推理一道谜题' },
    act: reasonAloud,
  },
  {
    name: 'code',
    match: /\b(code|program|function|typescript|javascript|python)\b|代码|程序|函数|编程/i,
    invite: { en: 'Show me some code', zh: '给我看一段代码' },
    act: showCode,
  },
  {
    name: 'table',
    match: /\b(tables?|compare|comparison)\b|表格|对比|比较/i,
    invite: { en: 'Compare planets in a table', zh: '用表格比较行星' },
    act: showTable,
  },
  {
    name: 'formula',
    match: /\b(latex|formulas?|equations?|maths?)\b|公式|方程|数学/i,
    invite: { en: 'Write a formula', zh: '写一个公式' },
    act: showFormula,
  },
  {
    name: 'image',
    match: /\b(images?|pictures?|photos?|draw|paint|painting)\b|图片|图案|图像|照片|画/i,
    invite: { en: 'Paint a picture', zh: '画一张图片' },
    act: showImage,
  },
  {
    name: 'sources',
    match: /\b(knowledge|sources?|look up|documents?)\b|知识|来源|资料|查一查/i,
    invite: { en: 'Look up a fact with sources', zh: '查一条带来源的知识' },
    act: showSources,
  },
  {
    name: 'tool',
    match: /\b(tools?|weather|plugins?)\b|工具|天气|插件/i,
    invite: { en: 'What is the weather like?', zh: '天气怎么样？' },
    act: useTool,
  },
  {
    name: 'card',
    match: /\bcards?\b|卡片/i,
    invite: { en: 'Show a card', zh: '显示一张卡片' },
    act: showCard,
  },
  {
    name: 'list',
    match: /\b(lists?|steps?|plan|checklist)\b|清单|列表|步骤|计划/i,
    invite: { en: 'Make a list', zh: '列一个清单' },
    act: showList,
  },
  {
    name: 'choice',
    match: /(^|: )(the )?(sea|mountains?)[.!]?$|(^|: )(大海|高山)[。！]?$/i,
    invite: { en: 'Sea', zh: '大海' },
    act: takeAnswer,
  },
  {
    name: 'self',
    match: /\bwho are you\b|\byour name\b|\babout you(rself)?\b|introduce yourself|你是谁|你叫什么|介绍.{0,2}自己/i,
    invite: { en: 'Who are you?', zh: '你是谁？' },
    act: introduce,
  },
  {
    name: 'greeting',
    match: /^(\S+: )?((hello|hi|hey)\b|(你好|您好|嗨))/i,
    invite: { en: 'Hello!', zh: '你好！' },
    act: greet,
  },
  {
    name: 'help',
    match: /\bhelp\b|\bwhat can (you|I) (do|try|ask)\b|\bfeatures?\b|帮助|能做什么|会什么|可以做什么|功能/i,
    invite: { en: 'What can you do?', zh: '你能做什么？' },
    act: (scene) => [{ type: 'answer', text: `${introduction(scene)}\n\n${menu(scene)}` }],
  },
];

function introduce(scene: Scene): readonly Thought[] {
  const honest = say(scene, {
    en: 'To be honest, no language model speaks here: the **local demo service** plays me, so that everything can be tried without an account. Connect Coze, and the real bot answers in my place.',
    zh: '说实话，这里没有语言模型：是**本地演示服务**在扮演我，让您无需账号就能试用一切。连接 Coze 之后，回答您的就是真正的智能体。',
  });
  return [{ type: 'answer', text: `${introduction(scene)}\n\n${honest}` }];
}

/** The bot's own welcome, and where to go from there. */
function greet(scene: Scene): readonly Thought[] {
  const hint = say(scene, {
    en: 'The local demo service plays me. Ask *what can you do?* for everything one can try here.',
    zh: '我由本地演示服务扮演。想知道这里能试什么，请问*你能做什么？*',
  });
  return [{ type: 'answer', text: `${scene.persona.prologue || introduction(scene)}\n\n${hint}` }];
}

/** Name and description, and by whom the bot is played. */
export function introduction(scene: Scene): string {
  const { name, description } = scene.persona;
  const greeting = say(scene, {
    en: `I am **${name}**, played by the local demo service.`,
    zh: `我是**${name}**，由本地演示服务扮演。`,
  });
  return description === '' ? greeting : `${greeting}\n\n${description}`;
}

/** Answers to what people say anyway: nothing to suggest. */
const unlisted = new Set(['choice', 'greeting', 'help']);

/** Everything one can try, as a list. */
export function menu(scene: Scene): string {
  const head = say(scene, { en: 'Try one of these:', zh: '您可以试试：' });
  const tail = say(scene, {
    en: '- Echo *anything you like*\n\nOr send a file, and I tell you what arrived.',
    zh: '- 复述 *任何内容*\n\n也可以发一个文件，我会告诉您收到了什么。',
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
  return /\p{Script=Han}/u.test(text) === (tongue === 'zh');
}
