// How a message would go from one party to another.

import * as api from "../api.js";
import { foreign, h, plain } from "../dom.js";
import { card, empty, head, note, partyLink, tags } from "../parts.js";
import { MODULES } from "../requests.js";
import { go, here, to } from "../router.js";
import { has, parts, t } from "../text.js";
import { permission } from "./lists.js";

const PARTY_ID = "[A-Za-z]{2}[ *_-]?[A-Za-z0-9]{3}";

/** @type {import("../main.js").View} */
export const route = {
  title: () => t("tab.route"),
  async load({ query }, { signal }) {
    const [from, receiver] = [query.get("from") ?? "", query.get("to") ?? ""];
    if (!from || !receiver) return null;
    return api.get(
      "route",
      {
        from,
        to: receiver,
        module: query.get("module") || "locations",
        interface: query.get("interface") || "receiver",
      },
      signal,
    );
  },
  draw: (found, { query }) =>
    h(
      "div.stack",
      null,
      head(t("tab.route"), { lead: t("route.lead") }),
      h("section.card", null, form(query)),
      found
        ? [
            found.reached
              ? note("good", h("h2", null, t("route.reached")))
              : note("warn", h("h2", null, t("route.lost"))),
            h(
              "div.columns.even",
              null,
              card(t("route.steps"), steps(found)),
              card(t("route.forwarded"), forwarded(found)),
            ),
          ]
        : null,
    ),
};

function form(query) {
  const id = (name) =>
    h(
      "div.field",
      null,
      h("label", { for: `route-${name}` }, t(`route.${name}`)),
      h("input", {
        id: `route-${name}`,
        name,
        required: true,
        pattern: PARTY_ID,
        title: t("route.id"),
        placeholder: "DE ABC",
        maxlength: 6,
        value: query.get(name) ?? "",
        autocomplete: "off",
      }),
    );
  const choice = (name, options, usual) =>
    h(
      "div.field",
      null,
      h("label", { for: `route-${name}` }, t(`route.${name}`)),
      h(
        "select",
        { id: `route-${name}`, name },
        options.map(([value, said]) => h("option", { value, selected: (query.get(name) || usual) === value }, said)),
      ),
    );
  return h(
    "form.filters",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const values = Object.fromEntries(
          [...new FormData(event.target)].map(([key, value]) => [key, String(value).trim()]),
        );
        go(to(["route"], values), { replace: here().query.has("from") });
      },
    },
    id("from"),
    id("to"),
    choice(
      "module",
      MODULES.map((one) => [one, one]),
      "locations",
    ),
    choice(
      "interface",
      [
        ["sender", t("sender")],
        ["receiver", t("receiver")],
      ],
      "receiver",
    ),
    h("button.primary", { type: "submit" }, t("route.ask")),
  );
}

const idOf = (text) => {
  const [countryCode, partyId] = text.split(" ");
  return partyLink({ countryCode, partyId: partyId ?? "" });
};

function steps(found) {
  return h(
    "ol.steps",
    null,
    found.steps.map((step) => {
      const bad = /unknown|unreachable/.test(step.code);
      const nodeLink =
        step.node &&
        h(
          "a",
          { href: to(["node", step.node.operator]) },
          step.node.url ? foreign(step.node.url) : plain(step.node.operator),
        );
      const values = {
        from: idOf(found.from),
        to: idOf(found.to),
        module: plain(found.module, 40),
        interface: t(found.interface),
        node: nodeLink,
      };
      const key = `route.step.${step.code}`;
      return h("li", { "data-state": bad ? "bad" : "done" }, has(key) ? parts(key, values) : foreign(step.text, 400));
    }),
  );
}

function forwarded(found) {
  const asked = h("p.small.muted", null, t("route.permissions"), " ", tags(found.permissions.map(permission)));
  if (!found.forwarded.length) return [empty(t("route.noagreements")), asked];
  return [
    h(
      "ul",
      { class: "plain stack tight" },
      found.forwarded.map((one) =>
        h(
          "li",
          null,
          h(`span.tag`, null, t(one.gets ? "route.gets" : "route.getsnot")),
          " ",
          h(
            "a",
            { href: to(["service", one.provider.address]) },
            one.name ? foreign(one.name, 100) : t("service.unnamed"),
          ),
          one.gets
            ? h("div.small.muted", null, t("route.by"), " ", tags(one.by.map(permission)))
            : h("div.small.muted", null, t("route.notby")),
        ),
      ),
    ),
    asked,
  ];
}
