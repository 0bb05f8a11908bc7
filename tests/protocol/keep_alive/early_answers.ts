/**
 * Every kind of answer that a node gives before it has read a request's body, and the ways to send a
 * body. Plain data, because the clients that try them are in three languages.
 */

/** A request and the status of its answer. */
export interface EarlyAnswer {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: any status. */
  readonly status: number | null;
  /** Smaller bodies are read whole. */
  readonly minBytes?: number;
}

export interface BodyWay {
  readonly bytes: number;
  readonly isChunked: boolean;
  /** Whether the head is sent apart from the body. */
  readonly isApart: boolean;
}

/** An answer, and the way to send its request's body. */
export interface Ask extends EarlyAnswer, BodyWay {}

const JSON_TYPE = { "content-type": "application/json" };

export const EARLY_ANSWERS: readonly EarlyAnswer[] = [
  { name: "404", method: "POST", path: "/nope", status: 404 },
  { name: "404 to PUT", method: "PUT", path: "/api/v2", headers: JSON_TYPE, status: 404 },
  { name: "405", method: "POST", path: "/history", status: 405 },
  { name: "405 to PUT", method: "PUT", path: "/send", headers: JSON_TYPE, status: 405 },
  { name: "405 to DELETE", method: "DELETE", path: "/api/v2/rooms", status: 405 },
  { name: "405 to OPTIONS", method: "OPTIONS", path: "/signal", status: 405 },
  { name: "405 to a POST to the page", method: "POST", path: "/", status: 405 },
  {
    name: "403 to another site's page",
    method: "POST",
    path: "/send",
    headers: { origin: "https://evil.example", ...JSON_TYPE },
    status: 403,
  },
  { name: "400, the body read whole", method: "POST", path: "/send", status: 400 },
  { name: "413", method: "POST", path: "/send", status: 413, minBytes: 600_000 },
  { name: "413 of a frame", method: "POST", path: "/signal", status: 413, minBytes: 1_100_000 },
  { name: "200 to GET", method: "GET", path: "/history?room=empty", status: 200 },
  { name: "200 to GET of a poll", method: "GET", path: "/health", status: 200 },
  { name: "400 to GET", method: "GET", path: "/history", status: 400 },
  { name: "404 to GET", method: "GET", path: "/nope", status: 404 },
  { name: "200 to HEAD", method: "HEAD", path: "/health", status: 200 },
  { name: "405 to HEAD", method: "HEAD", path: "/signal?room=a&peer_id=b", status: 405 },
];

/** Answers that only a client without a proxy can provoke. */
export const DIRECT_ANSWERS: readonly EarlyAnswer[] = [
  {
    name: "403 to another name",
    method: "POST",
    path: "/send",
    headers: { host: "evil.example" },
    status: 403,
  },
  {
    name: "400 to half a WebSocket handshake",
    method: "GET",
    path: "/signal?room=a&peer_id=b",
    headers: { upgrade: "websocket", connection: "upgrade" },
    status: 400,
  },
];

/** Requests that a node at its rate limit answers with 429, except for the few that it lets through. */
export const RATE_LIMITED: readonly EarlyAnswer[] = [
  { name: "429", method: "POST", path: "/send", headers: JSON_TYPE, status: null },
  { name: "429 to PUT", method: "PUT", path: "/nope", status: null },
  { name: "429 to GET", method: "GET", path: "/history?room=a", status: null },
];

const SIZES = [1000, 100_000, 300_000, 1_200_000];

/** Sizes around the rest of a body that the node still reads (256 KiB), and above all that it takes. */
const WAYS: readonly BodyWay[] = SIZES.flatMap((bytes) =>
  [[false, false], [false, true], [true, false], [true, true]].map(([isChunked, isApart]) => ({
    bytes,
    isChunked: isChunked!,
    isApart: isApart!,
  }))
);

/** `count` asks for each of `answers`, in turn by all the ways that fit. */
export function asksFor(answers: readonly EarlyAnswer[], count: number): Ask[] {
  return answers.flatMap((answer) => {
    // A body that is to be too large must be so in every way. A body that the node reads whole must not
    // be.
    const isWhole = answer.status === 400 && answer.method === "POST";
    const fits = WAYS.filter(({ bytes }) =>
      bytes >= (answer.minBytes ?? 0) && !(isWhole && bytes > 512_000)
    );
    return Array.from({ length: count }, (_, n) => ({ ...answer, ...fits[n % fits.length]! }));
  });
}
