// Who is in the network, at a glance.

import * as api from "../api.js";
import { h, plain, svg } from "../dom.js";
import { pack, sunflower } from "../pack.js";
import { card, empty, events, facts, head, address, roles } from "../parts.js";
import { to } from "../router.js";
import { ago, country, number, t } from "../text.js";

const PARTIES_DRAWN = 400;
const WIDEST = 600; // about as wide as the card, so that a name's letters keep their size
const SMALLEST = 110; // two nodes need not fill the page
const LATEST = 8;
const [LETTER, SMALL_LETTER] = [7.4, 6]; // their widths

/** @type {import("../main.js").View} */
export const overview = {
  title: () => t("tab.overview"),
  async load(_, { signal }) {
    const whole = await api.get("overview", {}, signal);
    const few = whole.counts.parties <= PARTIES_DRAWN;
    const drawn = few ? await api.get("parties", { limit: PARTIES_DRAWN }, signal) : { parties: [] };
    return { ...whole, latest: whole.latest.slice(0, LATEST), parties: drawn.parties };
  },
  draw: (found, _, { chain }) =>
    h(
      "div.stack",
      null,
      head(t("overview.title"), { lead: t("overview.lead") }),
      h(
        "div.figures",
        null,
        ["nodes", "parties", "services"].map((name) =>
          h(
            "a.figure",
            { href: to([name]) },
            h("strong", null, number(found.counts[name])),
            t(`count.${name}`, { count: found.counts[name] }),
          ),
        ),
        h(
          "div.figure",
          null,
          h("strong", null, number(found.counts.agreements)),
          t("count.agreements", { count: found.counts.agreements }),
        ),
      ),
      h(
        "div.columns",
        null,
        h("div.stack", null, circles(found), countries(found.countries)),
        h(
          "div.stack",
          null,
          h(
            "section.card",
            null,
            h("h2", null, t("overview.latest")),
            events(found.latest, { brief: true }),
            found.latest.length > 0 && h("p.small", null, h("a", { href: to(["changes"]) }, t("overview.all"))),
          ),
          contracts(found.chain ?? chain()),
        ),
      ),
    ),
};

function circles(found) {
  const { nodes } = found.circles;
  if (!nodes.length)
    return card(
      t("overview.map"),
      empty(
        t("overview.empty"),
        h("div", null, h("a.button.primary", { href: to(["do", "node"]) }, t("do.node.title"))),
      ),
    );
  const byNode = grouped(found.parties);
  const placed = pack(nodes.map((node) => Math.sqrt(Math.max(node.parties, 1)) * 10 + 12));
  const [left, right] = [Math.min(...placed.map(({ x, r }) => x - r)), Math.max(...placed.map(({ x, r }) => x + r))];
  const [top, bottom] = [Math.min(...placed.map(({ y, r }) => y - r)), Math.max(...placed.map(({ y, r }) => y + r))];
  const wide = Math.max(right - left, 1.8 * (bottom - top), SMALLEST);
  const size = Math.max(280, Math.min(WIDEST, document.documentElement.clientWidth - 66));
  const scale = size / wide;
  const drawing = svg("svg", {
    viewBox: [((left + right - wide) / 2) * scale, (top - 2) * scale, size, (bottom - top + 4) * scale].join(" "),
    role: "group",
    "aria-label": t("overview.map"),
  });
  nodes.forEach((node, place) => drawing.append(circle(node, placed[place], scale, byNode.get(node.operator) ?? [])));
  const used = Object.keys(found.counts.roles ?? {});
  return h(
    "section.card.circles",
    null,
    h("h2", null, t("overview.map")),
    h("figure", null, drawing, h("figcaption.legend", null, roles(used))),
    h(
      "details",
      null,
      h("summary.small", null, t("overview.as_table")),
      h(
        "table",
        null,
        h(
          "thead",
          null,
          h("tr", null, h("th", { scope: "col" }, t("col.url")), h("th.count", { scope: "col" }, t("col.parties"))),
        ),
        h(
          "tbody",
          null,
          nodes.map((node) =>
            h(
              "tr",
              null,
              h("td", null, h("a", { href: to(["node", node.operator]) }, plain(node.url))),
              h("td.count", null, number(node.parties)),
            ),
          ),
        ),
      ),
    ),
    found.circles.moreNodes > 0 && h("p.small.muted", null, t("overview.more", { count: found.circles.moreNodes })),
    found.circles.unreachableParties > 0 &&
      h(
        "p.small",
        null,
        h(
          "a",
          { href: to(["parties"], { reachable: "false" }) },
          t("overview.unreachable", { count: found.circles.unreachableParties }),
        ),
      ),
  );
}

/** A node, its parties as dots where they are few, and its name where there is room. */
function circle(node, { x, y, r }, scale, inside) {
  const [cx, cy, radius] = [x * scale, y * scale, r * scale];
  const name = plain(node.url.replace(/^https?:\/\//, ""), 60);
  const said = t("overview.circle", { url: name, count: node.parties });
  const whole = inside.length === node.parties;
  const fits = (letter) => name.length * letter < radius * 1.6 && radius > 46;
  const named = fits(SMALL_LETTER);
  const room = named ? 0.66 : 0.86;
  return svg(
    "a",
    { href: to(["node", node.operator]), "aria-label": said },
    svg("title", null, said),
    svg("circle.node", { cx, cy, r: radius }),
    whole
      ? sunflower(inside.length, radius * room).map((dot, place) =>
          svg(
            "circle.p",
            {
              cx: cx + dot.x,
              cy: cy + dot.y - (named ? radius * 0.14 : 0),
              r: dot.r,
              "data-role": inside[place].roles[0],
            },
            svg(
              "title",
              null,
              `${plain(inside[place].countryCode)} ${plain(inside[place].partyId)} · ${plain(inside[place].roles.join(", "), 60)}`,
            ),
          ),
        )
      : radius > 16 && svg("text.many", { x: cx, y: cy + 5 }, number(node.parties)),
    named && svg(fits(LETTER) ? "text" : "text.small", { x: cx, y: cy + radius * 0.76 }, name),
  );
}

function grouped(parties) {
  const found = /** @type {Map<string, any[]>} */ (new Map());
  for (const party of parties) {
    const there = found.get(party.node.operator);
    if (there) there.push(party);
    else found.set(party.node.operator, [party]);
  }
  return found;
}

function countries(list) {
  if (!list.length) return null;
  return card(
    t("overview.countries"),
    h(
      "div.tiles",
      null,
      list.map((one) =>
        h(
          "a.tile",
          { href: to(["parties"], { country: one.countryCode }) },
          h("b", null, h("span.mono", null, plain(one.countryCode)), number(one.parties)),
          h("span", null, country(one.countryCode) || t("country.unknown")),
        ),
      ),
    ),
  );
}

function contracts(chain) {
  if (!chain) return null;
  return card(
    t("overview.contracts"),
    facts([
      [t("fact.network"), `${plain(chain.network, 40)} (${t("fact.chain")} ${chain.chainId})`],
      [t("fact.registry"), address(chain.registry, { link: false, whole: true })],
      [t("fact.permissions"), address(chain.permissions, { link: false, whole: true })],
      [t("fact.block"), [number(chain.block.number), " · ", ago(chain.block.time)]],
    ]),
  );
}
