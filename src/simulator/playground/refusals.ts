/** How the storage hosts of the playground say no: neither uses Coze's envelope. */
import { Refusal } from '../exchange.ts';

/** ImageX: an error inside `ResponseMetadata`. */
export class ImagexRefusal extends Refusal {
  constructor(status: number, code: string, message: string) {
    super(code, message, status);
  }

  override body(logid: string): unknown {
    const problem = { CodeN: 100_010, Code: this.code, Message: this.message };
    return { ResponseMetadata: { RequestId: logid, Service: 'imagex', Error: problem } };
  }
}

/** The host that takes the bytes: a number other than 2000, with HTTP 200. */
export class StorageRefusal extends Refusal {
  override body(): unknown {
    return { code: this.code, message: this.message };
  }
}
