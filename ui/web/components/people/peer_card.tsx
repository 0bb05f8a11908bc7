/**
 * One peer: its name, its path, and, when the path is not the best one, the reason and what would help.
 */
import type { Strategy } from "../../../../transport/protocol/mod.ts";
import type { PeerView } from "../../../../transport/view.ts";
import { momentWords } from "../../../words/times.ts";
import { explainPath, pathKind, rttWords, tierWords } from "../../../words/paths.ts";
import { Avatar } from "../avatar.tsx";
import { PathIcon } from "../icons.tsx";

interface CardProps {
  peer: PeerView;
  now: number;
  strategy: Strategy;
}

export function PeerCard({ peer, now, strategy }: CardProps) {
  const { path } = peer;
  const kind = pathKind(path.tier);
  const reason = explainPath(path, { name: peer.name, strategy });
  return (
    <li class="peer">
      <Avatar peerId={peer.peerId} name={peer.name} />
      <div class="peer-body">
        <p class="peer-name">
          <bdi>{peer.name}</bdi>
        </p>
        <p class="peer-path" data-kind={kind}>
          <PathIcon kind={kind} /> {tierWords(path.tier)}
        </p>
        <p class="peer-facts">
          {path.rttMs !== null && path.tier !== null && `${rttWords(path.rttMs)} · `}
          since {momentWords(path.sinceMs, now)}
        </p>
        {reason && (
          <p class="peer-reason">
            {reason.why} {reason.help}
          </p>
        )}
      </div>
    </li>
  );
}
