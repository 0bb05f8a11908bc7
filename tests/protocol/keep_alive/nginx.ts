/** An nginx before a node, as its owner would set it up: connections to the node are kept and shared. */
import { installPackages } from "../../../scripts/apt.ts";
import { until } from "../../fakes/until.ts";
import { isInstalled } from "./programs.ts";

/** Resolves to null, or to the reason why there can be no nginx here. */
export async function setUpNginx(): Promise<string | null> {
  if (isInstalled("nginx", ["-v"])) return null;
  // Debian starts nginx after the installation. On a machine for tests nothing else listens on port 80.
  if (Deno.build.os === "linux") await installPackages(["nginx-light"]);
  return isInstalled("nginx", ["-v"]) ? null : "install the package nginx";
}

/** Base URLs of one nginx. */
export interface Nginx {
  /** Reads a whole request before it asks the node. */
  readonly buffered: string;
  /** Passes a body on as it arrives. */
  readonly streaming: string;
}

/** Runs `run` with an nginx before the node at `url`. */
export async function withNginx(url: string, run: (nginx: Nginx) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [buffered, streaming] = [freePort(), freePort()];
  const config = `${folder}/nginx.conf`;
  await Deno.writeTextFile(config, configuration({ url, folder, buffered, streaming }));
  const child = new Deno.Command("nginx", {
    args: ["-p", folder, "-e", `${folder}/error.log`, "-c", config],
    stdin: "null",
    stderr: "inherit",
  }).spawn();
  try {
    await until(() => isOpen(streaming), "nginx listens");
    await run({
      buffered: `http://127.0.0.1:${buffered}`,
      streaming: `http://127.0.0.1:${streaming}`,
    });
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

interface Ports {
  readonly url: string;
  readonly folder: string;
  readonly buffered: number;
  readonly streaming: number;
}

/**
 * It has `proxy_next_upstream off`, because a second try would hide a connection that ended in silence.
 */
function configuration({ url, folder, buffered, streaming }: Ports): string {
  const server = (port: number, buffering: string) => `
    server {
      listen 127.0.0.1:${port};
      keepalive_requests 1000000;
      location / {
        proxy_pass http://node;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_request_buffering ${buffering};
        proxy_next_upstream off;
      }
    }`;
  return nginxMain(
    folder,
    `
    client_max_body_size 0;
    upstream node {
      server ${new URL(url).host};
      keepalive 4;
      keepalive_requests 1000000;
    }
    ${server(buffered, "on")}
    ${server(streaming, "off")}`,
  );
}

/** The settings of Debian's `nginx.conf` around `sites`, for a folder of our own. */
export function nginxMain(folder: string, sites: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
  daemon off;
  worker_processes 1;
  ${Deno.build.os === "linux" && Deno.uid() === 0 ? "user root;" : ""}
  pid ${folder}/nginx.pid;
  events { worker_connections 512; }
  http {
    access_log off;
    ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n")}
    ${sites}
  }`;
}

/** A port that was free a moment ago. Proxies cannot choose a free port by themselves. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
