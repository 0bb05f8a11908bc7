/**
 * Finds out why the certificate of a TURN server over TLS is not trusted. WebRTC tells only that there
 * is no relay.
 */
import type { CertificateProblem } from "../../transport/doctor/doctor.ts";

/** RFC 7065 section 3.2. */
const DEFAULT_PORT = 5349;

/** Deno's error message; the reason follows the colon. */
const REFUSED = /invalid peer certificate: (\w+)/;

/**
 * Makes a TLS handshake with the certificates that this computer trusts (`DENO_CERT` adds one).
 * Resolves to Deno's reason for refusing the certificate; null when there is no such reason or `signal`
 * is aborted.
 */
export const certificateProblem: CertificateProblem = async (url, signal) => {
  const [, host, port] = /^turns:(\[[^\]]+\]|[^:?]+)(?::(\d+))?/i.exec(url) ?? [];
  if (host === undefined || signal.aborted) return null;
  const hostname = host.replace(/^\[|\]$/g, "");
  const stopped = new Promise<null>((resolve) =>
    signal.addEventListener("abort", () => resolve(null), { once: true })
  );
  return await Promise.race([
    shakeHands({ hostname, port: Number(port ?? DEFAULT_PORT) }),
    stopped,
  ]);
};

async function shakeHands(server: { hostname: string; port: number }): Promise<string | null> {
  try {
    using connection = await Deno.connectTls(server);
    await connection.handshake();
    return null;
  } catch (error) {
    // An unreachable server is no problem of its certificate.
    return REFUSED.exec(String(error))?.[1] ?? null;
  }
}
