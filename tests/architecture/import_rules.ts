/**
 * The rules on imports, with their reasons. The folders build on one another in one direction, so that
 * each can be read, tested and replaced without the others:
 *
 * ```
 * main.ts ──▶ server/ ──▶ interfaces of transport/ and storage/
 *    │                         ▲              ▲
 *    └──▶ their implementations┴──────────────┘
 * ui/ ──▶ transport/ ──▶ protocol/, errors.ts (the leaves)
 * ```
 *
 * Within `server/`: `http/` ──▶ `members/` ──▶ `rooms/`, `connections/` ──▶ `ice/`, `limits/`, `settings/`.
 * Within `transport/`: `session/` ──▶ `messages/`, `presence/`, `uplink/`, `mesh/` ──▶ `paths/` ──▶
 * interfaces ──▶ `protocol/`.
 * Within `ui/`: `web/` and `terminal/` ──▶ `words/`, `links/`, `log/`, which serve both.
 */
import type { SourceFile } from "./source_files.ts";
import { type Use, usesOf } from "./uses.ts";

/** Every file may import these. */
const LEAVES = ["transport/errors.ts", "transport/protocol/"];

/** Files that construct the parts and wire them together; `platform.ts` does so for the page. */
const COMPOSITION_ROOTS = [
  "main.ts",
  "ui/terminal/doctor_main.ts",
  "ui/web/main.tsx",
  "ui/web/platform.ts",
];

/** The tiers, and `mod.ts`, which exports all of them. */
const IMPLEMENTATIONS = [
  "transport/memory.ts",
  "transport/mesh/webrtc.ts",
  "transport/mod.ts",
  "transport/uplink/http_polling.ts",
  "transport/uplink/node_webrtc.ts",
  "transport/uplink/websocket.ts",
];

/** The folder that binds `transport/` to one platform. */
const PLATFORM = "transport/werift/";

/** The interface of the endpoint's thread: types for both of its ends. */
const ENDPOINT_MESSAGES = "transport/werift/endpoint_messages.ts";

/**
 * The folders of `transport/`, each with the other folders that it may import. Files beside these folders
 * hold interfaces for all of them, except `mod.ts` and `platform.ts`, which name the parts.
 */
const TRANSPORT_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  "protocol": [],
  "paths": [],
  "mesh": ["paths"],
  "uplink": ["mesh"],
  "messages": [],
  "presence": ["mesh", "paths"],
  "session": ["mesh", "messages", "paths", "presence", "uplink"],
  "doctor": ["mesh", "paths", "uplink"],
  "werift": ["mesh"],
};

/** The UIs. Everything else in `ui/` serves both. */
const UIS = ["ui/terminal/", "ui/web/"];

/**
 * The folders of `server/`, each with the other folders that it may import: settings, limits and ICE below,
 * then connections, which know no HTTP routes, and rooms, which know neither HTTP nor sockets; then the ways
 * to reach a member, and the routes on top.
 */
const SERVER_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  "settings": [],
  "limits": ["settings"],
  "ice": ["limits", "settings"],
  "connections": ["limits", "settings"],
  "rooms": ["ice", "limits", "settings"],
  "members": ["connections", "ice", "limits", "rooms", "settings"],
  "http": ["connections", "limits", "members", "rooms", "settings"],
};

/**
 * The files beside these folders that start and wire a node. The other files beside them are there for all
 * folders, and import none of them.
 */
const SERVER_ROOTS = ["server/mod.ts", "server/node.ts", "server/start_lines.ts"];

const PRODUCT = ["server/", "storage/", "transport/", "ui/", "main.ts"];

/**
 * Folders and files that may import each package; `tests/` may import all. A `/` at the end means a
 * folder.
 */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  "@preact/signals": ["ui/web/"],
  "esbuild": ["scripts/"],
  "hono": ["server/"],
  "linkify-it": ["ui/"],
  "playwright-core": ["scripts/picture.ts"],
  "preact": ["ui/web/"],
  "uqr": ["ui/"],
  "uuid": ["server/", "transport/"],
  "werift": [PLATFORM],
  "zod/mini": PRODUCT,
};

