/** The playground's launch call: what a browser needs to open the WebSocket. */
import { createHash } from 'node:crypto';
import { answer, type Exchange } from '../exchange.ts';
import type { Route } from '../routes.ts';
import type { World } from '../world.ts';

/** What the local service gives out; the shape is the site's, the values are its own. */
export const frontier = { productId: 1000, appKey: 'ak-local-demo', appId: 100_001 };

/** The launch call. */
export function launchRoutes(world: World): readonly Route[] {
  const handle = (exchange: Exchange) => launch(world, exchange);
  return [{ method: 'POST', path: '/api/playground/user/launch', auth: 'cookie', handle }];
}

function launch(world: World, exchange: Exchange): void {
  const config = {
    // The real server gives one too, and nobody can use it: the key in the WebSocket's address is made by the caller.
    frontier_access_key: 'unused',
    frontier_app_id: frontier.appId,
    frontier_app_key: frontier.appKey,
    frontier_product_id: frontier.productId,
    frontier_domain: world.url.replace(/^http/, 'ws'),
    message_service_id: 1,
    event_frontier: {},
  };
  answer(exchange, { type: 1, config });
}

/** The key that the address of the WebSocket has to carry, for one device. The salt is the site's own constant. */
export function accessKey(deviceId: string): string {
  return createHash('md5').update(`${frontier.productId}${frontier.appKey}${deviceId}f8a69f1719916z`).digest('hex');
}
