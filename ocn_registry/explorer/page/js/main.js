// The page: its frame, its views, and what keeps them current.

import * as api from "./api.js";
import { fill, foreign, h, keepingPlace, plain } from "./dom.js";
import { announce, failed, loading, note, short } from "./parts.js";
import { go, here, to } from "./router.js";
import { LANGUAGES, ago, current, keep, kept, load, number, t, tick } from "./text.js";
import { overview } from "./views/overview.js";
import { address, node, party, service, transaction } from "./views/entries.js";
import { history, nodes, parties, search, services } from "./views/lists.js";
import { route } from "./views/route.js";

/**
 * @typedef {object} View
 * @property {(place: import("./router.js").Place, context: Context) => Promise<any>} load Asks for what it shows.
 * @property {(found: any, place: import("./router.js").Place, context: Context) => Node} draw Shows it.
 * @property {(found: any, place: import("./router.js").Place) => string} title Its title.
 * @property {boolean} [still] Whether it is left alone when something changes, as a form is.
 * @property {string} [tab] Which tab it belongs to.
 */

/**
 * @typedef {object} Context
 * @property {AbortSignal} signal Ends when another view is shown.
 * @property {() => any} chain The network and the state of its chain, as last heard.
 * @property {any} settings What this page was set up with.
 */

/** @type {Record<string, View | (() => Promise<View>)>} */
const VIEWS = {
  "": overview,
  nodes,
  parties,
  services,
  changes: history,
  route,
  search,
  node,
  party,
  service,
  address,
  transaction,
  // Loaded only when somebody opens a form.
  do: async () => (await import("./do/act.js")).act,
};
const TABS = ["", "nodes", "parties", "services", "route", "changes"];
const POLL_MS = 5000;
/** The history may lag a little behind the entries: for this long, a view is loaded again. */
const SETTLED_MS = 20_000;

let settings = { api: "../", relay: /** @type {boolean | string} */ (false), rpcUrls: /** @type {string[]} */ ([]) };
/** @type {any} */
let chain = null;
let connected = true;
/** @type {AbortController | null} */
let showing = null;
/** @type {{view: View, place: import("./router.js").Place, found: string} | null} */
let shown = null;
let drawing = 0;
let moved = Date.now();
let missed = false;
let first = true;

const context = (signal) => ({ signal, chain: () => chain, settings });

async function start() {
  theme(kept("theme"));
  await load(new URLSearchParams(location.search).get("lang") ?? undefined);
  try {
    settings = { ...settings, ...(await (await fetch("settings.json")).json()) };
  } catch {
    // the defaults, then
  }
  await api.use(settings);
  frame();
  addEventListener("hashchange", () => show());
  setInterval(() => {
    tick();
    if (chain && !chain.block)
      refresh(); // shows how much has been read
    else state();
  }, 1000);
  await Promise.all([refresh(), show()]);
  if (!chain?.block) await refresh();
  follow();
}

/** Ask for the state of the chain; `renew` loads live views again. */
async function refresh() {
  try {
    chain = { ...(await api.get("chain")), rpcUrls: settings.rpcUrls };
    connected = true;
  } catch {
    connected = false;
  }
  state();
}

function follow() {
  let waiting = 0;
  const soon = () => {
    moved = Date.now();
    clearTimeout(waiting);
    waiting = window.setTimeout(async () => {
      await refresh();
      await renew();
    }, 150);
  };
  api.changes({
    open: () => {
      connected = true;
      soon();
    },
    error: () => {
      connected = false;
      state();
    },
    block: soon,
    registry: soon,
    reload: soon,
    request: (data) => dispatchEvent(new CustomEvent("ocn:request", { detail: data })),
  });
  // Blocks without changes cause no events; and a proxy may hold events back.
  setInterval(async () => {
    if (document.hidden) return;
    const before = chain?.block?.hash;
    await refresh();
    if (chain?.block?.hash !== before) moved = Date.now();
    if (Date.now() - moved < SETTLED_MS) await renew();
  }, POLL_MS);
}

