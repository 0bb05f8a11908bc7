/** The signaling server of PeerJS, as its package starts it. */
import { PeerServer } from "peer";

PeerServer({ host: "127.0.0.1", port: 0, path: "/" }, (server) => {
  console.log(`http://localhost:${server.address().port}`);
});
