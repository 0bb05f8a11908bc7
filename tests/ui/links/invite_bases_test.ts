import assert from "node:assert/strict";
import { inviteBases, isThisComputerOnly } from "../../../ui/links/invite_bases.ts";
import type { NodeConfig } from "../../../ui/node_config.ts";

const LAN = "http://192.168.1.5:8080";
const LOCAL = "http://localhost:8080";
const config: NodeConfig = {
  version: "1",
  public_base: null,
  addresses: [LAN],
  strategy: "relay-safe",
};

Deno.test("a public base is the only address for links", () => {
  const bases = inviteBases({ ...config, public_base: "https://chat.example" }, LOCAL);
  assert.deepEqual(bases, [{ base: "https://chat.example", isReachable: true }]);
});

Deno.test("an address that others can use is taken as it is", () => {
  assert.deepEqual(inviteBases(config, "http://10.0.0.2:8080"), [
    { base: "http://10.0.0.2:8080", isReachable: true },
  ]);
});

Deno.test("on localhost the addresses of the local network come first", () => {
  assert.deepEqual(inviteBases(config, LOCAL), [
    { base: LAN, isReachable: true },
    { base: LOCAL, isReachable: false },
  ]);
  assert.deepEqual(inviteBases(null, LOCAL), [{ base: LOCAL, isReachable: false }]);
});

Deno.test("every name of this computer is known as such", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.0.1", "[::1]", "goat.localhost"]) {
    assert.ok(isThisComputerOnly(`http://${host}:8080`), host);
  }
  for (const host of ["192.168.1.5", "localhost.example.org", "10.127.0.1"]) {
    assert.ok(!isThisComputerOnly(`http://${host}`), host);
  }
});
