// What a change ends besides what was asked for, given what the account has now.

import { foreign, h, plain } from "../dom.js";
import { ZERO, same } from "../requests.js";
import { parts, t } from "../text.js";

/**
 * Return sentences, one for each thing that ends.
 * @param {string} type The intent.
 * @param {Record<string, any>} intent Its members, by name as forms have them.
 * @param {any} account What the account has, as the API returns it.
 * @returns {any[]}
 */
export function losses(type, intent, account) {
  const url = (text) => h("strong", null, foreign(text));
  const party = (account.parties ?? []).find(
    (one) => one.countryCode === intent.countryCode && one.partyId === intent.partyId,
  );
  const last = (account.parties ?? []).length === 1;
  const said = [];
  const say = (key, values = {}) => said.push(parts(`ends.${key}`, values));
  switch (type) {
    case "SetNode":
      if (account.node && account.node.url !== intent.domain) say("url", { url: url(account.node.url) });
      break;
    case "DeleteNode":
      if (account.node) {
        say("url", { url: url(account.node.url) });
        if (account.node.parties) said.push(t("ends.way", { count: account.node.parties }));
      }
      break;
    case "SetParty": {
      if (!party) break;
      const gone = party.roles.filter((role) => !intent.roles.includes(role));
      if (gone.length) say("roles", { count: gone.length, roles: gone.join(", ") });
      if (!same(party.node.operator, intent.operator)) say("node", { url: url(party.node.url || party.node.operator) });
      break;
    }
    case "SetPartyModules":
      for (const side of ["sender", "receiver"]) {
        const gone = (party?.modules[side] ?? []).filter((one) => !(intent[side] ?? []).includes(one));
        if (gone.length) say("modules", { interface: t(side), modules: gone.join(", ") });
      }
      break;
    case "SetPartyWebsite":
      if (party?.website && party.website !== intent.website) say("website", { url: url(party.website) });
      break;
    case "DeleteParty":
      say("id", { id: `${plain(intent.countryCode)} ${plain(intent.partyId)}` });
      if (last) {
        if (account.service) said.push(t("ends.service", { count: account.service.users ?? 0 }));
        if (account.agreements?.length) said.push(t("ends.agreements", { count: account.agreements.length }));
      }
      break;
    case "SetService":
      if (
        account.service &&
        [...account.service.permissions].sort().join() !== [...(intent.permissions ?? [])].sort().join()
      )
        said.push(t("ends.version", { count: account.service.users ?? 0 }));
      break;
    case "DeleteService":
      if (account.service) said.push(t("ends.service", { count: account.service.users ?? 0 }));
      break;
    case "RevokeAgreement":
      say("forwarding");
      break;
    case "MoveAccount":
      say("retired");
      say("signed");
      break;
    case "SetController":
      if (intent.controller && intent.controller !== ZERO && !same(intent.controller, account.account)) say("control");
      say("signed");
      break;
    case "InvalidateNonce":
      say("cancelled");
      break;
    default:
  }
  return said;
}

/**
 * Return what a change keeps or moves, with a title; `null` if there is nothing to show.
 * @param {string} type The intent.
 * @param {Record<string, any>} intent Its members, by name as forms have them.
 * @param {any} account What the account has, as the API returns it.
 * @returns {{title: string, items: any[]} | null}
 */
export function additions(type, intent, account) {
  const ids = (account.parties ?? []).map((one) => `${plain(one.countryCode)} ${plain(one.partyId)}`);
  if (type === "SetParty") {
    const id = `${plain(intent.countryCode)} ${plain(intent.partyId)}`;
    return !ids.length || ids.includes(id) ? null : { title: t("review.stays"), items: [ids.join(", ")] };
  }
  if (type !== "MoveAccount") return null;
  const { node, service, agreements, controller } = account;
  const items = [];
  if (ids.length) items.push(ids.join(", "));
  if (node) items.push(parts("moves.node", { count: node.parties ?? 0, url: foreign(node.url) }));
  if (service)
    items.push(
      parts("moves.service", { count: service.users ?? 0, name: service.name ? foreign(service.name, 100) : "" }),
    );
  if (agreements?.length) items.push(t("moves.agreements", { count: agreements.length }));
  if (controller) items.push(parts("moves.controller", { controller: h("span.mono", null, plain(controller)) }));
  return items.length ? { title: t("review.moves"), items } : null;
}
