// One entry: a node, a party, a service, an address, a transaction.

import * as api from "../api.js";
import { foreign, h, plain } from "../dom.js";
import {
  address as addressOf,
  card,
  copy,
  countryName,
  empty,
  events,
  facts,
  head,
  note,
  pager,
  partyLink,
  reached,
  roles,
  table,
  tags,
  url,
  vouching,
} from "../parts.js";
import { to } from "../router.js";
import { ago, number, t } from "../text.js";
import { permission } from "./lists.js";

const LIMIT = 50;
const HISTORY = 25;

/** Load somebody's history; without it, the rest of the view is still shown. */
async function past(name, query, signal) {
  try {
    return await api.get("history", { ...name, before: query.get("before") ?? "", limit: HISTORY }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { events: [], before: null, failed: true };
  }
}

function historyCard(found, path, query) {
  return card(
    t("history.title"),
    found.failed ? note("warn", t("history.failed")) : null,
    found.complete === false ? note("info", t("history.reading")) : null,
    events(found.events),
    h(
      "div.buttons",
      null,
      query.get("before") && h("a.button.small", { href: to(path) }, t("changes.latest")),
      found.before && h("a.button.small", { href: to(path, { before: found.before }) }, t("changes.older")),
    ),
  );
}

const actions = (names) =>
  h(
    "div.buttons",
    null,
    names.map(([name, query, text = `do.${name}.short`]) =>
      h("a.button.small", { href: to(["do", name], query) }, t(text)),
    ),
  );

/** @type {import("../main.js").View} */
export const node = {
  title: (found) => plain(found.node.url ?? "").replace(/^https?:\/\//, ""),
  async load({ path, query }, { signal }) {
    const operator = path[1] ?? "";
    const [node, parties, history] = await Promise.all([
      api.get(`nodes/${encodeURIComponent(operator)}`, {}, signal),
      api.get("parties", { operator, offset: query.get("offset") || 0, limit: LIMIT }, signal),
      past({ account: operator }, query, signal),
    ]);
    return { node: node.node, parties, history };
  },
  draw({ node, parties, history }, { query }) {
    const path = ["node", node.operator];
    return h(
      "div.stack",
      null,
      head(node.url ? foreign(node.url.replace(/^https?:\/\//, "")) : t("node.gone"), {
        eyebrow: t("node"),
        lead: node.url ? t("node.lead", { count: node.parties }) : t("node.gone.lead"),
      }),
      h(
        "div.columns",
        null,
        h(
          "div.stack",
          null,
          h(
            "section.card.flush",
            null,
            h("h2", null, t("node.parties")),
            parties.parties.length
              ? table(
                  t("node.parties"),
                  [
                    { name: t("col.id") },
                    { name: t("col.country") },
                    { name: t("col.roles") },
                    { name: t("col.account") },
                  ],
                  parties.parties.map((party) => [
                    partyLink(party),
                    countryName(party.countryCode),
                    roles(party.roles),
                    addressOf(party.address),
                  ]),
                )
              : empty(t("node.noparties")),
            parties.total > LIMIT &&
              pager({ total: parties.total, offset: parties.offset, limit: LIMIT }, (offset) =>
                to(path, { offset: offset || "" }),
              ),
          ),
          historyCard(history, path, query),
        ),
        h(
          "div.stack",
          null,
          card(
            t("about"),
            facts([
              [t("col.url"), h("span", null, url(node.url), node.url && copy(node.url))],
              [t("col.operator"), addressOf(node.operator, { whole: true })],
              [t("col.vouched"), vouching(node.vouched, "node")],
              [t("col.parties"), number(node.parties)],
            ]),
            actions([
              ["register", { operator: node.operator }, "do.register.title"],
              ["node", { account: node.operator }],
              ["leave-node", { account: node.operator }],
            ]),
          ),
        ),
      ),
    );
  },
};

/** @type {import("../main.js").View} */
export const party = {
  title: ({ party }) => `${plain(party.countryCode)} ${plain(party.partyId)}`,
  async load({ path, query }, { signal }) {
    const [country, id] = [path[1] ?? "", path[2] ?? ""];
    const [found, history] = await Promise.all([
      api.get(`parties/${encodeURIComponent(country)}/${encodeURIComponent(id)}`, {}, signal),
      past({ party: `${country}${id}` }, query, signal),
    ]);
    const users = found.service
      ? await api.get("agreements", { provider: found.party.address, limit: LIMIT }, signal)
      : null;
    return { ...found, users: users?.agreements.map((one) => one.user) ?? [], history };
  },
  draw({ party, others, service, agreements, users, history }, { query }) {
    const path = ["party", party.countryCode, party.partyId];
    const id = { countryCode: party.countryCode, partyId: party.partyId };
    return h(
      "div.stack",
      null,
      head(h("span.mono", null, `${plain(party.countryCode)} ${plain(party.partyId)}`), {
        eyebrow: t("party"),
        lead: who(party),
        side: roles(party.roles),
      }),
      h(
        "div.columns",
        null,
        h(
          "div.stack",
          null,
          card(
            t("party.reach"),
            facts([
              [t("col.node"), party.node.url ? reached(party.node) : h("span", null, t("party.unreachable"), " ")],
              [t("col.operator"), addressOf(party.node.operator)],
              [t("col.country"), countryName(party.countryCode)],
            ]),
            h(
              "div.buttons",
              null,
              h(
                "a.button.small",
                { href: to(["route"], { to: `${party.countryCode}${party.partyId}` }) },
                t("party.route"),
              ),
            ),
          ),
          modules(party),
          agreementsCard(agreements, users, party),
          historyCard(history, path, query),
        ),
        h(
          "div.stack",
          null,
          card(
            t("party.who"),
            facts([
              [
                t("col.website"),
                party.website ? url(party.website, { link: true }) : h("span.muted", null, t("party.nowebsite")),
              ],
              [t("col.vouched"), party.website ? vouching(party.vouched, "party") : h("span", null, t("party.nobody"))],
              [t("col.account"), addressOf(party.address, { whole: true })],
              [
                t("col.otherids"),
                others.length
                  ? h(
                      "span.tags",
                      null,
                      others.map((one) => [partyLink(one), " "]),
                    )
                  : null,
              ],
              [
                t("col.changed"),
                party.changed && [ago(party.changed.time), " · ", t("block.short", { number: party.changed.block })],
              ],
            ]),
          ),
          service ? serviceCard(service) : card(t("service"), h("p.muted", null, t("party.noservice"))),
          card(
            t("party.yours"),
            h("p.muted.small", null, t("party.yours.hint")),
            actions([
              ["register", id],
              ["modules", id],
              ["website", id],
              ["service", { account: party.address }],
              ["move", { account: party.address }],
              ["controller", { account: party.address }],
              ["leave", id],
            ]),
          ),
        ),
      ),
    );
  },
};

function who(party) {
  if (party.vouched?.vouched && party.vouched.name)
    return h("span", null, h("strong", null, foreign(party.vouched.name, 100)), " ", t("party.says"));
  if (!party.website) return t("party.nobody");
  return t(!party.vouched ? "party.notchecked" : party.vouched.vouched ? "party.vouched" : "party.notvouched");
}

function modules(party) {
  const { sender, receiver } = party.modules;
  if (!sender.length && !receiver.length) return card(t("modules"), h("p.muted", null, t("modules.none")));
  const every = [...new Set([...sender, ...receiver])].sort();
  const mark = (there) =>
    there
      ? h("span", null, h("span", { "aria-hidden": "true" }, "●"), h("span.only-read", null, t("yes")))
      : h("span.muted", null, h("span", { "aria-hidden": "true" }, "–"), h("span.only-read", null, t("no")));
  return h(
    "section.card.flush",
    null,
    h("h2", null, t("modules")),
    table(
      t("modules"),
      [{ name: t("col.module") }, { name: t("sender") }, { name: t("receiver") }],
      every.map((name) => [plain(name), mark(sender.includes(name)), mark(receiver.includes(name))]),
    ),
  );
}

function serviceCard(service) {
  return card(
    t("service"),
    facts([
      [
        t("col.name"),
        h(
          "a",
          { href: to(["service", service.provider.address]) },
          service.name ? foreign(service.name, 100) : t("service.unnamed"),
        ),
      ],
      [t("col.url"), url(service.url, { link: true })],
      [t("col.permissions"), tags(service.permissions.map(permission))],
      [t("col.users"), number(service.users ?? 0)],
    ]),
    h(
      "div.buttons",
      null,
      h("a.button.small", { href: to(["do", "agree"], { provider: service.provider.address }) }, t("do.agree.short")),
    ),
  );
}

const accountLink = (one) => (one.countryCode ? partyLink(one) : addressOf(one.address));

function agreementsCard(agreements, users, party) {
  return h(
    "section.card.flush",
    null,
    h("h2", null, t("agreements.made")),
    agreements.length
      ? table(
          t("agreements.made"),
          [
            { name: t("col.provider") },
            { name: t("service") },
            { name: t("col.permissions") },
            { name: t("col.action") },
          ],
          agreements.map((one) => [
            accountLink(one.provider),
            one.service ? foreign(one.service, 100) : h("span.muted", null, t("service.unnamed")),
            tags(one.permissions.map(permission)),
            h(
              "a.small",
              { href: to(["do", "revoke"], { provider: one.provider.address, account: party.address }) },
              t("do.revoke.short"),
            ),
          ]),
        )
      : empty(t("agreements.none")),
    users &&
      users.length > 0 && [
        h("h2", null, t("agreements.users")),
        h(
          "div.pager",
          null,
          users.map((one) => [accountLink(one), " "]),
        ),
      ],
  );
}

/** @type {import("../main.js").View} */
export const service = {
  title: ({ service }) => (service.name ? plain(service.name, 60) : t("service.unnamed")),
  async load({ path, query }, { signal }) {
    const provider = path[1] ?? "";
    const [found, users, history] = await Promise.all([
      api.get(`services/${encodeURIComponent(provider)}`, {}, signal),
      api.get("agreements", { provider, offset: query.get("offset") || 0, limit: LIMIT }, signal),
      past({ account: provider }, query, signal),
    ]);
    return { service: found.service, users, history };
  },
  draw({ service, users, history }, { query }) {
    const path = ["service", service.provider.address];
    return h(
      "div.stack",
      null,
      head(service.name ? foreign(service.name, 100) : t("service.unnamed"), {
        eyebrow: t("service"),
        lead: [t("service.by"), " ", partyLink(service.provider)],
        side: h(
          "a.button.primary",
          { href: to(["do", "agree"], { provider: service.provider.address }) },
          t("do.agree.short"),
        ),
      }),
      h(
        "div.columns",
        null,
        h(
          "div.stack",
          null,
          card(
            t("service.needs"),
            h(
              "ul",
              { class: "plain stack tight" },
              service.permissions.map((one) =>
                h("li", null, h("strong", null, permission(one)), h("div.small.muted.mono", null, plain(one, 80))),
              ),
            ),
          ),
          h(
            "section.card.flush",
            null,
            h("h2", null, t("service.users")),
            users.agreements.length
              ? table(
                  t("service.users"),
                  [{ name: t("col.id") }, { name: t("col.account") }],
                  users.agreements.map((one) => [accountLink(one.user), addressOf(one.user.address)]),
                )
              : empty(t("service.nousers")),
            users.total > LIMIT &&
              pager({ total: users.total, offset: users.offset, limit: LIMIT }, (offset) =>
                to(path, { offset: offset || "" }),
              ),
          ),
          historyCard(history, path, query),
        ),
        card(
          t("about"),
          facts([
            [t("col.url"), service.url ? url(service.url, { link: true }) : h("span.muted", null, t("none"))],
            [t("col.provider"), addressOf(service.provider.address, { whole: true })],
            [t("col.version"), service.version === null ? null : number(service.version)],
          ]),
          actions([
            ["service", { account: service.provider.address }],
            ["end-service", { account: service.provider.address }],
          ]),
        ),
      ),
    );
  },
};

/** @type {import("../main.js").View} */
export const address = {
  title: (found) => plain(found.account.account ?? "", 20),
  async load({ path, query }, { signal }) {
    const who = path[1] ?? "";
    const [account, history] = await Promise.all([
      api.get(`accounts/${encodeURIComponent(who)}`, {}, signal),
      past({ account: who }, query, signal),
    ]);
    return { account, history };
  },
  draw({ account, history }, { query }) {
    const path = ["address", account.account];
    const holds = account.parties?.length || account.node || account.service;
    const own = { account: account.account };
    const controlled = account.controller;
    return h(
      "div.stack",
      null,
      head(h("span.mono", null, addressOf(account.account, { whole: true, link: false })), {
        eyebrow: t("address"),
        lead: holds ? t("address.lead") : t("address.nothing"),
      }),
      controlled ? note("info", t("address.controlled"), " ", addressOf(account.controller)) : null,
      h(
        "div.columns",
        null,
        h(
          "div.stack",
          null,
          account.parties?.length > 0 &&
            h(
              "section.card.flush",
              null,
              h("h2", null, t("tab.parties")),
              table(
                t("tab.parties"),
                [{ name: t("col.id") }, { name: t("col.roles") }, { name: t("col.node") }],
                account.parties.map((party) => [partyLink(party), roles(party.roles), reached(party.node)]),
              ),
            ),
          account.agreements?.length > 0 && agreementsCard(account.agreements, null, { address: account.account }),
          historyCard(history, path, query),
        ),
        h(
          "div.stack",
          null,
          account.node &&
            card(
              t("node"),
              facts([
                [t("col.url"), h("a", { href: to(["node", account.account]) }, foreign(account.node.url))],
                [t("col.parties"), number(account.node.parties)],
              ]),
            ),
          account.service && serviceCard(account.service),
          card(
            t("address.yours"),
            actions([
              ["register", own, "do.register.title"],
              ["node", own, account.node ? undefined : "do.node.title"],
              ...(holds ? [["move", own]] : []),
              ["controller", own],
              ["cancel", own],
            ]),
          ),
        ),
      ),
    );
  },
};

/** @type {import("../main.js").View} */
export const transaction = {
  title: (_, { path }) => `${t("transaction")} ${plain(path[1] ?? "", 12)}`,
  load: ({ path }, { signal }) => api.get(`transactions/${encodeURIComponent(path[1] ?? "")}`, {}, signal),
  draw(found, { path }, { chain }) {
    const hash = path[1] ?? "";
    const happened = found.events;
    const first = happened[0];
    const explorer = chain()?.explorer;
    return h(
      "div.stack",
      null,
      head(t("transaction.title"), { eyebrow: t("transaction"), lead: h("span.mono", null, plain(hash), copy(hash)) }),
      found.block !== null || first
        ? card(
            t("about"),
            facts([
              [t("block"), number(found.block ?? first.blockNumber)],
              [
                t("transaction.outcome"),
                found.succeeded === null ? null : t(found.succeeded ? "transaction.succeeded" : "transaction.reverted"),
              ],
              [t("transaction.gas"), found.gasUsed === null ? null : number(found.gasUsed)],
              [t("transaction.when"), first && ago(Date.parse(first.time) / 1000)],
              [t("transaction.sender"), first && (first.sender ? addressOf(first.sender) : t("how.nobody"))],
              [
                t("transaction.explorer"),
                explorer &&
                  /^https:\/\//.test(explorer) &&
                  url(`${explorer.replace(/\/$/, "")}/tx/${hash}`, { link: true }),
              ],
            ]),
          )
        : null,
      card(
        t("transaction.changes"),
        events(happened, { none: empty(t("transaction.nothing"), t("transaction.nothing.hint")) }),
      ),
      found.requests?.length > 0 &&
        h(
          "section.card.flush",
          null,
          h("h2", null, t("transaction.requests")),
          table(
            t("transaction.requests"),
            [{ name: t("col.kind") }, { name: t("col.account") }, { name: t("col.state") }],
            found.requests.map((one) => [plain(one.kind), addressOf(one.account), t(`state.${one.state}`)]),
          ),
        ),
    );
  },
};
