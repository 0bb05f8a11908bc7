/**
 * Makes the node's responses. The headers that every answer carries are put in here, when it is made:
 * adding them afterwards would copy each response once more.
 */
import type { ErrorBody } from "../transport/errors.ts";
import { statusOf } from "./errors.ts";

/** On every answer, whatever its type. */
export const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'";

function apiHeaders(contentType: string): Record<string, string> {
  return {
    "content-type": contentType,
    "cache-control": "no-store",
    "content-security-policy": CLOSED_POLICY,
    ...SECURITY_HEADERS,
  };
}

const JSON_OK: ResponseInit = { headers: apiHeaders("application/json; charset=utf-8") };
const TEXT_HEADERS = apiHeaders("text/plain; version=0.0.4; charset=utf-8");

/** `text`, which is JSON already, with status 200. */
export function jsonText(text: string): Response {
  return new Response(text, JSON_OK);
}

export function json(value: unknown, status = 200): Response {
  const text = JSON.stringify(value);
  return status === 200 ? jsonText(text) : new Response(text, { ...JSON_OK, status });
}

export function plainText(text: string): Response {
  return new Response(text, { headers: TEXT_HEADERS });
}

/** `{ error: { code, message } }` with the code's status. */
export function errorResponse(error: ErrorBody, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ error }), {
    status: statusOf(error.code),
    headers: { ...JSON_OK.headers as Record<string, string>, ...headers },
  });
}
