import assert from "node:assert/strict";
import { message } from "../messages.ts";
import { stateWords } from "../../../ui/words/message_state.ts";

Deno.test("an own message's state is told in words", () => {
  const words = (given: Parameters<typeof message>[0]) =>
    stateWords(message({ own: true, ...given }), "auto").words;
  assert.equal(words({ state: "sending" }), "Sending");
  assert.equal(words({ state: "sent" }), "Sent, not yet stored by the node");
  assert.equal(
    words({ state: "sent", audience: 3, delivered: 2 }),
    "Delivered to 2 of 3, not yet stored by the node",
  );
  assert.equal(words({ state: "stored" }), "Stored");
  assert.equal(
    words({ state: "stored", audience: 3, delivered: 2 }),
    "Stored, delivered to 2 of 3",
  );
  assert.equal(
    words({ state: "stored", audience: 2, delivered: 2 }),
    "Stored, delivered to all 2",
  );
  assert.equal(words({ state: "failed" }), "Not sent");
});

Deno.test("marks differ by state, so that no state is told by colour alone", () => {
  const marks = (["sending", "sent", "stored", "failed"] as const).map((state) =>
    stateWords(message({ own: true, state }), "auto").mark
  );
  assert.equal(new Set(marks).size, 4);
});
