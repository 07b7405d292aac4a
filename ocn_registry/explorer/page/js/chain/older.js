// Contracts of the first generation: their lists contain addresses only, so each entry is queried.
//
// These lists keep entries that were deleted and repeat entries that were set again, and the views answer for the zero
// address as for any other. Empty entries are left out here, as in the package.

import { ZERO } from "../requests.js";
import { partyOf, serviceOf } from "./contracts.js";

const LISTS = { operators: "getNodeOperators", accounts: "getParties", providers: "getProviders" };
const ascending = (numbers) => [...new Set(numbers)].sort((one, other) => one - other);

/** @param {string} address @param {any[]} details What `getPartyDetailsByAddress` answers. */
function oldParty(address, [countryCode, partyId, sender, receiver, roles, operator]) {
  if (!countryCode || operator === ZERO) return null;
  const sets = [roles, sender, receiver].map(ascending);
  return partyOf([address, countryCode, partyId, ...sets, operator, "", null, true, ""]);
}

/** @param {string} address @param {any[]} service What `getService` answers. */
function oldService(address, [countryCode, partyId, name, url, permissions]) {
  if (!countryCode || !permissions.length) return null;
  return serviceOf([address, countryCode, partyId, name, url, ascending(permissions), null]);
}

/**
 * Read everything.
 * @param {import("./replica.js").Replica} replica The registry.
 * @param {import("./replica.js").Block} block At which block.
 * @returns {Promise<{nodes: any[], parties: any[], services: any[]}>}
 */
export async function everything(replica, block) {
  const lists = await Promise.all(Object.values(LISTS).map((name) => replica.view(name, [], block)));
  const [operators, accounts, providers] = lists.map(([list]) => [...new Set(list)].filter((one) => one !== ZERO));
  replica.progress = { read: 0, total: operators.length + accounts.length + providers.length };
  const [urls, details, services] = await Promise.all([
    replica.views("getNode", operators, block),
    replica.views("getPartyDetailsByAddress", accounts, block),
    replica.views("getService", providers, block),
  ]);
  return {
    nodes: operators.map((operator, at) => [operator, urls[at][0]]).filter(([, url]) => url),
    parties: accounts.map((one, at) => oldParty(one, details[at])).filter(Boolean),
    services: providers.map((one, at) => oldService(one, services[at])).filter(Boolean),
  };
}

/**
 * Read what an account has.
 * @param {import("./replica.js").Replica} replica The registry.
 * @param {string} account Its address.
 * @param {import("./replica.js").Block} block At which block.
 */
export async function ofAccount(replica, account, block) {
  const [[url], details, service] = await Promise.all([
    replica.view("getNode", [account], block),
    replica.view("getPartyDetailsByAddress", [account], block),
    replica.view("getService", [account], block),
  ]);
  const party = oldParty(account, details);
  return { account, url, parties: party ? [party] : [], service: oldService(account, service) };
}
