// The registry API's answers, made from the registry in memory, for the same questions and in the same form.

import { ApiError } from "../api.js";
import { MODULES, PERMISSIONS, ROLES, isAddress } from "../requests.js";
import { checksummed } from "./keccak.js";
import { way } from "./way.js";

const LATEST = 10;
const CIRCLES = 400;
const FOUND = 10;
/** What an entry is known by in the history. @type {Record<string, (entry: any) => string>} */
const KEYS = {
  nodes: (node) => lower(node.operator),
  parties: (party) => party.countryCode + party.partyId,
  services: (service) => lower(service.provider.address),
};
const MOST_CHECKED = 500;

const missing = (detail) => new ApiError(404, { code: "not_found", detail });
const lower = (text) => String(text ?? "").toLowerCase();
const spaced = (text) => lower(text).split(/\s+/).filter(Boolean).join(" ");

export class Answers {
  /**
   * @param {import("./replica.js").Replica} replica The registry.
   * @param {import("./past.js").Past} past What happened.
   * @param {import("./agreed.js").Agreed} agreed Who agreed to what.
   */
  constructor(replica, past, agreed) {
    this.replica = replica;
    this.past = past;
    this.agreed = agreed;
  }

  /**
   * Answer a question.
   * @param {string} path Below `v1/`.
   * @param {Record<string, any>} query Parameters.
   * @param {AbortSignal} [signal] Ends the wait.
   * @returns {Promise<any>}
   */
  async get(path, query, signal) {
    const [name, ...rest] = path.split("/").map(decodeURIComponent);
    const { replica } = this;
    if (name === "chain") return replica.chain();
    await replica.ready;
    const block = replica.block;
    const one = rest.length > 0;
    switch (one ? `${name}/` : name) {
      case "overview":
        return this.#overview(signal);
      case "nodes":
        return { block, ...(await this.#list("nodes", this.#nodes(query), (node) => this.node(node), query, signal)) };
      case "parties":
        return {
          block,
          ...(await this.#list("parties", this.#parties(query), (one) => this.party(one), query, signal)),
        };
      case "services":
        return { block, ...(await this.#services(query, signal)) };
      case "agreements":
        return { block, ...(await this.#agreements(query)) };
      case "search":
        return { block, ...(await this.#search(spaced(query.q))) };
      case "nodes/": {
        const node = replica.nodes.get(lower(rest[0]));
        if (!node) throw missing("");
        return { block, node: this.node(node) };
      }
      case "parties/": {
        const key = `${rest[0]}${rest[1]}`.toUpperCase();
        const party = replica.parties.get(key);
        if (!party) throw missing("");
        const ids = replica.ofAccount.get(lower(party.address)) ?? [];
        const others = ids.filter((id) => id !== key).map((id) => replica.parties.get(id));
        return {
          block,
          party: this.party(party),
          others: others.map(({ countryCode, partyId }) => ({ countryCode, partyId })),
          ...(await this.#sides(party.address)),
        };
      }
      case "services/": {
        const service = replica.services.get(lower(rest[0]));
        if (!service) throw missing("");
        return { block, service: await this.service(service), provider: this.brief(rest[0]) };
      }
      case "accounts/":
        return this.#account(rest[0]);
      case "history":
        return this.past.page(
          {
            account: query.account,
            party: query.party,
            before: query.before === "" ? undefined : query.before,
            limit: Number(query.limit ?? 50),
          },
          signal,
        );
      case "transactions/":
        if (!/^0x[0-9a-fA-F]{64}$/.test(rest[0])) throw missing("");
        return this.past.transaction(rest[0].toLowerCase());
      case "route":
        return { block, ...(await way(this, query)) };
      default:
        throw missing(path);
    }
  }

  /** A party with its node, as it is listed now. */
  party(party) {
    const url = this.replica.nodes.get(lower(party.operator))?.url ?? "";
    return { ...party, node: { operator: party.operator, url }, changed: null, vouched: null };
  }

  node(node) {
    return { ...node, parties: this.replica.atNode.get(lower(node.operator))?.length ?? 0, vouched: null };
  }

  async service(service) {
    const users = await this.agreed.usersOf(service.provider.address);
    return { ...service, users: users.length };
  }

  /** An account, and its current id where it has one. */
  brief(address) {
    const party = this.replica.parties.get(this.replica.ofAccount.get(lower(address))?.[0] ?? "");
    return { address: checksummed(address), countryCode: party?.countryCode ?? null, partyId: party?.partyId ?? null };
  }

  /** The agreements of a user that are in force. */
  async agreements(user) {
    const [providers] = await this.replica.view("getUserAgreementsByAddress", [user]);
    const some = this.replica.older ? await this.#inForce(user, providers) : providers;
    return some.map((provider) => this.#agreement(user, provider));
  }

  /** The first generation also lists revoked agreements, and lists those made again twice. */
  async #inForce(user, providers) {
    const some = [...new Set(providers)].filter((provider) => this.replica.services.has(lower(provider)));
    const there = await Promise.all(some.map((one) => this.replica.view("hasUserAgreementByAddress", [user, one])));
    return some.filter((_, at) => there[at][0]);
  }

  #agreement(user, provider) {
    const service = this.replica.services.get(lower(provider));
    return {
      user: this.brief(user),
      provider: this.brief(provider),
      service: service?.name ?? null,
      permissions: service?.permissions ?? [],
      version: service?.version ?? null,
    };
  }

  async #sides(account) {
    const service = this.replica.services.get(lower(account));
    return {
      service: service ? await this.service(service) : null,
      agreements: await this.agreements(account),
    };
  }

  async #account(account) {
    if (!isAddress(account)) throw new ApiError(400, { code: "invalid_request", detail: account });
    const { replica } = this;
    const ids = replica.ofAccount.get(lower(account)) ?? [];
    const node = replica.nodes.get(lower(account));
    const controller = replica.older ? [account] : replica.view("controllerOf", [account]);
    const [[signer], sides] = await Promise.all([controller, this.#sides(account)]);
    return {
      block: replica.block,
      account: checksummed(account),
      controller: lower(signer) === lower(account) ? null : signer,
      node: node ? this.node(node) : null,
      parties: ids.map((id) => this.party(replica.parties.get(id))),
      ...sides,
    };
  }

  async #overview(signal) {
    const { replica } = this;
    const kinds = new Map();
    const roles = {};
    let unreachable = 0;
    for (const party of replica.parties.values()) {
      kinds.set(party.countryCode, (kinds.get(party.countryCode) ?? 0) + 1);
      for (const role of party.roles) roles[role] = (roles[role] ?? 0) + 1;
      if (!replica.nodes.has(lower(party.operator))) unreachable++;
    }
    const nodes = [...replica.nodes.values()].map((node) => this.node(node));
    nodes.sort((a, b) => b.parties - a.parties);
    const [latest, agreements] = await Promise.all([
      this.past.page({ limit: LATEST }, signal).then(
        (found) => found.events,
        () => [], // a node may refuse to look back; the rest is there
      ),
      this.agreed.count(MOST_CHECKED),
    ]);
    return {
      chain: replica.chain(),
      counts: {
        nodes: replica.nodes.size,
        parties: replica.parties.size,
        services: replica.services.size,
        agreements,
        roles: Object.fromEntries(ROLES.filter((role) => roles[role]).map((role) => [role, roles[role]])),
      },
      countries: [...kinds].sort().map(([countryCode, parties]) => ({ countryCode, parties })),
      circles: {
        nodes: nodes.slice(0, CIRCLES),
        moreNodes: Math.max(nodes.length - CIRCLES, 0),
        unreachableParties: unreachable,
      },
      latest,
    };
  }

  /** @param {Record<string, any>} query */
  #nodes({ q, country, sort }) {
    const { replica } = this;
    const wanted = lower(country).toUpperCase();
    const found = [...replica.nodes.values()].filter(
      (node) =>
        `${node.operator} ${node.url}`.toLowerCase().includes(lower(q)) &&
        (!wanted || replica.atNode.get(lower(node.operator))?.some((key) => key.startsWith(wanted))),
    );
    found.sort((a, b) => (a.url < b.url ? -1 : 1));
    const size = (node) => replica.atNode.get(lower(node.operator))?.length ?? 0;
    if (sort === "parties") found.sort((a, b) => size(b) - size(a));
    return found;
  }

  /** @param {Record<string, any>} query */
  #parties({ q, country, role, module, operator, account, reachable }) {
    const { replica } = this;
    const text = spaced(q);
    const wanted = lower(country).toUpperCase();
    const keys = account
      ? (replica.ofAccount.get(lower(account)) ?? [])
      : operator
        ? (replica.atNode.get(lower(operator)) ?? [])
        : replica.keys;
    if (role && !ROLES.includes(role)) return [];
    if (module && !MODULES.includes(module)) return [];
    return keys
      .map((key) => replica.parties.get(key))
      .filter(
        (party) =>
          (!wanted || party.countryCode === wanted) &&
          (!role || party.roles.includes(role)) &&
          (!module || party.modules.sender.includes(module) || party.modules.receiver.includes(module)) &&
          (!operator || lower(party.operator) === lower(operator)) &&
          (!reachable || replica.nodes.has(lower(party.operator)) === (reachable === "true")) &&
          (!text || textOf(party).includes(text)),
      );
  }

  async #services(query, signal) {
    const { q, permission } = query;
    const found = [...this.replica.services.values()].filter(
      (one) =>
        (!permission || (PERMISSIONS.includes(permission) && one.permissions.includes(permission))) &&
        serviceText(one).includes(lower(q)),
    );
    found.sort((a, b) => (lower(a.provider.address) < lower(b.provider.address) ? -1 : 1));
    const cut = await this.#list("services", found, (one) => one, query, signal);
    const shown = /** @type {any[]} */ (/** @type {any} */ (cut).services);
    return { ...cut, services: await Promise.all(shown.map((one) => this.service(one))) };
  }

  /** A page of a list. If it is sorted by latest change, the order is known as far back as the history was read. */
  async #list(name, found, entry, query, signal) {
    if (query.sort !== "changed") return page(name, found, entry, query);
    const keyOf = KEYS[name];
    const wanted = new Map(found.map((one) => [keyOf(one), one]));
    const count = Number(query.offset || 0) + Number(query.limit || 100);
    const { latest, complete } = await this.past.latest(name, wanted, count, signal);
    const blockOf = (one) => Number(latest.get(keyOf(one))?.log.blockNumber ?? -1);
    const inOrder = [...found].sort((one, other) => blockOf(other) - blockOf(one));
    const cut = page(name, inOrder, (one) => one, query);
    const dated = async (one) => ({ ...entry(one), changed: await this.past.moment(latest.get(keyOf(one))) });
    return { ...cut, complete, [name]: await Promise.all(/** @type {any[]} */ (cut[name]).map(dated)) };
  }

  async #agreements(query) {
    if (query.user) return page("agreements", await this.agreements(query.user), (one) => one, query);
    const users = await this.agreed.usersOf(query.provider);
    return page("agreements", users, (user) => this.#agreement(user, query.provider), query);
  }

  async #search(text) {
    if (text.length < 2) return { parties: [], nodes: [], services: [], more: false };
    const parties = this.#parties({ q: text });
    const nodes = this.#nodes({ q: text });
    const { services } = await this.#services({ q: text });
    parties.sort((a, b) => Number(textOf(b).startsWith(text)) - Number(textOf(a).startsWith(text)));
    return {
      parties: parties.slice(0, FOUND),
      nodes: nodes.slice(0, FOUND).map((node) => this.node(node)),
      services: services.slice(0, FOUND),
      more: Math.max(parties.length, nodes.length, services.length) > FOUND,
    };
  }
}

/** @param {string} name @param {any[]} found @param {(one: any) => any} entry @param {Record<string, any>} query */
function page(name, found, entry, { offset, limit }) {
  const from = Number(offset || 0);
  const shown = found.slice(from, from + Number(limit || 100));
  const after = from + shown.length;
  return { total: found.length, offset: from, next: after < found.length ? after : null, [name]: shown.map(entry) };
}

function textOf({ countryCode: country, partyId: id, address, website }) {
  const ids = `${country}${id} ${country} ${id} ${country}-${id} ${country}*${id}`;
  return `${ids} ${address} ${website ?? ""}`.toLowerCase();
}

const serviceText = ({ provider, name, url }) =>
  `${provider.countryCode} ${provider.partyId} ${provider.address} ${name} ${url}`.toLowerCase();
