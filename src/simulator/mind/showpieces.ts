/** Answers that show one thing each: code, a table, a list, formulas, a picture, sources, a tool, reasoning, a card. */
import { type Scene, say, type Tongue } from './scene.ts';
import type { Thought } from './thought.ts';

function answered(scene: Scene, texts: Readonly<Record<Tongue, string>>): Thought {
  return { type: 'answer', text: say(scene, texts) };
}

/** A fenced block: TypeScript, or Python where it was asked for. */
export function showCode(scene: Scene): readonly Thought[] {
  const code = /python|派森/i.test(scene.question) ? python : typescript;
  return [
    answered(scene, {
      en: `Here is the sum of the first *n* numbers, once as a loop and once as a formula:\n\n${code}\n\nBoth print \`5050\` for \`100\`; the second needs no loop at all.`,
      zh: `下面用循环和公式两种写法求前 *n* 个数的和：\n\n${code}\n\n对 \`100\` 两者都得到 \`5050\`，第二种完全不需要循环。`,
      tw: `下面用迴圈和公式兩種寫法求前 *n* 個數的和：\n\n${code}\n\n對 \`100\` 兩者都得到 \`5050\`，第二種完全不需要迴圈。`,
    }),
  ];
}

const typescript = [
  '```ts',
  'function sumByLoop(n: number): number {',
  '  let sum = 0;',
  '  for (let i = 1; i <= n; i += 1) sum += i;',
  '  return sum;',
  '}',
  '',
  'const sum = (n: number) => (n * (n + 1)) / 2;',
  '',
  'console.log(sumByLoop(100), sum(100));',
  '```',
].join('\n');

const python = [
  '```python',
  'def sum_by_loop(n: int) -> int:',
  '    total = 0',
  '    for i in range(1, n + 1):',
  '        total += i',
  '    return total',
  '',
  'print(sum_by_loop(100), 100 * 101 // 2)',
  '```',
].join('\n');

/** A table with aligned columns. */
export function showTable(scene: Scene): readonly Thought[] {
  return [
    answered(scene, {
      en: 'Four planets, side by side:\n\n| Planet | Diameter (km) | Day (hours) | Moons |\n| :-- | --: | --: | --: |\n| Mercury | 4,879 | 4,223 | 0 |\n| Earth | 12,756 | 24 | 1 |\n| Mars | 6,792 | 24.7 | 2 |\n| Jupiter | 142,984 | 9.9 | 95 |\n\nThe largest of them turns the fastest.',
      zh: '四颗行星的比较：\n\n| 行星 | 直径（公里） | 一天（小时） | 卫星 |\n| :-- | --: | --: | --: |\n| 水星 | 4,879 | 4,223 | 0 |\n| 地球 | 12,756 | 24 | 1 |\n| 火星 | 6,792 | 24.7 | 2 |\n| 木星 | 142,984 | 9.9 | 95 |\n\n其中最大的一颗转得最快。',
      tw: '四顆行星的比較：\n\n| 行星 | 直徑（公里） | 一天（小時） | 衛星 |\n| :-- | --: | --: | --: |\n| 水星 | 4,879 | 4,223 | 0 |\n| 地球 | 12,756 | 24 | 1 |\n| 火星 | 6,792 | 24.7 | 2 |\n| 木星 | 142,984 | 9.9 | 95 |\n\n其中最大的一顆轉得最快。',
    }),
  ];
}

/** A heading, lists of three kinds and a quotation. */
export function showList(scene: Scene): readonly Thought[] {
  return [
    answered(scene, {
      en: '### A plan for a good morning\n\n1. **Get up** when the alarm rings.\n2. **Breakfast**:\n   - tea or coffee\n   - bread with *something green*\n3. **Look ahead**: what is the one thing that matters today?\n\n- [x] window open\n- [ ] phone still off\n\n> Small steps, every day.',
      zh: '### 美好早晨的计划\n\n1. 闹钟一响就**起床**。\n2. **早餐**：\n   - 茶或咖啡\n   - 面包配*一点绿色蔬菜*\n3. **想一想**：今天最重要的一件事是什么？\n\n- [x] 打开窗户\n- [ ] 手机还关着\n\n> 每天一小步。',
      tw: '### 美好早晨的計劃\n\n1. 鬧鐘一響就**起床**。\n2. **早餐**：\n   - 茶或咖啡\n   - 麵包配*一點綠色蔬菜*\n3. **想一想**：今天最重要的一件事是什麼？\n\n- [x] 開啟窗戶\n- [ ] 手機還關著\n\n> 每天一小步。',
    }),
  ];
}

