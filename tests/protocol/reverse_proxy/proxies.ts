/** nginx and Caddy, with the examples of README.md. Only ports, certificates and folders differ. */
import { installPackages } from "../../../scripts/apt.ts";
import { until } from "../../fakes/until.ts";
import { authorityFile, makeCertificate } from "../../network/doctor/doctor_certificate.ts";
import { freePort, nginxMain, setUpNginx } from "../keep_alive/nginx.ts";
import { isInstalled } from "../keep_alive/programs.ts";
import { adapted, example } from "./readme_examples.ts";

/** The name in the examples. No DNS has it, so clients dial `localhost` and ask for this name. */
export const NAME = "chat.example";

/** A proxy that listens. */
export interface RunningProxy {
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly authority: string;
}

export interface ProxyProgram {
  readonly name: string;
  /** Resolves to null, or to the reason why there can be no such proxy here. */
  setUp(): Promise<string | null>;
  /** Runs `run` with the proxy before the node at `nodeHost`. */
  withProxy(nodeHost: string, run: (proxy: RunningProxy) => Promise<void>): Promise<void>;
}

interface Started {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly port: number;
  readonly authorityFile: string;
}

/** An nginx with the example's configuration, less the lines that match `without`. */
export function nginx(name = "nginx", without: RegExp | null = null): ProxyProgram {
  return {
    name,
    async setUp() {
      return await setUpNginx() ??
        (isInstalled("openssl", ["version"]) ? null : "install the package openssl");
    },
    withProxy: (nodeHost, run) =>
      inFolder(async (folder) => {
        const port = freePort();
        const certificate = await makeCertificate(folder, [NAME, "localhost"]);
        const site = adapted(example("nginx"), [
          ["127.0.0.1:8080", nodeHost],
          ["listen 443 ", `listen 127.0.0.1:${port} `],
          [`/etc/ssl/${NAME}.pem`, certificate.certificate],
          [`/etc/ssl/${NAME}.key`, certificate.key],
        ]);
        const lines = site.split("\n").filter((line) => without?.test(line) !== true);
        const config = `${folder}/nginx.conf`;
        await Deno.writeTextFile(config, nginxMain(folder, lines.join("\n")));
        const args = ["-p", folder, "-e", `${folder}/error.log`, "-c", config];
        const authority = authorityFile(folder);
        await withProgram({ command: "nginx", args, port, authorityFile: authority }, run);
      }),
  };
}

/** A Caddy with the example's configuration, and its own authority instead of a public one. */
export const caddy: ProxyProgram = {
  name: "Caddy",
  async setUp() {
    if (isInstalled("caddy", ["version"])) return null;
    await installPackages(["caddy"], ["--no-install-recommends"]);
    return isInstalled("caddy", ["version"]) ? null : "install the package caddy";
  },
  withProxy: (nodeHost, run) =>
    inFolder(async (folder) => {
      const port = freePort();
      const site = adapted(example("caddy"), [
        ["127.0.0.1:8080", nodeHost],
        [
          `${NAME} {`,
          `https://${NAME}:${port}, https://localhost:${port} {\nbind 127.0.0.1\ntls internal`,
        ],
      ]);
      const options = [
        "admin off",
        "auto_https disable_redirects",
        "skip_install_trust",
        `storage file_system ${folder}`,
        "log {\nlevel ERROR\n}",
      ];
      const config = `${folder}/Caddyfile`;
      await Deno.writeTextFile(config, `{\n${options.join("\n")}\n}\n${site}`);
      const args = ["run", "--config", config, "--adapter", "caddyfile"];
      const authority = `${folder}/pki/authorities/local/root.crt`;
      const env = { HOME: folder, XDG_CONFIG_HOME: folder };
      await withProgram({ command: "caddy", args, env, port, authorityFile: authority }, run);
    }),
};

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function withProgram(
  { command, args, env = {}, port, authorityFile }: Started,
  run: (proxy: RunningProxy) => Promise<void>,
): Promise<void> {
  const options: Deno.CommandOptions = { args: [...args], env, stdin: "null" };
  const child = new Deno.Command(command, { ...options, stderr: "piped" }).spawn();
  const said = new Response(child.stderr).text();
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  try {
    let authority: string | null = null;
    await until(async () => {
      authority = await authorityOf(port, authorityFile);
      return hasEnded || authority !== null;
    }, `${command} serves TLS`);
    if (authority === null) throw new Error(`${command} did not start: ${await said}`);
    await run({ port, authority });
  } finally {
    if (!hasEnded) child.kill("SIGTERM");
    await child.status;
    await said;
  }
}

/** The authority's PEM, once the server on `port` has a certificate from it. */
async function authorityOf(port: number, file: string): Promise<string | null> {
  try {
    const authority = await Deno.readTextFile(file);
    const options = { hostname: "localhost", port, caCerts: [authority] };
    using connection = await Deno.connectTls(options);
    await connection.handshake();
    return authority;
  } catch {
    return null;
  }
}
