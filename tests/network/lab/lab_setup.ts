/** Checks whether a network lab can be made on this machine, and installs the packages that it needs. */
import { installPackages } from "../../../scripts/apt.ts";

/** The programs of the lab and the Debian package that each is in. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  turnserver: "coturn",
  openssl: "openssl",
};

/**
 * Makes sure that the lab's programs are installed, with apt-get where possible. Resolves to null, or to
 * the reason why there can be no lab here.
 */
export async function setUpLab(): Promise<string | null> {
  if (Deno.build.os !== "linux") return "network namespaces are Linux's";
  if (Deno.uid() !== 0) return "network namespaces can be made by root alone";
  if (missingPackages().length > 0 && isOnPath("apt-get")) {
    await installPackages(missingPackages(), ["--no-install-recommends"]);
  }
  const missing = missingPackages();
  if (missing.length > 0) return `install the packages ${missing.join(", ")}`;
  return await namespaceProblem();
}

function missingPackages(): string[] {
  return Object.keys(PACKAGES).filter((name) => !isOnPath(name)).map((name) => PACKAGES[name]!);
}

function isOnPath(name: string): boolean {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** Root in a container may lack the right to make namespaces. Only an attempt shows it. */
async function namespaceProblem(): Promise<string | null> {
  const name = `egoat-${Deno.pid}-probe`;
  const { code, stderr } = await new Deno.Command("ip", { args: ["netns", "add", name] }).output();
  if (code !== 0) {
    return `this root may make no network namespaces: ${new TextDecoder().decode(stderr).trim()}`;
  }
  await new Deno.Command("ip", { args: ["netns", "delete", name] }).output();
  return null;
}
