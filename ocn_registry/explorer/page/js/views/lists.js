// Lists: the filters are in the address bar, and the server returns pages.

import * as api from "../api.js";
import { foreign, h, plain } from "../dom.js";
import { MODULES, PERMISSIONS, ROLES } from "../requests.js";
import { address, empty, events, head, note, pager, partyLink, reached, roles, table, tags, url } from "../parts.js";
import { go, here, to } from "../router.js";
import { ago, country, number, t } from "../text.js";

const LIMIT = 50;

/**
 * Return a view of a list.
 * @param {object} list How it is made.
 * @param {string} list.name Its name in the API.
 * @param {string[]} list.filters Parameters that are taken from the address bar.
 * @param {(query: URLSearchParams, found: any) => any[]} list.fields The fields that set them.
 * @param {any[]} list.columns Of the table.
 * @param {(entry: any) => any[]} list.row Of the table.
 * @param {string} list.action What readers can do about it.
 * @returns {import("../main.js").View}
 */
function listView({ name, filters, fields, columns, row, action }) {
  const chosen = (query) => Object.fromEntries(filters.map((one) => [one, query.get(one) ?? ""]));
  return {
    title: () => t(`tab.${name}`),
    load: ({ query }, { signal }) =>
      api.get(name, { ...chosen(query), offset: query.get("offset") || 0, limit: LIMIT }, signal),
    draw(found, { query }) {
      const filtered = Object.values(chosen(query)).some(Boolean);
      const entries = found[name];
      const byChange = query.get("sort") === "changed";
      const shown = byChange ? [...columns, { name: "col.changed" }] : columns;
      return h(
        "div",
        null,
        head(t(`tab.${name}`), {
          lead: t(`list.${name}.lead`),
          side: h("a.button.small", { href: to(["do", action]) }, t(`do.${action}.title`)),
        }),
        h(
          "form.filters",
          {
            role: "search",
            "aria-label": t("filters"),
            onsubmit: (event) => (event.preventDefault(), apply(event.target, name)),
            onchange: (event) => apply(event.currentTarget, name),
          },
          fields(query, found),
        ),
        byChange && found.complete === false && note("info", t("list.undated")),
        h(
          "section.card.flush",
          null,
          entries.length
            ? table(
                t(`tab.${name}`),
                shown.map((column) => ({ ...column, name: t(column.name) })),
                entries.map((entry) => (byChange ? [...row(entry), dated(entry.changed)] : row(entry))),
              )
            : empty(
                t(filtered ? "list.nothing" : `list.${name}.empty`),
                filtered && h("div", null, h("a.button", { href: to([name]) }, t("filters.clear"))),
              ),
          entries.length > 0 &&
            h(
              "div",
              null,
              pager(
                {
                  total: found.total,
                  offset: found.offset,
                  limit: entries.length < LIMIT && found.next !== null ? entries.length : LIMIT,
                },
                (offset) => to([name], { ...chosen(query), offset: offset || "" }),
              ),
              h("div.pager", null, csv(name, chosen(query))),
            ),
        ),
      );
    },
  };
}

const dated = (moment) =>
  moment
    ? h("span", null, ago(moment.time), h("span.muted.small", null, " · ", t("block.short", { number: moment.block })))
    : h("span.muted", null, t("changed.unknown"));

function apply(form, name) {
  const values = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, String(value).trim()]));
  const link = to([name], values);
  if (link !== location.hash) go(link, { replace: here().path[0] === name });
}

function field(name, label, control, wide = false) {
  return h(`div.field${wide ? ".wide" : ""}`, null, h("label", { for: `by-${name}` }, label), control);
}

const text = (query, name, label) =>
  field(
    name,
    label,
    h("input", { id: `by-${name}`, name, type: "search", maxlength: 200, value: query.get(name) ?? "" }),
    true,
  );

const select = (query, name, label, options, first = t("any")) =>
  field(
    name,
    label,
    h(
      "select",
      { id: `by-${name}`, name },
      h("option", { value: "" }, first),
      options.map(([value, said]) => h("option", { value, selected: query.get(name) === value }, said)),
    ),
  );

