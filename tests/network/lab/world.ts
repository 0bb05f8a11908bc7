/** A whole lab: the internet with a node and a coturn, homes as wanted, and a peer in each. */
import type { Home } from "./home.ts";
import { HOSTS, Internet, NODE_PORT } from "./internet.ts";
import { Lab } from "./lab.ts";
import { PeerClient } from "../peers/peer_client.ts";
import { type CertificateFiles, type Service, startCoturn, startNode } from "./services.ts";
import { HOME_KINDS, type HomeKindName } from "./theory.ts";

export interface WorldOptions {
  /** Further flags for the node. */
  readonly nodeArgs?: readonly string[];
  /** Makes coturn's TLS certificate in a folder of the lab; default: no TLS. */
  readonly certify?: (folder: string) => Promise<CertificateFiles>;
}

export class World implements AsyncDisposable {
  readonly lab: Lab;
  readonly internet: Internet;
  readonly node: Service;
  readonly coturn: Service;

  private constructor(parts: Pick<World, "lab" | "internet" | "node" | "coturn">) {
    this.lab = parts.lab;
    this.internet = parts.internet;
    this.node = parts.node;
    this.coturn = parts.coturn;
  }

  static async create({ nodeArgs, certify }: WorldOptions = {}): Promise<World> {
    const lab = await Lab.create();
    try {
      const internet = await Internet.create(lab);
      await internet.addHost("node");
      await internet.addHost("turn");
      const [node, coturn] = await Promise.all([
        startNode(internet, nodeArgs),
        startCoturn(internet, await certify?.(lab.folder)),
      ]);
      return new World({ lab, internet, node, coturn });
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** Makes a home. With `proxy`, a proxy that strips upgrades runs on its router until a cut uses it. */
  async addHome(kind: HomeKindName, { proxy = false } = {}): Promise<Home> {
    const home = await this.internet.addHome(kind);
    if (proxy || HOME_KINDS[kind].tcp === "proxy") {
      await home.startProxy(`http://${HOSTS.node.v4[0]}:${NODE_PORT}`);
    }
    return home;
  }

  /** Makes a home and starts a peer in it. */
  async addPeer(kind: HomeKindName, options: { proxy?: boolean } = {}): Promise<PeerClient> {
    return await PeerClient.start(this.lab, await this.addHome(kind, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.close();
  }
}
