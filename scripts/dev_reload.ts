/**
 * Bundled into the page by `dev` alone: reloads it when the page was built anew. It asks for the
 * page's ETag, so the node needs no part in it and the content security policy no exception.
 */
let shown: string | null = null;

setInterval(async () => {
  const response = await fetch("/", { method: "HEAD", cache: "no-cache" }).catch(() => null);
  const etag = response?.headers.get("etag") ?? null;
  if (etag === null) return;
  if (shown !== null && shown !== etag) location.reload();
  shown = etag;
}, 500);
