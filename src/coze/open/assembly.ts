/**
 * Builds `ReplyEvent`s from the events of a v3 stream (and of `/v1/workflows/chat`, which has the same names).
 * Pure: events in, reply events out. Unknown events, unknown message types and broken JSON are passed over.
 * Source: Coze docs "chat_v3", "get_chat_response", "message_type"; Coze Studio `build_chunk_event.go`.
 */
import { RealCozeError } from '../../errors.ts';
import { toError } from '../failure.ts';
import { id, isWire, parseJson, parseWire, text, type Wire, wire, wires } from '../json.ts';
import { isNotice } from '../notice.ts';
import type { ChatRef, ReplyEvent, ToolCall } from '../transport.ts';
import { ANSWER_LIMIT, type Answers, createAnswers } from './answers.ts';
import { logidOf, messageOf } from './body.ts';
import { failureOf, hasCode, hasError, type TokenUsage, toCall, usageOf } from './chat-object.ts';
import { readable } from './content.ts';
import { createDeltaReader, DELTA, type Delta } from './delta.ts';
import { byAge, createSides, kindOf, type Side, type Wanted } from './side.ts';
import type { Frame, SseReader } from './sse.ts';

/** How a turn stands. `action`: Coze waits for tool outputs. */
export type Standing =
  | { readonly type: 'running' }
  | { readonly type: 'completed' }
  | { readonly type: 'action'; readonly calls: readonly ToolCall[] }
  | { readonly type: 'failed'; readonly error: RealCozeError };

export interface Assembly extends SseReader {
  /** A chat object that came another way (an answer without a stream, `retrieve`). */
  takeChat(chat: Wire): void;
  /** The messages of the turn from `message/list`, in any order; they win over what the stream said. */
  takeMessages(messages: readonly Wire[]): void;
  /** What has become of the events since the last call. */
  drain(): ReplyEvent[];
  /** The last events of a completed turn, `done` included. */
  finish(): ReplyEvent[];
  /** Tool outputs are on their way: the next stream goes on with this turn. */
  resume(): void;
  readonly standing: Standing;
  /** The stream said that nothing more comes. */
  readonly ended: boolean;
  readonly chat: ChatRef | undefined;
  /** Any event of Coze's was understood. */
  readonly begun: boolean;
  /** There is text of an answer. */
  readonly spoken: boolean;
}

export interface AssemblyOptions {
  /** Absent = everything. */
  readonly wanted?: readonly Wanted[] | undefined;
  readonly host?: string | undefined;
  readonly onChat?: ((chat: ChatRef) => void) | undefined;
  /** Told the name of an event whose data is no JSON. */
  readonly onBroken?: ((event: string) => void) | undefined;
  readonly answerLimit?: number | undefined;
}

/** What an event beside the answer counts besides its words. */
const SIDE_COST = 1024;

export function createAssembly(options: AssemblyOptions = {}): Assembly {
  return new StreamAssembly(options);
}

class StreamAssembly implements Assembly {
  standing: Standing = { type: 'running' };
  ended = false;
  begun = false;
  chat: ChatRef | undefined;
  private readonly options: AssemblyOptions;
  private readonly answers: Answers;
  private readonly deltas = createDeltaReader((delta) => this.takeDelta(delta));
  private readonly out: ReplyEvent[] = [];
  private readonly sides = createSides();
  /** Kinds handed out by the stream; the message list must not repeat them. */
  private readonly told = new Set<Wanted>();
  private usage: TokenUsage | undefined;
  /** UTF-16 units of what was handed out beside the answer, which the reader keeps too. */
  private beside = 0;
  private interrupted = false;
  private reasoned = false;

  constructor(options: AssemblyOptions) {
    this.options = options;
    this.answers = createAnswers(options.answerLimit);
  }

  take(name: string, data: string): void {
    if (name !== DELTA) this.takeOther(name, data);
    else if (!this.deltas.take(data)) this.options.onBroken?.(name);
  }

  private takeOther(name: string, data: string): void {
    const kind = (name.slice(name.lastIndexOf('.') + 1) || name).toLowerCase();
    // Before any parsing: Coze ends with `"[DONE]"`, `[DONE]`, `{"debug_url"}` or nothing at all.
    if (kind === 'done' || isDone(data)) {
      this.ended = true;
    } else if (kind === 'error') {
      this.fail(parseJson(data) ?? data);
    } else if (name.includes('.')) {
      this.takeObject(name, kind, data);
    } else {
      this.takeNameless(data);
    }
  }

  private takeObject(name: string, kind: string, data: string): void {
    const object = parseWire(data);
    if (!object) this.options.onBroken?.(name);
    else if (name.startsWith('conversation.chat.')) this.takeChatEvent(kind, object);
    else if (name === 'conversation.message.completed') this.takeMessage(object);
  }

  takeChat(chat: Wire): void {
    this.takeChatEvent(text(chat.status).toLowerCase(), chat);
  }

  takeMessages(messages: readonly Wire[]): void {
    this.answers.restart();
    const told = new Set<string>(this.told);
    for (const message of [...messages].sort(byAge)) if (!told.has(kindOf(message) ?? '')) this.takeMessage(message);
  }

  get spoken(): boolean {
    return this.answers.whole().trim() !== '';
  }

  drain(): ReplyEvent[] {
    this.flush();
    return this.out.splice(0);
  }

  finish(): ReplyEvent[] {
    this.reason(this.answers.end());
    const whole = this.answers.whole();
    const empty = whole.trim() === '' && !this.interrupted;
    this.flush();
    if (this.usage) this.out.push({ type: 'usage', ...this.usage });
    const finish = this.interrupted ? 'interrupt' : empty || isNotice(whole) ? 'notice' : 'stop';
    this.out.push({ type: 'done', finish });
    return this.drain();
  }

