/**
 * An attacker's TCP connection. It can start from any address of this machine; `Deno.connect` can't
 * choose the address.
 */
import { connect, type Socket } from "node:net";

export class AttackConnection {
  readonly #socket: Socket;
  readonly #closed: Promise<null>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve(null)));
  }

  /**
   * Opens a connection from the local address `from`; default: any. Resolves to null when it can't be
   * opened.
   */
  static open(nodeUrl: string, from?: string): Promise<AttackConnection | null> {
    const { hostname, port } = new URL(nodeUrl);
    const options = { host: hostname, port: Number(port), noDelay: true };
    const socket = connect(from === undefined ? options : { ...options, localAddress: from });
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(new AttackConnection(socket)));
      socket.on("error", () => resolve(null));
    });
  }

  /**
   * Resolves when the machine has taken the bytes.
   * @throws when the connection has ended.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<boolean>((resolve) =>
      this.#socket.write(bytes, (error) => resolve(error == null))
    );
    if (!await Promise.race([written, this.#closed])) throw new Error("The connection has ended");
  }

  /** Bytes that have arrived; null at the end. Only this method reads the socket. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#socket.read() as Uint8Array | null;
      if (bytes !== null) return bytes;
      if (this.#socket.readableEnded || this.#socket.destroyed) return null;
      const readable = new Promise((resolve) => {
        this.#socket.once("readable", resolve);
        this.#socket.once("end", resolve);
      });
      await Promise.race([readable, this.#closed]);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#socket.destroy();
  }
}
