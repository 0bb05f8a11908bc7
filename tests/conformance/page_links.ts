/** Runs in a page: ends of links on the page's RTCPeerConnection, steered by `page_end.ts`. */
import type { PeerLink } from "../../transport/mesh/peer_link.ts";
import { webrtcLinks } from "../../transport/mesh/webrtc.ts";
import type { Command, Done, News } from "./page_protocol.ts";
import { fill, type Reaction, REACTIONS } from "./reactions.ts";

const createLink = webrtcLinks(RTCPeerConnection);

class End {
  readonly #id: number;
  readonly #link: PeerLink;
  #reaction: Reaction | null = null;
  #isClosed = false;

  constructor(id: number, isPolite: boolean) {
    this.#id = id;
    this.#link = createLink({ isPolite, iceServers: [], isRelayOnly: false }, {
      onSignal: (signal) => this.#tell({ type: "signal", signal }),
      onOpen: (tier) => this.#tell({ type: "open", tier }),
      onFrame: (text) => this.#onFrame(text),
      onClose: (reason) => this.#tell({ type: "close", reason }),
    });
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  send(text: string): boolean {
    return this.#link.send(text);
  }

  close(): void {
    this.#isClosed = true;
    this.#link.close();
  }

  obey(command: Exclude<Command, { type: "make" }>): Done["result"] {
    switch (command.type) {
      case "send":
        return this.send(command.text);
      case "fill":
        return fill(this, command.text);
      case "signal":
        this.#link.signal(command.signal);
        break;
      case "react":
        this.#reaction = command.reaction;
        break;
      default:
        if (command.type === "offer") this.#link.offer();
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
