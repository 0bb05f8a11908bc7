/** Messages of one author and minute: name and time once, then each text with its state. */
import { Component } from "preact";
import type { MessageId } from "../../../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../../../transport/view.ts";
import { timeWords } from "../../../words/times.ts";
import type { MessageGroup } from "../../../log/timeline.ts";
import { Avatar } from "../avatar.tsx";
import { MessageState } from "./message_state.tsx";
import { MessageText } from "./message_text.tsx";

interface GroupProps {
  group: MessageGroup;
  onRetry: (id: MessageId) => void;
}

/** Rendered again only when its messages changed: a new message must not touch the thousands above it. */
export class MessageGroupView extends Component<GroupProps> {
  override shouldComponentUpdate({ group }: GroupProps): boolean {
    const { messages } = this.props.group;
    return group.messages.length !== messages.length ||
      group.messages.some((message, index) => message !== messages[index]);
  }

  override render({ group, onRetry }: GroupProps) {
    return (
      <li class={group.own ? "group own" : "group"}>
        {!group.own && <Avatar peerId={group.peerId} name={group.name} />}
        <div class="group-body">
          <p class="byline">
            {group.own ? <span class="author">You</span> : <bdi class="author">{group.name}</bdi>}
            {" "}
            <time dateTime={new Date(group.atMs).toISOString()}>{timeWords(group.atMs)}</time>
          </p>
          {group.messages.map((message) => (
            <MessageView key={message.id} message={message} onRetry={onRetry} />
          ))}
        </div>
      </li>
    );
  }
}

interface MessageProps {
  message: ChatMessage;
  onRetry: (id: MessageId) => void;
}

/** Rendered again only when the message itself changed: a new one must not touch the messages above it. */
class MessageView extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    return next.message !== this.props.message;
  }

  override render({ message, onRetry }: MessageProps) {
    return (
      <div class="message" data-message={message.id}>
        <MessageText text={message.text} />
        {message.own && <MessageState message={message} onRetry={() => onRetry(message.id)} />}
      </div>
    );
  }
}
