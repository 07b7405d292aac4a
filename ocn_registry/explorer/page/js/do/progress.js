// Follows what was submitted until the registry has it, and continues after a reload.

import * as api from "../api.js";
import { fill, foreign, h, keepingPlace, plain } from "../dom.js";
import { address as addressOf, announce, note, transaction } from "../parts.js";
import { accountOf } from "../requests.js";
import { to } from "../router.js";
import { parts, t } from "../text.js";
import { receipt } from "../wallet.js";
import { words } from "./words.js";

const STATES = ["accepted", "sent", "mined", "done"];
const OVER = ["done", "failed", "expired", "superseded", "withdrawn"];
const LOOK_MS = 1500;
const LONG_MS = 90_000;

/**
 * Return the view of what is under way.
 * @param {any} flow The form.
 */
export function progress(flow) {
  const place = h("div.stack", null);
  const began = Date.now();
  let last = "";
  let drawn = "";
  let over = false;
  const look = async () => {
    if (flow.signal.aborted || over || !place.isConnected) return;
    let found = null;
    try {
      found = flow.draft.sent.kind === "relay" ? await ofRelay(flow) : await ofWallet(flow);
    } catch (error) {
      found = {
        state: last || "accepted",
        trouble:
          error instanceof api.ApiError
            ? error.detail || t("error.offline")
            : String(/** @type {any} */ (error)?.message ?? error),
      };
      if (error instanceof api.ApiError && error.status === 404 && flow.draft.sent.kind === "relay")
        found = { state: "withdrawn" };
    }
    if (over || flow.signal.aborted) return;
    over = OVER.includes(found.state);
    if (found.state !== last) announce(t(`state.${found.state}`));
    last = found.state;
    const long = Date.now() - began > LONG_MS;
    const now = JSON.stringify([found, long]);
    if (now !== drawn) keepingPlace(place, () => fill(place, shown(flow, found, long)));
    drawn = now;
    if (over && found.state === "done") flow.forget();
    if (!over) setTimeout(look, LOOK_MS);
  };
  const hear = (event) => {
    if (event.detail?.request === flow.draft.sent?.id) look();
  };
  addEventListener("ocn:request", hear);
  flow.signal.addEventListener("abort", () => removeEventListener("ocn:request", hear));
  fill(place, shown(flow, { state: "accepted" }, false));
  setTimeout(look, 0);
  return place;
}

async function ofRelay(flow) {
  const found = await api.request(flow.draft.sent.id, flow.signal);
  return { ...found, hash: found.transaction };
}

async function ofWallet(flow) {
  const hash = flow.draft.sent.id;
  let found = null;
  try {
    found = await receipt(hash);
  } catch {
    // the wallet's node may be unavailable: ask the registry's too
  }
  if (!found) {
    try {
      const told = await api.get(`transactions/${hash}`, {}, flow.signal);
      if (told.succeeded !== null && told.succeeded !== undefined)
        found = { status: told.succeeded ? "0x1" : "0x0", blockNumber: told.block };
    } catch (error) {
      if (!(error instanceof api.ApiError && error.status === 404)) throw error;
    }
  }
  if (!found) return { state: "sent", hash };
  return {
    state: Number(found.status) ? "done" : "failed",
    hash,
    block: Number(found.blockNumber),
    error: Number(found.status) ? null : { detail: t("progress.reverted") },
  };
}

function shown(flow, found, long) {
  const { key, values } = words(flow.draft.document);
  const bad = ["failed", "expired", "superseded", "withdrawn"].includes(found.state);
  const own = flow.draft.sent.kind === "self";
  const states = own ? ["sent", "done"] : STATES;
  const reached = states.indexOf(found.state);
  return h(
    "section.card.stack",
    { "data-progress": found.state },
    h("h2", { tabindex: -1 }, t(bad ? "progress.bad" : found.state === "done" ? "progress.done" : "progress.title")),
    h("p", null, parts(key, values)),
    bad
      ? note("bad", h("strong", null, t(`state.${found.state}`)), h("p", null, foreign(errorOf(found.error), 400)))
      : h(
          "ol.steps",
          null,
          states.map((name, at) =>
            h(
              "li",
              { "data-state": at <= reached ? "done" : "waits" },
              h("strong", null, t(`state.${name}`)),
              h("div.small.muted", null, t(`state.${own ? "own." : ""}${name}.hint`)),
            ),
          ),
        ),
    found.hash
      ? h(
          "p.small",
          null,
          t("transaction"),
          " ",
          transaction(found.hash),
          found.block ? [" · ", t("block.short", { number: found.block })] : null,
        )
      : null,
    found.trouble ? note("warn", t("progress.trouble"), " ", foreign(found.trouble, 200)) : null,
    long && !bad && found.state !== "done" ? note("info", t(own ? "progress.long.own" : "progress.long")) : null,
    found.state === "done"
      ? note("good", h("strong", null, t("progress.listed")), " ", result(flow.draft.document))
      : null,
    h(
      "div.buttons",
      null,
      found.state === "done" ? next(flow) : null,
      bad || found.state === "done"
        ? h(
            "button",
            { type: "button", onclick: () => (bad ? retry(flow) : flow.restart()) },
            t(bad ? "progress.again" : "progress.another"),
          )
        : h("button.small", { type: "button", onclick: () => flow.restart() }, t("progress.leave")),
    ),
  );
}

const errorOf = (error) =>
  error === null || error === undefined
    ? ""
    : typeof error === "string"
      ? error
      : (error.detail ?? JSON.stringify(error));

function retry(flow) {
  delete flow.draft.sent;
  delete flow.draft.document;
  flow.draft.step = "form";
  flow.prepared = null;
  flow.save();
  flow.draw();
}

/** Where what was done can be seen. */
function result(document) {
  const { message, primaryType } = document;
  if (message.countryCode && primaryType !== "DeleteParty")
    return h(
      "a",
      { href: to(["party", message.countryCode, message.partyId]) },
      `${plain(message.countryCode)} ${plain(message.partyId)}`,
    );
  if (primaryType === "SetNode") return h("a", { href: to(["node", message.operator]) }, foreign(message.domain));
  if (primaryType === "SetService") return h("a", { href: to(["service", message.provider]) }, t("service"));
  return addressOf(primaryType === "MoveAccount" ? message.newAccount : accountOf(document));
}

/** What usually comes next. */
function next(flow) {
  const { message, primaryType } = flow.draft.document;
  const id = { countryCode: message.countryCode, partyId: message.partyId };
  const more =
    {
      SetParty: [
        ["modules", id],
        ["website", id],
      ],
      SetNode: [["register", { operator: message.operator }]],
    }[primaryType] ?? [];
  return more.map(([name, query]) => h("a.button", { href: to(["do", name], query) }, t(`do.${name}.title`)));
}
