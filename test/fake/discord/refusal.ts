/** The error bodies of the real API: https://discord.com/developers/docs/topics/opcodes-and-status-codes */

const words: Readonly<Record<number, readonly [status: number, message: string]>> = {
  0: [401, '401: Unauthorized'],
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10007: [404, 'Unknown Member'],
  10008: [404, 'Unknown Message'],
  10013: [404, 'Unknown User'],
  10015: [404, 'Unknown Webhook'],
  10062: [404, 'Unknown interaction'],
  40060: [400, 'Interaction has already been acknowledged.'],
  50001: [403, 'Missing Access'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50007: [403, 'Cannot send messages to this user'],
  50013: [403, 'Missing Permissions'],
  50027: [401, 'Invalid Webhook Token'],
  50035: [400, 'Invalid Form Body'],
  50083: [400, 'Thread is archived'],
  160002: [400, 'Cannot reply without permission to read message history'],
  240000: [400, 'Message blocked by harmful links filter'],
  160005: [400, 'Thread is locked'],
  160004: [400, 'A thread has already been created for this message'],
};

/** An answer with a status of 400 or more; thrown by the routes, sent by the server. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** A refusal by its number. */
export function refuse(code: number): Refusal {
  const [status, message] = words[code] ?? [400, 'Bad Request'];
  return new Refusal(status, { message, code });
}

/** 50035 with its tree: `at` is the path, e.g. `['components', '0', 'custom_id']`. */
export function invalidForm(at: readonly string[], code: string, message: string): Refusal {
  const leaf: object = { _errors: [{ code, message }] };
  const errors = at.reduceRight<object>((inner, key) => ({ [key]: inner }), leaf);
  return new Refusal(400, { code: 50035, message: 'Invalid Form Body', errors });
}
