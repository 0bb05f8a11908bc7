/** Own messages whose id another peer has taken. */
import assert from "node:assert/strict";
import { Conversation } from "../../../transport/messages/conversation.ts";
import { DeliveryRecords } from "../../../transport/messages/delivery_records.ts";
import { IdConflicts } from "../../../transport/messages/id_conflicts.ts";
import type { Outgoing } from "../../../transport/messages/kept_messages.ts";
import { Outbox } from "../../../transport/messages/outbox.ts";
import { memoryStore } from "../../../transport/key_value_store.ts";
import type { MessageId, PeerId, RoomName } from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";

const ID = "0192d2a0-0000-7000-8000-000000000001" as MessageId;
const ERROR = { code: "id-conflict", message: "taken" } as const;

function start() {
  const clock = new FakeClock();
  const outbox = new Outbox({
    clock,
    store: memoryStore(),
    send: () => true,
    onLate() {},
    offer: () => [],
    isDirectOnly: () => false,
  });
  const conversation = new Conversation({
    isOwn: () => true,
    emit() {},
    onEvicted() {},
    deliveries: new DeliveryRecords(memoryStore(), "lab" as RoomName),
  });
  const renamed: Outgoing[] = [];
  const hopeless: MessageId[] = [];
  const conflicts = new IdConflicts({
    clock,
    outbox,
    conversation,
    onRenamed: (message) => renamed.push(message),
    onHopeless: (id) => hopeless.push(id),
  });
  const message = { id: ID, text: "hello", name: "Ann", sent_at: 1 };
  outbox.add(message);
  conversation.addOwn("ann" as PeerId, message, []);
  const close = () => {
    conflicts.close();
    outbox.close();
  };
  return { clock, outbox, conversation, conflicts, renamed, hopeless, close };
}

Deno.test("a message whose id was taken goes out under a new one, after a moment", async () => {
  const { clock, outbox, conversation, conflicts, renamed, close } = start();
  conflicts.refused(ID, ERROR);
  conflicts.refused(ID, ERROR);
  assert.equal(outbox.has(ID), true);
  await clock.advance(2_000);
  assert.equal(renamed.length, 1);
  assert.equal(renamed[0]?.text, "hello");
  assert.deepEqual(outbox.messages, renamed);
  assert.deepEqual(conversation.messages.map(({ id }) => id), [renamed[0]?.id]);
  close();
});

Deno.test("a message that turns out to be stored keeps its id", async () => {
  const { clock, outbox, conflicts, renamed, close } = start();
  conflicts.refused(ID, ERROR);
  await clock.advance(1_000);
  outbox.stored(ID);
  await clock.advance(5_000);
  assert.deepEqual(renamed, []);
  close();
});

Deno.test("a message whose ids are taken again and again is given up", async () => {
  const { clock, outbox, conflicts, renamed, hopeless, close } = start();
  for (let n = 0; n < 5 && hopeless.length === 0; n++) {
    conflicts.refused(outbox.messages[0]!.id, ERROR);
    await clock.advance(2_000);
  }
  assert.equal(renamed.length, 3);
  assert.deepEqual(hopeless, [renamed[2]?.id]);
  close();
});

Deno.test("a closed session renames nothing", async () => {
  const { clock, conflicts, renamed, close } = start();
  conflicts.refused(ID, ERROR);
  close();
  await clock.advance(5_000);
  assert.deepEqual(renamed, []);
});
