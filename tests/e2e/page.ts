/**
 * The page as a person sees it: the actions of tests in it, and the things that they read from it. Every
 * selector of the browser tests is here.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { until } from "../fakes/until.ts";

/** When its first connection fails, a session tries again 30 s after it began. */
const DIRECT_TIMEOUT_MS = 60_000;

export class ChatPage {
  readonly page: Page;
  /** Problems in the page: console errors, exceptions, dialogs. */
  readonly problems: string[] = [];
  /** The address of every request, including WebSockets. */
  readonly requests: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      this.problems.push(`${message.text()} at ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.problems.push(`exception: ${error.message}`));
    page.on("dialog", (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("websocket", (socket) => this.requests.push(socket.url()));
  }

  // Elements

  get nameField(): Locator {
    return this.page.getByLabel("Your name");
  }

  get startButton(): Locator {
    return this.page.getByRole("button", { name: "Start a room" });
  }

  get joinField(): Locator {
    return this.page.getByLabel("Or join a room");
  }

  get joinRoomButton(): Locator {
    return this.page.getByRole("button", { name: "Join the room" });
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  get log(): Locator {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get banner(): Locator {
    return this.page.getByRole("region", { name: "Connection" });
  }

  /** The button that goes to the newest message and shows the number of unread messages. */
  get latestButton(): Locator {
    return this.page.getByRole("button", { name: /^Latest messages/ });
  }

  get unreadLine(): Locator {
    return this.log.getByText("New messages", { exact: true });
  }

  get inviteButton(): Locator {
    return this.page.getByRole("button", { name: "Invite" });
  }

  get inviteDialog(): Locator {
    return this.page.getByRole("dialog", { name: "Invite" });
  }

  get linkField(): Locator {
    return this.inviteDialog.getByRole("textbox", { name: "Link to this room" });
  }

  get copyButton(): Locator {
    return this.inviteDialog.getByRole("button", { name: "Copy" });
  }

  get settingsButton(): Locator {
    return this.page.getByRole("button", { name: "Settings" });
  }

  get settingsDialog(): Locator {
    return this.page.getByRole("dialog", { name: "Settings" });
  }

  get peopleButton(): Locator {
    return this.page.getByRole("button", { name: "People", exact: true });
  }

  get peopleDrawer(): Locator {
    return this.page.getByRole("dialog", { name: "People" });
  }

  get leaveButton(): Locator {
    return this.page.getByRole("button", { name: "Leave the room" });
  }

  /** The error message for a wrong or missing name. */
  get nameProblem(): Locator {
    return this.page.locator("form", { has: this.nameField }).locator(".problem");
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  /** The panel beside the messages, on a wide screen. */
  get people(): Locator {
    return this.page.getByRole("complementary", { name: "People" });
  }

  /** One person's entry, in the panel or in the drawer of a narrow screen. */
  person(name: string): Locator {
    return this.people.or(this.peopleDrawer).getByRole("listitem").filter({
      has: this.page.getByText(name, { exact: true }),
    });
  }

  #messages(): Locator {
    return this.log.locator("[data-message]");
  }

  message(text: string): Locator {
    return this.#messages().filter({ has: this.page.getByText(text, { exact: true }) });
  }

  // Actions of a person

  async open(address = "/"): Promise<void> {
    await this.page.goto(address);
  }

  /** Starts a room from the start page; returns its address. */
  async startRoom(name: string): Promise<string> {
    await this.open();
    await this.nameField.fill(name);
    await this.startButton.click();
    await this.composer.waitFor();
    return this.page.url();
  }

  /** Opens a link and gives a name. */
  async joinRoom(link: string, name: string): Promise<void> {
    await this.open(link);
    await this.nameField.fill(name);
    await this.joinRoomButton.click();
    await this.composer.waitFor();
  }

  /** Writes and sends `text`; returns the message's id once it is shown here. */
  async say(text: string): Promise<string> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    return await this.untilShown(text);
  }

  // Waiting and reading

  /** Resolves to the id of the one message with this text. */
  async untilShown(text: string): Promise<string> {
    const message = this.message(text);
    await message.waitFor();
    return (await message.getAttribute("data-message"))!;
  }

  /** Waits until the own message `text` has the state that `words` name for a screen reader. */
  async untilState(text: string, words: RegExp): Promise<void> {
    await this.message(text).getByText(words).first().waitFor({ state: "attached" });
  }

  /** Waits until the path to `name` is described with `words`. */
  async untilPath(
    name: string,
    words: string | RegExp,
    options: { timeout?: number } = {},
  ): Promise<void> {
    await this.person(name).getByText(words).first().waitFor(options);
  }

  async untilDirect(name: string): Promise<void> {
    await this.untilPath(name, /^\s*Direct\s*$/, { timeout: DIRECT_TIMEOUT_MS });
  }

  /** Waits until the header shows `count` people, including the reader. */
  async untilHere(count: number): Promise<void> {
    await this.page.getByRole("banner").getByText(`${count} here`).waitFor();
  }

  /** Waits until the path to the node is up. */
  async untilOnline(by: string | RegExp = /^\s*To the node by/): Promise<void> {
    await this.people.getByText(by).first().waitFor();
  }

  /** Number of unread messages in the tab's title. */
  async unreadCount(): Promise<number> {
    return Number(/^\((\d+)\)/.exec(await this.page.title())?.[1] ?? 0);
  }

  async roomName(): Promise<string> {
    return await this.page.getByRole("banner").getByRole("heading", { level: 1 }).innerText();
  }

  /** The texts of all messages, as they stand on the screen. */
  async texts(): Promise<string[]> {
    return await this.#messages().evaluateAll((elements) =>
      elements.map((element) => element.querySelector(".text")?.textContent ?? "")
    );
  }

  /** Waits until the messages on the screen are `texts`, in this order. */
  async untilTexts(texts: readonly string[]): Promise<void> {
    const wanted = JSON.stringify(texts);
    const areShown = async () => JSON.stringify(await this.texts()) === wanted;
    await until(areShown, wanted).catch(() => {});
    assert.deepEqual(await this.texts(), texts);
  }

  /**
   * Waits until the invitation offers `link`, or a link that matches it. The node tells the page its
   * links a little later.
   */
  async untilConnection(link: string | RegExp): Promise<void> {
    const isOffered = (value: string) =>
      typeof link === "string" ? value === link : link.test(value);
    await until(async () => isOffered(await this.linkField.inputValue()), `${link}`);
  }

  /** The peer id under which the page is in its room now. */
  async peerId(): Promise<string> {
    const welcome = await this.page.waitForFunction(() =>
      wireRecord.findLast(({ frame }) => frame.type === "welcome")?.frame.payload
    );
    return String((await welcome.jsonValue())!["peer_id"]);
  }
}
