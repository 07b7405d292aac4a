// What will be signed, what it ends, who pays; and the signing itself.

import * as api from "../api.js";
import * as calls from "../calls.js";
import { foreign, h, plain } from "../dom.js";
import { address as addressOf, note } from "../parts.js";
import { KINDS, same } from "../requests.js";
import { distance, moment, parts, t } from "../text.js";
import { save as saveFile } from "../views/lists.js";
import { account as walletAccount, rejectedSigner, send, sign } from "../wallet.js";
import { walletWords } from "./account.js";
import { words } from "./words.js";

const LIFETIMES = [3600, 24 * 3600, 7 * 24 * 3600, 29 * 24 * 3600];

/**
 * Return the view of what will be signed.
 * @param {any} flow The form.
 */
export function review(flow) {
  const { document } = flow.draft;
  const { key, values } = words(document);
  const ends = flow.ends;
  const { adds, service } = flow;
  const late = Number(document.message.deadline) * 1000 < Date.now();
  return h(
    "section.card.stack",
    null,
    h("h2", { tabindex: -1 }, t("review.title")),
    h("p", { "data-words": "" }, parts(key, values)),
    service
      ? h(
          "p.small",
          null,
          t("service"),
          ": ",
          h("strong", null, service.name ? foreign(service.name, 100) : t("service.unnamed")),
        )
      : null,
    ends.length
      ? note(
          "warn",
          h("h3", null, t("review.ends")),
          h(
            "ul",
            null,
            ends.map((one) => h("li", null, one)),
          ),
        )
      : h("p.small.muted", null, t("review.endsnothing")),
    adds
      ? note(
          "info",
          h("h3", null, adds.title),
          h(
            "ul",
            null,
            adds.items.map((one) => h("li", null, one)),
          ),
        )
      : null,
    late ? note("bad", t("review.late")) : null,
    sheet(document, flow),
    flow.prepared.signerIsContract ? note("info", t("review.contract")) : null,
    !same(flow.prepared.signer, flow.prepared.account)
      ? note("info", parts("review.controller", { controller: addressOf(flow.prepared.signer) }))
      : null,
    acceptance(flow),
    payers(flow),
    buttons(flow, late),
  );
}

/** As a wallet shows it: names and values of the message, as they are signed. */
function sheet(document, flow) {
  const until = Number(document.message.deadline);
  return h(
    "div.sheet",
    null,
    h("header", null, t("review.sheet")),
    h(
      "dl.facts",
      null,
      [
        [t("review.contractof"), `${document.domain.name} · ${t("fact.chain")} ${document.domain.chainId}`],
        [t("review.verifying"), document.domain.verifyingContract],
        ["primaryType", document.primaryType],
        ...Object.entries(document.message).map(([name, value]) => [
          name,
          Array.isArray(value) ? `[${value.join(", ")}]` : plain(String(value)),
        ]),
      ].map(([name, value]) => [h("dt", null, name), h("dd", null, value)]),
    ),
    h(
      "p",
      { class: "small muted" },
      t("review.until"),
      " ",
      h("strong", null, moment(until)),
      " (",
      distance(until - Date.now() / 1000),
      ")",
      flow.form && !document.signature ? [" · ", lifetime(flow)] : null,
    ),
  );
}

function lifetime(flow) {
  return h(
    "label",
    null,
    t("review.lifetime"),
    " ",
    h(
      "select",
      {
        name: "lifetime",
        onchange: (event) => {
          flow.draft.lifetime = Number(event.target.value);
          delete flow.draft.document;
          flow.prepared = null;
          flow.save();
          flow.draw();
          flow.prepare();
        },
      },
      LIFETIMES.map((one) => h("option", { value: one, selected: flow.draft.lifetime === one }, t(`lifetime.${one}`))),
    ),
  );
}

/** Moves and controllers also need the consent of the other account. */
function acceptance(flow) {
  const given = flow.draft.document.acceptance;
  if (!given) return null;
  const who = given.message[KINDS[given.primaryType].fields[0][1]];
  if (given.signature) return note("good", parts("accept.signed", { account: addressOf(who) }));
  const here = same(walletAccount(), who);
  return note(
    "info",
    h("h3", null, t("accept.title")),
    h("p", null, parts("accept.text", { account: addressOf(who) })),
    here
      ? h(
          "button",
          { type: "button", onclick: (event) => signAcceptance(flow, given, who, event.currentTarget) },
          t("accept.sign"),
        )
      : h("p.small", null, t("accept.switch")),
  );
}

