/**
 * The node's answer to `GET /config`: the addresses for invite links, and the strategy for users who
 * have not chosen one. Owns the request and its parsing.
 */
import * as z from "zod/mini";
import { strategy } from "../transport/protocol/mod.ts";

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
