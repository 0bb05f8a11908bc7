/** The `ws` package: every message goes on to all others. */
import { createRequire } from "node:module";

// The package has no types, which `deno check` would miss in an import.
const { WebSocketServer } = createRequire(import.meta.url)("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => {
  console.log(`http://localhost:${server.address().port}`);
});
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    for (const other of server.clients) if (other !== socket) other.send(data, { binary: false });
  });
});
