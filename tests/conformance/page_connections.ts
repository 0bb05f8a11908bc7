/** Runs in a page: ends of connections on the page's RTCPeerConnection, steered by `page_end.ts`. */
import type { DirectConnection } from "../../transport/mesh/direct_connection.ts";
import { webrtcConnections } from "../../transport/mesh/webrtc.ts";
import type { Command, Done, News } from "./page_protocol.ts";
import { fill, type Reaction, REACTIONS } from "./reactions.ts";

const createConnection = webrtcConnections(RTCPeerConnection);

class End {
  readonly #id: number;
  readonly #connection: DirectConnection;
  #reaction: Reaction | null = null;
  #isClosed = false;

  constructor(id: number, isPolite: boolean) {
    this.#id = id;
    this.#connection = createConnection({ isPolite, iceServers: [], isRelayOnly: false }, {
      onSignal: (signal) => this.#tell({ type: "signal", signal }),
      onOpen: (tier) => this.#tell({ type: "open", tier }),
      onFrame: (text) => this.#onFrame(text),
      onClose: (reason) => this.#tell({ type: "close", reason }),
    });
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  send(text: string): boolean {
    return this.#connection.send(text);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.close();
  }

  obey(command: Exclude<Command, { type: "make" }>): Done["result"] {
    switch (command.type) {
      case "send":
        return this.send(command.text);
      case "fill":
        return fill(this, command.text);
      case "signal":
        this.#connection.signal(command.signal);
        break;
      case "react":
        this.#reaction = command.reaction;
        break;
      default:
        if (command.type === "offer") this.#connection.offer();
        else this.close();
    }
    return null;
  }

  #onFrame(text: string): void {
    this.#tell({ type: "frame", text });
    if (this.#reaction !== null) REACTIONS[this.#reaction](this, text);
  }

  #tell(news: News): void {
    const message = { ...news, isOpen: this.isOpen, isLate: this.#isClosed };
    void tellTest({ end: this.#id, message });
  }
}

const ends = new Map<number, End>();

globalThis.obey = (commands) =>
  commands.map(({ end: id, message }) => {
    if (message.type === "make") ends.set(id, new End(id, message.isPolite));
    const end = ends.get(id)!;
    const result = message.type === "make" ? null : end.obey(message);
    return { result, isOpen: end.isOpen };
  });
