/** A test of the suite of `SessionView`: its surroundings, and short ways to look at a session. */
import { UserError } from "../../../transport/errors.ts";
import type { ChatMessage, SessionView } from "../../../transport/view.ts";
import type { SessionDriver } from "./driver.ts";
import type { SessionWatch } from "./watch.ts";

export interface Scene {
  readonly driver: SessionDriver;
  readonly session: SessionView;
  readonly watch: SessionWatch;
}

/** The room before the session is opened. */
export interface Setting {
  /** Whether direct paths are possible; default: no. */
  readonly isDirect?: boolean;
  /** The user's strategy; default: to follow the node. */
  readonly choice?: "p2p-only" | "websocket-only";
  before?(driver: SessionDriver): Promise<void> | void;
}

/** Registers a test. When it runs, its session has been opened, and nothing has arrived. */
export type TestOpened = (
  name: string,
  run: (scene: Scene) => Promise<void>,
  setting?: Setting,
) => void;

export const texts = ({ messages }: SessionView) => messages.map(({ text }) => text);
export const names = ({ peers }: SessionView) => peers.map(({ name }) => name);
export const last = ({ messages }: SessionView): ChatMessage => messages.at(-1)!;

/** For `assert.throws` and `assert.rejects`: a `UserError` with this code. */
export function isRefusal(code: UserError["code"]): (error: unknown) => boolean {
  return (error) => error instanceof UserError && error.code === code;
}
