/**
 * Builds a node's parts, wires them and starts them; `close` undoes that. The caller keeps and closes the
 * store.
 */
import type { MessageStore } from "../storage/message_store.ts";
import { type Clock, systemClock } from "../transport/transport.ts";
import { baseUrl } from "./addresses.ts";
import { AdminGate } from "./http/admin.ts";
import { type AppParts, createApp, createSignalApp, requestHandler } from "./http/app.ts";
import { SharedBudget } from "./limits/shared_budget.ts";
import { Connections } from "./connections/connections.ts";
import { CpuShare } from "./limits/cpu_share.ts";
import { Deadline } from "./limits/deadline.ts";
import { TrustedProxies } from "./connections/forwarded.ts";
import { FailureLog } from "./failure_log.ts";
import { Guard } from "./http/guard.ts";
import { IncomingRate } from "./limits/incoming_rate.ts";
import { LagWatch } from "./members/lag_watch.ts";
import { LargeAnswers } from "./http/large_answer.ts";
import { listen, type Listener } from "./connections/listen.ts";
import { type Log, silentLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { RateLimit } from "./limits/rate_limit.ts";
import { SMALL_BODY_MS } from "./http/read_body.ts";
import { Rooms } from "./rooms/rooms.ts";
import { addReadings } from "./http/routes/node_info.ts";
import type { Settings } from "./settings/settings.ts";
import { StaticFiles } from "./http/static_files.ts";
import { listenStun } from "./ice/stun_server.ts";
import { WaitingSignals } from "./rooms/waiting_signals.ts";
import { Negotiations } from "./members/negotiations.ts";
import { PostIntakes } from "./members/post_intakes.ts";
import { WebRtcEndpoint } from "./members/webrtc_endpoint.ts";

/**
 * How long requests under way may take when the node closes: a commit takes milliseconds, a slow disk more.
 */
const CLOSE_GRACE_MS = 2000;

/**
 * Receipts and pings that an address may send for each other frame: 200 people behind one address who get
 * six messages a second send 1,200 receipts.
 */
const LIGHT_FRAMES = 10;

/**
 * Limits of the memory that strangers can make the node use: 64 MiB for bodies and frames that are still
 * arriving, 64 MiB for the members' queues, 32 MiB for answers that nobody has read and 40 MB for polling
 * members, beside 64 MiB for messages that wait for the disk. That is 270 MB; an idle node has 100 MB. Text
 * that is not Latin takes two bytes for each character. A frame for a room counts in each member's queue,
 * though it is in memory once.
 */
const MAX_INCOMING_BYTES = 64 * 1024 * 1024;
const MAX_QUEUED_CHARS = 64 * 1024 * 1024;
const MAX_ANSWERING_CHARS = 32 * 1024 * 1024;
/** About 10 kB each, without their queues. */
const MAX_POLLERS = 4096;

export interface NodeOptions {
  readonly store: MessageStore;
  /** Folder of the built page, a URL that ends with a slash; default: no page. */
  readonly ui?: URL | null;
  /** Default: none. */
  readonly log?: Log;
  /** Shown in `welcome` and `/config`. */
  readonly version?: string;
  readonly clock?: Clock;
  /** Starts the thread of the node's own WebRTC endpoint, when a member first needs it; default: none. */
  readonly webrtcWorker?: () => Worker;
}

/** A node that is running. */
export interface RunningNode {
  readonly httpPort: number;
  /** Null when the second port is off. */
  readonly wsPort: number | null;
  /** The node's URL for this computer, without a slash at the end. */
  readonly url: string;
  /** Tells the members, lets requests end and closes the ports. Idempotent. The store stays open. */
  close(): Promise<void>;
}

/** The objects of one node that others hold on to. */
export interface NodeParts extends AppParts {
  readonly log: Log;
  /** The node's own WebRTC endpoint; null when it is off. */
  readonly endpoint: WebRtcEndpoint | null;
  /** The STUN server once it is open; `port` is null while there is none. */
  readonly stun: { port: number | null; close?: (() => void) | undefined };
  readonly ports: { http: number; ws: number | null };
}

/** Everything of a node but its ports. */
export interface Assembly {
  readonly parts: NodeParts;
  readonly lagWatch: LagWatch;
}

/**
 * Starts a node.
 * @throws {UserError} `bad-request` when a port is taken or a file can't be read; nothing stays open.
 */
export async function startNode(settings: Settings, options: NodeOptions): Promise<RunningNode> {
  const { parts, lagWatch } = await assemble(settings, options);
  const { clock, log } = parts;
  const proxies = settings.trustProxy.length > 0 ? new TrustedProxies(settings.trustProxy) : null;
  const connections = new Connections({ clock, log, proxies });
  const listeners: Listener[] = [];
  const stop = () => stopNode({ parts, lagWatch }, listeners);
  try {
    const shared = { settings, connections };
    const http = await listen(requestHandler(createApp(parts, lagWatch), clock), {
      ...shared,
      port: settings.httpPort,
      flag: "http-port",
    });
    listeners.push(http);
    parts.ports.http = http.port;
    if (settings.wsPort !== null) {
      const port = settings.wsPort;
      const handler = requestHandler(createSignalApp(parts, lagWatch), clock);
      const ws = await listen(handler, { ...shared, port, flag: "ws-port" });
      listeners.push(ws);
      parts.ports.ws = ws.port;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  startStun(parts);
  parts.guard.setOwnPorts(listeners.map((listener) => listener.port));
  let closing: Promise<void> | null = null;
  return {
    httpPort: parts.ports.http,
    wsPort: parts.ports.ws,
    url: localUrl(settings, parts.ports.http),
    close: () => closing ??= stop(),
  };
}

/** Builds the parts without opening a port, for callers that need none. */
export async function assemble(settings: Settings, options: NodeOptions): Promise<Assembly> {
  const { clock = systemClock, log = silentLog } = options;
  const { store, version = "0.0.0" } = options;
  const stun: NodeParts["stun"] = { port: null };
  const shared = {
    settings,
    store,
    clock,
    version,
    stun,
    signals: new WaitingSignals(clock),
    metrics: new Metrics(),
    queued: new SharedBudget(MAX_QUEUED_CHARS),
    failures: new FailureLog({ log, clock }),
  };
  const endpoint = options.webrtcWorker === undefined ? null : new WebRtcEndpoint({
    createWorker: options.webrtcWorker,
    clock,
    log,
    giveUpMs: settings.peerTimeoutMs,
  });
  const negotiations = endpoint === null ? null : new Negotiations({ endpoint, settings, clock });
  const parts: NodeParts = {
    ...shared,
    log,
    endpoint,
    negotiations,
    rooms: new Rooms({
      ...shared,
      hasEndpoint: endpoint !== null,
      onLeaving: (member) => negotiations?.end(member),
    }),
    posted: new PostIntakes(),
    cpu: new CpuShare(),
    guard: new Guard(settings),
    admin: new AdminGate(settings.adminToken),
    rateLimit: new RateLimit(settings.rateLimit, clock),
    lightRateLimit: new RateLimit(settings.rateLimit * LIGHT_FRAMES, clock),
    pollers: new SharedBudget(MAX_POLLERS),
    incoming: new SharedBudget(MAX_INCOMING_BYTES),
    bodyDeadline: new Deadline(clock, SMALL_BODY_MS),
    incomingRate: new IncomingRate(clock),
    largeAnswers: new LargeAnswers({ clock, budget: new SharedBudget(MAX_ANSWERING_CHARS) }),
    files: await StaticFiles.open(options.ui ?? null),
    ports: { http: 0, ws: null },
    startedMs: clock.now(),
  };
  addReadings(parts);
  return { parts, lagWatch: new LagWatch(clock, settings.peerTimeoutMs) };
}

/** Starts the STUN server. When its port is taken, the node runs without STUN. */
function startStun({ settings, stun, log, clock }: NodeParts): void {
  if (settings.stunPort === null) return;
  try {
    const server = listenStun(settings.stunPort, { host: settings.host, clock });
    stun.port = server.port;
    stun.close = server.close;
  } catch {
    log.warn(`UDP port ${settings.stunPort} is taken: STUN is off; choose one with --stun-port`);
  }
}

async function stopNode({ parts, lagWatch }: Assembly, listeners: Listener[]): Promise<void> {
  const ended = Promise.all(listeners.map((listener) => listener.shutdown()));
  parts.rooms.close();
  const endpointEnded = parts.endpoint?.close();
  parts.stun.close?.();
  parts.stun.close = undefined;
  lagWatch.close();
  const grace = Promise.withResolvers<void>();
  // Connections that are still open then end with the process. In Deno, aborting a server that shuts down
  // fails.
  const cancel = parts.clock.after(CLOSE_GRACE_MS, grace.resolve);
  await Promise.race([ended, grace.promise]);
  await endpointEnded;
  cancel();
  parts.bodyDeadline.close();
  parts.largeAnswers.close();
}

function localUrl({ host, tlsCert }: Settings, port: number): string {
  const scheme = tlsCert === null ? "http" : "https";
  const isAny = host === null || host === "0.0.0.0" || host === "::";
  if (isAny) return baseUrl("localhost", port, scheme);
  return baseUrl(host.includes(":") ? `[${host}]` : host, port, scheme);
}
