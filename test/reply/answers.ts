/** Answers as language models write them, English and Chinese, and an arbitrary that makes more of them. */
import fc from 'fast-check';

const fence = '```';

export const ANSWERS: readonly string[] = [
  `## Reversing a string

There are **three** common ways to do it in *Python*:

1. Slicing — the shortest:
   ${fence}python
   def reverse(s: str) -> str:
       return s[::-1]
   ${fence}
2. \`reversed()\` with \`join\`
3. A loop (don't, unless you're in an interview)

> **Note:** slicing works on *code points*, so emoji such as 👨‍👩‍👧 break apart.

See the [docs](https://docs.python.org/3/library/functions.html#reversed) for more.`,
  `当然可以！下面是**快速排序**的实现：

${fence}python
def quicksort(arr):
    if len(arr) <= 1:
        return arr
    pivot = arr[len(arr) // 2]
    left = [x for x in arr if x < pivot]
    return quicksort(left) + [x for x in arr if x == pivot] + quicksort([x for x in arr if x > pivot])

print(quicksort([3, 6, 8, 10, 1, 2, 1]))
${fence}

**时间复杂度：**平均为 $O(n \\log n)$，最坏为 $O(n^2)$。

- **优点：**原地排序，“缓存友好”
- **缺点：**不稳定

如需了解更多，请参阅[维基百科](https://zh.wikipedia.org/wiki/快速排序)。`,
  `Here is how the two compare:

| Feature | Redis | Postgres |
|---------|:-----:|---------:|
| Speed | **fast** | fine |
| Durability | \`AOF\` | WAL |
| Price | $0 | $25/mo |

In short: use Redis for caches, and Postgres for everything else.`,
  `The quadratic formula is

$$
x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}
$$

where $a \\neq 0$. It costs $5 or $6 to print it on a mug, and \\(a + b\\) is a sum, as is

\\[
c = a + b
\\]

Done.`,
  `It costs $400-600K, so 2 * 3 * 4 = 24, snake_case_name and __init__.py, a*b*c, 5 < 6 && 7 > 3, a & b, R&D.

Use ~/.bashrc, foo~bar, and "quotes" — or not. C# and F# are languages. #hashtag is one too.`,
  `- Fruit
  - Apple
    - *Granny Smith*
    - **Fuji**
  - Pear
- Vegetables
  1. Carrot
  2. Leek

     With a paragraph in the item.
- [x] Done
- [ ] Not done

---

### Quotes

> To be, or not to be
> that is the question
>
> > nested ***both*** here
> > - and a list`,
  `### 1. 安装依赖

首先，运行以下命令：

${fence}bash
npm install --save keyv @keyv/sqlite
export TOKEN="abc"   # 你的令牌
${fence}

### 2. 配置

在项目根目录创建 \`.env\` 文件：

${fence}env
COZE_API_TOKEN=pat_xxx
${fence}

> ⚠️ **注意：**不要把令牌提交到 Git！

| 变量 | 说明 | 默认值 |
| --- | --- | --- |
| \`PORT\` | 端口 | 8080 |
| \`HOST\` | 主机名 | *无* |

如有问题，请随时告诉我 😊`,
  `Sure! Here's an image: ![A cat](https://example.com/cat.png "A cat") and a bare link https://example.com/path_(x)?q=1&r=2. Also <https://auto.link/> and mail me@example.com.

<details>
<summary>More</summary>

Hidden **text**.

</details>

Line one  
line two\\
line three &copy; 2024 &amp; on.

Footnote here[^1].

[^1]: The note.`,
  `مرحبا! هذا **نص عريض** مع \`code\` وروابط [هنا](https://example.com).

1. أولاً
2. ثانياً

שלום **עולם**, and back to English.`,
  `Title
=====

Sub
---

Text with ~~strike~~ and **bold with *nested* inside** and *it with **bold** inside*, ***both***, _under_ and __dunder__.

${fence}${fence.slice(0, 1)}markdown
${fence}js
nested
${fence}
${fence}${fence.slice(0, 1)}

~~~
tilde
~~~

    indented code

\`\`a \` b\`\` end`,
];

const word = fc.oneof(
  fc.constantFrom('alpha', 'beta', 'gamma', 'it', 'x', 'seventeen', '2024', "don't", 'well,', 'so.', 'Ready?'),
  fc.constantFrom('你好', '世界，', '编程', '注意：', '测试。', '“引用”', '（括号）'),
  fc.constantFrom('👨‍👩‍👧', '🇨🇳', 'é', 'שלום', 'مرحبا'),
);
const words = fc.array(word, { minLength: 1, maxLength: 8 }).map((list) => list.join(' '));

const span = fc.oneof(
  { weight: 5, arbitrary: words },
  { weight: 1, arbitrary: words.map((text) => `**${text}**`) },
  { weight: 1, arbitrary: words.map((text) => `*${text}*`) },
  { weight: 1, arbitrary: words.map((text) => `~~${text}~~`) },
  { weight: 1, arbitrary: words.map((text) => `\`${text}\``) },
  { weight: 1, arbitrary: words.map((text) => `[${text}](https://example.com/a_b?c=d)`) },
  { weight: 1, arbitrary: words.map((text) => `**a *${text}* b**`) },
  { weight: 1, arbitrary: fc.constantFrom('$x^2$', '\\(a_1\\)', '$\\frac{1}{2}$') },
);
const line = fc.array(span, { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
const code = fc
  .array(
    fc.constantFrom('let x = 1;', 'if (a) {', '  return `b`;', '}', '', '# not a heading', '* no list', '$5', '|'),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((lines) => `let first;\n${lines.join('\n')}\nlet last;`);

const block = fc.oneof(
  { weight: 3, arbitrary: line },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), line).map(([level, text]) => `${'#'.repeat(level)} ${text}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(line, { minLength: 1, maxLength: 4 })
      .map((lines) => lines.map((text) => `- ${text}`).join('\n')),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(line, { minLength: 1, maxLength: 4 })
      .map((lines) => lines.map((text, index) => `${index + 1}. ${text}\n   - ${text}`).join('\n')),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(line, { minLength: 1, maxLength: 3 })
      .map((lines) => lines.map((text) => `> ${text}`).join('\n')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'js', 'python'), code)
      .map(([language, text]) => `${fence}${language}\n${text}\n${fence}`),
  },
  {
    weight: 1,
    arbitrary: code.map((text) => `- item\n\n  ${fence}js\n${text.replace(/^/gm, '  ')}\n  ${fence}\n- more`),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(words, words), { minLength: 1, maxLength: 4 })
      .map((rows) => ['| a | b |', '|---|:-:|', ...rows.map(([a, b]) => `| ${a} | **${b}** |`)].join('\n')),
  },
  { weight: 1, arbitrary: fc.constantFrom('$$\nx = y\n$$', '\\[\nx = y\n\\]', '---') },
);

/** A well-formed answer of one to six blocks. */
export const answer: fc.Arbitrary<string> = fc
  .array(block, { minLength: 1, maxLength: 6 })
  .map((blocks) => blocks.join('\n\n'));