async function signAcceptance(flow, given, who, button) {
  await busy(flow, button, async () => {
    const signature = await sign(given, who, flow.network);
    flow.draft.document.acceptance = { ...given, signature };
    // The account that accepted need not be the signer: continue with the account that was there first.
    flow.draft.account ||= flow.prepared.account;
    flow.save();
    flow.draw();
  });
}

function payers(flow) {
  const { draft, prepared } = flow;
  const options = [];
  if (flow.settings.relay) options.push(["relay", relayHint(prepared.payers?.relay)]);
  options.push(["self", walletAccount() ? t("pay.self.hint") : t("pay.self.nowallet")]);
  options.push(["file", t("pay.file.hint")]);
  return h(
    "fieldset",
    null,
    h("legend", null, t("pay.title")),
    options.map(([name, hint]) =>
      h(
        "label.option",
        null,
        h("input", {
          type: "radio",
          name: "pay",
          value: name,
          checked: draft.pay === name,
          onchange: () => {
            draft.pay = name;
            flow.save();
            flow.drawMain();
          },
        }),
        h("span", null, h("b", null, t(`pay.${name}`)), h("span.small.muted", null, hint)),
      ),
    ),
    draft.pay === "relay" ? voucher(flow) : null,
    draft.pay === "self" && (draft.document.signature || prepared.payers?.self) ? call(flow) : null,
  );
}

function relayHint(told) {
  if (told?.pays === false) return `${t("pay.relay.hint")} ${t("pay.relay.voucher")}`;
  return t("pay.relay.hint");
}

function voucher(flow) {
  const told = flow.prepared.payers?.relay;
  return [
    h(
      "details",
      { open: Boolean(flow.draft.voucher) || told?.pays === false },
      h("summary.small", null, t("voucher.title")),
      entered("voucher", t("voucher.label"), t("voucher.hint"), {
        tag: "textarea",
        rows: 3,
        value: flow.draft.voucher ?? "",
        oninput: (event) => {
          flow.draft.voucher = event.target.value;
          flow.save();
        },
      }),
    ),
    h(
      "details",
      { open: Boolean(api.keyInUse()) },
      h("summary.small", null, t("apikey.title")),
      entered("apikey", t("apikey.label"), t("apikey.hint"), {
        tag: "input",
        type: "password",
        autocomplete: "off",
        maxlength: 200,
        value: api.keyInUse(),
        // Not stored with the draft: it is a secret, and other pages of this host could read it.
        oninput: (event) => api.useKey(event.target.value.trim()),
      }),
    ),
  ];
}

function entered(name, label, hint, { tag, ...more }) {
  const id = `do-${name}`;
  const control = { id, class: "mono", spellcheck: "false", "aria-describedby": `${id}-hint`, ...more };
  return h("div.field", null, h("label", { for: id }, label), h(tag, control), h("p.hint", { id: `${id}-hint` }, hint));
}

/** The transaction that the reader pays for, decoded: the page encodes what it shows. */
function call(flow) {
  const { document } = flow.draft;
  const { message, primaryType, signature } = document;
  const { fields, directFields } = KINDS[primaryType];
  const { to, data } = signature ? calls.raw(document) : calls.direct(document);
  const shown = (signature ? fields : (directFields ?? [])).map(
    ([, name]) => `${name}: ${JSON.stringify(message[name])}`,
  );
  return h(
    "details",
    null,
    h("summary.small", null, t("call.title")),
    h("p.small", null, t("call.text")),
    h(
      "pre",
      { tabindex: 0 },
      `to    ${to}\nvalue 0\n${primaryType}(${[...shown, ...(signature ? ["signature"] : [])].join(", ")})\n\n${data}`,
    ),
  );
}

