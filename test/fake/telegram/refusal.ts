interface Parameters {
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly movedTo?: number | undefined;
}

/** What the Bot API answers when it refuses a call: the body of the real server, with its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly parameters: Parameters;

  constructor(status: number, description: string, parameters: Parameters = {}) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }

  body(): object {
    const { retryAfter, movedTo } = this.parameters;
    const parameters =
      retryAfter === undefined && movedTo === undefined
        ? {}
        : { parameters: { retry_after: retryAfter, migrate_to_chat_id: movedTo } };
    return { ok: false, error_code: this.status, description: this.message, ...parameters };
  }
}

/** 400. */
export const badRequest = (words: string) => new Refusal(400, `Bad Request: ${words}`);
/** 403. */
export const forbidden = (words: string) => new Refusal(403, `Forbidden: ${words}`);
/** 429 with the seconds to wait. */
export const tooMany = (seconds: number) =>
  new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retryAfter: Math.max(1, seconds) });
