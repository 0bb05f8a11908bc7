/**
 * The page as a person sees it: what tests do in it and read from it. Every selector of the browser
 * tests is here.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { until } from "../fakes/until.ts";

/** A session tries a second time, 30 s after it began, where the first connection came to nothing. */
const DIRECT_TIMEOUT_MS = 60_000;

export class ChatPage {
  readonly page: Page;
  /** What went wrong in the page: console errors, exceptions, dialogs. */
  readonly problems: string[] = [];
  /** The address of every request, WebSockets too. */
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

  // Where things are

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

  /** Goes to the newest message; says how many are unread. */
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

  /** What is wrong with the name that was given, or not given. */
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

  /** One person's entry, in the panel or in the drawer that a narrow screen has for it. */
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

  // What a person does

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

  // What a person waits for and reads

  /** Resolves to the id of the one message with this text. */
  async untilShown(text: string): Promise<string> {
    const message = this.message(text);
    await message.waitFor();
    return (await message.getAttribute("data-message"))!;
  }

  /** Until the own message `text` has come so far, in the words for a screen reader. */
  async untilState(text: string, words: RegExp): Promise<void> {
    await this.message(text).getByText(words).first().waitFor({ state: "attached" });
  }

  /** Until the path to `name` is described with `words`. */
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

  /** Until the header says how many are here, the reader among them. */
  async untilHere(count: number): Promise<void> {
    await this.page.getByRole("banner").getByText(`${count} here`).waitFor();
  }

  /** Until the way to the node is up. */
  async untilOnline(by: string | RegExp = /^\s*To the node by/): Promise<void> {
    await this.people.getByText(by).first().waitFor();
  }

  /** How many messages the tab's title says are unread. */
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

  /** Until the messages on the screen are these, in this order. */
  async untilTexts(texts: readonly string[]): Promise<void> {
    const wanted = JSON.stringify(texts);
    const areShown = async () => JSON.stringify(await this.texts()) === wanted;
    await until(areShown, wanted).catch(() => {});
    assert.deepEqual(await this.texts(), texts);
  }

  /** Until the invitation offers `link`, or one that it matches: the node says a little later which. */
  async untilLink(link: string | RegExp): Promise<void> {
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
