// What several views show: names, addresses, tables, and the states that a view can be in.

import { foreign, h, plain, svg } from "./dom.js";
import { served } from "./api.js";
import { to } from "./router.js";
import { ago, country, has, parts, t } from "./text.js";

/** What a URL of a node or a website may hold; others are shown as text. */
const URL_RULE = /^https?:\/\/[a-z0-9[][-a-z0-9._~:/%[\]]{0,250}$/;

/**
 * Return the head of a view.
 * @param {any} title Its title.
 * @param {{eyebrow?: any, lead?: any, side?: any}} [more] What stands around it.
 */
export function head(title, { eyebrow, lead, side } = {}) {
  return h(
    "header.head",
    null,
    h(
      "div",
      null,
      h("div", null, eyebrow && h("span.eyebrow", null, eyebrow), h("h1", { tabindex: -1 }, title)),
      side && h("div", null, side),
    ),
    lead && h("p", null, lead),
  );
}

/**
 * Return a card.
 * @param {any} title Its title.
 * @param {...any} children What is in it.
 */
export const card = (title, ...children) => h("section.card", null, title && h("h2", null, title), ...children);

/**
 * Return pairs of name and value.
 * @param {[any, any][]} pairs Those without a value are left out.
 */
export function facts(pairs) {
  const some = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false);
  return h(
    "dl.facts",
    null,
    some.map(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
  );
}

/**
 * Return a hint in a box.
 * @param {"info" | "good" | "warn" | "bad"} kind How it looks.
 * @param {...any} children What it says.
 */
export const note = (kind, ...children) =>
  h(`div.note.${kind}`, kind === "bad" ? { role: "alert" } : null, ...children);

/**
 * Return the placeholder of an empty list.
 * @param {any} title What is missing.
 * @param {any} [hint] What to do.
 */
export const empty = (title, hint) => h("div.empty", null, h("strong", null, title), hint);

/**
 * Return a table.
 * @param {string} caption What it lists, for screen readers.
 * @param {{name: any, count?: boolean, hide?: boolean}[]} columns Its columns.
 * @param {any[][]} rows Values, in the order of the columns.
 */
export function table(caption, columns, rows) {
  return h(
    "div.scroll",
    { tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table.fold",
      null,
      h("caption.only-read", null, caption),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map((column) => h(`th${column.count ? ".count" : ""}`, { scope: "col" }, column.name)),
        ),
      ),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            row.map((value, place) =>
              h(`td${columns[place].count ? ".count" : ""}`, { "data-label": columns[place].name }, value),
            ),
          ),
        ),
      ),
    ),
  );
}

/**
 * Return the id of a party, as a link.
 * @param {{countryCode: string, partyId: string}} id Its two halves.
 */
export const partyLink = (id) =>
  h("a.party-id", { href: to(["party", id.countryCode, id.partyId]) }, `${plain(id.countryCode)} ${plain(id.partyId)}`);

/**
 * Return an address: shortened and linked, with all of it as a tooltip.
 * @param {string} address Its text.
 * @param {{whole?: boolean, link?: boolean}} [options] How it is shown.
 */
export function address(address, { whole = false, link = true } = {}) {
  const text = whole ? plain(address) : short(address);
  const shown = link
    ? h("a", { href: to(["address", address]), title: plain(address) }, text)
    : h("span", { title: plain(address) }, text);
  return h("span.address", null, shown, whole && copy(address));
}

/**
 * Return the beginning and the end of an address or hash.
 * @param {string} text All of it.
 */
export const short = (text) => (text.length > 16 ? `${plain(text.slice(0, 8))}…${plain(text.slice(-6))}` : plain(text));

/**
 * Return a transaction's hash, linked.
 * @param {string} hash Its text.
 */
export const transaction = (hash) => h("a.mono", { href: to(["transaction", hash]), title: hash }, short(hash));

/**
 * Return a button that copies a text.
 * @param {string} text What to copy.
 */