/** Show the view that the address bar names. */
async function show() {
  const place = here();
  const main = document.querySelector("main");
  if (!main) return;
  showing?.abort();
  const control = new AbortController();
  showing = control;
  shown = null;
  missed = false;
  const number_ = ++drawing;
  const hash = location.hash;
  main.setAttribute("aria-busy", "true");
  const wait = setTimeout(() => {
    if (drawing === number_) fill(main, loading());
  }, 120);
  tabs(place);
  try {
    const known = VIEWS[place.path[0] ?? ""];
    if (!known) throw new api.ApiError(404, { detail: t("error.noview") });
    const view = typeof known === "function" ? await known() : known;
    const found = await view.load(place, context(control.signal));
    if (drawing !== number_) return;
    clearTimeout(wait);
    fill(main, view.draw(found, place, context(control.signal)));
    shown = { view, place, found: JSON.stringify(found) };
    document.title = `${view.title(found, place)} · ${t("brand")}`;
  } catch (error) {
    clearTimeout(wait);
    if (drawing !== number_ || control.signal.aborted) return;
    missed = true;
    fill(
      main,
      h("h1.only-read", { tabindex: -1 }, t("error.title")),
      failed(error, () => show()),
    );
    document.title = `${t("error.title")} · ${t("brand")}`;
  }
  main.removeAttribute("aria-busy");
  main.dataset.place = hash; // what is shown now; tests wait for it
  scrollTo(0, 0);
  if (first) first = false;
  else if (document.activeElement === document.body || document.activeElement?.closest("main, nav"))
    main.querySelector("h1")?.focus({ preventScroll: true });
}

/** Load the view again, and redraw it if it has changed, without disturbing the reader. */
async function renew() {
  const main = document.querySelector("main");
  if (missed) {
    await show(); // what was missing may exist now
    return;
  }
  const before = shown;
  if (!before || !main || before.view.still || document.hidden) return;
  let found;
  try {
    found = await before.view.load(before.place, context(showing?.signal ?? new AbortController().signal));
  } catch {
    return; // the line about the chain already says that no data arrives
  }
  if (
    shown !== before ||
    JSON.stringify(withoutBlock(found)) === JSON.stringify(withoutBlock(JSON.parse(before.found)))
  )
    return;
  const [x, y] = [scrollX, scrollY];
  keepingPlace(main, () =>
    fill(main, before.view.draw(found, before.place, context(showing?.signal ?? new AbortController().signal))),
  );
  shown = { ...before, found: JSON.stringify(found) };
  scrollTo(x, y);
  announce(t("renewed"));
}

/** Return an answer without what every new block changes. */
function withoutBlock(found) {
  return JSON.parse(
    JSON.stringify(found, (key, value) =>
      ["block", "blockAge", "checkedAge", "behind", "chain", "readTo", "seen"].includes(key) ? undefined : value,
    ),
  );
}

