// The registry in memory: read in pages at one block, then kept current by the events of each further block.

import { ApiError } from "../api.js";
import { changeOf, called, decode, partyOf, serviceOf, VIEWS } from "./contracts.js";
import { everything, ofAccount } from "./older.js";
import { PART_BYTES, RpcError } from "./rpc.js";

/** Entries in a request: a party takes some 2 KB, and answers must stay small. */
const PAGE = 64;
/** Calls in a request. */
const CALLS = 50;
/** Accounts and blocks, beyond which everything is read again. */
const MOST_CHANGED = 200;
const MOST_BLOCKS = 5000;
/** Blocks whose logs are asked for one by one, where nodes take one question only. */
const MOST_BY_HASH = 20;
const QUIET_S = 60;
const LATE_S = 30;
/** How often a node may be behind another one before the chain counts as shorter. */
const PATIENT_LOOKS = 3;

/**
 * @typedef {object} Block
 * @property {number} number Its number.
 * @property {string} hash Its hash.
 * @property {number} time Its time, in Unix seconds.
 */

/** A block of which number and hash are enough. @typedef {{number: number, hash: string}} Edge */

const hex = (number) => `0x${number.toString(16)}`;

/** A node that does not have the latest block of another one yet. */
const BEHIND = Symbol("behind");

/** A refusal is an answer, too. */
function refused(error) {
  if (error instanceof RpcError) return error;
  throw error;
}

/** @returns {Block | null} */
function blockOf(found) {
  if (!found) return null;
  const [number, time] = [Number(found.number), Number(found.timestamp)];
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(time) || !/^0x[0-9a-f]{64}$/i.test(found.hash))
    throw new ApiError(0, { code: "chain_unavailable" });
  return { number, hash: found.hash, time };
}

export class Replica {
  /**
   * @param {import("./rpc.js").Rpc} rpc The nodes.
   * @param {any} network The deployment.
   */
  constructor(rpc, network) {
    this.rpc = rpc;
    this.network = network;
    /** @type {Block | null} */
    this.block = null;
    /** What is listed, by address in small letters, and parties by id. */
    this.nodes = /** @type {Map<string, any>} */ (new Map());
    this.parties = /** @type {Map<string, any>} */ (new Map());
    this.services = /** @type {Map<string, any>} */ (new Map());
    /** Sorted ids; ids by the address of a node and of an account, the current one first. */
    this.keys = /** @type {string[]} */ ([]);
    this.atNode = /** @type {Map<string, string[]>} */ (new Map());
    this.ofAccount = /** @type {Map<string, string[]>} */ (new Map());
    this.progress = { read: 0, total: 0 };
    this.checked = 0;
    this.behind = 0;
    this.byHash = true;
    /** Whether nodes take several questions in one request. */
    this.together = true;
    this.lost = false;
    /** How often in a row no node had the latest block of another. */
    this.missed = 0;
    /** Whether the contracts are of the first generation, whose lists have no pages. */
    this.older = network.dialect === "v1";
    /** Called with the logs of new blocks; with `null` when everything was read again. @type {(logs: any[] | null) => void} */
    this.onChange = () => {};
    this.begin();
  }

  /**
   * Ask a view.
   * @param {string} name The view.
   * @param {any[]} values Its arguments.
   * @param {Block | null} [block] At which block; the one that is known.
   * @returns {Promise<any[]>}
   */
  async view(name, values, block = this.block) {
    const [contract, , types] = VIEWS[name];
    const call = { to: this.network[contract], data: called(name, values) };
    return decode(types, await this.call(call, block));
  }

  /**
   * Call a contract without changing anything.
   * @param {any} call The call.
   * @param {Block | null} block At which block.
   * @returns {Promise<string>}
   */
  async call(call, block) {
    if (!block) return this.rpc.ask("eth_call", [call, "latest"]);
    if (this.byHash) {
      try {
        return await this.rpc.ask("eth_call", [call, { blockHash: block.hash }]);
      } catch (error) {
        // Nodes that do not know this form refuse the parameters; a contract's refusal has data or says so.
        if (!(error instanceof RpcError) || error.code !== -32602) throw error;
        this.byHash = false;
      }
    }
    return this.rpc.ask("eth_call", [call, hex(block.number)]);
  }