/** LaTeX within the text and on lines of its own. */
export function showFormula(scene: Scene): readonly Thought[] {
  return [
    answered(scene, {
      en: 'The roots of $ax^2 + bx + c = 0$ with $a \\neq 0$ are\n\n$$\nx_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\nFor $x^2 - 5x + 6 = 0$ that gives $x_1 = 3$ and $x_2 = 2$.',
      zh: '当 $a \\neq 0$ 时，方程 $ax^2 + bx + c = 0$ 的根是\n\n$$\nx_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\n对于 $x^2 - 5x + 6 = 0$，得到 $x_1 = 3$ 和 $x_2 = 2$。',
      tw: '當 $a \\neq 0$ 時，方程 $ax^2 + bx + c = 0$ 的根是\n\n$$\nx_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\n對於 $x^2 - 5x + 6 = 0$，得到 $x_1 = 3$ 和 $x_2 = 2$。',
    }),
  ];
}

/** A picture that the local service paints, another one each time. */
export function showImage(scene: Scene): readonly Thought[] {
  const url = `${scene.surroundings.imageBase}/${encodeURIComponent(scene.persona.name)}-${scene.earlier.length + 1}.png`;
  return [
    answered(scene, {
      en: `I painted this for you just now:\n\n![A pattern by ${scene.persona.name}](${url})\n\nAsk again, and the pattern will be another one.`,
      zh: `这是我刚刚为您画的：\n\n![${scene.persona.name} 的图案](${url})\n\n再问一次，图案就会不同。`,
      tw: `這是我剛剛為您畫的：\n\n![${scene.persona.name} 的圖案](${url})\n\n再問一次，圖案就會不同。`,
    }),
  ];
}

/** A recall of two excerpts, then an answer that leans on them. */
export function showSources(scene: Scene): readonly Thought[] {
  const excerpts = say(scene, {
    en: 'Honey does not spoil: it holds too little water for anything to grow in it.|Pots of honey some three thousand years old have been found in Egyptian tombs.',
    zh: '蜂蜜不会变质：其中水分太少，任何东西都无法生长。|人们在埃及古墓中发现过约三千年前的蜂蜜罐。',
    tw: '蜂蜜不會變質：其中水分太少，任何東西都無法生長。|人們在埃及古墓中發現過約三千年前的蜂蜜罐。',
  }).split('|');
  const document = say(scene, { en: 'Food encyclopedia (demo)', zh: '食物百科（演示）', tw: '食物百科（示範）' });
  return [
    { type: 'knowledge', document, excerpts },
    answered(scene, {
      en: 'Honey keeps practically for ever. It holds too little water for anything to grow in it, and pots of it were found in Egyptian tombs [1][2].\n\nI looked this up: open *Sources* to see the two excerpts.',
      zh: '蜂蜜几乎可以永久保存：其中水分太少，任何东西都无法生长；人们在埃及古墓里也发现过蜂蜜罐 [1][2]。\n\n这是我查到的：打开*来源*可以看到这两段摘录。',
      tw: '蜂蜜幾乎可以永久保存：其中水分太少，任何東西都無法生長；人們在埃及古墓裡也發現過蜂蜜罐 [1][2]。\n\n這是我查到的：開啟*來源*可以看到這兩段摘錄。',
    }),
  ];
}

