import assert from "node:assert/strict";
import { message } from "../../messages.ts";
import { plain } from "../../peers.ts";
import { messageSpeech } from "../../../../ui/web/state/speech.ts";

Deno.test("a few messages are read aloud, many are summed up, long ones begun", () => {
  assert.deepEqual(messageSpeech([message({ name: "Ann", text: "hi" })]), ["Ann: hi"]);
  const many = Array.from({ length: 5 }, () => message({ name: "Ann" }));
  assert.deepEqual(messageSpeech(many).map(plain), ["5 new messages from Ann"]);
  const [long] = messageSpeech([message({ text: "x".repeat(10_000) })]);
  assert.ok(long!.length < 400);
});