const sorted = (query, usual, more = /** @type {any[]} */ ([])) =>
  select(query, "sort", t("filter.sort"), [...more, ["changed", t("sort.changed")]], usual);

/** A whole list as a file: all pages, put together here. */
function csv(name, filters) {
  const said = h("span.small", { role: "status" });
  const button = h("button.small", { type: "button" }, t("csv"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const rows = /** @type {any[]} */ ([]);
      for (let offset = 0; offset !== null;) {
        const found = await api.get(name, { ...filters, offset, limit: 500 });
        rows.push(...found[name]);
        offset = found.next;
        said.textContent = t("csv.rows", { count: rows.length });
      }
      save(`${name}.csv`, [asCsv(rows)], "text/csv");
      said.textContent = t("csv.done");
    } catch {
      said.textContent = t("csv.failed");
    }
    button.disabled = false;
  });
  return [button, said];
}

/**
 * Return entries as CSV, with a line of names first.
 * @param {any[]} entries What a list holds; an entry in an entry becomes columns with a dot.
 */
export function asCsv(entries) {
  const rows = entries.map((entry) => Object.fromEntries(flat(entry, "")));
  const names = [...new Set(rows.flatMap(Object.keys))];
  const line = (values) =>
    `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",")}\r\n`;
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? ""))].map(line).join("");
}

function flat(entry, before) {
  return Object.entries(entry).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flat(value, `${before}${name}.`)
      : [[before + name, cell(Array.isArray(value) ? value.join(" ") : String(value ?? ""))]],
  );
}

/** No cell begins as a formula does, whatever separates the cells: foreign/csv_text.py has the same rule. */
const cell = (text) =>
  text.replace(/(^|[^\p{L}\p{N}_.-])([=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])/gu, "$1'$2");

/**
 * Offer a file for download.
 * @param {string} name Its name.
 * @param {string[]} pieces What is in it.
 * @param {string} type Its media type.
 */
