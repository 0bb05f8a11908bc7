/**
 * Records in a page the frames that go out and come in, and their transport. It works below the
 * product's code: at the browser's own RTCDataChannel, WebSocket and `fetch`.
 */
import type { Page } from "playwright-core";

export interface WireEntry {
  readonly via: "datachannel" | "websocket" | "http";
  readonly direction: "in" | "out";
  readonly frame: {
    readonly type: string;
    readonly peer_id?: string;
    readonly payload?: Record<string, unknown>;
  };
}

declare global {
  var wireRecord: WireEntry[];
}

/** Runs in the page before its own scripts. */
export function recordWire(): void {
  globalThis.wireRecord = [];
  const note = (via: WireEntry["via"], direction: WireEntry["direction"], body: unknown) => {
    if (typeof body !== "string") return;
    try {
      const json = JSON.parse(body);
      for (const frame of Array.isArray(json) ? json : [json]) {
        if (typeof frame?.type === "string") wireRecord.push({ via, direction, frame });
      }
    } catch {
      // Not a frame.
    }
  };

  const Connection = globalThis.RTCPeerConnection;
  if (Connection !== undefined) {
    const { createDataChannel } = Connection.prototype;
    Connection.prototype.createDataChannel = function (label, init) {
      const channel = createDataChannel.call(this, label, init);
      channel.addEventListener("message", ({ data }) => note("datachannel", "in", data));
      return channel;
    };
    const channelSend = RTCDataChannel.prototype.send;
    RTCDataChannel.prototype.send = function (data: never) {
      note("datachannel", "out", data);
      channelSend.call(this, data);
    };
  }

  const NativeWebSocket = globalThis.WebSocket;
  globalThis.WebSocket = class extends NativeWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }) => note("websocket", "in", data));
    }

    override send(data: never): void {
      note("websocket", "out", data);
      super.send(data);
    }
  };

  const nativeFetch = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    note("http", "out", (init as { body?: unknown } | undefined)?.body);
    const response = await nativeFetch(input, init);
    if (String(input).includes("/signal")) {
      response.clone().text().then((text) => note("http", "in", text), () => {});
    }
    return response;
  };
}

/** Returns the entries that the page has recorded since it was loaded. */
export function readWire(page: Page): Promise<WireEntry[]> {
  return page.evaluate(() => wireRecord);
}

/** Resolves when the page has recorded a chat frame with the id `id` on one transport and direction. */
export async function untilWire(
  page: Page,
  wanted: { via: WireEntry["via"]; direction: WireEntry["direction"]; id: string },
): Promise<void> {
  await page.waitForFunction(
    ({ via, direction, id }) =>
      wireRecord.some((entry) =>
        entry.via === via && entry.direction === direction && entry.frame.type === "chat" &&
        entry.frame.payload?.id === id
      ),
    wanted,
  );
}
