/**
 * Adds routes. One function around each handler does everything that every request needs (host, origin,
 * rate, errors, metrics). With a single handler for a route, Hono runs no middleware chain.
 */
import type { Context, Hono } from "hono";
import { UserError } from "../../transport/errors.ts";
import type { Clock } from "../../transport/transport.ts";
import { errorBody, statusOf } from "../errors.ts";
import type { FailureLog } from "../failure_log.ts";
import type { CpuShare } from "../limits/cpu_share.ts";
import type { Deadline } from "../limits/deadline.ts";
import type { IncomingRate } from "../limits/incoming_rate.ts";
import type { RateLimit } from "../limits/rate_limit.ts";
import type { SharedBudget } from "../limits/shared_budget.ts";
import type { Metrics } from "../metrics.ts";
import type { Settings } from "../settings/settings.ts";
import type { Guard } from "./guard.ts";
import type { LargeAnswers } from "./large_answer.ts";
import { readBody } from "./read_body.ts";
import { remoteAddress, requestHost, type ServeEnv } from "./request.ts";
import { checkForm } from "./request_form.ts";
import { errorResponse } from "./respond.ts";

export type NodeContext = Context<{ Bindings: ServeEnv }>;
export type NodeApp = Hono<{ Bindings: ServeEnv }>;
export type Handler = (c: NodeContext) => Response | Promise<Response>;

/** The parts of a node that every request needs. */
export interface RouteParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly guard: Guard;
  /** Limit of requests. */
  readonly rateLimit: RateLimit;
  readonly cpu: CpuShare;
  readonly metrics: Metrics;
  readonly failures: FailureLog;
}

/** The parts that reading a body needs. */
export interface BodyParts {
  readonly clock: Clock;
  /** Time limit of small bodies. */
  readonly bodyDeadline: Deadline;
  /** Budget of the bodies and frames that are still arriving. */
  readonly incoming: SharedBudget;
  readonly incomingRate: IncomingRate;
}

/** The parts that an answer needs which may be large. */
export interface AnswerParts {
  readonly rateLimit: RateLimit;
  readonly cpu: CpuShare;
  readonly failures: FailureLog;
  readonly largeAnswers: LargeAnswers;
}

export interface RouteOptions {
  readonly handlers: { readonly GET?: Handler; readonly POST?: Handler };
  /** Whether a GET changes state too, so that pages of other sites may not send it. */
  readonly isGuarded?: boolean;
  /** Whether requests count against the address's rate limit; default true. */
  readonly isCounted?: boolean;
}

/**
 * Adds `path` with its handlers; other methods get a 405 as JSON. Hono gets one handler for all methods: it
 * would run two that match as a chain of middleware, with promises between them.
 */
export function addRoute(app: NodeApp, parts: RouteParts, path: string, options: RouteOptions) {
  const { handlers, isGuarded = false, isCounted = true } = options;
  const byMethod = new Map<string, Handler>();
  for (const method of ["GET", "POST"] as const) {
    const handler = handlers[method];
    if (handler === undefined) continue;
    const label = `route="${path}",method="${method}"`;
    const needsOrigin = isGuarded || method === "POST";
    byMethod.set(method, wrap(parts, { handler, label, needsOrigin, isCounted }));
  }
  const get = byMethod.get("GET");
  // For a HEAD, Hono drops the body of the answer.
  if (get !== undefined) byMethod.set("HEAD", get);
  const allow = Object.keys(handlers).join(", ");
  const refuse = () =>
    errorResponse(
      { code: "method-not-allowed", message: `${path} takes ${allow}` },
      [["allow", allow]],
    );
  app.all(path, (c) => (byMethod.get(c.req.method) ?? refuse)(c));
}

interface Wrapped {
  readonly handler: Handler;
  readonly label: string;
  readonly needsOrigin: boolean;
  readonly isCounted: boolean;
}

