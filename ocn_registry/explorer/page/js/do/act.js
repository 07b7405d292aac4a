// Forms: filled in, looked at, signed, handed on, and followed until the registry has it.

import * as api from "../api.js";
import { fill, foreign, h, keepingPlace } from "../dom.js";
import { announce, card, empty, head, note } from "../parts.js";
import { accountOf, fault, isAddress, same } from "../requests.js";
import { go, to } from "../router.js";
import { has, keep, kept, t } from "../text.js";
import { account as walletAccount, listen, wallets } from "../wallet.js";
import { accountCard } from "./account.js";
import { FORMS, GROUPS, control, problem, tidy } from "./forms.js";
import { additions, losses } from "./losses.js";
import { review } from "./review.js";
import { fits, namesOf } from "./words.js";
import { progress } from "./progress.js";

const KEPT_MS = 30 * 24 * 3600 * 1000;
const NODES = 200;
const LARGEST = 64 * 1024;

/**
 * @typedef {object} Draft An unfinished form, kept in this browser until it is done or discarded.
 * @property {string} name Which form; `file` for a document that was prepared elsewhere.
 * @property {"form" | "review" | "pending"} step The current step.
 * @property {Record<string, any>} values Of the fields.
 * @property {string} account Whose entry it is; empty for the wallet's own.
 * @property {string} pay Who pays: `relay`, `self` or `file`.
 * @property {number} lifetime For how long the request is valid, in seconds.
 * @property {any} [document] What is signed, with its signature and acceptance once they exist.
 * @property {string} [signer] Who has to sign.
 * @property {string} [voucher] An operator's voucher.
 * @property {{kind: "relay" | "self", id: string}} [sent] What was submitted.
 * @property {number} at When it was last changed.
 */

/** @returns {Draft} */
const blank = (name) => ({ name, step: "form", values: {}, account: "", pay: "", lifetime: 3600, at: Date.now() });

function remembered(name) {
  try {
    const found = JSON.parse(kept(`draft.${name}`) ?? "null");
    if (found?.name === name && Date.now() - found.at < KEPT_MS) return /** @type {Draft} */ (found);
  } catch {
    // not ours
  }
  return null;
}

/** @type {import("../main.js").View} */
export const act = {
  still: true,
  title: (_, { path }) => (path[1] && (FORMS[path[1]] || path[1] === "file") ? t(`do.${path[1]}.title`) : t("tab.do")),
  async load({ path }, { signal }) {
    const name = path[1];
    if (!name) return { drafts: [...Object.keys(FORMS), "file"].filter((one) => remembered(one)) };
    if (name !== "file" && !FORMS[name]) throw new api.ApiError(404, { detail: t("error.noview") });
    const needsNodes = FORMS[name]?.fields.some((field) => field.type === "operator");
    const [chain, nodes] = await Promise.all([
      api.get("chain", {}, signal),
      needsNodes ? api.get("nodes", { limit: NODES }, signal) : { nodes: [], total: 0 },
    ]);
    return { name, network: chain, nodes: nodes.total <= NODES ? nodes.nodes : [] };
  },
  draw(found, { path, query }, { settings, signal }) {
    if (!found.name) return menu(found.drafts);
    const network = { ...found.network, rpcUrls: settings.rpcUrls };
    if (network.generation !== undefined && !network.generation.startsWith("v3"))
      return h("div", null, head(t(`do.${path[1]}.title`)), h("div.card", null, empty(t("do.old"), t("do.old.hint"))));
    return new Flow(found, network, query, settings, signal).root;
  },
};

function menu(drafts) {
  return h(
    "div.stack",
    null,
    head(t("do.title"), { lead: t("do.lead") }),
    drafts.length > 0 &&
      note(
        "info",
        h("strong", null, t("draft.some")),
        h(
          "ul",
          { class: "plain" },
          drafts.map((name) => h("li", null, h("a", { href: to(["do", name]) }, t(`do.${name}.title`)))),
        ),
      ),
    GROUPS.map((group) =>
      card(
        t(`do.group.${group}`),
        h(
          "div.actions",
          null,
          Object.entries(FORMS)
            .filter(([, form]) => form.group === group)
            .map(([name]) =>
              h("a.action", { href: to(["do", name]) }, h("b", null, t(`do.${name}.title`)), t(`do.${name}.lead`)),
            ),
        ),
      ),
    ),
    card(
      t("do.group.file"),
      h(
        "div.actions",
        null,
        h("a.action", { href: to(["do", "file"]) }, h("b", null, t("do.file.title")), t("do.file.lead")),
      ),
    ),
    note("info", t("do.nokey")),
  );
}

