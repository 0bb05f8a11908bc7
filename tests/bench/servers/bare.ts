/**
 * The floor for the figures: a bare `Deno.serve` that stores nothing, answers every request at once, and
 * passes every WebSocket message on to all other sockets. `/page` serves a page that does as little.
 */
const sockets = new Set<WebSocket>();

function upgrade(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.onopen = () => sockets.add(socket);
  socket.onclose = () => sockets.delete(socket);
  socket.onmessage = ({ data }) => {
    for (const other of sockets) if (other !== socket) other.send(data);
  };
  return response;
}

const JSON_HEADERS = { headers: { "content-type": "application/json; charset=utf-8" } };
const HTML_HEADERS = { headers: { "content-type": "text/html; charset=utf-8" } };

const PAGE = `<!doctype html><title>bare</title><ul></ul><script>
const socket = new WebSocket("ws://" + location.host + "/socket");
socket.onopen = () => { if (location.hash) socket.send(location.hash.slice(1)); };
socket.onmessage = ({ data }) => {
  const item = document.createElement("li");
  item.textContent = data;
  document.querySelector("ul").append(item);
};
</script>`;

async function answer(request: Request): Promise<Response> {
  const text = await request.text();
  return new Response(JSON.stringify({ timestamp: 0, id: JSON.parse(text).peer_id }), JSON_HEADERS);
}

function handle(request: Request): Response | Promise<Response> {
  if (request.method === "POST") return answer(request);
  if (request.headers.get("upgrade") === "websocket") return upgrade(request);
  if (request.url.endsWith("/page")) return new Response(PAGE, HTML_HEADERS);
  return new Response("[]", JSON_HEADERS);
}

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("BARE_PORT") ?? 0),
  onListen: ({ port }) => console.log(`http://localhost:${port}`),
}, handle);
