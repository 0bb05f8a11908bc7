/** socket.io, WebSockets only: every `relay` event goes on to all others. */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const server = new Server(http, { transports: ["websocket"], pingInterval: 600_000 });
server.on("connection", (socket) => {
  socket.on("relay", (text) => socket.broadcast.emit("relay", text));
});
http.listen(0, "127.0.0.1", () => console.log(`http://localhost:${http.address().port}`));