/** One form, from its first field to the registry. */
class Flow {
  constructor(found, network, query, settings, signal) {
    this.found = found;
    this.network = network;
    this.settings = settings;
    this.signal = signal;
    this.form = FORMS[found.name] ?? null;
    this.problems = /** @type {Record<string, string>} */ ({});
    this.error = /** @type {any} */ (null);
    this.prepared = /** @type {any} */ (null);
    this.holder = /** @type {any} */ (null);
    this.service = /** @type {any} */ (null);
    const before = remembered(found.name);
    this.restored = Boolean(before);
    this.draft = before ?? { ...blank(found.name), values: this.given(query) };
    if (!before && isAddress(query.get("account"))) this.draft.account = query.get("account") ?? "";
    this.main = h("div.stack", null);
    this.side = h("div.stack", null);
    this.steps = h("div", null);
    this.root = h(
      "div.stack",
      null,
      head(t(`do.${found.name}.title`), { eyebrow: t("tab.do"), lead: t(`do.${found.name}.lead`) }),
      h("div.columns", null, this.main, this.side),
    );
    const end = listen(() => this.walletChanged());
    signal.addEventListener("abort", end);
    this.draw();
    if (this.draft.step === "review") this.prepare();
    else if (!before && query.get("countryCode") && query.get("partyId")) this.prefill();
  }

  /** Values from a link. */
  given(query) {
    const values = /** @type {Record<string, any>} */ ({});
    for (const field of this.form?.fields ?? []) {
      const value = query.get(field.name);
      if (value) values[field.name] = value;
      else if (field.type === "contract") values[field.name] = "registry";
    }
    return values;
  }

  /** A change starts from what the entry has now. */
  async prefill() {
    const { countryCode, partyId } = this.draft.values;
    try {
      const { party } = await api.get(
        `parties/${encodeURIComponent(countryCode)}/${encodeURIComponent(partyId)}`,
        {},
        this.signal,
      );
      const now = {
        roles: party.roles,
        operator: party.node.operator,
        sender: party.modules.sender,
        receiver: party.modules.receiver,
        website: party.website ?? "",
      };
      for (const field of this.form?.fields ?? [])
        if (field.name in now) this.draft.values[field.name] ??= now[field.name];
      if (!same(party.address, walletAccount())) this.draft.account ||= party.address;
      this.draw();
    } catch {
      // a new one, then
    }
  }

  get account() {
    return this.draft.account || walletAccount() || "";
  }

  save() {
    this.draft.at = Date.now();
    keep(`draft.${this.draft.name}`, JSON.stringify(this.draft));
  }

  forget() {
    keep(`draft.${this.draft.name}`, null);
  }

  restart() {
    this.forget();
    this.restored = false;
    this.draft = { ...blank(this.draft.name), values: this.given(new URLSearchParams()) };
    this.prepared = this.error = null;
    this.problems = {};
    this.draw();
  }

  walletChanged() {
    if (
      this.draft.step === "review" &&
      this.prepared &&
      this.form &&
      !this.draft.account &&
      walletAccount() && // a wallet that was locked shows it again
      !same(this.prepared.account, walletAccount())
    ) {
      this.back(); // what is shown is for another account
      return;
    }
    this.drawSide();
    if (this.draft.step === "review") this.drawMain();
  }

  back() {
    this.draft.step = "form";
    delete this.draft.document;
    this.prepared = this.error = null;
    this.save();
    this.draw();
  }

  draw() {
    this.drawMain();
    this.drawSide();
  }

  drawMain() {
    keepingPlace(this.main, () => this.fillMain());
  }

  drawSide() {
    keepingPlace(this.side, () => this.fillSide());
  }

