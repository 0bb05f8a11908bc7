/** A text as a QR code, drawn as one path: dark on light in both themes, as scanners want it. */
import { useMemo } from "preact/hooks";
import { encode } from "uqr";

/** The quiet zone that ISO/IEC 18004 asks for, in modules. */
const BORDER = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, data } = useMemo(() => encode(text, { ecc: "M", border: BORDER }), [text]);
  const squares = data.flatMap((row, y) =>
    row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : "")
  );
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join("")} fill="#000" />
    </svg>
  );
}
