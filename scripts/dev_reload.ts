/**
 * Bundled into the page by `dev` alone: reloads the page after each new build. It compares the page's
 * ETag, so it needs no support in the node and no exception in the content security policy.
 */
let shown: string | null = null;

setInterval(async () => {
  const response = await fetch("/", { method: "HEAD", cache: "no-cache" }).catch(() => null);
  const etag = response?.headers.get("etag") ?? null;
  if (etag === null) return;
  if (shown !== null && shown !== etag) location.reload();
  shown = etag;
}, 500);
