/**
 * The body that a request brought, whatever its method. Deno shows none of a GET or HEAD, though the
 * bytes are on the connection and whoever wants to use that again has to read them.
 */

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** What `Deno.serve` keeps behind a request: it makes the body when it is first asked for. */
interface InnerRequest {
  readonly body?: { readonly stream?: unknown } | null;
}

/** The body as it is on the connection; null when there is none, or none that Deno gives. */
export function rawBody(request: Request): Body | null {
  return request.method === "GET" || request.method === "HEAD" ? hiddenBody(request) : request.body;
}

/**
 * Deno has no public way to it (as of 2.7), so this asks its inner request under another method. Where
 * a later Deno has no such thing the answer is null, and the connection is closed instead.
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