export function copy(text) {
  const button = h(
    "button.copy",
    {
      type: "button",
      "aria-label": t("copy"),
      title: t("copy"),
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(text);
          announce(t("copied"));
        } catch {
          announce(t("copy.failed"));
        }
      },
    },
    svg(
      "svg",
      { viewBox: "0 0 16 16", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.5 },
      svg("rect", { x: 5, y: 5, width: 8.5, height: 9, rx: 1.5 }),
      svg("path", { d: "M10.5 5V3.5A1.5 1.5 0 0 0 9 2H4a1.5 1.5 0 0 0-1.5 1.5v6A1.5 1.5 0 0 0 4 11h1" }),
    ),
  );
  return button;
}

/**
 * Return a URL. It is a link only if it is a website with ordinary letters; the website does not learn where its
 * visitors come from.
 * @param {string | null | undefined} url What was listed.
 * @param {{link?: boolean}} [options] Whether it may be a link.
 */
export function url(url, { link = false } = {}) {
  if (!url) return null;
  if (link && URL_RULE.test(url))
    return h("a.url", { href: url, rel: "noopener noreferrer nofollow external", target: "_blank" }, plain(url));
  return h("span.url", null, foreign(url));
}

/**
 * Return roles.
 * @param {string[]} roles Their names.
 */
export const roles = (roles) =>
  h(
    "span.tags",
    null,
    roles.map((role) => h("span.tag.role", { "data-role": role, title: t(`role.${role}`) }, plain(role, 40))),
  );

/**
 * Return tags.
 * @param {(string | number)[]} names Their texts.
 * @param {any} [none] What to show where there are none.
 */
export const tags = (names, none = h("span.muted", null, t("none"))) =>
  names.length
    ? h(
        "span.tags",
        null,
        names.map((name) => h("span.tag", null, plain(name, 80))),
      )
    : none;

/**
 * Return how a party is reached.
 * @param {{operator: string, url?: string | null}} node Its node.
 */
