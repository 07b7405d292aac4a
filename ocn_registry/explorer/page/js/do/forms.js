// What can be done, and which fields each form has.

import { h } from "../dom.js";
import { MODULES, PERMISSIONS, ROLES, isAddress } from "../requests.js";
import { has, t } from "../text.js";

/**
 * @typedef {object} Field
 * @property {string} name The member of the intent.
 * @property {"text" | "country" | "partyId" | "url" | "address" | "roles" | "modules" | "permissions" | "operator" | "contract" | "party"} type What it takes.
 * @property {boolean} [optional] Whether it may be left empty.
 */

/**
 * @typedef {object} Form
 * @property {string} type The intent.
 * @property {Field[]} fields Its fields.
 * @property {string} group Where it stands in the menu.
 * @property {boolean} [danger] Whether it ends something.
 */

/** @type {Field[]} */
const ID = [
  { name: "countryCode", type: "country" },
  { name: "partyId", type: "partyId" },
];

/** @type {Record<string, Form>} */
export const FORMS = {
  register: {
    type: "SetParty",
    group: "party",
    fields: [...ID, { name: "roles", type: "roles" }, { name: "operator", type: "operator" }],
  },
  modules: {
    type: "SetPartyModules",
    group: "party",
    fields: [
      ...ID,
      { name: "sender", type: "modules", optional: true },
      { name: "receiver", type: "modules", optional: true },
    ],
  },
  website: {
    type: "SetPartyWebsite",
    group: "party",
    fields: [...ID, { name: "website", type: "url", optional: true }],
  },
  leave: { type: "DeleteParty", group: "party", danger: true, fields: ID },
  node: { type: "SetNode", group: "node", fields: [{ name: "domain", type: "url" }] },
  "leave-node": { type: "DeleteNode", group: "node", danger: true, fields: [] },
  service: {
    type: "SetService",
    group: "service",
    fields: [
      { name: "name", type: "text", optional: true },
      { name: "url", type: "url", optional: true },
      { name: "permissions", type: "permissions" },
    ],
  },
  "end-service": { type: "DeleteService", group: "service", danger: true, fields: [] },
  agree: { type: "CreateAgreement", group: "service", fields: [{ name: "provider", type: "address" }] },
  revoke: { type: "RevokeAgreement", group: "service", danger: true, fields: [{ name: "provider", type: "address" }] },
  move: { type: "MoveAccount", group: "key", danger: true, fields: [{ name: "newAccount", type: "address" }] },
  controller: {
    type: "SetController",
    group: "key",
    danger: true,
    fields: [{ name: "controller", type: "address", optional: true }],
  },
  cancel: { type: "InvalidateNonce", group: "key", danger: true, fields: [{ name: "contract", type: "contract" }] },
};

export const GROUPS = ["party", "node", "service", "key"];

