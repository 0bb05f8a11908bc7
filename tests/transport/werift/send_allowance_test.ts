import assert from "node:assert/strict";
import fc from "fast-check";
import { SendAllowance, UnansweredRate } from "../../../transport/werift/send_allowance.ts";
import { FakeClock } from "../../fakes/clock.ts";

const CHECK = 88;
const unlimited = () => true;

function sendAll(allowance: SendAllowance, remote: string, tries = 1000): number {
  let sent = 0;
  for (let each = 0; each < tries; each++) if (allowance.take(remote, CHECK)) sent += CHECK;
  return sent;
}

Deno.test("nothing goes out for nothing", () => {
  assert.equal(sendAll(new SendAllowance(unlimited), "192.0.2.1 5000"), 0);
});

Deno.test("three bytes go out for one that was signaled, a quarter of them to one address", () => {
  const allowance = new SendAllowance(unlimited);
  allowance.signaled(1_000);
  const sent = [1, 2, 3, 4, 5, 6].map((host) => sendAll(allowance, `192.0.2.${host} 5000`));
  assert.deepEqual(sent, [704, 704, 704, 704, 176, 0]);
});

Deno.test("a long signal allows no more than any honest negotiation needs", () => {
  const allowance = new SendAllowance(unlimited);
  allowance.signaled(256 * 1024);
  let sent = 0;
  for (let host = 0; host < 50; host++) sent += sendAll(allowance, `192.0.2.${host} 5000`);
  assert.ok(sent <= 12 * 1024 && sent > 11 * 1024, `${sent}`);
});

Deno.test("what came from an address is answered there, and nowhere else", () => {
  const allowance = new SendAllowance(unlimited);
  allowance.received("192.0.2.1 5000", 100);
  assert.equal(sendAll(allowance, "192.0.2.1 5001"), 0);
  assert.equal(sendAll(allowance, "192.0.2.1 5000"), 3 * CHECK);
});

Deno.test("who has answered is sent whatever there is", () => {
  const allowance = new SendAllowance(() => false);
  allowance.answered("192.0.2.1 5000");
  assert.equal(sendAll(allowance, "192.0.2.1 5000"), 1000 * CHECK);
});

Deno.test("an address that answered is known whatever others make themselves known", () => {
  const allowance = new SendAllowance(unlimited);
  allowance.answered("192.0.2.1 5000");
  for (let port = 0; port < 10_000; port++) allowance.received(`192.0.2.2 ${port}`, 1);
  assert.equal(sendAll(allowance, "192.0.2.1 5000", 10), 10 * CHECK);
});

Deno.test("no order of events makes more than three bytes of one", () => {
  const remote = fc.integer({ min: 0, max: 80 }).map((port) => `192.0.2.1 ${port}`);
  const bytes = fc.integer({ min: 1, max: 1500 });
  const event = fc.tuple(fc.constantFrom("signaled", "received", "send", "send"), remote, bytes);
  fc.assert(fc.property(fc.array(event, { maxLength: 500 }), (events) => {
    const allowance = new SendAllowance(unlimited);
    let [received, sent] = [0, 0];
    for (const [what, from, count] of events) {
      if (what === "send") {
        if (allowance.take(from, count)) sent += count;
        assert.ok(sent <= 3 * received);
        continue;
      }
      received += count;
      if (what === "signaled") allowance.signaled(count);
      else allowance.received(from, count);
    }
  }));
});

Deno.test("a second has so many packets for an address, and so many in all", async () => {
  const clock = new FakeClock();
  const rate = new UnansweredRate(clock);
  const take = (from: string) => {
    let taken = 0;
    while (taken < 10_000 && rate.take(from)) taken++;
    return taken;
  };
  const taken = ["a", "a", "b", "c", "d", "e", "f", "g"].map(take);
  assert.deepEqual(taken, [250, 0, 250, 125, 125, 125, 125, 0]);
  await clock.advance(1_000);
  assert.equal(take("e"), 250);
});
