/** The platform's folder for a program's data. */

/** Returns the path of `chat.db` in the platform's data folder. */
export function defaultDbPath(
  env: Readonly<Record<string, string | undefined>>,
  os: typeof Deno.build.os = Deno.build.os,
): string {
  const home = env.HOME ?? env.USERPROFILE ?? ".";
  if (os === "windows") {
    return `${env.LOCALAPPDATA ?? `${home}\\AppData\\Local`}\\e-goat\\chat.db`;
  }
  if (os === "darwin") return `${home}/Library/Application Support/e-goat/chat.db`;
  // An unset, empty or relative XDG_DATA_HOME counts as the default (XDG Base Directory 0.8).
  const base = env.XDG_DATA_HOME?.startsWith("/") ? env.XDG_DATA_HOME : `${home}/.local/share`;
  return `${base}/e-goat/chat.db`;
}
