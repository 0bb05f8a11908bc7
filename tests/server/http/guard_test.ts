import assert from "node:assert/strict";
import { Guard } from "../../../server/http/guard.ts";

const guard = new Guard({
  publicBase: "https://chat.example",
  allowHosts: ["Extra.example", "ported.example:81"],
});
guard.setOwnPorts([8080, 9000]);

function isHostFine(host: string): boolean {
  try {
    guard.checkHost(host);
    return true;
  } catch {
    return false;
  }
}

function isOriginFine(host: string, headers: Record<string, string>): boolean {
  try {
    guard.checkOrigin(new Headers(headers), host);
    return true;
  } catch {
    return false;
  }
}

Deno.test("a node answers to localhost, addresses, its public base and what it is told to", () => {
  const fine = [
    ...[
      "localhost",
      "localhost:8080",
      "app.localhost:1",
      "127.0.0.1:8080",
      "192.168.1.5",
      "[::1]:80",
    ],
    ...[
      "chat.example",
      "chat.example:8443",
      "extra.example",
      "extra.example:99",
      "ported.example:81",
    ],
  ];
  for (const host of fine) assert(isHostFine(host), host);
});

Deno.test("a node answers to no other name, so that a rebound one is of no use", () => {
  const bad = ["evil.example", "localhost.evil.example", "1.2.3.4.evil.example", "ported.example"];
  for (const host of [...bad, "notlocalhost", "chat.example.evil"]) assert(!isHostFine(host), host);
});

Deno.test("a request without an Origin is fine, and so is the node's own page", () => {
  assert(isOriginFine("localhost:8080", {}));
  for (
    const origin of ["http://localhost:8080", "https://chat.example", "http://extra.example:5"]
  ) {
    assert(isOriginFine("localhost:8080", { origin }), origin);
  }
});

Deno.test("the page on one port of the node may use its other", () => {
  assert(isOriginFine("192.168.1.5:9000", { origin: "http://192.168.1.5:8080" }));
});

Deno.test("another site's page may not, nor another port's, nor one that hides its origin", () => {
  const bad = ["https://evil.example", "http://localhost:3000", "http://192.168.1.9:8080", "null"];
  for (const origin of [...bad, "file://", "http://localhost:8080.evil.example"]) {
    assert(!isOriginFine("localhost:8080", { origin }), origin);
  }
});

Deno.test("an image on another site's page sends no Origin and is refused by what browsers say", () => {
  assert(!isOriginFine("localhost:8080", { "sec-fetch-site": "cross-site" }));
  assert(!isOriginFine("localhost:8080", { "sec-fetch-site": "same-site" }));
  assert(isOriginFine("localhost:8080", { "sec-fetch-site": "same-origin" }));
  assert(isOriginFine("localhost:8080", { "sec-fetch-site": "none" }));
});
