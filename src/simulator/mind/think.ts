/** What a bot of the local service answers. The same turns always get the same answer. */
import type { ToolCall } from '../../coze/transport.ts';
import { shortened } from './memory.ts';
import type { Persona } from './persona.ts';
import { type Scene, type Surroundings, say, sceneOf, tongueOf } from './scene.ts';
import type { Heard, HeardFile, Thought } from './thought.ts';
import { followUps, introduction, menu, topics } from './topics.ts';

/** In group talk the words begin with the speaker's name. */
const echo =
  /^(?:(?!echo|repeat|复述|複述|重复|重複)[^\n:]{1,64}: )?(?:echo|repeat|复述|複述|重复|重複)(?:\s*[:：]\s*|\s+)([\s\S]+)$/i;

/** Thinks about the last question of a conversation. The turns are all it knows. */
export function think(persona: Persona, heard: readonly Heard[], surroundings: Surroundings): readonly Thought[] {
  const scene = sceneOf(persona, heard, surroundings);
  const echoed = echo.exec(scene.question)?.[1];
  if (echoed !== undefined) return [{ type: 'answer', text: echoed }];
  if (scene.files.length > 0) return [describeFiles(scene), ...followUps(scene, 'image')];
  const topic = topics.find((each) => each.match.test(scene.question));
  const thoughts = topic ? topic.act(scene) : [{ type: 'answer' as const, text: smallTalk(scene) }];
  return [...thoughts, ...followUps(scene, topic?.name ?? 'greeting')];
}

function describeFiles(scene: Scene): Thought {
  const lines = scene.files.map((file) => `- ${describe(scene, file)}`);
  const head = say(scene, { en: 'This has arrived:', zh: '我收到了：', tw: '我收到了：' });
  const words =
    scene.question &&
    say(scene, {
      en: `You wrote: “${shortened(scene.question)}”`,
      zh: `您写道：“${shortened(scene.question)}”`,
      tw: `您寫道：「${shortened(scene.question)}」`,
    });
  const honest = say(scene, {
    en: 'The demo cannot look inside; a real bot with vision or file reading can.',
    zh: '演示服务看不到内容；具备视觉或文件读取能力的真实智能体可以。',
    tw: '示範服務看不到內容；具備視覺或檔案讀取能力的真實智能體可以。',
  });
  return { type: 'answer', text: [`${head}\n\n${lines.join('\n')}`, words, honest].filter(Boolean).join('\n\n') };
}

function describe(scene: Scene, file: HeardFile): string {
  const kind = say(scene, {
    en: { image: 'an image', file: 'a file', audio: 'a voice message' }[file.kind],
    zh: { image: '图片', file: '文件', audio: '语音' }[file.kind],
    tw: { image: '圖片', file: '檔案', audio: '語音' }[file.kind],
  });
  const size =
    file.bytes === undefined
      ? ''
      : say(scene, { en: `, ${file.bytes} bytes`, zh: `，${file.bytes} 字节`, tw: `，${file.bytes} 位元組` });
  return say(scene, {
    en: `${kind}, \`${file.name}\`${size}`,
    zh: `${kind} \`${file.name}\`${size}`,
    tw: `${kind} \`${file.name}\`${size}`,
  });
}

/** Answers what no topic answers: who it is and what one can try at first, what it heard and remembers from then on. */
function smallTalk(scene: Scene): string {
  const heard = say(scene, {
    en: `You said: “${shortened(scene.question)}”.`,
    zh: `您说：“${shortened(scene.question)}”。`,
    tw: `您說：「${shortened(scene.question)}」。`,
  });
  const last = scene.earlier.at(-1);
  if (last === undefined) return [introduction(scene), heard, menu(scene)].join('\n\n');
  return say(scene, {
    en: `${heard} Before that, you said: “${shortened(last)}”.\n\nAsk *what can you do?* for everything one can try here.`,
    zh: `${heard}在那之前您说：“${shortened(last)}”。\n\n想知道这里能试什么，请问*你能做什么？*`,
    tw: `${heard}在那之前您說：「${shortened(last)}」。\n\n想知道這裡能試什麼，請問*你能做什麼？*`,
  });
}

/** Goes on once the caller has run the tools that a turn waited for. */
export function resume(calls: readonly ToolCall[], outputs: ReadonlyMap<string, string>): readonly Thought[] {
  const lines = calls.map((call) => `- \`${call.name}\`: ${outputs.get(call.id) ?? ''}`);
  const head = { en: 'The tools answered:', zh: '工具的回答：', tw: '工具的回答：' }[tongueOf(...outputs.values())];
  return [{ type: 'answer', text: `${head}\n\n${lines.join('\n')}` }];
}
