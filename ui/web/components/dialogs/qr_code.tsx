/** A text as a QR code, drawn as one path: dark on light in both themes, as scanners want it. */
import { useEffect, useMemo, useState } from "preact/hooks";

/** The quiet zone that ISO/IEC 18004 asks for, in modules. */
const BORDER = 4;

type Encode = typeof import("uqr").encode;

/** Loads the encoder. It is a separate chunk, because the page shows a room without it. */
export const loadQrEncoder = async (): Promise<Encode> => (await import("uqr")).encode;

export function QrCode({ text, label }: { text: string; label: string }) {
  const [encode, setEncode] = useState<Encode | null>(null);
  useEffect(() => {
    // Without the encoder the link is still there to copy.
    loadQrEncoder().then((encode) => setEncode(() => encode), () => {});
  }, []);
  const code = useMemo(() => encode?.(text, { ecc: "M", border: BORDER }), [encode, text]);
  if (code === undefined) return <svg class="qr" aria-hidden="true" viewBox="0 0 1 1" />;
  const squares = code.data.flatMap((row, y) =>
    row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : "")
  );
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${code.size} ${code.size}`}
      shape-rendering="crispEdges"
    >
      <rect width={code.size} height={code.size} fill="#fff" />
      <path d={squares.join("")} fill="#000" />
    </svg>
  );
}
