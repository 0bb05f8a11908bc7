/**
 * The identity of a session in its room: a peer id and the token that holds it. Both are kept for the
 * page, so that a reload takes its own place back. Also keeps the peer ids that this device had before.
 */
import * as z from "zod/mini";
import type { KeyValueStore } from "../key_value_store.ts";
import { randomHex, randomPeerId } from "../random_ids.ts";
import { type PeerId, peerId as peerIdSchema } from "../protocol/mod.ts";

/** Own peer ids remembered per room: tabs opened and closed over months. */
const MAX_OWN_IDS = 100;

const savedIdentity = z.object({
  peer_id: peerIdSchema,
  token: z.string(),
  /** Whether a node has welcomed this peer id. */
  held: z.optional(z.boolean()),
});
const savedIds = z.array(peerIdSchema);

export interface IdentityStores {
  /** Storage of this page alone, kept over reloads. */
  readonly tab: KeyValueStore;
  /** Storage of this device. */
  readonly device: KeyValueStore;
}

export class Identity {
  readonly #stores: IdentityStores;
  readonly #own: Set<PeerId>;
  /** Peer ids that this page gave up because another peer has them. */
  readonly #lost = new Set<PeerId>();
  #peerId: PeerId;
  #token: string;
  #isHeld: boolean;

  /**
   * `wanted` is the peer id that a link asks for; without it the page's saved id is used, or a new one.
   */
  constructor(stores: IdentityStores, wanted?: PeerId) {
    this.#stores = stores;
    this.#own = new Set(parse(savedIds, stores.device.get("own")) ?? []);
    const saved = parse(savedIdentity, stores.tab.get("identity"));
    const isSaved = saved !== null && (wanted === undefined || wanted === saved.peer_id);
    this.#peerId = isSaved ? saved.peer_id : wanted ?? randomPeerId();
    this.#token = isSaved ? saved.token : randomHex(16);
    this.#isHeld = isSaved && saved.held === true;
    this.#save();
  }

  get peerId(): PeerId {
    return this.#peerId;
  }

  get token(): string {
    return this.#token;
  }

  /** Whether `peerId` is or was an id of this device in this room. */
  isOwn(peerId: PeerId): boolean {
    return this.#own.has(peerId);
  }

  /**
   * Whether `peerId` is or was an id of this device, including ids that another peer has taken since.
   * Also looks for ids that other tabs have added.
   */
  wasOwn(peerId: PeerId): boolean {
    if (!this.#own.has(peerId)) this.#readOwn();
    return this.#own.has(peerId) || this.#lost.has(peerId);
  }

  /** Notes that a node has welcomed this peer id. */
  held(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#save();
  }

  /**
   * Handles a node's refusal of `peerId`, because another peer has it. Returns whether this page goes
   * on under another id: yes, if a node has welcomed it as `peerId`. Otherwise `peerId` comes from a
   * link, and the page keeps asking for it.
   */
  giveUp(peerId: PeerId): boolean {
    // Several dials of one race are refused for one id. The first refusal has already changed it.
    if (peerId !== this.#peerId) return true;
    if (!this.#isHeld) return false;
    // Messages sent under it from now on are not this device's.
    this.#own.delete(peerId);
    this.#lost.add(peerId);
    this.#saveOwn();
    this.renew();
    return true;
  }

  /** Takes a new peer id and token: another page or peer has the previous id. */
  renew(): void {
    this.#peerId = randomPeerId();
    this.#token = randomHex(16);
    this.#isHeld = false;
    this.#save();
  }

  #save(): void {
    const saved = { peer_id: this.#peerId, token: this.#token, held: this.#isHeld };
    this.#stores.tab.set("identity", JSON.stringify(saved));
    this.#own.add(this.#peerId);
    // Other tabs may have added their ids meanwhile.
    this.#readOwn();
    this.#saveOwn();
  }

  #readOwn(): void {
    for (const id of parse(savedIds, this.#stores.device.get("own")) ?? []) {
      if (!this.#lost.has(id)) this.#own.add(id);
    }
  }

  #saveOwn(): void {
    const own = [...this.#own].slice(-MAX_OWN_IDS);
    this.#stores.device.set("own", JSON.stringify(own));
  }
}

function parse<T extends z.ZodMiniType>(schema: T, text: string | null): z.infer<T> | null {
  try {
    return schema.parse(JSON.parse(text ?? "")) as z.infer<T>;
  } catch {
    return null;
  }
}
