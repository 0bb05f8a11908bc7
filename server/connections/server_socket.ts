/**
 * The node's end of a WebSocket (RFC 6455), on a connection where it sees every byte. It holds only the
 * bytes that have arrived, cuts a client that sends a message larger than the bound, and ends a connection
 * when the other side does not answer a close. `Deno.upgradeWebSocket` has no bound below 64 MiB
 * (denoland/deno#15809) and can't end a connection. `ws` can do both, but takes half as much time again for
 * each frame.
 */
import type { Clock } from "../../transport/transport.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import type { ByteStream } from "./deno_http.ts";
import type { IncomingRate } from "../limits/incoming_rate.ts";
import {
  closeCodeIn,
  closeFrame,
  type Frame,
  frameAt,
  frameOf,
  isControl,
  OPCODE,
  unmask,
} from "./websocket_frames.ts";

/** Four bytes for each of the `LIMITS.frameChars` of a frame: no client sends more by mistake. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Cost of one part of a message beside its bytes, in bytes. */
const PART_BYTES = 64;

/** Buffer of a connection that sends only small frames, as most do. */
const BUFFER_BYTES = 1024;

/** A pong is sent only while fewer bytes than this wait to go out. */
const MAX_UNREAD_PONGS_BYTES = 64 * 1024;

/** How long a message may take to arrive: 1 MiB at 400 kbit/s, a usual message at any rate. */
const MESSAGE_MS = 20_000;

/** How long the other side may take to answer a close, and to read the frames before it. */
const CLOSE_TIMEOUT_MS = 5_000;

