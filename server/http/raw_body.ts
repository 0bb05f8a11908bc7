/**
 * Gets the body of a request of any method. Deno hides the body of a GET or HEAD, though its bytes are on
 * the connection, and must be read before the connection can be used again.
 */

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Deno's internal object behind a request. It makes the body at the first access. */
interface InnerRequest {
  readonly body?: { readonly stream?: unknown } | null;
}

/** Returns the body as it is on the connection; null when there is none, or Deno does not give it. */
export function rawBody(request: Request): Body | null {
  return request.method === "GET" || request.method === "HEAD" ? hiddenBody(request) : request.body;
}

/**
 * Returns the body of a GET or HEAD. Deno has no public way to it (as of 2.7), so this asks its inner
 * request under another method. If a later Deno has no such object, the result is null, and the connection
 * is closed instead.
 */
function hiddenBody(request: Request): Body | null {
  const key = Object.getOwnPropertySymbols(request).find((symbol) =>
    symbol.description === "request"
  );
  const inner: unknown = key === undefined ? null : Reflect.get(request, key);
  if (typeof inner !== "object" || inner === null) return null;
  try {
    Object.defineProperty(inner, "method", { value: "POST", configurable: true });
    const stream = (inner as InnerRequest).body?.stream;
    return stream instanceof ReadableStream ? stream : null;
  } catch {
    return null;
  } finally {
    Reflect.deleteProperty(inner, "method");
  }
}
