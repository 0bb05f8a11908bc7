/**
 * Makes the node's responses. The common headers are set here, when a response is made: adding them
 * afterwards would copy each response once more.
 */
import type { ErrorBody } from "../../transport/errors.ts";
import { noteSending } from "../connections/sent_answers.ts";
import { statusOf } from "../errors.ts";

type HeaderList = [string, string][];

/** On every answer, whatever its type. */
export const SECURITY_HEADERS: HeaderList = [
  ["x-content-type-options", "nosniff"],
  ["cross-origin-resource-policy", "same-origin"],
];

/**
 * Headers of every answer that is no page. The policy forbids framing and loads nothing that could send a
 * referrer, so only the page has the older headers for these. A list, and no longer than needed: seven
 * headers as a record cost a third of the answers a second.
 */
function apiHeaders(contentType: string): HeaderList {
  return [
    ["content-type", contentType],
    ["cache-control", "no-store"],
    ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
    ...SECURITY_HEADERS,
  ];
}

const JSON_HEADERS = apiHeaders("application/json; charset=utf-8");
const JSON_OK: ResponseInit = { headers: JSON_HEADERS };
const TEXT_HEADERS = apiHeaders("text/plain; version=0.0.4; charset=utf-8");

/** Returns a response with `text`, which is JSON already, and status 200. */
export function jsonText(text: string): Response {
  return new Response(text, JSON_OK);
}

/** Returns a response of JSON that is made while it goes out; `ended` resolves when that has ended. */
export function jsonStream(stream: ReadableStream<Uint8Array>, ended: Promise<void>): Response {
  const response = new Response(stream, JSON_OK);
  noteSending(response, ended);
  return response;
}

export function json(value: unknown, status = 200): Response {
  const text = JSON.stringify(value);
  return status === 200 ? jsonText(text) : new Response(text, { ...JSON_OK, status });
}

export function plainText(text: string): Response {
  return new Response(text, { headers: TEXT_HEADERS });
}

/** Returns `{ error: { code, message } }` with the code's status. */
export function errorResponse(error: ErrorBody, headers: HeaderList = []): Response {
  return new Response(JSON.stringify({ error }), {
    status: statusOf(error.code),
    headers: [...JSON_HEADERS, ...headers],
  });
}
