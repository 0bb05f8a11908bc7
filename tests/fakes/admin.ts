/** The credentials of the owner of a node under test. */

/** The admin token with which the node starts. For a foreign node, `EGOAT_ADMIN_TOKEN` holds its token. */
export const ADMIN_TOKEN = Deno.env.get("EGOAT_ADMIN_TOKEN") ?? "admin-token-of-the-tests";

/** Request options of the owner. */
export const AS_ADMIN = { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } } as const;
