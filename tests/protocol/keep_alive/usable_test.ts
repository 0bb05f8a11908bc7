/**
 * After an answer that did not wait for the body, a connection is usable or its end was announced.
 * `EGOAT_KEEP_ALIVE_RUNS=1000` tries each kind of answer 1,000 times, and prints the counts.
 */
import assert from "node:assert/strict";
import { metric } from "../metric.ts";
import { FOREIGN_URL, withNode } from "../node_under_test.ts";
import { withProcess } from "../own_process.ts";
import {
  asksFor,
  DIRECT_ANSWERS,
  EARLY_ANSWERS,
  type EarlyAnswer,
  RATE_LIMITED,
} from "./early_answers.ts";
import { setUpNginx, withNginx } from "./nginx.ts";
import { CLIENT_PROGRAMS, isInstalled, tryFetch, tryProgram } from "./programs.ts";
import { tryRaw } from "./raw_client.ts";
import { assertAllUsable, type Plan } from "./tally.ts";

/** Two runs for each of the 16 ways to send a body. */
const RUNS = Number(Deno.env.get("EGOAT_KEEP_ALIVE_RUNS") ?? 32);

const noNginx = await setUpNginx();
if (noNginx !== null) console.error(`Skipped, no nginx: ${noNginx}`);

function plan(url: string, answers: readonly EarlyAnswer[] = EARLY_ANSWERS): Plan {
  return { url, asks: asksFor(answers, RUNS), next: "send" };
}

/**
 * Answers that `fetch` can try: its GETs have no body. It handles a connection's announced end by
 * itself.
 */
const FETCHED = EARLY_ANSWERS.filter(({ method }) => method !== "GET" && method !== "HEAD");

Deno.test("a connection of the strictest client is usable after every early answer", () =>
  withNode(async ({ url }) => {
    const all = plan(url, [...EARLY_ANSWERS, ...DIRECT_ANSWERS]);
    assertAllUsable("raw", all, await tryRaw(all));
  }));

Deno.test("the second port leaves connections usable too", () =>
  withNode(async ({ secondUrl }) => {
    const missing = EARLY_ANSWERS.filter(({ path }) => path === "/nope" || path === "/health");
    const all = { ...plan(secondUrl, missing), next: "health" } as const;
    assertAllUsable("raw, second port", all, await tryRaw(all));
  }));

// The node runs in its own process. A `fetch` in the node's thread would notice the end before it asks.
Deno.test("Deno's fetch can go on after every early answer", () =>
  withProcess(async (url) => {
    const all = plan(url, FETCHED);
    assertAllUsable("fetch", all, await tryFetch(all));
  }));

for (const program of CLIENT_PROGRAMS) {
  Deno.test({
    name: `${program.name} can go on after every early answer`,
    ignore: !isInstalled(program.command),
    fn: () =>
      withNode(async ({ url }) => {
        const all = plan(url);
        assertAllUsable(program.name, all, await tryProgram(program, all));
      }),
  });
}

Deno.test({
  name: "at its rate limit a node leaves connections usable",
  ignore: FOREIGN_URL !== undefined,
  fn: () =>
    withNode(async ({ url }) => {
      const all = { ...plan(url, RATE_LIMITED), next: "health" } as const;
      assertAllUsable("raw, 429", all, await tryRaw(all));
      for (const program of CLIENT_PROGRAMS.filter(({ command }) => isInstalled(command))) {
        assertAllUsable(`${program.name}, 429`, all, await tryProgram(program, all));
      }
      const limited = await metric(url, "egoat_rate_limited_total");
      assert(limited > all.asks.length / 2, `${limited} were limited`);
    }, { rateLimit: 1 }),
});

Deno.test({
  name: "behind nginx nobody gets another one's answer or a 502",
  ignore: noNginx !== null,
  fn: () =>
    withNode(({ url }) =>
      withNginx(url, async ({ buffered, streaming }) => {
        const installed = CLIENT_PROGRAMS.filter(({ command }) => isInstalled(command));
        for (const [how, base] of [["buffered", buffered], ["streaming", streaming]] as const) {
          const all = plan(base);
          const fetched = plan(base, FETCHED);
          // All clients run at once, so that they share nginx's connections to the node.
          await Promise.all([
            tryRaw(all).then((tally) => assertAllUsable(`nginx ${how}, raw`, all, tally)),
            tryFetch(fetched).then((tally) =>
              assertAllUsable(`nginx ${how}, fetch`, fetched, tally)
            ),
            ...installed.map(async (program) => {
              const tally = await tryProgram(program, all);
              assertAllUsable(`nginx ${how}, ${program.name}`, all, tally);
            }),
          ]);
        }
      })
    ),
});
