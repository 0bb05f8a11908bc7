/**
 * The types of frames that each side takes, for tests that compare page, examples and schemas with them.
 */
import { PASSED_ON_TYPES, peerFrame } from "../../../transport/protocol/mod.ts";

export const peerTypes = peerFrame.def.options.map((option) =>
  option.shape.type.def.values[0] as string
);

export const memberTypes = [
  ...PASSED_ON_TYPES,
  "chat",
  "history",
  "ping",
  "pong",
  "leave",
  "node_signal",
  "path_report",
];
