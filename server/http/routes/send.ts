/** `POST /send`: stores a message and passes it on, for programs that keep no connection. */
import { v7 as uuidv7 } from "uuid";
import { UserError } from "../../../transport/errors.ts";
import {
  type MessageId,
  type SendBody,
  sendBody,
  timestampFromUs,
  usFromTimestamp,
} from "../../../transport/protocol/mod.ts";
import { shownName } from "../../../transport/protocol/names.ts";
import { parseJsonBody, parseRequest } from "../request.ts";
import { json } from "../respond.ts";
import { CONFLICT, type Rooms } from "../../rooms/rooms.ts";
import { type BodyParts, bodyText, type Handler } from "../route.ts";

/** The parts of a node that `/send` needs. */
export interface SendParts extends BodyParts {
  readonly rooms: Rooms;
}

/** The largest text with every character escaped (384 KiB), and the fields around it. */
const MAX_BODY_BYTES = 512 * 1024;

export function sendRoute(parts: SendParts): Handler {
  return async (c) => {
    const text = await bodyText(parts, c, MAX_BODY_BYTES);
    const body = parseRequest(sendBody, parseJsonBody(text), "POST /send");
    checkSender(parts, body);
    const id = body.id ?? uuidv7() as MessageId;
    const result = await parts.rooms.publish({
      room: body.room,
      id,
      peerId: body.peer_id,
      name: body.name ?? shownName(body.peer_id),
      text: body.text,
      sentAtUs: body.sent_at == null ? null : usFromTimestamp(body.sent_at),
    }, { sender: null });
    if (!result.ok) throw new UserError("id-conflict", CONFLICT);
    return json({ timestamp: timestampFromUs(result.timestampUs), id });
  };
}

/** Refuses to send as a member that holds its peer id by a token, without that token. */
function checkSender(parts: SendParts, body: SendBody): void {
  const member = parts.rooms.get(body.room)?.member(body.peer_id);
  if (member === undefined || member.mayActAs(body.token)) return;
  throw new UserError(
    "peer-id-taken",
    `Cannot send to room "${body.room}" as "${body.peer_id}": that peer id needs its token`,
  );
}
