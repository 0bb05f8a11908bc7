/**
 * A room of members that all talk. It keeps a number of frames under way, and counts the frames that
 * each member gets. It knows the few differences between the measured servers.
 */
import { setImmediate } from "node:timers/promises";
import { sleep } from "./programs.ts";
import { concatenate, encodeText, RawWebSocket } from "./raw_websocket.ts";

export const MEMBERS = 50;

/** Frames under way: a few per member, a few hundred kilobytes per socket at most. */
const FRAMES_UNDER_WAY = 200;
/** When nothing has arrived for this long, everything has arrived. */
const QUIET_MS = 150;

/** The protocol of one kind of server. */
export interface Fanout {
  readonly label: string;
  /** Path of member `index`'s WebSocket. */
  path(index: number): string;
  /** A frame that a member sends to enter the room. */
  readonly greeting?: string;
  /** The `number`th frame of the run. */
  frame(number: number): string;
  /** Whether the sender gets an acknowledgement for each of its frames. */
  readonly isAcknowledged: boolean;
}

export class FanoutRoom {
  readonly fanout: Fanout;
  readonly #members: RawWebSocket[];
  #sent = new Array<number>(MEMBERS).fill(0);
  #number = 0;

  private constructor(fanout: Fanout, members: RawWebSocket[]) {
    this.fanout = fanout;
    this.#members = members;
  }

  static async open(fanout: Fanout, port: number): Promise<FanoutRoom> {
    const members: RawWebSocket[] = [];
    for (let index = 0; index < MEMBERS; index++) {
      const member = await RawWebSocket.open(port, fanout.path(index));
      if (fanout.greeting !== undefined) member.send(encodeText(fanout.greeting));
      members.push(member);
    }
    const room = new FanoutRoom(fanout, members);
    await room.#settle();
    return room;
  }

  get frames(): number {
    return this.#number;
  }

  /**
   * Talks for `seconds`. Returns deliveries to others per second, without acknowledgements.
   * @throws {Error} when a member got more or fewer frames than were sent to it.
   */
  async talk(seconds: number): Promise<number> {
    for (const member of this.#members) member.texts = 0;
    this.#sent.fill(0);
    const startMs = performance.now();
    const endMs = startMs + seconds * 1000;
    while (performance.now() < endMs) {
      const underWay = this.#expected() - this.#received();
      if (underWay < FRAMES_UNDER_WAY * MEMBERS / 2) this.#say();
      // Lets the event loop read the sockets. A timer would wait a millisecond.
      await setImmediate();
    }
    const perSecond = this.#received() / ((performance.now() - startMs) / 1000);
    await this.#settle();
    this.#check();
    const others = this.fanout.isAcknowledged ? (MEMBERS - 1) / MEMBERS : 1;
    return perSecond * others;
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  /** Lets every member send its share of half the frames that may be under way. */
  #say(): void {
    const each = FRAMES_UNDER_WAY / 2 / MEMBERS;
    for (const [index, member] of this.#members.entries()) {
      const frames = Array.from(
        { length: each },
        () => encodeText(this.fanout.frame(this.#number++)),
      );
      member.send(concatenate(frames));
      this.#sent[index]! += each;
    }
  }

  #expected(): number {
    return sum(this.#sent) * (this.fanout.isAcknowledged ? MEMBERS : MEMBERS - 1);
  }

  #received(): number {
    return this.#members.reduce((count, { texts }) => count + texts, 0);
  }

  async #settle(): Promise<void> {
    let before = -1;
    for (let now = this.#received(); now !== before; now = this.#received()) {
      before = now;
      await sleep(QUIET_MS);
    }
  }

  #check(): void {
    const total = sum(this.#sent);
    for (const [index, { texts }] of this.#members.entries()) {
      const wanted = total - (this.fanout.isAcknowledged ? 0 : this.#sent[index]!);
      if (texts === wanted) continue;
      throw new Error(`${this.fanout.label}: member ${index} got ${texts} frames of ${wanted}`);
    }
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0);
}
