/** A mountain ridge along the foot of the page. Decoration. */
export function Ridge() {
  return (
    <svg
      class="ridge"
      viewBox="0 0 1200 200"
      preserveAspectRatio="xMidYMax slice"
      aria-hidden="true"
      focusable="false"
    >
      <path
        class="ridge-far"
        d="M0 200V132L90 96L170 124L262 58L330 102L418 70L520 128L640 44L716 92L800 66L912 122L1010 74L1100 112L1200 82V200Z"
      />
      <path
        class="ridge-near"
        d="M0 200V168L120 132L220 164L340 118L440 158L560 136L690 172L800 126L900 156L1030 130L1130 162L1200 140V200Z"
      />
    </svg>
  );
}
