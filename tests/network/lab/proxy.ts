/**
 * A program: an HTTP proxy that forwards requests without `Upgrade`, as some companies' and hotels'
 * proxies do, so that no WebSocket opens through it. Arguments: the port, and the URL of the target.
 */
const [port, target] = Deno.args;

const HOP_BY_HOP = ["connection", "upgrade", "keep-alive", "transfer-encoding", "host"];

function withoutHopByHop(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of HOP_BY_HOP) kept.delete(name);
  for (const name of [...kept.keys()]) if (name.startsWith("sec-websocket")) kept.delete(name);
  return kept;
}

async function passOn(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  try {
    const response = await fetch(`${target}${pathname}${search}`, {
      method: request.method,
      headers: withoutHopByHop(request.headers),
      body: request.body,
      redirect: "manual",
      signal: request.signal,
    });
    const headers = withoutHopByHop(response.headers);
    // `fetch` has already decoded the body.
    headers.delete("content-encoding");
    headers.delete("content-length");
    return new Response(response.body, { status: response.status, headers });
  } catch {
    return new Response("Bad gateway", { status: 502 });
  }
}

Deno.serve({ port: Number(port), hostname: "0.0.0.0" }, passOn);