  fillSide() {
    const place =
      { form: 0, review: 1, pending: 3 }[this.draft.step] +
      (this.draft.step === "review" && this.draft.document?.signature ? 1 : 0);
    fill(
      this.side,
      this.draft.step === "pending" && this.draft.sent?.kind === "relay" ? null : accountCard(this),
      card(
        t("steps"),
        h(
          "ol.steps",
          null,
          ["fill", "check", "sign", "send"].map((name, at) =>
            h(
              "li",
              {
                "data-state": at < place ? "done" : at > place ? "waits" : "now",
                "aria-current": at === place ? "step" : null,
              },
              h("strong", null, t(`steps.${name}`)),
              h("div.small.muted", null, t(`steps.${name}.hint`)),
            ),
          ),
        ),
      ),
    );
  }

  fillMain() {
    const { step } = this.draft;
    if (step === "pending") fill(this.main, progress(this));
    else if (step === "review")
      fill(
        this.main,
        this.restoredNote(),
        this.errorNote(),
        this.prepared ? review(this) : card(null, h("p", { role: "status" }, t("loading"))),
      );
    else if (this.form) fill(this.main, this.restoredNote(), this.errorNote(), this.drawForm());
    else fill(this.main, this.errorNote(), this.drawDrop());
  }

  restoredNote() {
    if (!this.restored) return null;
    return note(
      "info",
      t("draft.restored"),
      " ",
      h("button.small", { type: "button", onclick: () => this.restart() }, t("draft.forget")),
    );
  }

  errorNote() {
    if (!this.error) return null;
    const { title, detail, more } = this.error;
    return note("bad", h("strong", null, title), detail && h("p", null, foreign(detail, 500)), more);
  }

  fail(title, detail = "", more = null) {
    this.error = { title, detail, more };
    this.drawMain();
    this.main.querySelector("[role=alert]")?.scrollIntoView?.({ block: "nearest" });
  }

  drawForm() {
    const form = /** @type {import("./forms.js").Form} */ (this.form);
    return h(
      "form.card",
      { novalidate: true, onsubmit: (event) => (event.preventDefault(), this.check()) },
      h("h2", null, t("steps.fill")),
      form.fields.length ? null : h("p", null, t(`do.${this.draft.name}.nothing`)),
      idsFirst(form.fields).map((part) => {
        const drawn = part.map((field) =>
          control(this.draft.name, field, this.draft.values, {
            nodes: this.found.nodes,
            problems: this.problems,
            changed: () => this.save(),
          }),
        );
        return part.length > 1 ? h("div.pair.field", null, drawn) : drawn;
      }),
      h(
        "div.buttons",
        null,
        h("button.primary", { type: "submit" }, t("form.next")),
        h("button", { type: "button", onclick: () => (this.restart(), go(to(["do"]))) }, t("form.cancel")),
      ),
    );
  }

  async check() {
    const form = /** @type {import("./forms.js").Form} */ (this.form);
    this.problems = {};
    for (const field of form.fields) {
      const value = (this.draft.values[field.name] = tidy(field, this.draft.values[field.name]));
      const wrong = problem(field, value);
      if (wrong) this.problems[field.name] = wrong;
    }
    if (!this.account && !Object.keys(this.problems).length) {
      this.fail(t("account.missing"), t("account.missing.hint"));
      return;
    }
    this.error = null;
    if (Object.keys(this.problems).length) {
      this.drawMain();
      this.main.querySelector("[aria-invalid=true], fieldset:has(.problem) input")?.focus();
      return;
    }
    this.draft.step = "review";
    this.save();
    this.draw();
    await this.prepare();
  }

  /**
   * Ask for what has to be signed, and compare it with what was filled in.
   * @param {{again?: boolean}} [options] Whether this repeats a request because of the error that is shown.
   */
  async prepare({ again = false } = {}) {
    const { document } = this.draft;
    try {
      const [prepared, holder] = document ? await this.read(document) : await this.made();
      this.prepared = prepared;
      this.holder = holder;
      this.service = await this.asked(this.draft.document);
      const signs = Boolean(walletAccount() || wallets().length || this.draft.document?.signature);
      this.draft.pay ||=
        this.settings.relay && prepared.payers?.relay && signs ? "relay" : walletAccount() ? "self" : "file";
      if (!this.settings.relay && this.draft.pay === "relay") this.draft.pay = "self";
      if (!again) this.error = null;
      this.draw();
      this.main.querySelector("h2")?.scrollIntoView?.({ block: "nearest" });
      announce(t("review.ready"));
    } catch (error) {
      if (this.signal.aborted) return;
      this.prepared = null;
      this.draft.step = "form";
      this.draw();
      this.explain(error);
    }
  }

