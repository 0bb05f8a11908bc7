/** A certificate for the lab's TURN server, and the authority that signs it. Both are new for each run. */
import type { CertificateFiles } from "../lab/services.ts";

/** Path of the authority's certificate. A program with this path in `DENO_CERT` trusts the server. */
export function authorityFile(folder: string): string {
  return `${folder}/authority.pem`;
}

/** Makes the authority and a server certificate for the names `hosts`, in `folder`. */
export async function makeCertificate(
  folder: string,
  hosts: readonly string[],
): Promise<CertificateFiles> {
  const authority = { certificate: authorityFile(folder), key: `${folder}/authority_key.pem` };
  const server = { certificate: `${folder}/server.pem`, key: `${folder}/server_key.pem` };
  const request = `${folder}/request.pem`;
  const names = `${folder}/names.cnf`;
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await Deno.writeTextFile(
    names,
    `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}\n`,
  );
  await openssl(["req", "-x509", ...newKey, "-subj", "/CN=The lab's authority", "-days", "2"], {
    out: authority.certificate,
    keyout: authority.key,
  });
  await openssl(["req", ...newKey, "-subj", "/CN=A server of the lab"], {
    out: request,
    keyout: server.key,
  });
  await openssl(["x509", "-req", "-CAcreateserial", "-days", "2"], {
    in: request,
    CA: authority.certificate,
    CAkey: authority.key,
    extfile: names,
    out: server.certificate,
  });
  return server;
}

async function openssl(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const named = Object.entries(files).flatMap(([option, path]) => [`-${option}`, path]);
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args, ...named] })
    .output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