  resume(): void {
    this.standing = { type: 'running' };
    this.ended = false;
  }

  get frame(): Frame | undefined {
    return this.deltas.frame;
  }

  private takeDelta(delta: Delta): void {
    this.begun = true;
    const { message } = delta;
    const type = message.type;
    if (type !== 'answer' && type !== undefined) return;
    if (delta.reasoning !== '') this.reason(delta.reasoning);
    if (delta.content === '' || message.content_type === 'audio') return;
    this.reason(this.answers.append(id(message.id), delta.content, text(message.content_type)));
  }

  private takeChatEvent(kind: string, chat: Wire): void {
    this.begun = true;
    this.meet(id(chat.id), id(chat.conversation_id));
    this.usage = usageOf(chat) ?? this.usage;
    switch (kind) {
      case 'completed':
      case 'compleated':
        this.complete(chat);
        break;
      case 'failed':
        this.fail(failureOf(chat));
        break;
      case 'requires_action':
      case 'required_action':
        this.takeAction(chat);
        break;
      case 'canceled':
      case 'cancelled':
      case 'deleted':
        this.stop(new RealCozeError('aborted', 'The answer was stopped at Coze.'));
        break;
      case 'expired':
        this.stop(new RealCozeError('timeout', 'The chat expired at Coze before it was answered. Ask again.'));
        break;
    }
  }

  /** An event seen at any time makes the turn failed: Studio sends `error` and then `chat.completed`. */
  private complete(chat: Wire): void {
    if (hasError(chat)) this.fail(failureOf(chat));
    if (this.standing.type === 'running') this.standing = { type: 'completed' };
  }

  private takeAction(chat: Wire): void {
    const calls = wires(wire(wire(chat.required_action).submit_tool_outputs).tool_calls);
    const asked = calls.filter((call) => call.type !== 'reply_message');
    if (this.standing.type === 'failed') return;
    if (asked.length > 0) {
      this.standing = { type: 'action', calls: asked.map(toCall) };
      return;
    }
    // A question or input node of a workflow: the member's next message is the answer to it.
    this.interrupted = true;
    this.standing = { type: 'completed' };
    if (this.answers.whole().trim() === '') for (const call of calls) this.ask(call);
  }

  /** The words of a question node that no answer message carried. */
  private ask(call: Wire): void {
    const said = text(wire(call.function).arguments);
    const words = parseJson(said) === undefined ? said : readable(said, 'card');
    this.answers.settle(id(call.id), words, 'text');
  }

  private takeMessage(message: Wire): void {
    this.begun = true;
    this.meet(id(message.chat_id), id(message.conversation_id));
    if (message.type === 'answer') this.takeAnswer(message, text(message.content));
    else this.takeSide(this.sides(message), text(message.content).length);
  }

  private takeSide(side: Side | undefined, size: number): void {
    if (side?.kind === 'interrupt') this.interrupted = true;
    else if (side && this.wants(side.kind)) {
      this.count(SIDE_COST + size);
      this.told.add(side.kind);
      this.flush();
      this.out.push(side.event);
    }
  }

  private takeAnswer(message: Wire, content: string): void {
    if (message.role === 'user' || message.content_type === 'audio') return;
    const key = id(message.id);
    // Without deltas (a list, a model that does not stream) the reasoning comes with the whole message.
    if (!this.reasoned) this.reason(text(message.reasoning_content));
    this.reason(this.answers.settle(key, content, text(message.content_type)));
  }

  /** Data whose event has no name we know: an error that forgot to say so, else nothing. */
  private takeNameless(data: string): void {
    const object = parseWire(data);
    if (object && hasCode(object) && ('msg' in object || 'message' in object)) this.fail(object);
  }

  private fail(said: unknown): void {
    this.begun = true;
    if (this.standing.type === 'failed') return;
    const body = isWire(said) ? said : {};
    this.stop(
      toError({
        code: id(body.code) || id(body.error_code),
        message: isWire(said) ? messageOf(said) : String(said ?? ''),
        logid: logidOf(body),
        host: this.options.host,
      }),
    );
  }

  private stop(error: RealCozeError): void {
    if (this.standing.type !== 'failed') this.standing = { type: 'failed', error };
  }

  private meet(chatId: string, conversationId: string): void {
    if (this.chat || chatId === '' || conversationId === '') return;
    this.chat = { chatId, conversationId };
    this.options.onChat?.(this.chat);
  }

  private wants(kind: Wanted): boolean {
    return this.options.wanted?.includes(kind) ?? true;
  }

  private reason(words: string): void {
    if (words === '' || !this.wants('reasoning')) return;
    this.count(words.length);
    this.reasoned = true;
    this.flush();
    const last = this.out.at(-1);
    if (last?.type === 'reasoning') this.out[this.out.length - 1] = { type: 'reasoning', text: last.text + words };
    else this.out.push({ type: 'reasoning', text: words });
  }

  private count(size: number): void {
    this.beside += size;
    if (this.beside > (this.options.answerLimit ?? ANSWER_LIMIT))
      throw new RealCozeError('too_large', 'Coze sent more beside the answer than can be kept. Ask again.');
  }

  /** Text first: what came before an event must not come out behind it. Deltas of one chunk leave as one. */
  private flush(): void {
    const event = this.answers.flush();
    if (event) this.out.push(event);
  }
}

function isDone(data: string): boolean {
  return data.length <= 16 && data.trim().replace(/^"|"$/g, '') === '[DONE]';
}
