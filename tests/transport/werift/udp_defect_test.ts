/** The defect of Deno's `node:dgram` for which `transport/werift/udp.ts` has sockets of its own. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";

Deno.test("Deno's node:dgram still takes 64 KiB of memory for a packet of one byte", async () => {
  const socket = createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  socket.on("message", resolve);
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  socket.send(new Uint8Array(1), socket.address().port, "127.0.0.1");
  const { length, buffer } = await promise;
  await new Promise<void>((closed) => socket.close(closed));
  assert.equal(length, 1);
  const advice = "udp.ts may no longer be needed: see transport/werift/README.md";
  assert.equal(buffer.byteLength, 65_536, advice);
});
