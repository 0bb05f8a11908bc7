/**
 * The node's answer to `GET /config`, and what follows from it for invitations: which addresses others
 * can use. Its strategy is for users who have not chosen one. Owns the request and its parsing.
 */
import * as z from "zod/mini";
import { strategy } from "../../../transport/protocol/mod.ts";

const nodeConfig = z.object({
  version: z.string(),
  /** The address for links that the node's owner has set; null when none is set. */
  public_base: z.nullable(z.string()),
  /** Base addresses on the local network, such as `http://192.168.1.5:8080`. */
  addresses: z.array(z.string()),
  /**
   * The strategy that the node's owner has set; "auto" when the node tells none, or one that is unknown
   * here.
   */
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

/** Whether `base` always names the computer on which it is opened, such as `localhost`. */
export function isThisComputerOnly(base: string): boolean {
  try {
    const host = new URL(base).hostname;
    return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" ||
      /^127\./.test(host);
  } catch {
    return false;
  }
}
