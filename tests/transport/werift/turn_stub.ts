/** A TURN server that gives everyone one relay and passes nothing on. Owns no test. */
import { Buffer } from "node:buffer";
import { classes, Message, methods, parseMessage } from "werift";

/** The relay's address, from a block for documentation (RFC 5737). */
export const RELAY: readonly [string, number] = ["203.0.113.9", 49_152];
const LIFETIME_SECONDS = 600;

export class TurnStub {
  /** Number of allocations asked for. */
  asked = 0;
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

  constructor() {
    this.#answer().catch(() => {});
  }

  get url(): string {
    return `turn:127.0.0.1:${(this.#socket.addr as Deno.NetAddr).port}`;
  }

  close(): void {
    this.#socket.close();
  }

  async #answer(): Promise<void> {
    for await (const [packet, from] of this.#socket) {
      const request = parseMessage(Buffer.from(packet));
      if (request === undefined || request.messageMethod !== methods.ALLOCATE) continue;
      this.asked++;
      const { hostname, port } = from as Deno.NetAddr;
      const answer = new Message(methods.ALLOCATE, classes.RESPONSE, request.transactionId);
      answer.setAttribute("XOR-RELAYED-ADDRESS", [...RELAY]);
      answer.setAttribute("XOR-MAPPED-ADDRESS", [hostname, port]);
      answer.setAttribute("LIFETIME", LIFETIME_SECONDS);
      await this.#socket.send(answer.bytes, from);
    }
  }
}
