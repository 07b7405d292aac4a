// Who acts: the wallet's account, or another one that it signs for.

import { h, plain } from "../dom.js";
import { address as addressOf, announce, card, note } from "../parts.js";
import { isAddress, same } from "../requests.js";
import { t } from "../text.js";
import { WalletError, account, connect, disconnect, wallet, wallets } from "../wallet.js";

/**
 * Return the card that says who acts.
 * @param {any} flow The form.
 */
export function accountCard(flow) {
  const now = account();
  const writes = flow.draft.step === "form" && flow.form;
  return card(t("account"), now ? connected(flow, now) : choice(writes), writes ? other(flow) : null);
}

const nameOf = (info) => plain(info?.name || t("wallet.old"), 40);

function connected(flow, now) {
  const info = wallet()?.info;
  return [
    h("p", null, h("span.tag", null, nameOf(info)), " ", addressOf(now, { whole: true })),
    flow.draft.account && !same(flow.draft.account, now)
      ? h("p.small", null, t("account.for"), " ", addressOf(flow.draft.account))
      : null,
    h("div.buttons", null, h("button.small", { type: "button", onclick: () => disconnect() }, t("account.disconnect"))),
  ];
}

function choice(writes) {
  const some = wallets();
  const said = h("div", { tabindex: -1 });
  const join = async (which, button) => {
    if (document.activeElement === button) said.focus({ preventScroll: true }); // a disabled button loses it
    button.disabled = true;
    said.replaceChildren(note("info", t("wallet.open", { name: nameOf(which.info) })));
    try {
      await connect(which);
      announce(t("account.connected"));
    } catch (error) {
      said.replaceChildren(note("warn", walletWords(error)));
      button.disabled = false;
      if (document.activeElement === said) button.focus({ preventScroll: true });
    }
  };
  return [
    some.length
      ? h(
          "div.stack.tight",
          null,
          h("p.small.muted", null, t("account.choose")),
          some.map((which) =>
            h(
              "button",
              {
                type: "button",
                "data-wallet": which.info.rdns || which.info.uuid,
                onclick: (event) => join(which, event.currentTarget),
              },
              which.info.icon && h("img", { src: which.info.icon, alt: "", width: 20, height: 20 }),
              t("account.connect", { name: nameOf(which.info) }),
            ),
          ),
        )
      : note(
          "info",
          h("p", null, t("account.nowallet")),
          h("p.small", null, t(writes ? "account.nowallet.hint" : "account.nowallet.file")),
        ),
    said,
  ];
}

/** For controllers, which act for another account, and for readers without a wallet, who prepare a file. */
function other(flow) {
  const id = "do-account";
  const input = h("input.mono", {
    id,
    maxlength: 42,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "0x…",
    "aria-describedby": `${id}-hint`,
    value: flow.draft.account,
    oninput: (event) => {
      const text = event.target.value.trim();
      const good = !text || isAddress(text);
      input.setAttribute("aria-invalid", String(!good));
      flow.draft.account = good ? text : "";
      flow.save();
    },
  });
  return h(
    "details",
    { open: Boolean(flow.draft.account) },
    h("summary.small", null, t("account.other")),
    h(
      "div.field",
      null,
      h("label", { for: id }, t("account.address")),
      input,
      h("p.hint", { id: `${id}-hint` }, t("account.other.hint")),
    ),
  );
}

/**
 * Return in words what went wrong with a wallet.
 * @param {any} error What it threw.
 */
export function walletWords(error) {
  if (!(error instanceof WalletError)) return plain(error?.message ?? error, 300);
  const own =
    error.reason === "failed" && error.detail !== error.reason
      ? ` ${t("wallet.said")} ${plain(error.detail, 300)}`
      : "";
  return `${t(`wallet.${error.reason}`, { detail: plain(error.detail, 40) })}${own}`;
}
