/** The bots in `bots/` that come with the program. Only the local Coze service knows them. */

const ids: ReadonlySet<unknown> = new Set([
  '7350000000000000102',
  '7400000000000000001',
  '7400000000000000002',
  '7400000000000000003',
  '7400000000000000004',
]);

/** Whether this is the `bot_id` of one of them. */
export function isSample(botId: unknown): boolean {
  return ids.has(botId);
}
