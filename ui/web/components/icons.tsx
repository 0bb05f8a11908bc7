/** The page's icons: strokes in the text's colour, hidden from screen readers. */
import type { ComponentChildren } from "preact";

function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const BackIcon = () => (
  <Icon>
    <path d="M12 4.500L6.500 10L12 15.500" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="M5 5L15 15M15 5L5 15" />
  </Icon>
);
export const GearIcon = () => (
  <Icon>
    <path d="M3 6H8M12 6H17M3 14H8M12 14H17" />
    <circle cx="10" cy="6" r="2" />
    <circle cx="10" cy="14" r="2" />
  </Icon>
);
export const InviteIcon = () => (
  <Icon>
    <circle cx="8" cy="7" r="3" />
    <path d="M2.500 16.500C3 13.500 5.200 12.200 8 12.200C9.400 12.200 10.600 12.500 11.600 13.200M15 11V17M12 14H18" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="7.500" cy="7" r="2.800" />
    <path d="M2.500 16C3 13 5 11.800 7.500 11.800C10 11.800 12 13 12.500 16M13 4.500C14.600 4.800 15.500 5.800 15.500 7.200C15.500 8.500 14.700 9.500 13.400 9.800M15 12.200C16.400 12.800 17.300 14 17.500 16" />
  </Icon>
);
export const OpenLockIcon = () => (
  <Icon size={14}>
    <rect x="4" y="9" width="12" height="8" rx="2" />
    <path d="M7 9V6.500C7 4.600 8.300 3 10.200 3C11.700 3 12.800 3.900 13.200 5.200" />
  </Icon>
);
export const SendIcon = () => (
  <Icon>
    <path d="M10 16V4.500M5 9L10 4L15 9" />
  </Icon>
);
export const DownIcon = () => (
  <Icon size={16}>
    <path d="M10 4V15.500M5 11L10 16L15 11" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="7" y="7" width="10" height="10" rx="2" />
    <path d="M13 4.500C12.700 3.600 12 3 11 3H5C3.900 3 3 3.900 3 5V11C3 12 3.600 12.700 4.500 13" />
  </Icon>
);
export const ShareIcon = () => (
  <Icon>
    <path d="M10 12.500V3M6.500 6L10 2.800L13.500 6M5 9.500H4V17H16V9.500H15" />
  </Icon>
);

/** A path as a line: whole when direct, dashed when relayed, broken off when there is none. */
export function PathIcon({ kind }: { kind: "direct" | "relayed" | "none" }) {
  const line = { direct: "M5 6H25", relayed: "M5 6H9M13 6H17M21 6H25", none: "M5 6H10M20 6H25" };
  return (
    <svg
      class="icon"
      width="30"
      height="12"
      viewBox="0 0 30 12"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={line[kind]} />
      {kind === "none" && <path d="M13 3.500L17 8.500M17 3.500L13 8.500" />}
      <circle cx="3" cy="6" r="2.200" fill="currentColor" stroke="none" />
      <circle cx="27" cy="6" r="2.200" fill="currentColor" stroke="none" />
    </svg>
  );
}