function frame() {
  document.body.replaceChildren(
    h("a.skip", { href: "#main", onclick: skip }, t("skip")),
    h(
      "header.top",
      null,
      h(
        "div.frame",
        null,
        h(
          "div.bar",
          null,
          h(
            "a.brand",
            { href: to([]) },
            h("img", { src: "icon.svg", alt: "", width: 28, height: 28 }),
            h("span", null, t("brand")),
          ),
          h("span.network", { id: "network", hidden: true }),
          h(
            "form.find",
            { role: "search", onsubmit: find },
            h("input", {
              type: "search",
              name: "q",
              "aria-label": t("search"),
              placeholder: t("search.hint"),
              autocomplete: "off",
              maxlength: 200,
              enterkeyhint: "search",
            }),
          ),
        ),
        h("nav.tabs", { "aria-label": t("views") }, [
          ...TABS.map((name) =>
            h("a", { href: to(name ? [name] : []), "data-tab": name }, t(`tab.${name || "overview"}`)),
          ),
          h("a.act", { href: to(["do"]), "data-tab": "do" }, t("tab.do")),
        ]),
      ),
    ),
    h("div.frame", null, h("div.chain", { role: "status", "aria-live": "off", id: "chain" })),
    h("main.frame", { id: "main" }),
    h(
      "footer.bottom",
      null,
      h(
        "div.frame",
        null,
        h("span", null, t("footer")),
        h("span.push", null),
        h(
          "label",
          null,
          `${t("language")} `,
          h(
            "select",
            { name: "language", onchange: speak },
            Object.entries(LANGUAGES).map(([code, name]) =>
              h("option", { value: code, selected: code === current() }, name),
            ),
          ),
        ),
        h(
          "label",
          null,
          `${t("theme")} `,
          h(
            "select",
            { name: "theme", onchange: (event) => theme(event.target.value) },
            ["", "light", "dark"].map((name) =>
              h("option", { value: name, selected: (kept("theme") ?? "") === name }, t(`theme.${name || "system"}`)),
            ),
          ),
        ),
      ),
    ),
    h("div.only-read", { id: "says", role: "status", "aria-live": "polite" }),
  );
}

function skip(event) {
  event.preventDefault();
  /** @type {HTMLElement | null} */ (document.querySelector("main h1"))?.focus();
}

function find(event) {
  event.preventDefault();
  const text = new FormData(event.target).get("q")?.toString().trim() ?? "";
  if (!text) return;
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) go(to(["address", text]));
  else if (/^0x[0-9a-fA-F]{64}$/.test(text)) go(to(["transaction", text]));
  else go(to(["search"], { q: text }));
}

async function speak(event) {
  keep("language", event.target.value);
  await load(event.target.value);
  frame();
  state();
  await show();
  /** @type {HTMLElement | null} */ (document.querySelector("[name=language]"))?.focus();
}

function theme(name) {
  keep("theme", name || null);
  if (name) document.documentElement.setAttribute("data-theme", name);
  else document.documentElement.removeAttribute("data-theme");
}

function tabs(place) {
  const part = { node: "nodes", party: "parties", service: "services" }[place.path[0]] ?? place.path[0] ?? "";
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.getAttribute("data-tab") === part) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

/** Show which block this is, how old it is, and whether the page or the chain has stopped. */
function state() {
  const line = document.getElementById("chain");
  if (!line) return;
  const network = document.getElementById("network");
  if (chain && network) {
    network.hidden = false;
    network.textContent = `${plain(chain.network, 40)} · ${chain.chainId}`;
  }
  const name = !connected ? "gone" : ({ standing: "stands", lagging: "lags" }[chain?.state] ?? "live");
  if (!chain) {
    line.dataset.state = connected ? "live" : "gone";
    fill(line, h("span.state", null, h("span.dot"), t(connected ? "chain.wait" : "chain.gone")));
    return;
  }
  if (!chain.block) {
    line.dataset.state = name;
    const { read, total } = chain;
    const said = !connected ? t("chain.gone") : total ? t("chain.reads", { read, total }) : t("chain.wait");
    fill(line, h("span.state", null, h("span.dot"), said));
    return;
  }
  const key = `${name} ${chain.block.number} ${chain.block.hash} ${current()}`;
  if (line.dataset.key === key) return;
  line.dataset.key = key;
  line.dataset.state = name;
  fill(
    line,
    h("span.state", null, h("span.dot"), t(`chain.${name}`)),
    h(
      "span",
      null,
      t("block"),
      " ",
      h("a", { href: `${to(["changes"])}`, title: plain(chain.block.hash) }, number(chain.block.number)),
      " · ",
      ago(chain.block.time),
    ),
    chain.explorer && /^https:\/\//.test(chain.explorer) && h("span", null, foreign(short(chain.registry)), " "),
  );
}

start().catch((error) => {
  document.body.replaceChildren(
    h(
      "main.frame",
      null,
      note("bad", h("h1", null, "The page could not start"), h("p", null, String(error?.message ?? error))),
    ),
  );
});
