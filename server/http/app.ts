/** The node's HTTP apps: the full one, and the small one of the second port. */
import { Hono } from "hono";
import type { Clock } from "../../transport/transport.ts";
import type { RequestHandler } from "../connections/connections.ts";
import { errorResponse } from "./respond.ts";
import type { LagWatch } from "../members/lag_watch.ts";
import { requestHost } from "./request.ts";
import { addRoute, type Handler, type NodeApp, type RouteParts, wrap } from "./route.ts";
import { type HistoryParts, historyRoute } from "./routes/history.ts";
import {
  configRoute,
  healthRoute,
  metricsRoute,
  type NodeInfoParts,
  readyRoute,
  transportStatusRoute,
} from "./routes/node_info.ts";
import { type SendParts, sendRoute } from "./routes/send.ts";
import { signalGetRoute, type SignalParts, signalPostRoute } from "./routes/signal.ts";
import { type StoredParts, storedRoutes } from "./routes/stored.ts";
import type { StaticFiles } from "./static_files.ts";
import { hasBody, settleBody } from "./unread_body.ts";

/** The parts of a node that its routes need: each route says which are its own. */
export interface AppParts
  extends RouteParts, HistoryParts, NodeInfoParts, SendParts, SignalParts, StoredParts {
  readonly files: StaticFiles;
}

/** The full app: everything that a node serves. */
export function createApp(parts: AppParts, lagWatch: LagWatch): NodeApp {
  const app = createSignalApp(parts, lagWatch);
  addRoute(app, parts, "/history", { handlers: { GET: historyRoute(parts) } });
  addRoute(app, parts, "/send", { handlers: { POST: sendRoute(parts) } });
  for (const [path, handler] of Object.entries(storedRoutes(parts))) {
    addRoute(app, parts, `/api/v2${path}`, { handlers: { GET: handler } });
  }
  const uncounted = { isCounted: false };
  addRoute(app, parts, "/config", { handlers: { GET: configRoute(parts) }, ...uncounted });
  addRoute(app, parts, "/ready", { handlers: { GET: readyRoute(parts) }, ...uncounted });
  addRoute(app, parts, "/metrics", { handlers: { GET: metricsRoute(parts) }, ...uncounted });
  addRoute(app, parts, "/transport/status", { handlers: { GET: transportStatusRoute(parts) } });
  addFiles(app, parts);
  return app;
}

/** The app of the second port: `/signal` for clients of the older protocol, and `/health`. */
export function createSignalApp(parts: AppParts, lagWatch: LagWatch): NodeApp {
  const app: NodeApp = new Hono();
  addRoute(app, parts, "/signal", {
    handlers: { GET: signalGetRoute(parts, lagWatch), POST: signalPostRoute(parts) },
    // A GET joins a room.
    isGuarded: true,
  });
  addRoute(app, parts, "/health", { handlers: { GET: healthRoute() }, isCounted: false });
  const missing: Handler = (c) =>
    errorResponse({ code: "not-found", message: `There is nothing at ${c.req.path}` });
  app.notFound(wrap(parts, {
    handler: missing,
    label: 'route="other",method="any"',
    needsOrigin: false,
    isCounted: true,
  }));
  return app;
}

/** Returns the handler of a listener: every answer of `app` passes through it. */
export function requestHandler(app: NodeApp, clock: Clock): RequestHandler {
  return (request, info) =>
    hasBody(request)
      ? settleBody(request, app.fetch(request, info), clock)
      : app.fetch(request, info);
}

function addFiles(app: NodeApp, parts: AppParts): void {
  for (const path of parts.files.paths) {
    const handler: Handler = async (c) =>
      await parts.files.respond(path, c.req.raw, requestHost(c.req.raw, c.env)) ??
        errorResponse({ code: "not-found", message: `There is nothing at ${path}` });
    addRoute(app, parts, path, { handlers: { GET: handler }, isCounted: false });
  }
  if (parts.files.has("/")) return;
  const message = "This node has no page: build it with `./scripts/deno task build`";
  const handler = () => errorResponse({ code: "not-found", message });
  addRoute(app, parts, "/", { handlers: { GET: handler }, isCounted: false });
}
