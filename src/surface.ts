/** The port between a reply and the place where it is shown: one surface for one reply. Presence is capability. */
import type { Button, Notice } from './message.ts';

/** What one message shows. */
export interface Content {
  /** Markdown that is valid on its own; the adapter turns it into what its platform draws. May be empty only with `buttons` or `note`. */
  readonly text: string;
  /** A short line of the program's own under the text: "stopped", "Coze did not finish". */
  readonly note?: string | undefined;
  readonly buttons?: readonly Button[] | undefined;
  /** False while more is to come. */
  readonly final: boolean;
}

/** What the platform said about its limits when it took a call. */
export interface Receipt {
  readonly id: string;
  /** Calls left in the current window and milliseconds until it refills, where headers tell. */
  readonly remaining?: number | undefined;
  readonly resetAfterMs?: number | undefined;
}

/** Which of the platforms' budgets the edits of this surface are paid from; see `reply/pace/pace`. */
export type BudgetName =
  | 'discord-channel'
  | 'discord-interaction'
  | 'telegram-private'
  | 'telegram-group'
  | 'telegram-draft'
  | 'unlimited';

export interface Surface {
  /** Most that one message may hold, in the unit of `measure`. */
  readonly limit: number;
  /** Size of markdown once rendered; default: UTF-16 length of the markdown itself. */
  measure?(markdown: string): number;
  /** Surfaces with the same bucket share a budget, e.g. `discord:APP:channel:123`. */
  readonly bucket: string;
  readonly budget: BudgetName;
  /** Whole-bot bucket, e.g. `discord:APP`. */
  readonly globalBucket?: string | undefined;
  /**
   * Posts a new message below the ones before. `key` names this post across retries and restarts (Discord: enforced nonce).
   * @throws RealCozeError `rate_limited` with `retryAfterMs`, `network`/`timeout` (outcome unknown), `gone` (place deleted),
   * `forbidden` (may not write here), `invalid` (content refused: the caller falls back to plainer text).
   */
  post(content: Content, key: string): Promise<Receipt>;
  /** @throws as `post`; `gone` when the message was deleted. "Not modified" is success. */
  edit(id: string, content: Content): Promise<Receipt>;
  remove?(id: string): Promise<void>;
  /**
   * A second road to the same messages with a budget of its own. The last edits go by it when the first budget is used up, so that middle edits need
   * not leave anything for them while nobody else uses that one.
   */
  readonly spare?: Pick<Surface, 'bucket' | 'budget' | 'globalBucket' | 'edit'> | undefined;
  /** Shows "typing" for a few seconds; `typingEveryMs` is how often it must be repeated. */
  typing?(): Promise<void>;
  readonly typingEveryMs?: number | undefined;
  /** Shows text that is not a message yet and vanishes by itself (Telegram drafts). */
  draft?(content: Content): Promise<Receipt>;
  /** Sends a file, e.g. an answer too long for messages, or an image of the answer. */
  file?(file: NonNullable<Notice['file']>): Promise<Receipt>;
}
