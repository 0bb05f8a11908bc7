/** Waits until the node is asked to stop: by Ctrl+C, or by the service manager's SIGTERM. */

/** Exit code of shells: 128 + SIGINT. */
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
