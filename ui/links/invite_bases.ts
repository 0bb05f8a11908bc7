/** Which addresses an invite link can begin with, from the node's configuration. Pure. */
import type { NodeConfig } from "../node_config.ts";

/** One address that an invite link can begin with. */
export interface InviteBase {
  readonly base: string;
  /** Whether it works from other computers. */
  readonly isReachable: boolean;
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
