/**
 * The entry of `e-goat doctor`: binds Deno to the checks. In a file of its own, so that a node starts
 * without it.
 */
import type { DoctorPlatform } from "../../transport/doctor/doctor.ts";
import { HttpPollingTransport } from "../../transport/uplink/http_polling.ts";
import { NodeWebRtcTransport } from "../../transport/uplink/node_webrtc.ts";
import { systemClock } from "../../transport/transport.ts";
import { WebSocketTransport } from "../../transport/uplink/websocket.ts";
import { certificateProblem } from "./certificate.ts";
import { runDoctor } from "./doctor.ts";
import { probeStun } from "./stun_client.ts";

/** The module that loads WebRTC: `endpoint_worker.ts`, in the sources or in the bundle. */
export type WebRtcModule = typeof import("../../transport/werift/endpoint_worker.ts");

/**
 * Checks the network between here and the node at `nodeUrl`, and prints what it finds.
 * @returns the exit code: 0 when a chat works, 1 when none does.
 */
export async function doctor(
  nodeUrl: string,
  loadWebRtc: () => Promise<WebRtcModule>,
): Promise<0 | 1> {
  return await runDoctor({
    nodeUrl,
    platform: doctorPlatform(await loadWebRtc()),
    print: (line) => console.log(line),
    signal: new AbortController().signal,
  });
}

/** Binds Deno to the checks. `webRtc` is null where there is no WebRTC. */
export function doctorPlatform(
  webRtc: Pick<WebRtcModule, "weriftConnections" | "weriftPeerConnection"> | null,
): DoctorPlatform {
  return {
    fetch,
    clock: systemClock,
    websocket: new WebSocketTransport(WebSocket),
    polling: new HttpPollingTransport({ fetch, clock: systemClock }),
    datagrams: webRtc && new NodeWebRtcTransport(webRtc.weriftConnections),
    createConnection: webRtc && webRtc.weriftConnections,
    PeerConnection: webRtc && webRtc.weriftPeerConnection,
    probeStun,
    certificateProblem,
  };
}