/** A call of a plugin; its city is the member's variable `city` where there is one. */
export function useTool(scene: Scene): readonly Thought[] {
  const city = scene.surroundings.variables.city ?? say(scene, { en: 'Lisbon', zh: '上海', tw: '上海' });
  return [
    {
      type: 'tool',
      name: 'weather',
      arguments: JSON.stringify({ city }),
      output: JSON.stringify({ city, celsius: 21, sky: 'clear' }),
    },
    answered(scene, {
      en: `I asked the (make-believe) \`weather\` tool: in **${city}** it is **21 °C** under a clear sky. ☀️`,
      zh: `我问过（假想的）\`weather\` 工具：**${city}**现在 **21 °C**，晴。☀️`,
      tw: `我問過（假想的）\`weather\` 工具：**${city}**現在 **21 °C**，晴。☀️`,
    }),
  ];
}

/** Reasoning before the answer, as thinking models give it. */
export function reasonAloud(scene: Scene): readonly Thought[] {
  const reasoning = say(scene, {
    en: 'A bat and a ball cost 1.10 together, and the bat costs 1.00 more than the ball. If the ball cost 0.10, the bat would cost 1.10 and both 1.20: too much. So twice the ball is 0.10.',
    zh: '球拍和球一共 1.10 元，球拍比球贵 1.00 元。如果球是 0.10 元，球拍就是 1.10 元，一共 1.20 元：太多了。所以球价的两倍是 0.10 元。',
    tw: '球拍和球一共 1.10 元，球拍比球貴 1.00 元。如果球是 0.10 元，球拍就是 1.10 元，一共 1.20 元：太多了。所以球價的兩倍是 0.10 元。',
  });
  return [
    { type: 'reasoning', text: reasoning },
    answered(scene, {
      en: 'The ball costs **0.05**, and the bat **1.05**. The answer that comes to mind first, 0.10, is wrong.',
      zh: '球是 **0.05** 元，球拍是 **1.05** 元。最先想到的 0.10 元是错的。',
      tw: '球是 **0.05** 元，球拍是 **1.05** 元。最先想到的 0.10 元是錯的。',
    }),
  ];
}

/** A card, and words for those who cannot see it. */
export function showCard(scene: Scene): readonly Thought[] {
  const card = { title: scene.persona.name, description: scene.persona.description, buttons: [{ text: 'OK' }] };
  return [
    { type: 'card', content: JSON.stringify({ card_type: 3, response_type: 'card', template_id: '1', data: card }) },
    answered(scene, {
      en: 'Above stands a card. Only Coze’s own pages can draw it whole; elsewhere its words have to do.',
      zh: '上面是一张卡片。只有 Coze 自己的页面能完整显示，其他地方只能看到文字。',
      tw: '上面是一張卡片。只有 Coze 自己的頁面能完整顯示，其他地方只能看到文字。',
    }),
  ];
}

/** One turn with two messages. */
export function answerTwice(scene: Scene): readonly Thought[] {
  return [
    answered(scene, {
      en: 'This is the first message of my answer.',
      zh: '这是我的第一条消息。',
      tw: '這是我的第一條訊息。',
    }),
    answered(scene, {
      en: 'And this is the second: one turn, two messages.',
      zh: '这是第二条：一次回答，两条消息。',
      tw: '這是第二條：一次回答，兩條訊息。',
    }),
  ];
}

/** A question back: the turn ends, and the next message resumes it. */
export function askBack(scene: Scene): readonly Thought[] {
  const text = say(scene, {
    en: 'Gladly. Which do you prefer: *sea* or *mountains*?',
    zh: '好的。您更喜欢*大海*还是*高山*？',
    tw: '好的。您更喜歡*大海*還是*高山*？',
  });
  return [{ type: 'ask', text }];
}

/** What follows on the answer to `askBack`. */
export function takeAnswer(scene: Scene): readonly Thought[] {
  const sea = /sea|大海/i.test(scene.question);
  return [
    answered(scene, {
      en: sea ? 'The sea it is. Pack a towel! 🌊' : 'The mountains, then. Pack good boots! ⛰️',
      zh: sea ? '那就去海边，记得带毛巾！🌊' : '那就去山里，记得穿一双好鞋！⛰️',
      tw: sea ? '那就去海邊，記得帶毛巾！🌊' : '那就去山裡，記得穿一雙好鞋！⛰️',
    }),
  ];
}