/** Returns the handler with the checks, limits, errors and metrics of every request around it. */
export function wrap(parts: RouteParts, options: Wrapped): Handler {
  const { handler, label, needsOrigin, isCounted } = options;
  const { guard, rateLimit, metrics, clock } = parts;

  function finish(response: Response, startMs: number): Response {
    metrics.requests.add(`${label},status="${response.status}"`);
    metrics.latency.observe(label, (clock.now() - startMs) / 1000);
    return response;
  }

  return (c) => {
    const startMs = clock.now();
    try {
      checkForm(c.req.raw);
      const host = requestHost(c.req.raw, c.env);
      guard.checkHost(host);
      if (needsOrigin) guard.checkOrigin(c.req.raw.headers, host);
      if (isCounted && !rateLimit.isOff) {
        const limited = checkRate(parts, c);
        if (limited !== null) return finish(limited, startMs);
      }
      const response = handler(c);
      if (response instanceof Response) {
        if (isCounted) chargeThread(parts, c, clock.now() - startMs);
        return finish(response, startMs);
      }
      return response.then(
        (answer) => finish(answer, startMs),
        (error) => finish(failed(parts, error), startMs),
      );
    } catch (error) {
      return finish(failed(parts, error), startMs);
    }
  };
}

/**
 * Returns the text of a request's body, within the node's memory budget and the address's rate.
 * @throws {UserError} as `readBody` does.
 */
export function bodyText(parts: BodyParts, c: NodeContext, maxBytes: number): Promise<string> {
  return readBody(c.req.raw, {
    maxBytes,
    clock: parts.clock,
    deadline: parts.bodyDeadline,
    budget: parts.incoming,
    rate: parts.incomingRate,
    address: remoteAddress(c.env),
  });
}

/** Returns an answer of JSON that may be large: `pieces` together are its text. */
export function answerPieces(
  parts: AnswerParts,
  c: NodeContext,
  pieces: Iterator<string>,
  options: { readonly needsPlace?: boolean } = {},
): Response {
  const address = remoteAddress(c.env);
  const connection = c.env?.connection;
  const response = parts.largeAnswers.respond(pieces, {
    address,
    charge: (ms) => chargeThread(parts, c, ms),
    failed: (error) => parts.failures.say("An answer broke off", error),
    cut: () => connection?.destroy(),
  }, options);
  // For a HEAD, Hono sends only the head, and never reads this body.
  if (c.req.method === "HEAD") void response.body?.cancel();
  return response;
}

/** Like `answerPieces`, for a value that is made once memory is reserved for it. */
export function answerLarge(parts: AnswerParts, c: NodeContext, make: () => unknown): Response {
  function* pieces() {
    yield JSON.stringify(make());
  }
  return answerPieces(parts, c, pieces(), { needsPlace: true });
}

/** Up to this time, in ms, nothing is charged: the request's own token covers it. */
const FREE_MS = 1;

/** Charges slow work as several requests: database reads, and answers that are large. */
function chargeThread(
  parts: Pick<AnswerParts, "rateLimit" | "cpu">,
  c: NodeContext,
  ms: number,
): void {
  if (ms > FREE_MS) parts.rateLimit.bucket(remoteAddress(c.env)).charge(parts.cpu.workedMs(ms));
}

function checkRate(parts: RouteParts, c: NodeContext): Response | null {
  const bucket = parts.rateLimit.bucket(remoteAddress(c.env));
  if (bucket.take()) return null;
  parts.metrics.rateLimited.add();
  const seconds = bucket.retryAfterSeconds();
  const error = new UserError(
    "rate-limited",
    `This address sends more than ${parts.settings.rateLimit} requests a second: wait ${seconds} s`,
  );
  return errorResponse(errorBody(error), [["retry-after", String(seconds)]]);
}

function failed(parts: RouteParts, error: unknown): Response {
  const body = errorBody(error);
  if (statusOf(body.code) >= 500) parts.failures.say("A request failed", error);
  return errorResponse(body, body.code === "admin-only" ? [["www-authenticate", "Bearer"]] : []);
}
