/** What a bot remembers, and how it says so: only from the turns it was sent, so that mixed-up histories would show. */
import { type Scene, say } from './scene.ts';
import type { Thought } from './thought.ts';

const most = 10;

/** Quotes what the member said before. */
export function recollect(scene: Scene): readonly Thought[] {
  if (scene.earlier.length === 0)
    return [
      {
        type: 'answer',
        text: say(scene, {
          en: 'Nothing yet. This conversation begins with your question, and I know of no other.',
          zh: '还没有。这段对话从您的这个问题开始，别的对话我一概不知。',
          tw: '還沒有。這段對話從您的這個問題開始，別的對話我一概不知。',
        }),
      },
    ];
  const quotes = scene.earlier.slice(-most).map((text, index) => `${index + 1}. “${shortened(text)}”`);
  const count = scene.earlier.length;
  const head = say(scene, {
    en: `In this conversation you have told me ${count === 1 ? 'one thing' : `${count} things`}:`,
    zh: `在这段对话里，您对我说过 ${count} 句话：`,
    tw: `在這段對話裡，您對我說過 ${count} 句話：`,
  });
  return [{ type: 'answer', text: `${head}\n\n${quotes.join('\n')}` }];
}

/** Says back the name that the member gave. */
export function recallName(scene: Scene): readonly Thought[] {
  const name = scene.earlier.map(givenName).findLast((found) => found !== undefined);
  const text = name
    ? say(scene, {
        en: `Your name is **${name}**: you told me so.`,
        zh: `您叫**${name}**，您告诉过我。`,
        tw: `您叫**${name}**，您告訴過我。`,
      })
    : say(scene, {
        en: 'You have not told me your name in this conversation. Try “My name is …”.',
        zh: '您在这段对话里还没有告诉我您的名字。可以说“我叫……”。',
        tw: '您在這段對話裡還沒有告訴我您的名字。可以說「我叫……」。',
      });
  return [{ type: 'answer', text }];
}

/** Takes note of a name or of anything else that shall be remembered. */
export function takeNote(scene: Scene): readonly Thought[] {
  const name = givenName(scene.question);
  const text = name
    ? say(scene, {
        en: `Nice to meet you, **${name}**! I will know your name for as long as this conversation lasts. Ask me: *what is my name?*`,
        zh: `很高兴认识您，**${name}**！在这段对话里我会记得您的名字。您可以问我：*我叫什么名字？*`,
        tw: `很高興認識您，**${name}**！在這段對話裡我會記得您的名字。您可以問我：*我叫什麼名字？*`,
      })
    : say(scene, {
        en: 'Noted, for this conversation alone. Ask me: *what did I tell you?*',
        zh: '记下了，只在这段对话里有效。您可以问我：*我跟你说过什么？*',
        tw: '記下了，只在這段對話裡有效。您可以問我：*我跟你說過什麼？*',
      });
  return [{ type: 'answer', text }];
}

function givenName(text: string): string | undefined {
  return (
    /\bmy name is ([\p{L}\p{N}_-]+)/iu.exec(text)?.[1] ?? /我叫(?!什[么麼])([\p{L}\p{N}_-]{1,12})/u.exec(text)?.[1]
  );
}

/** One line, at most 120 characters. */
export function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const characters = [...line];
  return characters.length > 120 ? `${characters.slice(0, 119).join('')}…` : line;
}