export function reached(node) {
  if (!node.url) return h("span", null, h("span.tag", null, t("unreachable")));
  return h("a", { href: to(["node", node.operator]) }, foreign(node.url.replace(/^https?:\/\//, "")));
}

/**
 * Return a country with its name.
 * @param {string} code Its letters.
 */
export const countryName = (code) => (country(code) ? `${country(code)} (${code})` : plain(code));

/**
 * Return what a host vouches for, or the statement that nobody vouches.
 * @param {{vouched: boolean, reason?: string, name?: string | null, checkedAt?: number} | null | undefined} vouching The verdict.
 * @param {"node" | "party"} kind Of what.
 */
export function vouching(vouching, kind) {
  if (!vouching) return h("span.muted", null, t(`vouch.${kind}.unknown`), served() ? null : [" ", t("vouch.unable")]);
  const checked = vouching.checkedAt ? [" · ", t("vouch.checked"), " ", ago(vouching.checkedAt)] : [];
  if (vouching.vouched) {
    const name = vouching.name ? [h("strong", null, foreign(vouching.name, 100)), " · "] : [];
    return h("span", null, name, t(`vouch.${kind}.yes`), h("span.muted.small", null, checked));
  }
  return h(
    "span",
    null,
    t(`vouch.${kind}.no`),
    " ",
    h("span.muted.small", null, foreign(vouching.reason ?? "", 200), checked),
  );
}

/**
 * Return the list of what happened.
 * @param {any[]} events Changes, as the API returns them, the latest first.
 * @param {{none?: any, brief?: boolean}} [options] What to show where there are none; whether only what happened is shown.
 */
export function events(events, { none = empty(t("history.none")), brief = false } = {}) {
  if (!events.length) return none;
  return h(
    `ol.events${brief ? ".brief" : ""}`,
    null,
    events
      .filter((event, place) => !sameEntry(event, events[place - 1]))
      .map((event) =>
        h(
          "li",
          null,
          h("div.when", null, when(event, brief)),
          h("div", null, h("div", null, sentence(event, brief)), brief ? null : h("div.how", null, how(event))),
        ),
      ),
  );
}

/** A transaction that changes a party twice has an event for each change. Only the last one counts. */
function sameEntry(one, other) {
  return (
    other &&
    one.change === "PartySet" &&
    other.change === "PartySet" &&
    one.hash === other.hash &&
    one.id.countryCode === other.id.countryCode &&
    one.id.partyId === other.id.partyId
  );
}

function when(event, brief) {
  const unix = typeof event.time === "string" ? Date.parse(event.time) / 1000 : event.time;
  return [ago(unix), brief ? " · " : h("br"), t("block.short", { number: event.blockNumber })];
}

function how(event) {
  const sender = event.sender ? address(event.sender) : t("how.nobody");
  const key = `how.${event.how ?? "unknown"}`;
  return [parts(key, { sender }), event.hash && [" · ", transaction(event.hash)]];
}

/**
 * Return in words what happened.
 * @param {any} event A change, as the API returns it.
 * @param {boolean} [brief] Whether to use few words.
 */
export function sentence(event, brief = false) {
  const values = {
    account: event.account && address(event.account),
    party: event.id && partyLink(event.id),
    operator: event.operator && address(event.operator),
    url: url(event.node?.url ?? event.domain ?? event.url ?? event.website) ?? "",
    roles: event.roles && roles(event.roles),
    name: h("strong", null, foreign(event.name ?? "", 100)),
    provider: event.provider && address(event.provider),
    user: event.user && address(event.user),
    newAccount: event.newAccount && address(event.newAccount),
    controller: event.controller && address(event.controller),
    holder: event.holder && address(event.holder),
    newOwner: event.newOwner && address(event.newOwner),
    owner: event.owner && address(event.owner),
    contract: event.contract ?? "",
  };
  if (event.node?.operator) values.operator = address(event.node.operator);
  if (event.operatorDomain && event.operator)
    values.operator = h(
      "a",
      { href: to(["node", event.operator]) },
      foreign(event.operatorDomain.replace(/^https?:\/\//, "")),
    );
  if (event.address) values.account = address(event.address);
  let key = `event.${event.change}`;
  if (event.change === "PartyWebsiteSet" && !event.website) key += ".none";
  if (event.change === "ControllerSet" && event.controller === event.account) key += ".none";
  if (event.change === "PartyReserved" && !event.holder) key += ".none";
  if (event.change === "NodeReserved" && !event.operator) key += ".none";
  if (brief && has(`${key}.brief`)) key += ".brief";
  return has(key) ? parts(key, values) : plain(event.change, 60);
}

/**
 * Return the links to other pages of a list.
 * @param {{total: number, offset: number, limit: number, more?: boolean}} page What is shown.
 * @param {(offset: number) => string} link Where another page is.
 */
export function pager({ total, offset, limit }, link) {
  const last = Math.min(offset + limit, total);
  return h(
    "nav.pager",
    { "aria-label": t("pages") },
    h("span", null, total ? t("pages.shown", { first: offset + 1, last, total }) : t("pages.none")),
    h("span.push", null),
    offset > 0 && h("a.button.small", { href: link(Math.max(offset - limit, 0)), rel: "prev" }, t("pages.previous")),
    last < total && h("a.button.small", { href: link(offset + limit), rel: "next" }, t("pages.next")),
  );
}

/** Return the placeholder of a view that is loading. */
export const loading = () =>
  h(
    "div",
    { "aria-busy": "true" },
    h("span.only-read", { role: "status" }, t("loading")),
    h(
      "div.card",
      null,
      Array.from({ length: 6 }, () => h("div.bone")),
    ),
  );

/**
 * Return the message for a view that could not be loaded.
 * @param {any} error What went wrong.
 * @param {() => void} again Loads it again.
 */
export function failed(error, again) {
  const missing = error.code === "not_found" || error.status === 404;
  const key = missing ? "error.missing" : `problem.${error.code}`;
  const title = t(has(key) ? key : error.status ? "error.refused" : "error.offline");
  const why = error.code === "not_found" ? t("error.missing.hint") : (error.detail ?? error.message ?? "");
  return h(
    "div.card",
    { role: "alert" },
    h(
      "div.empty",
      null,
      h("strong", null, title),
      foreign(why, 400),
      h(
        "div",
        null,
        missing
          ? h("a.button", { href: to([]) }, t("tab.overview"))
          : h("button", { type: "button", onclick: again }, t("again")),
      ),
    ),
  );
}

/**
 * Say something to screen readers, and show it for a moment.
 * @param {string} text What to say.
 */
export function announce(text) {
  const place = document.getElementById("says");
  if (place) place.textContent = text;
}
