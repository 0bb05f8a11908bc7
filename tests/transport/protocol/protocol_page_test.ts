/**
 * Checks that PROTOCOL.md and protocol/mod.ts agree: every name of the code is on the page, and every
 * example parses.
 */
import assert from "node:assert/strict";
import * as z from "zod/mini";
import { ERROR_CODES } from "../../../transport/errors.ts";
import {
  CLOSE_CODES,
  ERROR_TABLE,
  LIMITS,
  memberFrame,
  parseMemberFrame,
  parsePeerFrame,
  sendAnswer,
  sendBody,
  storedMessage,
} from "../../../transport/protocol/mod.ts";
import { memberTypes, peerTypes } from "./frame_types.ts";

const page = Deno.readTextFileSync(new URL("../../../transport/PROTOCOL.md", import.meta.url));

const polled = z.array(z.looseObject({ seq: z.number() }));
const errorAnswer = z.object({
  error: z.object({ code: z.enum(ERROR_CODES), message: z.string() }),
});

/** The parser for a block's examples, by the word behind ```json. */
const PARSERS: Readonly<Record<string, (json: unknown) => unknown>> = {
  member: (json) => parseMemberFrame(JSON.stringify(json)),
  peer: (json) => parsePeerFrame(JSON.stringify(json)),
  poll: (json) => polled.parse(json).map((item) => parsePeerFrame(JSON.stringify(item))),
  send: (json) => sendBody.parse(json),
  sent: (json) => sendAnswer.parse(json),
  history: (json) => z.array(storedMessage).parse(json),
  error: (json) => errorAnswer.parse(json),
};

interface Example {
  readonly kinds: readonly string[];
  readonly json: unknown;
}

/** A block is one JSON value, or one per line. */
function examplesOf(block: string): unknown[] {
  try {
    return [JSON.parse(block)];
  } catch {
    return block.trim().split("\n").map((line) => JSON.parse(line));
  }
}

const examples: Example[] = [...page.matchAll(/^```json([^\n]*)\n(.*?)^```$/gms)].flatMap(
  ([, kinds = "", block = ""]) =>
    examplesOf(block).map((json) => ({ kinds: kinds.trim().split(" "), json })),
);

function typesOf(kind: string): Set<unknown> {
  return new Set(
    examples.filter(({ kinds }) => kinds.includes(kind))
      .map(({ json }) => (json as { type?: unknown }).type),
  );
}

Deno.test("every example on the page is read by the schema that it is an example of", () => {
  assert.ok(examples.length > 30, `${examples.length} examples were found`);
  for (const { kinds, json } of examples) {
    for (const kind of kinds) {
      const parse = PARSERS[kind];
      assert.ok(parse, `a block is marked "${kind}"`);
      const parsed = parse(json);
      assert.notEqual(parsed, null, `unknown type: ${JSON.stringify(json)}`);
      assert.deepEqual(withoutSender(parsed), withoutSender(json), "a field is not in the schema");
    }
  }
});

/**
 * Removes a receipt's sender, which the node overwrites, and a poll's `seq`, which is not part of a
 * frame.
 */
function withoutSender(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), function (this: unknown, key, value) {
    return key === "seq" || (key === "peer_id" && isReceipt(this)) ? undefined : value;
  });
}

function isReceipt(frame: unknown): boolean {
  return (frame as { type?: unknown }).type === "receipt";
}

Deno.test("every type that a node takes has an example", () => {
  assert.equal(new Set(memberTypes).size, memberTypes.length);
  for (const type of memberTypes) assert.ok(typesOf("member").has(type), `"${type}" has none`);
});

Deno.test("the types above are all that a node takes", () => {
  const taken = memberFrame.def.options.flatMap(({ shape }) => {
    const { def } = shape.type;
    return "values" in def ? def.values : Object.values(def.entries);
  });
  assert.deepEqual([...taken].sort(), [...memberTypes].sort());
});

Deno.test("every type that a session understands has an example", () => {
  for (const type of peerTypes) assert.ok(typesOf("peer").has(type), `"${type}" has none`);
});

for (const code of ERROR_CODES) {
  Deno.test(`the page says when "${code}" is met, and its HTTP status`, () => {
    const { status } = ERROR_TABLE[code];
    assert.match(page, new RegExp(`^\\| \`${code}\` *\\| ${status} *\\| .+ \\|$`, "m"));
  });
}

for (const [name, code] of Object.entries(CLOSE_CODES)) {
  Deno.test(`the page says when close code ${code} is met`, () => {
    assert.match(page, new RegExp(`^\\| ${code} *\\| \`${name}\``, "m"));
  });
}

for (const [name, value] of Object.entries(LIMITS)) {
  Deno.test(`the page has ${name} as it is`, () => {
    assert.match(page, new RegExp(`^\\| \`${name}\` *\\| ${value} *\\| .+ \\|$`, "m"));
  });
}

Deno.test("links within the page lead somewhere", () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
  for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) {
    assert.ok(headings.includes(anchor), `#${anchor}`);
  }
});