/** The rule of the contracts for URLs: small letters, no end in a slash or dot. */
const URL_RULE = /^https?:\/\/[a-z0-9[]([-a-z0-9._~:/%[\]]*[^./])?$/;

/**
 * Return what is wrong with a field's value, as a key of the texts; empty if it is valid.
 * @param {Field} field The field.
 * @param {any} value Its value.
 */
export function problem(field, value) {
  const none = value === undefined || value === "" || (Array.isArray(value) && !value.length);
  if (none)
    return field.optional
      ? ""
      : Array.isArray(value) || ["roles", "permissions"].includes(field.type)
        ? "problem.choose"
        : "problem.missing";
  switch (field.type) {
    case "country":
      return /^[A-Z]{2}$/.test(value) ? "" : "problem.country";
    case "partyId":
      return /^[A-Z0-9]{3}$/.test(value) ? "" : "problem.partyId";
    case "url":
      return URL_RULE.test(value) && value.length <= 255 ? "" : "problem.url";
    case "operator":
    case "address":
      return isAddress(value) ? "" : "problem.address";
    case "text":
      return new TextEncoder().encode(value).length <= 100 ? "" : "problem.text";
    default:
      return "";
  }
}

/**
 * Return the value in the form that the contracts store, because people type it in slightly different ways.
 * @param {Field} field The field.
 * @param {any} value What was typed.
 */
export function tidy(field, value) {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (field.type === "country" || field.type === "partyId") return text.toUpperCase();
  if (field.type === "url" && text)
    return text
      .replace(
        /^([a-z]+:\/\/)?([^/]*)/i,
        (_, scheme, host) => `${(scheme ?? "https://").toLowerCase()}${host.toLowerCase()}`,
      )
      .replace(/\/+$/, "");
  return text;
}

const LONG = { operator: 42, address: 42, url: 255, text: 100, country: 2, partyId: 3 };

/**
 * Return the control of a field.
 * @param {string} form The form's name.
 * @param {Field} field The field.
 * @param {Record<string, any>} values All values; changed as the reader types.
 * @param {{nodes: any[], changed: () => void, problems: Record<string, string>}} context What it needs.
 */
export function control(form, field, values, { nodes, changed, problems }) {
  const id = `do-${field.name}`;
  const value = values[field.name];
  const wrong = problems[field.name];
  const hints = `${id}-hint${wrong ? ` ${id}-problem` : ""}`;
  const label = t(has(`field.${form}.${field.name}`) ? `field.${form}.${field.name}` : `field.${field.name}`);
  const hint = t(has(`hint.${form}.${field.name}`) ? `hint.${form}.${field.name}` : `hint.${field.name}`);
  const said = [
    h("p.hint", { id: `${id}-hint` }, hint),
    wrong && h("p.problem", { id: `${id}-problem`, role: "alert" }, t(wrong)),
  ];
  const set = (now) => {
    values[field.name] = now;
    changed();
  };
  if (field.type === "roles" || field.type === "modules" || field.type === "permissions") {
    const all = { roles: ROLES, modules: MODULES, permissions: PERMISSIONS }[field.type];
    const chosen = new Set(Array.isArray(value) ? value : []);
    return h(
      "fieldset.field",
      { "aria-describedby": hints },
      h("legend", null, label),
      h(
        "div.choices.list",
        null,
        all.map((one) =>
          h(
            "label.choice",
            null,
            h("input", {
              type: "checkbox",
              name: field.name,
              value: one,
              checked: chosen.has(one),
              onchange: (event) => {
                if (event.target.checked) chosen.add(one);
                else chosen.delete(one);
                set(all.filter((each) => chosen.has(each)));
              },
            }),
            h(
              "span",
              null,
              field.type === "roles" ? h("strong", null, `${one} `) : null,
              field.type === "modules" ? one : t(`${field.type === "roles" ? "role" : "permission"}.${one}`),
            ),
          ),
        ),
      ),
      said,
    );
  }
  if (field.type === "contract") {
    return h(
      "div.field",
      null,
      h("label", { for: id }, label),
      h(
        "select",
        { id, name: field.name, "aria-describedby": hints, onchange: (event) => set(event.target.value) },
        ["registry", "permissions"].map((one) =>
          h("option", { value: one, selected: value === one }, t(`contract.${one}`)),
        ),
      ),
      said,
    );
  }
  if (field.type === "operator" && nodes.length) {
    const known = nodes.some((node) => node.operator === value);
    return h(
      "div.field",
      null,
      h("label", { for: id }, label),
      h(
        "select",
        {
          id,
          name: field.name,
          "aria-describedby": hints,
          "aria-invalid": wrong ? "true" : null,
          onchange: (event) => set(event.target.value),
        },
        h("option", { value: "" }, t("choose")),
        !known && value && h("option", { value, selected: true }, value),
        nodes.map((node) =>
          h(
            "option",
            { value: node.operator, selected: node.operator === value },
            node.url.replace(/^https?:\/\//, ""),
          ),
        ),
      ),
      said,
    );
  }
  return h(
    "div.field",
    null,
    h("label", { for: id }, label),
    h("input", {
      id,
      name: field.name,
      type: "text",
      class: ["address", "operator", "country", "partyId"].includes(field.type) ? "mono" : null,
      inputmode: field.type === "url" ? "url" : null,
      maxlength: LONG[field.type] ?? 255,
      autocomplete: "off",
      autocapitalize: field.type === "country" || field.type === "partyId" ? "characters" : "none",
      spellcheck: "false",
      "aria-describedby": hints,
      "aria-invalid": wrong ? "true" : null,
      value: value ?? "",
      oninput: (event) => set(event.target.value),
    }),
    said,
  );
}