interface Rule {
  /** Whether the rule applies to `file`. */
  binds(file: string): boolean;
  forbids(use: Use): boolean;
  readonly reason: string;
}

const inside = (folder: string) => (file: string) => file.startsWith(folder);
/** Whether a file serves every UI: it is in `ui/`, and in no UI of its own. */
const isSharedUi = (file: string) => inside("ui/")(file) && !isWithin(file, UIS);
const isProduct = (file: string) => isWithin(file, PRODUCT);
const isPlain = (file: string) => inside("transport/")(file) && !inside(PLATFORM)(file);
/**
 * Whether a file is a composition root, or acts as one for its platform: a Worker's entry, werift's
 * binding.
 */
const isBinding = (file: string) => COMPOSITION_ROOTS.includes(file) || inside(PLATFORM)(file);
const isGlobal = (use: Use) => use.target.startsWith("global:");
const isBuiltIn = (use: Use) => use.target.startsWith("node:");
/** Whether the target is a file of this checkout. */
const isOwn = (use: Use) => use.written.startsWith(".");

const RULES: readonly Rule[] = [
  {
    binds: (file) => isWithin(file, LEAVES),
    forbids: ({ target }) => !isWithin(target, LEAVES) && target !== "zod/mini",
    reason: "everyone imports the leaves, so they import only each other and zod/mini",
  },
  {
    binds: inside("transport/"),
    forbids: (use) => isOwn(use) && !inside("transport/")(use.target),
    reason: "transport/ serves nodes and UIs alike, so it knows neither",
  },
  {
    binds: (file) => transportFolder(file) !== null,
    forbids: ({ file, target }) => {
      const [from, to] = [transportFolder(file), transportFolder(target)];
      if (from === null || to === null || to === from || to === "protocol") return false;
      return TRANSPORT_FOLDERS[from]?.includes(to) !== true;
    },
    reason: "the folders of transport/ build on one another in one direction",
  },
  {
    binds: (file) => serverFolder(file) !== null,
    forbids: ({ file, target }) => {
      const [from, to] = [serverFolder(file), serverFolder(target)];
      if (from === null || to === null || to === from) return false;
      return SERVER_FOLDERS[from]?.includes(to) !== true;
    },
    reason: "the folders of server/ build on one another in one direction",
  },
  {
    binds: (file) => inside("server/")(file) && !SERVER_ROOTS.includes(file),
    forbids: ({ target }) => SERVER_ROOTS.includes(target),
    reason: "node.ts wires the parts of a node and none of them knows how",
  },
  {
    binds: (file) => /^server\/[^/]+$/.test(file) && !SERVER_ROOTS.includes(file),
    forbids: ({ target }) => serverFolder(target) !== null,
    reason: "the files beside the folders of server/ are there for all of them, so they know none",
  },
  {
    binds: isPlain,
    forbids: (use) => isBuiltIn(use) || isGlobal(use),
    reason: "transport/ runs unchanged in a browser and in Deno: what needs a platform is injected",
  },
  {
    binds: (file) => isProduct(file) && !isBinding(file),
    forbids: ({ target }) => inside(PLATFORM)(target) && target !== ENDPOINT_MESSAGES,
    reason: "it binds transport/ to one platform, so only composition roots import it",
  },
  {
    binds: (file) => isProduct(file) && !isBinding(file) && file !== "transport/mod.ts",
    forbids: ({ target, isType }) => IMPLEMENTATIONS.includes(target) && !isType,
    reason: "only composition roots construct implementations: take the interface instead",
  },
  {
    binds: inside("storage/"),
    forbids: (use) =>
      isOwn(use) && !inside("storage/")(use.target) && !isWithin(use.target, LEAVES),
    reason: "storage/ keeps messages whoever moves them, so it knows the leaves alone",
  },
  {
    binds: (file) => isProduct(file) && !file.startsWith("storage/sqlite"),
    forbids: ({ target }) => target === "node:sqlite",
    reason: "SQLite has one home, storage/sqlite*.ts, so that another store can take its place",
  },
  {
    binds: inside("server/"),
    forbids: ({ target }) => inside("storage/")(target) && target !== "storage/message_store.ts",
    reason: "server/ takes storage by its interface, storage/message_store.ts",
  },
  {
    binds: inside("server/"),
    forbids: ({ target }) => inside("ui/")(target),
    reason: "server/ serves the built page and knows no UI",
  },
  {
    binds: inside("ui/"),
    forbids: ({ target }) => isWithin(target, ["server/", "storage/"]),
    reason: "ui/ speaks to a node through transport/ alone, as any client does",
  },
  {
    binds: isSharedUi,
    forbids: (use) => isWithin(use.target, UIS) || isBuiltIn(use) || isGlobal(use),
    reason:
      "a terminal says and links the same as the page, so shared files know no UI and no platform",
  },
  {
    binds: (file) => isWithin(file, UIS),
    forbids: ({ file, target }) => UIS.some((ui) => inside(ui)(target) && !inside(ui)(file)),
    reason: "the UIs share what lies beside them in ui/, and know nothing of each other",
  },
  {
    binds: inside("ui/web/"),
    forbids: (use) => isBuiltIn(use) || use.target === "global:Deno",
    reason: "ui/web/ runs in a browser",
  },
  {
    binds: inside("ui/web/state/"),
    forbids: isGlobal,
    reason: "the page's state is given its browser by ui/web/platform.ts, so that it runs in tests",
  },
  {
    binds: isProduct,
    forbids: ({ target }) => isWithin(target, ["scripts/", "tests/"]),
    reason: "the product stands without its scripts and tests",
  },
  {
    binds: isProduct,
    forbids: ({ target }) => target === "main.ts",
    reason: "main.ts wires the parts and none of them knows how",
  },
  {
    binds: () => true,
    forbids: ({ target }) => /^(npm|jsr|https?):/.test(target),
    reason: "versions are pinned in one place, deno.json",
  },
  {
    binds: (file) => !inside("tests/")(file),
    forbids: (use) => isPackage(use) && !isWithin(use.file, HOMES[listedAs(use.target)] ?? []),
    reason: "each package has its home, named in tests/architecture/import_rules.ts",
  },
];

/** Violations of the rules, as `file imports target: reason`. */
export function importViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(usesOf).flatMap((use) =>
    RULES.filter((rule) => rule.binds(use.file) && rule.forbids(use)).map(({ reason }) =>
      `${use.file} ${isGlobal(use) ? "uses" : "imports"} ${use.written}: ${reason}`
    )
  );
}

/** The folder of `transport/` that `path` is in; null for a file beside these folders, or elsewhere. */
function transportFolder(path: string): string | null {
  return /^transport\/([a-z_]+)\//.exec(path)?.[1] ?? null;
}

/** The folder of `server/` that `path` is in; null for a file beside these folders, or elsewhere. */
function serverFolder(path: string): string | null {
  return /^server\/([a-z_]+)\//.exec(path)?.[1] ?? null;
}

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => place.endsWith("/") ? path.startsWith(place) : path === place);
}

function isPackage(use: Use): boolean {
  return !isOwn(use) && !isGlobal(use) && !/^[a-z]+:/.test(use.target);
}

/** The name under which {@linkcode HOMES} lists a package: `hono` for `hono/cookie`. */
function listedAs(target: string): string {
  const known = Object.keys(HOMES).find((name) => target === name || target.startsWith(`${name}/`));
  return known ?? target;
}
