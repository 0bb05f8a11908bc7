import assert from "node:assert/strict";
import { fetchConfig, type NodeConfig } from "../../ui/node_config.ts";

const LOCAL = "http://localhost:8080";
const config: NodeConfig = {
  version: "1",
  public_base: null,
  addresses: ["http://192.168.1.5:8080"],
  strategy: "relay-safe",
};

Deno.test("a node that does not answer, or answers nonsense, has no config", async () => {
  const answer = (body: string) => () => Promise.resolve(new Response(body));
  assert.deepEqual(await fetchConfig(answer(JSON.stringify(config)), LOCAL), config);
  assert.equal(await fetchConfig(answer("<html>"), LOCAL), null);
  assert.equal(await fetchConfig(answer('{"version":1}'), LOCAL), null);
  assert.equal(await fetchConfig(() => Promise.reject(new TypeError("no network")), LOCAL), null);
});

Deno.test("a node without a strategy, or with an unknown one, is joined as ever", async () => {
  const { strategy: _, ...older } = config;
  for (const said of [older, { ...config, strategy: "carrier-pigeon" }]) {
    const answer = () => Promise.resolve(Response.json(said));
    assert.deepEqual(await fetchConfig(answer, LOCAL), { ...config, strategy: "auto" });
  }
});
