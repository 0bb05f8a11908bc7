/** Where WebSockets are blocked, HTTP polling carries the chat, and the signaling for WebRTC. */
import { browserTest, useChromium } from "./browser.ts";
import { UpgradeStrippingProxy } from "./stripping_proxy.ts";
import { untilWire } from "./wire_record.ts";

useChromium();

/** Acts as a network that takes the packets of a WebSocket and never answers. */
function swallowWebSockets(): void {
  const Silent = class extends EventTarget {
    static readonly OPEN = 1;
    readonly OPEN = 1;
    readonly readyState = 0;
    readonly bufferedAmount = 0;
    close(): void {}
  };
  Object.assign(globalThis, { WebSocket: Silent });
}

browserTest(
  "a proxy that knows no WebSockets leaves polling and still a direct path",
  async (stage) => {
    await using proxy = new UpgradeStrippingProxy(stage.node.port);
    const [ann, ben] = [
      await stage.newPage({ baseURL: proxy.url }),
      await stage.newPage({ baseURL: proxy.url }),
    ];
    await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
    await ann.untilOnline("To the node by HTTP polling");
    await ben.untilOnline("To the node by HTTP polling");

    await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
    const id = await ann.say("Found a way");
    await ben.untilShown("Found a way");
    await untilWire(ben.page, { via: "datachannel", direction: "in", id });
    await untilWire(ann.page, { via: "http", direction: "out", id });
    await ann.untilState("Found a way", /Stored, delivered to 1 of 1/);
  },
  { cutsNetwork: true },
);

browserTest("WebSockets that never open cost nothing but the tier", async ({ newPage }) => {
  const [ann, ben] = [
    await newPage({ before: swallowWebSockets }),
    await newPage({ before: swallowWebSockets }),
  ];
  await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
  await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
  await ann.untilOnline("To the node by HTTP polling");
  await ben.say("Hello");
  await ann.untilShown("Hello");
});

browserTest(
  "with neither WebSocket nor WebRTC the chat goes by polling alone",
  async ({ newPage }) => {
    const before = () => {
      Reflect.deleteProperty(globalThis, "RTCPeerConnection");
      globalThis.WebSocket = class {
        constructor() {
          throw new DOMException("WebSockets are off here", "SecurityError");
        }
      } as unknown as typeof WebSocket;
    };
    const [ann, ben] = [await newPage({ before }), await newPage({ before })];
    await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
    await ann.untilPath("Ben", "Through the node (HTTP polling)");

    const texts = Array.from({ length: 10 }, (_, index) => `Message ${index}`);
    for (const [index, text] of texts.entries()) {
      const [from, to] = index % 2 === 0 ? [ann, ben] : [ben, ann];
      const id = await from.say(text);
      await to.untilShown(text);
      await untilWire(to.page, { via: "http", direction: "in", id });
    }
    await ann.untilTexts(texts);
    await ben.untilTexts(texts);
  },
);
