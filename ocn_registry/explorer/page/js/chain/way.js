// How a message would go from one party to another, by the forwarding rules of the package's `forwarding`.

import { ApiError } from "../api.js";
import { MODULES, PERMISSIONS } from "../requests.js";

const NOT_BETWEEN_PARTIES = ["credentials", "versions", "hubclientinfo"];

/**
 * Return which permissions match a message.
 * @param {string} module The module that it is addressed to, in small letters.
 * @param {string} interface_ `sender` or `receiver`.
 */
export function permissionsFor(module, interface_) {
  if (NOT_BETWEEN_PARTIES.includes(module)) return [];
  const side = interface_.toUpperCase();
  const names = ["FORWARD_ALL", `FORWARD_ALL_${side}`, `FORWARD_MODULE_${module.toUpperCase()}_${side}`];
  return PERMISSIONS.filter((one) => names.includes(one));
}

/**
 * Return the way of a message, step by step, and which services get a copy.
 * @param {import("./answers.js").Answers} answers The registry.
 * @param {Record<string, any>} query `from`, `to`, `module` and `interface`.
 */
export async function way(answers, { from, to, module = "locations", interface: side = "receiver" }) {
  const [name, addressed] = [String(module).toLowerCase(), String(side).toLowerCase()];
  const [sender, receiver] = [from, to].map((text) => {
    const id = /^\s*([a-z]{2})[ *_-]?([a-z0-9]{3})\s*$/i.exec(String(text));
    if (!id || !["sender", "receiver"].includes(addressed))
      throw new ApiError(400, { code: "invalid_request", detail: String(text) });
    return { id: `${id[1]} ${id[2]}`.toUpperCase(), key: `${id[1]}${id[2]}`.toUpperCase() };
  });
  const steps = [];
  let reached = true;
  const end = (which, { key }) => {
    const listed = answers.replica.parties.get(key);
    if (!listed) {
      reached = false;
      steps.push({ code: `${which}_unknown` });
      return null;
    }
    const party = answers.party(listed);
    const there = Boolean(party.node.url);
    reached &&= there;
    steps.push({ code: there ? which : `${which}_unreachable`, node: party.node });
    return party;
  };
  const first = end("sender", sender);
  const second = end("receiver", receiver);
  if (first && second) {
    if (first.node.url && second.node.url)
      steps.push({ code: first.node.operator === second.node.operator ? "same_node" : "between_nodes" });
    const listed = second.modules[addressed].includes(name);
    steps.push({ code: !MODULES.includes(name) ? "own_module" : listed ? "module_listed" : "module_not_listed" });
  }
  const permissions = permissionsFor(name, addressed);
  const agreements = first ? await answers.agreements(first.address) : [];
  return {
    from: sender.id,
    to: receiver.id,
    module: name,
    interface: addressed,
    reached,
    steps,
    permissions,
    forwarded: agreements.map((one) => {
      const by = one.permissions.filter((each) => permissions.includes(each));
      return { provider: one.provider, name: one.service, version: one.version, gets: by.length > 0, by };
    }),
  };
}
