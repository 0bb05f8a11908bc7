/** When the node is asked to stop: Ctrl+C, or the service manager's SIGTERM. */

/** 128 + SIGINT, as shells have it. */
const EXIT_AT_ONCE = 130;

/** Resolves at the first signal; a second one ends the process at once. */
export function stopRequested(): Promise<void> {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  return new Promise((resolve) => {
    let isAsked = false;
    const onSignal = () => {
      if (isAsked) Deno.exit(EXIT_AT_ONCE);
      isAsked = true;
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  });
}