export function save(name, pieces, type) {
  const url = URL.createObjectURL(new Blob(pieces, { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const nodes = listView({
  name: "nodes",
  filters: ["q", "country", "sort"],
  action: "node",
  fields: (query) => [
    text(query, "q", t("filter.node")),
    countryField(query),
    sorted(query, t("sort.url"), [["parties", t("sort.parties")]]),
  ],
  columns: [
    { name: "col.url" },
    { name: "col.operator" },
    { name: "col.parties", count: true },
    { name: "col.vouched" },
  ],
  row: (node) => [
    h("a", { href: to(["node", node.operator]) }, foreign(node.url)),
    address(node.operator),
    number(node.parties),
    verdict(node.vouched),
  ],
});

function countryField(query) {
  return field(
    "country",
    t("filter.country"),
    h("input", {
      id: "by-country",
      name: "country",
      maxlength: 2,
      size: 4,
      pattern: "[A-Za-z]{2}",
      placeholder: "DE",
      title: t("filter.country.hint"),
      value: query.get("country") ?? "",
    }),
  );
}

function verdict(found) {
  if (!found) return h("span.muted", null, t("vouch.short.unknown"));
  return h(
    "span",
    { title: plain(found.reason ?? "") },
    t(`vouch.short.${found.vouched ? "yes" : "no"}`),
    found.name ? [" · ", foreign(found.name, 60)] : null,
  );
}

export const parties = listView({
  name: "parties",
  filters: ["q", "country", "role", "module", "operator", "account", "reachable", "sort"],
  action: "register",
  fields: (query) => [
    text(query, "q", t("filter.party")),
    countryField(query),
    select(
      query,
      "role",
      t("filter.role"),
      ROLES.map((role) => [role, `${role} · ${t(`role.${role}`)}`]),
    ),
    select(
      query,
      "module",
      t("filter.module"),
      MODULES.map((module) => [module, module]),
    ),
    select(query, "reachable", t("filter.reachable"), [
      ["true", t("yes")],
      ["false", t("no")],
    ]),
    sorted(query, t("sort.id")),
    ["operator", "account"].map(
      (name) => query.get(name) && h("input", { type: "hidden", name, value: query.get(name) }),
    ),
  ],
  columns: [
    { name: "col.id" },
    { name: "col.country" },
    { name: "col.roles" },
    { name: "col.node" },
    { name: "col.vouched" },
  ],
  row: (party) => [
    partyLink(party),
    country(party.countryCode) || h("span.muted", null, t("country.unknown")),
    roles(party.roles),
    reached(party.node),
    party.website ? verdict(party.vouched) : h("span.muted", null, t("vouch.short.nobody")),
  ],
});

export const services = listView({
  name: "services",
  filters: ["q", "permission", "sort"],
  action: "service",
  fields: (query) => [
    text(query, "q", t("filter.service")),
    select(
      query,
      "permission",
      t("filter.permission"),
      PERMISSIONS.map((one) => [one, t(`permission.${one}`)]),
    ),
    sorted(query, t("sort.provider")),
  ],
  columns: [
    { name: "col.name" },
    { name: "col.provider" },
    { name: "col.permissions" },
    { name: "col.users", count: true },
  ],
  row: (service) => [
    h(
      "a",
      { href: to(["service", service.provider.address]) },
      service.name ? foreign(service.name, 100) : t("service.unnamed"),
    ),
    partyLink(service.provider),
    tags(service.permissions.map((one) => permission(one))),
    number(service.users),
  ],
});

/**
 * Return a permission in words.
 * @param {string | number} one Its name or number.
 */
export const permission = (one) =>
  typeof one === "string" ? t(`permission.${one}`) : t("permission.number", { number: String(one) });

/** @type {import("../main.js").View} */
export const history = {
  title: () => t("tab.changes"),
  load: ({ query }, { signal }) => api.get("history", { before: query.get("before") ?? "", limit: LIMIT }, signal),
  draw: (found) =>
    h(
      "div",
      null,
      head(t("tab.changes"), { lead: t("changes.lead") }),
      h(
        "section.card",
        null,
        events(found.events),
        h(
          "nav.buttons",
          { "aria-label": t("pages") },
          here().query.get("before") && h("a.button.small", { href: to(["changes"]) }, t("changes.latest")),
          found.before !== null &&
            found.before !== undefined &&
            h("a.button.small", { href: to(["changes"], { before: found.before }) }, t("changes.older")),
        ),
      ),
    ),
};

/** @type {import("../main.js").View} */
export const search = {
  title: (_, { query }) => t("search.title", { text: query.get("q") ?? "" }),
  load: ({ query }, { signal }) => api.get("search", { q: query.get("q") ?? "" }, signal),
  draw(found, { query }) {
    const some = [
      ["parties", found.parties.map((party) => [partyLink(party), country(party.countryCode), address(party.address)])],
      [
        "nodes",
        found.nodes.map((node) => [
          h("a", { href: to(["node", node.operator]) }, foreign(node.url)),
          t("count.n.parties", { count: node.parties }),
          address(node.operator),
        ]),
      ],
      [
        "services",
        found.services.map((service) => [
          h(
            "a",
            { href: to(["service", service.provider.address]) },
            service.name ? foreign(service.name, 100) : t("service.unnamed"),
          ),
          url(service.url),
          partyLink(service.provider),
        ]),
      ],
    ].filter(([, rows]) => rows.length);
    return h(
      "div.stack",
      null,
      head(t("search.title", { text: "" }), { lead: h("q", null, foreign(query.get("q") ?? "", 200)) }),
      some.length
        ? some.map(([name, rows]) =>
            h(
              "section.card.flush",
              null,
              h("h2", null, t(`tab.${name}`)),
              table(
                t(`tab.${name}`),
                [{ name: t("col.name") }, { name: t("about") }, { name: t("col.account") }],
                rows,
              ),
              h("div.pager", null, h("a", { href: to([name], { q: query.get("q") ?? "" }) }, t("search.all"))),
            ),
          )
        : h("div.card", null, empty(t("list.nothing"), t("search.tips"))),
    );
  },
};
