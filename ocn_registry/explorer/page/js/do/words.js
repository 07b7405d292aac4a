// What a document means: names in place of numbers, and a sentence.

import { foreign, h, plain } from "../dom.js";
import { address as addressOf } from "../parts.js";
import { KINDS, MODULES, PERMISSIONS, ROLES, ZERO, isAddress, same } from "../requests.js";
import { t } from "../text.js";

const NUMBERS = { roles: ROLES, modules: MODULES, permissions: PERMISSIONS };
const ENUMS = { roles: "roles", sender: "modules", receiver: "modules", permissions: "permissions" };

/**
 * Return a message's members, with names in place of numbers.
 * @param {any} document What is signed.
 */
export function namesOf(document) {
  const values = { ...document.message };
  for (const [name, kind] of Object.entries(ENUMS)) {
    if (Array.isArray(values[name])) values[name] = values[name].map((one) => nameOf(kind, Number(one)));
  }
  return values;
}

const nameOf = (kind, number) => NUMBERS[kind][number] ?? number;

/**
 * Return whether the data to sign is what was filled in, without trusting a server.
 * @param {any} message What has to be signed.
 * @param {any} intent What was filled in.
 */
export function fits(message, intent) {
  return Object.entries(intent).every(([name, value]) => {
    if (name === "type" || name === "contract") return true;
    const told = message[name];
    if (Array.isArray(value)) {
      const kind = ENUMS[name];
      const wanted = value
        .map((one) => (typeof one === "number" ? one : NUMBERS[kind].indexOf(one)))
        .sort((a, b) => a - b);
      return (
        Array.isArray(told) &&
        told
          .map(Number)
          .sort((a, b) => a - b)
          .join() === wanted.join()
      );
    }
    if (isAddress(value)) return same(told, value);
    return String(told) === String(value);
  });
}

/**
 * Say in words what a document does.
 * @param {any} document What is signed.
 */
export function words(document) {
  const values = namesOf(document);
  const kind = document.primaryType;
  const shown = {};
  for (const [type, name] of KINDS[kind].fields) {
    const value = values[name];
    shown[name] =
      type === "address"
        ? addressOf(String(value))
        : h(
            "strong",
            null,
            Array.isArray(value)
              ? value
                  .map((one) =>
                    typeof one === "string" && one.startsWith("FORWARD") ? t(`permission.${one}`) : plain(one),
                  )
                  .join(", ") || t("none")
              : foreign(String(value)),
          );
  }
  if (values.countryCode) shown.id = h("strong.mono", null, `${plain(values.countryCode)} ${plain(values.partyId)}`);
  const { account, controller } = values;
  const alone = kind === "SetController" && (controller === ZERO || same(controller, account));
  return { key: `words.${kind}${alone ? ".none" : ""}`, values: shown };
}