  /**
   * Ask a view about several accounts, in few requests.
   * @param {string} name The view.
   * @param {string[]} accounts Their addresses.
   * @param {Block} block At which block.
   * @returns {Promise<any[][]>} The answers, in order.
   */
  async views(name, accounts, block) {
    const [contract, , types] = VIEWS[name];
    const starts = Array.from({ length: Math.ceil(accounts.length / CALLS) }, (_, at) => at * CALLS);
    const found = await Promise.all(
      starts.map(async (start) => {
        const some = accounts.slice(start, start + CALLS);
        const calls = some.map((one) => ({ to: this.network[contract], data: called(name, [one]) }));
        const place = this.byHash ? { blockHash: block.hash } : hex(block.number);
        const answers = await this.asked(calls.map((call) => ["eth_call", [call, place]]));
        this.progress.read += some.length;
        // Asked one by one, a node says which question it refuses.
        return Promise.all(answers.map((one, at) => (one instanceof RpcError ? this.call(calls[at], block) : one)));
      }),
    );
    return found.flat().map((answer) => decode(types, answer));
  }

  /**
   * Return a block; `null` where the node has none of this number.
   * @param {number | "latest"} number Which.
   * @returns {Promise<Block | null>}
   */
  async blockAt(number) {
    const name = number === "latest" ? number : hex(number);
    return blockOf(await this.rpc.ask("eth_getBlockByNumber", [name, false]));
  }

  /** Read everything for the first time; `ready` settles with the result. */
  begin() {
    this.begun = true;
    this.ready = this.load();
    this.ready.catch(() => (this.begun = false));
  }

  /** Read everything, at the latest block. */
  async load() {
    const chainId = Number(await this.rpc.ask("eth_chainId", []));
    if (chainId !== this.network.chainId)
      throw new ApiError(503, { code: "chain_unavailable", detail: `chain ${chainId} ≠ ${this.network.chainId}` });
    const block = await this.blockAt("latest");
    if (!block) throw new ApiError(0, { code: "chain_unavailable" });
    const { nodes, parties, services } = await (this.older ? everything(this, block) : this.#pages(block));
    this.nodes = new Map(nodes.map(([operator, url]) => [operator.toLowerCase(), { operator, url }]));
    this.parties = new Map();
    for (const party of parties) this.#listed(party);
    this.services = new Map(services.map((one) => [one.provider.address.toLowerCase(), one]));
    this.block = block;
    this.checked = Date.now();
    this.#indexed();
  }

  async #pages(block) {
    const counts = await Promise.all(
      ["nodeCount", "partyCount", "serviceCount"].map(async (name) => (await this.view(name, [], block))[0]),
    );
    this.progress = { read: 0, total: counts.reduce((one, other) => one + other, 0) };
    const [nodes, parties, services] = await Promise.all(
      ["nodes", "parties", "services"].map((name, at) => this.#list(name, counts[at], block)),
    );
    return { nodes, parties: parties.map(partyOf), services: services.map(serviceOf) };
  }

  /** The first generation can list an id twice, for different accounts. */
  #listed(party) {
    const key = party.countryCode + party.partyId;
    const there = this.parties.get(key);
    const taken = there && there.address !== party.address;
    this.parties.set(taken ? key + party.address : key, party);
  }

