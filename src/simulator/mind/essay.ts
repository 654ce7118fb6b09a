/** A long answer, over what one message of a chat platform holds. */
import { type Scene, say, type Tongue } from './scene.ts';
import type { Thought } from './thought.ts';

const usual = 6000;
const longest = 40_000;

/** As many characters as were asked for, or 6,000, and always past 4,000. */
export function writeEssay(scene: Scene): readonly Thought[] {
  const asked = Number(/\d[\d,]{3,}/.exec(scene.question)?.[0].replaceAll(',', '') ?? usual);
  const length = Math.min(Math.max(asked, 4100), longest);
  const sections = { en: english, zh: chinese, tw: traditional }[scene.tongue];
  let text = say(scene, { en: '# On rivers\n', zh: '# 论河流\n', tw: '# 論河流\n' });
  for (let chapter = 0; text.length < length; chapter += 1) text += `\n${section(sections, chapter, scene.tongue)}\n`;
  return [{ type: 'answer', text: text.trimEnd() }];
}

function section(from: readonly Section[], chapter: number, tongue: Tongue): string {
  const { title, sentences } = from[chapter % from.length] ?? { title: '', sentences: [] };
  // Another order in each round, so that no two chapters are the same.
  const round = Math.floor(chapter / from.length);
  const turned = sentences.map((_, index) => sentences[(index + round) % sentences.length]);
  return `## ${chapter + 1}. ${title}\n\n${turned.join(tongue === 'en' ? ' ' : '')}`;
}

interface Section {
  readonly title: string;
  readonly sentences: readonly string[];
}

const english: readonly Section[] = [
  {
    title: 'The source',
    sentences: [
      'Every river begins as something too small to have a name.',
      'Rain sinks into the ground, meets a layer of clay and comes out again at the foot of a slope.',
      'A shepherd may step across it without noticing.',
      'Yet it is from here that all the water downstream takes its direction.',
    ],
  },
  {
    title: 'The valley',
    sentences: [
      'Water does not cut a valley by strength but by never stopping.',
      'Each flood carries a little gravel away, and gravel is the saw with which a river works.',
      'Where the rock is **hard** the valley is narrow; where it is *soft* there is room for fields.',
      'People settle where the two meet, because there one finds both a mill and a meadow.',
    ],
  },
  {
    title: 'The bend',
    sentences: [
      'On flat land a river wanders.',
      'The outer bank of a bend is worn away and the inner one grows, so that every bend becomes rounder.',
      'In the end the river takes a short cut and leaves a lake shaped like a horseshoe behind.',
      'Maps of such country are out of date as soon as they are printed.',
    ],
  },
  {
    title: 'The mouth',
    sentences: [
      'Near the sea the river loses its slope, and with it the power to carry.',
      'What it has brought from the mountains it lays down: first stones, then sand, and last the finest mud.',
      'Out of that mud grow islands, and on the islands reeds.',
      'A river thus ends by making land, out of the very land that it took.',
    ],
  },
];

const chinese: readonly Section[] = [
  {
    title: '源头',
    sentences: [
      '每条河的开头都小得没有名字。',
      '雨水渗入泥土，遇到黏土层，又从山脚流了出来。',
      '牧人一步跨过去，也许根本没有察觉。',
      '然而下游所有的水，都从这里得到方向。',
    ],
  },
  {
    title: '河谷',
    sentences: [
      '水切开河谷，靠的不是力气，而是从不停歇。',
      '每次涨水都带走一点砾石，而砾石正是河流的锯子。',
      '岩石**坚硬**的地方河谷狭窄，*松软*的地方便有田地。',
      '人们在两者相接之处住下来，那里既有水磨，也有草场。',
    ],
  },
  {
    title: '河湾',
    sentences: [
      '到了平地，河就四处游荡。',
      '河湾外侧的岸被冲走，内侧的岸不断生长，于是每个弯都越来越圆。',
      '最后河水抄了近路，留下一个马蹄形的湖。',
      '这种地方的地图，一印出来就过时了。',
    ],
  },
  {
    title: '河口',
    sentences: [
      '临近大海，河失去了坡度，也就失去了搬运的力量。',
      '它把从山里带来的东西放下：先是石头，再是沙，最后是最细的泥。',
      '泥里长出岛，岛上长出芦苇。',
      '于是一条河在结尾处造出土地，用的正是它取走的土地。',
    ],
  },
];

const traditional: readonly Section[] = [
  {
    title: '源頭',
    sentences: [
      '每條河的開頭都小得沒有名字。',
      '雨水滲入泥土，遇到黏土層，又從山腳流了出來。',
      '牧人一步跨過去，也許根本沒有察覺。',
      '然而下游所有的水，都從這裡得到方向。',
    ],
  },
  {
    title: '河谷',
    sentences: [
      '水切開河谷，靠的不是力氣，而是從不停歇。',
      '每次漲水都帶走一點礫石，而礫石正是河流的鋸子。',
      '岩石**堅硬**的地方河谷狹窄，*鬆軟*的地方便有田地。',
      '人們在兩者相接之處住下來，那裡既有水磨，也有草場。',
    ],
  },
  {
    title: '河灣',
    sentences: [
      '到了平地，河就四處遊蕩。',
      '河灣外側的岸被沖走，內側的岸不斷生長，於是每個彎都越來越圓。',
      '最後河水抄了近路，留下一個馬蹄形的湖。',
      '這種地方的地圖，一印出來就過時了。',
    ],
  },
  {
    title: '河口',
    sentences: [
      '臨近大海，河失去了坡度，也就失去了搬運的力量。',
      '它把從山裡帶來的東西放下：先是石頭，再是沙，最後是最細的泥。',
      '泥裡長出島，島上長出蘆葦。',
      '於是一條河在結尾處造出土地，用的正是它取走的土地。',
    ],
  },
];
