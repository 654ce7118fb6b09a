/** The server as one function from `Request` to `Response`: every route, and what stands before them. */
import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Server } from './ask.ts';
import { chat, listBots, openSession } from './chat.ts';
import { faultBody, faultResponse, refusal } from './fault.ts';
import { type Guard, guarding, openToPages } from './guard.ts';
import type { Metrics } from './metrics.ts';
import { completeChat, listModels, showModel } from './openai.ts';
import { postHistory } from './original.ts';
import { pageFiles } from './page.ts';

export function createApp(server: Server, guard: Guard, metrics: Metrics): Hono {
  const app = new Hono();
  app.onError((error) => {
    const response = faultResponse(error);
    if (response.status >= 500) server.log.warn({ error }, 'A request failed.');
    return response;
  });
  app.notFound((context) =>
    refusal(
      404,
      'not_found',
      `Nothing is at ${context.req.path.slice(0, 80)}. The page is at /, the APIs at POST / and /v1.`,
    ),
  );

  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: ({ req }, methods) => {
        const allowed = methods.join(', ');
        const response = refusal(405, 'invalid', `${req.path} takes ${allowed}, not ${req.method}.`);
        response.headers.set('allow', allowed);
        return response;
      },
    }),
  );
  app.use(async (context, next) => (await server.webhook?.(context.req.raw)) ?? next());
  app.use(guarding(guard.from));
  if (guard.keyed) app.use(openToPages);
  for (const [path, file] of pageFiles()) app.get(path, () => file());
  app.get('/health', () => health(server));

  app.use(guarding(guard.entry));
  app.post('/', (context) => postHistory(server, context));
  app.get('/api/bots', () => listBots(server));
  app.post('/api/session', (context) => openSession(server, context));
  app.post('/api/chat', (context) => chat(server, context));
  app.get('/v1/models', () => listModels(server));
  app.get('/v1/models/:model', (context) => showModel(server, context.req.param('model')));
  app.post('/v1/chat/completions', (context) => completeChat(server, context));
  app.get('/metrics', async () => {
    const { type, text } = await metrics.read();
    return new Response(text, { headers: { 'content-type': type } });
  });
  return app;
}

/** `ok`, or 503 with what is wrong. */
async function health(server: Server): Promise<Response> {
  try {
    await server.health?.();
    return Response.json({ status: 'ok', bots: server.catalog.list().length, faults: server.catalog.faults().length });
  } catch (error) {
    return Response.json(faultBody(error), { status: 503 });
  }
}