  async #list(name, count, block) {
    const offsets = Array.from({ length: Math.ceil(count / PAGE) }, (_, at) => at * PAGE);
    const pages = await Promise.all(
      offsets.map(async (offset) => {
        const [page] = await this.view(name, [offset, PAGE], block);
        this.progress.read += page.length;
        return page;
      }),
    );
    return pages.flat();
  }

  /** Look for new blocks, and take in what they changed; `lost` says whether the nodes answered. */
  async look() {
    try {
      if (!this.begun) this.begin();
      await this.ready;
      await this.#look();
      this.lost = false;
    } catch (error) {
      this.lost = true;
      throw error;
    }
  }

  async #look() {
    const known = /** @type {Block} */ (this.block);
    const head = await this.blockAt("latest");
    if (!head) return;
    if (head.hash === known.hash || (head.number < known.number && ++this.behind < PATIENT_LOOKS)) {
      if (head.hash === known.hash) [this.checked, this.behind] = [Date.now(), 0];
      return;
    }
    this.behind = 0;
    const near = head.number > known.number && head.number - known.number <= MOST_BLOCKS;
    const logs = near ? await this.#logs(known, head) : null;
    if (logs === BEHIND) return;
    if (!logs || !(await this.#take(logs, head))) {
      await this.load();
      this.onChange(null);
      return;
    }
    this.block = head;
    this.checked = Date.now();
    this.onChange(logs);
  }

  /**
   * Read the logs of new blocks.
   *
   * A node behind the same URL as others may lag, or be on a branch that they have left. The blocks before and after the
   * logs are asked for in the same request, so that logs of another branch, or too few, are not taken for the chain's.
   * @param {Block} known The block before them.
   * @param {Block} head The last one.
   * @returns {Promise<any[] | null | typeof BEHIND>} `null` if everything has to be read again: the known block was
   * replaced, or the node finds the logs too many. `BEHIND` if the node does not have the last block.
   */
  async #logs(known, head) {
    const address = [this.network.registry, this.network.permissions];
    const range = { address, fromBlock: hex(known.number + 1), toBlock: hex(head.number) };
    const questions = /** @type {[string, any[]][]} */ ([
      ["eth_getLogs", [range]],
      ["eth_getBlockByNumber", [hex(head.number), false]],
      ["eth_getBlockByNumber", [hex(known.number), false]],
    ]);
    const answers = await this.#atOnce(questions, PART_BYTES);
    if (!answers) return this.#logsByHash(known, head, address);
    const [logs, ...blocks] = answers;
    const [end, start] = blocks.map((block) => (block instanceof RpcError ? null : blockOf(block)));
    if (end?.hash !== head.hash) return BEHIND;
    return start?.hash === known.hash && Array.isArray(logs) ? logs : null;
  }

  /**
   * Read the logs of new blocks where a node takes one question only: each block's by its hash, so that it does not matter
   * which node answers.
   */
  async #logsByHash(known, head, address) {
    const hashes = [];
    try {
      for (let hash = head.hash; hash !== known.hash;) {
        const block = await this.rpc.ask("eth_getBlockByHash", [hash, false]);
        if (!block) return this.#behind();
        hashes.unshift(hash);
        if (Number(block.number) <= known.number || hashes.length > MOST_BY_HASH) return null;
        hash = block.parentHash;
      }
      const logs = await Promise.all(
        hashes.map((blockHash) => this.rpc.ask("eth_getLogs", [{ address, blockHash }], undefined, PART_BYTES)),
      );
      this.missed = 0;
      return logs.flat();
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return error.large ? null : this.#behind(); // a node that lags knows no such block
    }
  }

  #behind() {
    if (++this.missed < PATIENT_LOOKS) return BEHIND;
    this.missed = 0;
    return null;
  }

  /**
   * Ask several questions of one node where nodes take them in one request, and one by one where they don't.
   * @param {[string, any[]][]} questions Methods with their parameters.
   * @param {number} [most] How many bytes all answers may have.
   * @returns {Promise<any[]>} For each, the answer or the `RpcError` that came instead.
   */
  async asked(questions, most = PART_BYTES) {
    const found = await this.#atOnce(questions, most);
    return found ?? Promise.all(questions.map((each) => this.rpc.ask(...each, undefined, most).catch(refused)));
  }

  /** Ask several questions in one request; `null` where nodes take one question only. */
  async #atOnce(questions, most) {
    if (!this.together) return null;
    const found = await this.rpc.askTogether(questions, undefined, most).catch(refused);
    if (Array.isArray(found)) return found;
    if (found.large) return questions.map(() => found);
    this.together = false;
    return null;
  }

  /**
   * Read logs backwards from a block, from a node that has this block: one that lags would answer with too few.
   * @param {Edge} end The last block, whose hash is known.
   * @param {number} from The first block.
   * @param {any[]} filters What else is asked for, in one question each.
   * @param {number} [most] How many bytes all answers may have.
   * @returns {Promise<{logs: any[], before: Edge}>} The logs, and the block before the first one.
   * @throws {RpcError} If the node refused: blocks or answers were too many.
   */
  async backwards(end, from, filters, most) {
    const range = { address: [this.network.registry, this.network.permissions] };
    const questions = /** @type {[string, any[]][]} */ ([
      ["eth_getBlockByNumber", [hex(end.number), false]],
      ["eth_getBlockByNumber", [hex(Math.max(from - 1, 0)), false]],
      ...filters.map((filter) => [
        "eth_getLogs",
        [{ ...range, fromBlock: hex(from), toBlock: hex(end.number), ...filter }],
      ]),
    ]);
    for (let look = 1; ; look++) {
      const answers = await this.asked(questions, most);
      const wrong = answers.find((one) => one instanceof RpcError);
      const [last, before] = wrong ? [] : answers.slice(0, 2).map(blockOf);
      if (before && last?.hash === end.hash) return { logs: answers.slice(2).flat(), before };
      // A node that lags says so in its own words, or answers as if there were no such blocks.
      if (wrong && end.number > from) throw wrong;
      if (look >= PATIENT_LOOKS) throw wrong ?? new ApiError(0, { code: "chain_unavailable" });
    }
  }

  /** Read again the accounts that logs mention, with everything about them, because it belongs together. */
  async #take(logs, block) {
    const accounts = new Set();
    for (const log of logs) {
      const change = changeOf(log, this.contractOf(log.address));
      if (!change) continue;
      // Parties at the node of an operator with a new key name that key, and no event says so.
      if (change.newAccount && this.atNode.has(change.account.toLowerCase())) return false;
      for (const one of [change.account, change.newAccount]) if (one) accounts.add(one);
    }
    if (accounts.size > MOST_CHANGED) return false;
    if (!accounts.size) return true;
    const read = (account) => (this.older ? ofAccount(this, account, block) : this.#ofAccount(account, block));
    const found = await Promise.all([...accounts].map(read));
    const gone = new Set([...accounts].map((one) => one.toLowerCase()));
    for (const [key, party] of this.parties) if (gone.has(party.address.toLowerCase())) this.parties.delete(key);
    for (const { account, url, parties, service } of found) {
      const key = account.toLowerCase();
      if (url) this.nodes.set(key, { operator: account, url });
      else this.nodes.delete(key);
      for (const party of parties) this.#listed(party);
      if (service) this.services.set(key, service);
      else this.services.delete(key);
    }
    this.#indexed();
    return true;
  }

  async #ofAccount(account, block) {
    const [[url], [parties], service, [version]] = await Promise.all([
      this.view("getNode", [account], block),
      this.view("partiesOf", [account], block),
      this.view("getService", [account], block),
      this.view("serviceVersion", [account], block),
    ]);
    const offered = service[0] ? serviceOf([account, ...service, version]) : null;
    return { account, url, parties: parties.map(partyOf), service: offered };
  }

  #indexed() {
    this.keys = [...this.parties.keys()].sort();
    this.atNode = new Map();
    this.ofAccount = new Map();
    for (const key of this.keys) {
      const party = this.parties.get(key);
      for (const [map, address] of [
        [this.atNode, party.operator],
        [this.ofAccount, party.address],
      ]) {
        const name = address.toLowerCase();
        const there = map.get(name);
        if (!there) map.set(name, [key]);
        else if (map === this.ofAccount && party.current) there.unshift(key);
        else there.push(key);
      }
    }
  }

  /**
   * Return which contract an address is.
   * @param {string} address Of a log.
   * @returns {"registry" | "permissions"}
   */
  contractOf(address) {
    return String(address).toLowerCase() === this.network.permissions.toLowerCase() ? "permissions" : "registry";
  }

  /** Return the chain's state, as the API returns it. */
  chain() {
    const { block, network } = this;
    const now = Date.now() / 1000;
    const told = {
      network: network.name,
      chainId: network.chainId,
      token: network.token,
      generation: network.dialect,
      registry: network.registry,
      permissions: network.permissions,
      explorer: network.explorer,
      blockTime: network.blockTime,
    };
    if (this.lost) throw new ApiError(0, { code: "chain_unavailable" });
    if (!block) return { ...told, block: null, state: "reading", ...this.progress };
    const checkedAge = Math.max(0, now - this.checked / 1000);
    const quiet = Math.max(QUIET_S, 6 * (network.blockTime ?? 0));
    const state =
      checkedAge > LATE_S
        ? "lagging"
        : now - block.time - checkedAge > quiet && !network.development
          ? "standing"
          : "current";
    return { ...told, block, blockAge: Math.max(0, Math.floor(now - block.time)), checkedAge, state };
  }
}