function buttons(flow, late) {
  const { draft, prepared } = flow;
  const { document } = draft;
  const mine = same(walletAccount(), prepared.signer);
  const open = Boolean(document.acceptance && !document.acceptance.signature);
  const file = document.signature ? "pay.do.signed" : mine ? "pay.do.file" : "pay.do.unsigned";
  const paid = { relay: "pay.do.relay", self: "pay.do.self" }[draft.pay] ?? file;
  // Once the request is signed, anybody can pay; before that, the signer's wallet has to be here.
  const needed =
    draft.pay === "self"
      ? Boolean(walletAccount()) && (mine || Boolean(document.signature))
      : draft.pay === "file" || mine || Boolean(document.signature);
  const why =
    open && draft.pay !== "file"
      ? t("accept.first")
      : needed
        ? ""
        : prepared.signerIsContract
          ? t("sign.contract")
          : t("sign.who", { account: plain(prepared.signer) });
  const blocked = (late && !document.signature) || (draft.pay !== "file" && (open || !needed));
  return [
    why ? note("warn", why) : null,
    h(
      "div.buttons",
      null,
      h(
        "button.primary",
        { type: "button", disabled: blocked, onclick: (event) => go(flow, event.currentTarget) },
        t(paid),
      ),
      draft.pay === "file" && !document.signature && mine
        ? h("button", { type: "button", onclick: () => download(flow) }, t("pay.do.unsigned"))
        : null,
      h("button", { type: "button", onclick: () => (flow.form ? flow.back() : flow.restart()) }, t("form.back")),
    ),
  ];
}

async function go(flow, button) {
  const { draft, prepared, network } = flow;
  const document = draft.document;
  const mine = same(walletAccount(), prepared.signer);
  await busy(flow, button, async () => {
    if (draft.pay === "file") {
      if (mine && !document.signature) await signed(flow);
      download(flow);
      return;
    }
    if (draft.pay === "self") {
      // An account that signs and pays needs one transaction, and no signature before it.
      const own = mine && same(prepared.signer, prepared.account) && !document.signature;
      if (!own && !document.signature) await signed(flow);
      const hash = await send(
        own ? calls.direct(document) : calls.raw(flow.draft.document),
        walletAccount() ?? "",
        network,
      );
      flow.draft.sent = { kind: "self", id: hash };
      flow.draft.step = "pending";
      flow.save();
      flow.draw();
      return;
    }
    if (!document.signature) await signed(flow);
    const whole = flow.draft.document;
    const body = draft.voucher?.trim() ? { request: whole, voucher: parsed(draft.voucher) } : whole;
    const accepted = await api.submit(body);
    flow.draft.sent = { kind: "relay", id: accepted.id };
    flow.draft.step = "pending";
    flow.save();
    flow.draw();
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new api.ApiError(400, { code: "voucher", detail: t("voucher.odd") });
  }
}

async function signed(flow) {
  const signature = await sign(flow.draft.document, flow.prepared.signer, flow.network);
  const document = { ...flow.draft.document, signature };
  flow.draft.document = document;
  flow.save(); // before anything else can go wrong
  // A relay checks signatures itself.
  const whole = !document.acceptance || document.acceptance.signature;
  if (flow.draft.pay !== "relay" && whole && (await rejectedSigner(calls.raw(document))))
    throw new api.ApiError(422, { code: "signature_mismatch" });
}

function download(flow) {
  const { document } = flow.draft;
  const name = `${document.primaryType}${document.signature ? ".signed" : ""}.json`;
  saveFile(name, [`${JSON.stringify(document, null, 2)}\n`], "application/json");
  flow.error = null;
  flow.draw();
  flow.main.append(note("good", t(document.signature ? "file.saved" : "file.saved.unsigned", { name })));
}

async function busy(flow, button, work) {
  flow.error = null;
  const waits = note("info", t("wallet.waits"));
  waits.setAttribute("role", "status");
  waits.tabIndex = -1;
  flow.main.prepend(waits);
  if (document.activeElement === button) waits.focus({ preventScroll: true }); // a disabled button loses it
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof api.ApiError) {
      if (error.code === "signature_mismatch" && flow.prepared?.signerIsContract) {
        // Its owners may still have to confirm: then the same request is signed, or submitted, again.
        delete flow.draft.document.signature;
        flow.save();
        flow.fail(t("sign.contract.waits"), t("sign.contract.waits.hint"));
      } else if (
        // The signature does not count: another key signed, or the state has changed.
        ["nonce_mismatch", "expired", "signature_mismatch"].includes(error.code) &&
        flow.form
      ) {
        delete flow.draft.document;
        flow.prepared = null;
        flow.save();
        flow.explain(error);
        await flow.prepare({ again: true });
      } else {
        flow.explain(error);
      }
    } else {
      flow.fail(t("wallet.failed.title"), walletWords(error));
    }
  } finally {
    button.disabled = false;
    if (document.activeElement === waits) button.focus({ preventScroll: true });
    waits.remove();
  }
}