  async made() {
    const form = /** @type {import("./forms.js").Form} */ (this.form);
    const intent = { type: form.type };
    for (const field of form.fields)
      intent[field.name] =
        this.draft.values[field.name] ?? (["modules", "permissions", "roles"].includes(field.type) ? [] : "");
    if (form.type === "SetController" && !intent.controller) intent.controller = this.account;
    const deadline = Math.floor(Date.now() / 1000) + this.draft.lifetime;
    const [prepared, holder] = await Promise.all([
      api.prepare({ account: this.account, intent, deadline }, this.signal),
      api.get(`accounts/${this.account}`, {}, this.signal),
    ]);
    const document = { ...prepared.typedData };
    const wrong = fault(document, this.network);
    if (
      wrong ||
      document.primaryType !== form.type ||
      !same(accountOf(document), this.account) ||
      !fits(document.message, intent)
    ) {
      throw new api.ApiError(400, { code: "odd_answer", detail: t("review.odd") });
    }
    if (prepared.acceptance) {
      document.acceptance = prepared.acceptance.typedData;
      this.draft.account = prepared.account; // the wallet's account changes while both sign
    }
    this.draft.document = document;
    this.save();
    return [prepared, holder];
  }

  /** Check a document that exists already, from a file or from before a reload. */
  async read(document) {
    const wrong = fault(document, this.network);
    if (wrong) throw new api.ApiError(400, { code: "odd_file", detail: t(wrong) });
    const account = accountOf(document);
    const [prepared, holder] = await Promise.all([
      api.prepare({ request: document }, this.signal),
      api.get(`accounts/${account}`, {}, this.signal),
    ]);
    return [prepared, holder];
  }

  /** The service that a document is about; `null` where it is about none, or none is offered. */
  async asked({ primaryType, message }) {
    if (!["CreateAgreement", "RevokeAgreement"].includes(primaryType)) return null;
    const found = await api.get(`services/${message.provider}`, {}, this.signal).catch(() => null);
    return found?.service ?? null;
  }

  explain(error) {
    if (error instanceof api.ApiError) {
      const key = `problem.${error.code}`;
      const title = t(has(key) ? key : error.status ? "error.refused" : "error.offline");
      this.fail(title, error.detail);
    } else {
      this.fail(t("error.title"), String(error?.message ?? error));
    }
  }

  /** What a change ends, in the reader's language. */
  get ends() {
    const document = this.draft.document;
    return losses(document.primaryType, namesOf(document), this.holder ?? {});
  }

  /** What a change leaves as it is, or moves. */
  get adds() {
    const document = this.draft.document;
    return additions(document.primaryType, namesOf(document), this.holder ?? {});
  }

  drawDrop() {
    const said = h("p.problem", { role: "alert" });
    const take = async (file) => {
      if (!file) return;
      said.textContent = "";
      if (file.size > LARGEST) {
        said.textContent = t("file.large");
        return;
      }
      let document;
      try {
        document = JSON.parse(await file.text());
      } catch {
        said.textContent = t("file.notjson");
        return;
      }
      const wrong = fault(document, this.network);
      if (wrong) {
        said.textContent = t(wrong);
        return;
      }
      this.draft.document = document;
      this.draft.account = accountOf(document);
      this.draft.step = "review";
      this.save();
      this.draw();
      await this.prepare();
    };
    // The browser writes this control in its own language, so its label is shown in its place.
    const input = h("input.only-read", {
      type: "file",
      accept: "application/json,.json",
      id: "do-file",
      onchange: (event) => take(event.target.files?.[0]),
    });
    const zone = h(
      "div.drop",
      {
        ondragover: (event) => (event.preventDefault(), zone.setAttribute("data-over", "")),
        ondragleave: () => zone.removeAttribute("data-over"),
        ondrop: (event) => {
          event.preventDefault();
          zone.removeAttribute("data-over");
          take(event.dataTransfer?.files?.[0]);
        },
      },
      h("strong", null, t("file.drop")),
      input,
      h("label.button", { for: "do-file" }, t("file.choose")),
      said,
    );
    return h("section.card", null, zone);
  }
}

function idsFirst(fields) {
  const pair = fields.filter((field) => field.type === "country" || field.type === "partyId");
  const rest = fields.filter((field) => !pair.includes(field)).map((field) => [field]);
  return pair.length ? [pair, ...rest] : rest;
}
