/** What the Bot API answers when it refuses a call: the body of the real server, with its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(status: number, description: string, retryAfter?: number) {
    super(description);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  body(): object {
    const parameters = this.retryAfter === undefined ? {} : { parameters: { retry_after: this.retryAfter } };
    return { ok: false, error_code: this.status, description: this.message, ...parameters };
  }
}

export const badRequest = (words: string) => new Refusal(400, `Bad Request: ${words}`);
export const forbidden = (words: string) => new Refusal(403, `Forbidden: ${words}`);
export const tooMany = (seconds: number) =>
  new Refusal(429, `Too Many Requests: retry after ${seconds}`, Math.max(1, seconds));
