/** The bots of a Worker, from one variable: a Worker has no folders and never changes while it runs. */
import type { Catalog } from '#core/bots/catalog.ts';
import { botName, parseBot } from '#core/bots/schema.ts';
import { RealCozeError } from '#core/errors.ts';

/**
 * Reads `BOTS`: JSON of `{"NAME": <its config.json>, …}`.
 * @throws RealCozeError `config` when it is missing, is not JSON, or one of its bots is wrong.
 */
export function readCatalog(bots: string | undefined, defaultName: string | undefined): Catalog {
  const list = Object.entries(parse(bots)).map(([name, config]) => {
    if (!botName.test(name))
      throw new RealCozeError(
        'config',
        `BOTS names a bot "${name.slice(0, 40)}". Names are a-z, 0-9 and "-", at most 32 characters.`,
      );
    return parseBot(name, JSON.stringify(config));
  });
  const get = (name: string) => list.find((bot) => bot.name === name);
  const fallback = defaultName === undefined ? list[0] : get(defaultName);
  if (!fallback)
    throw new RealCozeError(
      'config',
      `DEFAULT_BOT is "${defaultName}", which BOTS does not hold. It holds: ${list.map((bot) => bot.name).join(', ')}.`,
    );
  return {
    list: () => list,
    get,
    default: () => fallback,
    faults: () => [],
    onChange: () => () => {},
    close: async () => {},
  };
}

function parse(bots: string | undefined): Record<string, unknown> {
  const cure = 'Set BOTS to {"NAME": <the content of its config.json>}.';
  if (!bots) throw new RealCozeError('config', `BOTS is missing. ${cure}`);
  try {
    const value: unknown = JSON.parse(bots);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
      return value as Record<string, unknown>;
  } catch {
    throw new RealCozeError('config', `BOTS is not JSON. ${cure}`);
  }
  throw new RealCozeError('config', `BOTS holds no bot. ${cure}`);
}
