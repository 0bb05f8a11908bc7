import assert from "node:assert/strict";
import { cutPayload } from "../../scripts/denort.ts";

/** An ELF header whose two section headers of 64 bytes end at byte 228, and `length` bytes in all. */
function elf(length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(7);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x7f454c46);
  view.setUint8(4, 2);
  view.setUint8(5, 1);
  view.setBigUint64(0x28, 100n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 2, true);
  return bytes;
}

Deno.test("an executable is cut behind its section headers", () => {
  assert.deepEqual(cutPayload(elf(1000)), elf(1000).subarray(0, 228));
});

Deno.test("an executable with nothing behind it stays whole", () => {
  assert.equal(cutPayload(elf(228)).length, 228);
});

Deno.test("an executable that ends too early is refused", () => {
  assert.throws(() => cutPayload(elf(227)), /cut short/);
});

Deno.test("what is no ELF executable is refused", () => {
  assert.throws(
    () => cutPayload(new TextEncoder().encode("#!/bin/sh\n".repeat(20))),
    /not a 64-bit/,
  );
  assert.throws(() => cutPayload(new Uint8Array(3)), /not a 64-bit/);
});
