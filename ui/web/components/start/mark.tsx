/** The goat. Reuses the page's icon, so that the goat is drawn in one place only. */
export function Mark({ size }: { size: number }) {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  return icon && <img class="mark" src={icon.href} width={size} height={size} alt="" />;
}