/** RFC 6455 section 7.4.1. */
const CODE = {
  normal: 1000,
  protocol: 1002,
  none: 1005,
  broken: 1006,
  invalid: 1007,
  large: 1009,
  tryAgain: 1013,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Events of a WebSocket, for its owner. */
export interface ServerSocketHandlers {
  /** The socket is open: from here on `send` works, and the events below come. */
  onOpen(): void;
  onText(text: string): void;
  onBinary(): void;
  /** Everything that was sent has gone out. */
  onSent(): void;
  /** Called once, with the code of the other side's close frame, or 1006 when there was none. */
  onClose(code: number): void;
  /** Called once, after `onClose`: the connection has ended, and nothing waits to go out any more. */
  onEnd(): void;
}

export interface ServerSocketOptions {
  readonly clock: Clock;
  /** When nothing arrives for this long, the socket sends a ping; after as long again it ends. 0: never. */
  readonly idleTimeoutMs: number;
  /** The memory budget of incomplete messages, the rate of reading, and the address that both count for. */
  readonly budget: SharedBudget;
  readonly rate: IncomingRate;
  readonly address: string;
  /** Called when the connection has ended. */
  readonly onEnd: () => void;
}

/** The last text that was framed: a frame for a room is the same for all its members. */
const lastFramed = { text: "", bytes: frameOf(OPCODE.text, new Uint8Array(0)) };

function textFrame(text: string): Uint8Array<ArrayBuffer> {
  if (lastFramed.text !== text) {
    lastFramed.bytes = frameOf(OPCODE.text, encoder.encode(text));
    lastFramed.text = text;
  }
  return lastFramed.bytes;
}

/** Ignores all events. */
export const NOBODY: ServerSocketHandlers = {
  onOpen() {},
  onText() {},
  onBinary() {},
  onSent() {},
  onClose() {},
  onEnd() {},
};

export class ServerSocket {
  handlers: ServerSocketHandlers = NOBODY;
  readonly #connection: ByteStream;
  readonly #options: ServerSocketOptions;
  #state: "opening" | "open" | "closing" | "closed" = "opening";
  /** Bytes that wait for the write under way. */
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #bufferedBytes = 0;
  /** The write under way; null when there is none. */
  #writing: Promise<void> | null = null;
  /** Bytes that have arrived and were not taken: `#buffer` up to `#filled`. */
  #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  /** The frames so far of a message in several frames; null when there is none. */
  #message: { readonly opcode: number; readonly parts: Uint8Array[]; bytes: number } | null = null;
  #cancelTimer: (() => void) | null = null;
  #isDestroyed = false;
  /** Since when a message is arriving; null when none is. */
  #comingSinceMs: number | null = null;
  /** This socket's share of the budget. */
  readonly #share: BudgetShare;

  constructor(connection: ByteStream, options: ServerSocketOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#share = new BudgetShare(options.budget, options.address);
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Bytes that were sent and have not gone out. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(text: string): void {
    if (this.isOpen) this.#send(textFrame(text));
  }

  /**
   * Sends a close frame. The connection ends when the other side has answered, or after five seconds.
   * Idempotent.
   */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#send(closeFrame(code, reason));
    this.#state = "closing";
    this.#setTimer(CLOSE_TIMEOUT_MS, () => this.#end(CODE.broken));
  }

  /** Ends the connection at once. Idempotent. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#connection.close();
    this.#options.onEnd();
    this.#finish(CODE.broken);
    this.#queue = [];
    this.handlers.onEnd();
  }

  /** Ends the connection when a message takes longer than `MESSAGE_MS` to arrive. */
  check(nowMs: number): void {
    if (this.#comingSinceMs !== null && nowMs - this.#comingSinceMs > MESSAGE_MS) {
      this.#end(CODE.broken);
    }
  }

  /** Answers the handshake, and reads until the end. */
  async start(key: string): Promise<void> {
    const accept = encoder.encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", accept));
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "upgrade: websocket",
      "connection: upgrade",
      `sec-websocket-accept: ${digest.toBase64()}`,
    ];
    this.#send(encoder.encode(`${head.join("\r\n")}\r\n\r\n`));
    this.#state = "open";
    this.#watchIdle();
    this.handlers.onOpen();
    await this.#read();
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bufferedBytes += bytes.length;
    this.#queue.push(bytes);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const bytes = joined(this.#queue);
        this.#queue = [];
        for (let sent = 0; sent < bytes.length;) {
          const count = await this.#connection.write(bytes.subarray(sent));
          sent += count;
          this.#bufferedBytes -= count;
        }
      }
      this.#writing = null;
      this.handlers.onSent();
    } catch {
      this.#end(CODE.broken);
    }
  }

  async #read(): Promise<void> {
    try {
      while (this.#state !== "closed") {
        const count = await this.#connection.read(this.#buffer.subarray(this.#filled));
        if (count === null) return this.#end(CODE.broken);
        this.#filled += count;
        this.#watchIdle();
        const frames = this.#takeFrames();
        const { rate, address, clock } = this.#options;
        const delayMs = rate.delayMs(address, { bytes: count, frames });
        if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      }
    } catch {
      this.#end(CODE.broken);
    }
  }

  /** Takes the complete frames in the buffer, and makes room for the next bytes. Returns their number. */
  #takeFrames(): number {
    let start = 0;
    let missing = 1;
    let count = 0;
    while (this.#state !== "closed") {
      const frame = frameAt(this.#buffer, { start, end: this.#filled });
      if (frame === null) break;
      if (typeof frame === "string") {
        this.#fail(CODE.protocol, frame);
        break;
      }
      if (frame.length + (this.#message?.bytes ?? 0) > MAX_MESSAGE_BYTES) {
        this.#failLarge();
        break;
      }
      const end = frame.payloadAt + frame.length;
      missing = end - this.#filled;
      if (missing > 0) break;
      unmask(this.#buffer, frame);
      this.#takeFrame(frame, this.#buffer.subarray(frame.payloadAt, end));
      start = end;
      count++;
    }
    if (this.#state !== "closed") {
      this.#keepFrom(start, Math.max(1, missing));
      this.#noteHeld();
    }
    return count;
  }

  /** Counts the bytes of an incomplete message against the budget. */
  #noteHeld(): void {
    const { clock } = this.#options;
    const isComing = this.#filled > 0 || this.#message !== null;
    this.#comingSinceMs = isComing ? this.#comingSinceMs ?? clock.now() : null;
    const held = this.#buffer.length - BUFFER_BYTES + (this.#message?.bytes ?? 0);
    if (!this.#share.hold(held)) {
      this.#fail(CODE.tryAgain, "The node is receiving as much as it can hold");
    }
  }

  /**
   * Drops the bytes before `start`. The buffer grows with the bytes that have arrived, not with the length
   * that a frame announces.
   */
  #keepFrom(start: number, missing: number): void {
    const left = this.#filled - start;
    const bytes = Math.max(BUFFER_BYTES, Math.min(left + missing, 2 * left));
    if (bytes === this.#buffer.length || (left > 0 && bytes < this.#buffer.length)) {
      if (start > 0) this.#buffer.copyWithin(0, start, this.#filled);
    } else {
      const buffer = new Uint8Array(bytes);
      buffer.set(this.#buffer.subarray(start, this.#filled));
      this.#buffer = buffer;
    }
    this.#filled = left;
  }

  #takeFrame({ opcode, isLast }: Frame, payload: Uint8Array): void {
    if (opcode === OPCODE.close) return this.#takeClose(payload);
    // Frames that arrive after our close are dropped (section 1.4).
    if (!this.isOpen) return;
    if (opcode === OPCODE.ping) return this.#takePing(payload);
    if (isControl(opcode)) return;
    if ((opcode === OPCODE.continuation) !== (this.#message !== null)) {
      return this.#fail(CODE.protocol, "A message and its continuation do not fit together");
    }
    if (isLast && this.#message === null) return this.#takeMessage(opcode, payload);
    this.#message ??= { opcode, parts: [], bytes: 0 };
    this.#message.parts.push(payload.slice());
    this.#message.bytes += payload.length + PART_BYTES;
    if (this.#message.bytes > MAX_MESSAGE_BYTES) return this.#failLarge();
    if (!isLast) return;
    const message = this.#message;
    this.#message = null;
    this.#takeMessage(message.opcode, joined(message.parts));
  }

  /**
   * Answers a ping, unless the other side reads no answers. Only the last of several pings must be answered
   * (section 5.5.3).
   */
  #takePing(payload: Uint8Array): void {
    if (this.#bufferedBytes < MAX_UNREAD_PONGS_BYTES) this.#send(frameOf(OPCODE.pong, payload));
  }

  #takeMessage(opcode: number, bytes: Uint8Array): void {
    if (opcode === OPCODE.binary) return this.handlers.onBinary();
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return this.#fail(CODE.invalid, "The frame is not UTF-8");
    }
    this.handlers.onText(text);
  }

  #takeClose(payload: Uint8Array): void {
    const code = closeCodeIn(payload);
    if (this.isOpen) this.#send(closeFrame(code === CODE.none ? CODE.normal : code, ""));
    void this.#endWhenSent(code);
  }

  #failLarge(): void {
    this.#fail(CODE.large, `The message is larger than ${MAX_MESSAGE_BYTES / 1024} KiB`);
  }

  /**
   * Sends a close frame with `code` and ends the connection: the other side broke the protocol, or a limit.
   * Nothing more is read.
   */
  #fail(code: number, reason: string): void {
    if (this.isOpen) this.#send(closeFrame(code, reason));
    void this.#endWhenSent(CODE.broken);
  }

  async #endWhenSent(code: number): Promise<void> {
    this.#finish(code);
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(CLOSE_TIMEOUT_MS, late.resolve);
    await Promise.race([this.#writing, late.promise]);
    cancel();
    this.destroy();
  }

  #end(code: number): void {
    this.#finish(code);
    this.destroy();
  }

  #finish(code: number): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancelTimer?.();
    this.#message = null;
    this.#buffer = new Uint8Array(0);
    this.#share.hold(0);
    this.handlers.onClose(code);
  }

  #watchIdle(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === 0 || !this.isOpen) return;
    this.#setTimer(idleTimeoutMs, () => {
      this.#send(frameOf(OPCODE.ping, new Uint8Array(0)));
      this.#setTimer(idleTimeoutMs, () => this.#end(CODE.broken));
    });
  }

  #setTimer(delayMs: number, run: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(delayMs, run);
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>;
function joined(parts: readonly Uint8Array[]): Uint8Array;
function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
