/**
 * What the node says about itself in `GET /config`, and what follows from it for invitations: which
 * addresses others can use. Its strategy is for who has not chosen one. Owns the request and its parsing.
 */
import * as z from "zod/mini";
import { strategy } from "../../../transport/protocol.ts";

const nodeConfig = z.object({
  version: z.string(),
  /** The address that the node's owner set for links; null when none is. */
  public_base: z.nullable(z.string()),
  /** Base addresses on the local network, such as `http://192.168.1.5:8080`. */
  addresses: z.array(z.string()),
  /** The paths that its owner wants used; "auto" for a node that has no word for it, or a new one. */
  strategy: z.catch(strategy, "auto"),
});
export type NodeConfig = z.infer<typeof nodeConfig>;

/** One address that an invite link can begin with. */
export interface InviteBase {
  readonly base: string;
  /** Whether it works from other computers. */
  readonly isReachable: boolean;
}

/** Asks the node. Null when it can't be reached or answers something else: links still work then. */
export async function fetchConfig(
  fetchFromNode: typeof fetch,
  nodeUrl: string,
): Promise<NodeConfig | null> {
  try {
    const response = await fetchFromNode(new URL("/config", nodeUrl));
    const result = nodeConfig.safeParse(await response.json());
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** The addresses to choose from for a link, the best one first. */
export function inviteBases(config: NodeConfig | null, origin: string): InviteBase[] {
  if (config?.public_base) return [{ base: config.public_base, isReachable: true }];
  if (!isThisComputerOnly(origin)) return [{ base: origin, isReachable: true }];
  const others = (config?.addresses ?? []).filter((base) => !isThisComputerOnly(base));
  return [
    ...others.map((base) => ({ base, isReachable: true })),
    { base: origin, isReachable: false },
  ];
}

/** Every address under which this node is known. */
export function ownBases(config: NodeConfig | null, origin: string): string[] {
  const publicBase = config?.public_base ?? null;
  return [origin, ...(publicBase === null ? [] : [publicBase]), ...(config?.addresses ?? [])];
}

/** Whether `base` names the computer it is opened on, whichever that is. */
export function isThisComputerOnly(base: string): boolean {
  try {
    const host = new URL(base).hostname;
    return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" ||
      /^127\./.test(host);
  } catch {
    return false;
  }
}
