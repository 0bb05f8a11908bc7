/** The owner of a node under test. */

/** What such a node is started with. A foreign one tells its own in `EGOAT_ADMIN_TOKEN`. */
export const ADMIN_TOKEN = Deno.env.get("EGOAT_ADMIN_TOKEN") ?? "admin-token-of-the-tests";

/** What its owner's requests carry. */
export const AS_ADMIN = { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } } as const;
