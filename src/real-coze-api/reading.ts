/** How reply events look to a callback of the original: content so far, whether more comes, and the reply type's number. */
import type { Question, ReplyEvent } from '../coze/transport.ts';

/** What a callback gets and a question resolves to. */
export interface ReplyData {
  /** The whole text so far. */
  readonly content: string;
  /** False with the last one. */
  readonly continue: boolean;
  /** 1 answer, 2 suggested question, 3 plugin question, 4 plugin answer, 5 or 6 knowledge, 7 reasoning. */
  readonly reply_type: number;
}

type Subscription = NonNullable<Question['subscribe']>[number];

/** The kinds of event that stand behind a reply type's number. */
const KINDS: Readonly<Record<number, Subscription>> = {
  2: 'suggest',
  3: 'tool',
  4: 'tool',
  5: 'knowledge',
  6: 'knowledge',
  7: 'reasoning',
};

/** What a transport must not leave out for these reply types. */
export function subscriptionOf(replyTypes: readonly number[]): Subscription[] {
  return [...new Set(replyTypes.map((type) => KINDS[type]).filter((kind) => kind !== undefined))];
}

/** Puts the answer together and says what a callback is to be told of each event. */
export class Reading {
  readonly #replyTypes: readonly number[];
  #answer = '';
  #reasoning = '';

  constructor(replyTypes: readonly number[]) {
    this.#replyTypes = replyTypes;
  }

  /** The answer when it is complete. */
  get result(): ReplyData {
    return { content: this.#answer, continue: false, reply_type: 1 };
  }

  /** What to tell, or nothing. */
  take(event: ReplyEvent): ReplyData | undefined {
    const data = this.#read(event);
    return data !== undefined && this.#replyTypes.includes(data.reply_type) ? data : undefined;
  }

  #read(event: ReplyEvent): ReplyData | undefined {
    switch (event.type) {
      case 'delta':
      case 'replace':
        this.#answer = event.type === 'delta' ? this.#answer + event.text : event.text;
        return { content: this.#answer, continue: true, reply_type: 1 };
      case 'done':
        return this.result;
      case 'reasoning':
        this.#reasoning += event.text;
        return { content: this.#reasoning, continue: true, reply_type: 7 };
      case 'suggest':
        return whole(event.text, 2);
      case 'tool':
        return whole(event.detail ?? event.name, event.state === 'running' ? 3 : 4);
      case 'knowledge':
        // The events do not tell the two apart; whoever asked for either gets it under the number asked for.
        return whole(event.excerpts.join('\n\n'), this.#replyTypes.includes(6) ? 6 : 5);
      case 'usage':
        return undefined;
    }
  }
}

const whole = (content: string, replyType: number): ReplyData => ({ content, continue: false, reply_type: replyType });
