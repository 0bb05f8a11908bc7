/**
 * The UDP sockets of werift, on Deno's own datagrams. Deno's `node:dgram` allocates 64 KiB for every packet
 * that comes. Here a packet costs less than half, which matters because WebRTC sends many small packets. Does
 * not look into the packets. README.md names the test that tells when Deno no longer does that.
 */
import { Buffer } from "node:buffer";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { UdpTransport } from "werift";

/** WebRTC's packets fit an Ethernet frame; TURN and IPv6 fragments leave room to spare. */
const MAX_PACKET_BYTES = 4096;

type Options = NonNullable<Parameters<typeof UdpTransport.init>[1]>;
type Family = Parameters<typeof UdpTransport.init>[0];

/** The part of a socket that werift uses. */
type WeriftSocket = Pick<
  UdpTransport,
  "type" | "onData" | "closed" | "send" | "close" | "address" | "addressFamily" | "host" | "port"
>;

class DatagramTransport implements WeriftSocket {
  readonly type = "udp";
  readonly addressFamily: 4 | 6;
  closed = false;
  onData: UdpTransport["onData"] = () => {};
  readonly #socket: Deno.DatagramConn;

  constructor(family: Family, { port = 0, interfaceAddresses }: Options) {
    this.addressFamily = family === "udp6" ? 6 : 4;
    const hostname = interfaceAddresses?.[family] ?? (family === "udp6" ? "::" : "0.0.0.0");
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port });
    void this.#receive();
  }

  get address(): UdpTransport["address"] {
    return { address: this.host, port: this.port, family: `IPv${this.addressFamily}` };
  }

  get host(): string {
    return (this.#socket.addr as Deno.NetAddr).hostname;
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** Sends a packet. A packet that can't be sent counts as lost, as anywhere on the way. */
  readonly send: UdpTransport["send"] = async (data, addr) => {
    if (addr === undefined || this.closed) return;
    const [host, port] = addr;
    const hostname = isIP(host) ? host : await this.#resolve(host);
    await this.#socket.send(data, { transport: "udp", hostname, port }).catch(() => 0);
  };

  // deno-lint-ignore require-await -- werift waits for it.
  readonly close = async (): Promise<void> => {
    if (this.closed) return;
    this.closed = true;
    this.#socket.close();
  };

  async #resolve(host: string): Promise<string> {
    return (await lookup(host, { family: this.addressFamily })).address;
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(MAX_PACKET_BYTES);
    while (!this.closed) {
      try {
        const [packet, from] = await this.#socket.receive(buffer);
        this.#take(packet, from as Deno.NetAddr);
      } catch (error) {
        // Windows reports here that a sent packet found no receiver. Any other error ends the socket.
        if (!(error instanceof Deno.errors.ConnectionReset)) return await this.close();
      }
    }
  }

  #take(packet: Uint8Array, { hostname, port }: Deno.NetAddr): void {
    try {
      this.onData(Buffer.from(packet), [hostname, port]);
    } catch {
      // Drops a packet for which werift throws: an error here would end the socket.
    }
  }
}

/** Makes werift use these sockets from now on, where Deno has its own datagrams (`--unstable-net`). */
export function useDatagrams(): void {
  if (typeof Deno.listenDatagram !== "function") return;
  // deno-lint-ignore require-await -- werift waits for it.
  UdpTransport.init = async (family, options = {}) =>
    new DatagramTransport(family, options) as WeriftSocket as UdpTransport;
}
