// What happened, from the contracts' events: read from the latest block backwards, no further than needed.

import { ApiError } from "../api.js";
import { same } from "../requests.js";
import { changeOf, howOf, topicOf } from "./contracts.js";
import { checksummed } from "./keccak.js";
import { MOST_BYTES, PART_BYTES, RpcError } from "./rpc.js";

/** Blocks in the first request, when nothing is known about the chain. */
const FIRST_SPAN = 1;
const FEW = 100;
const MANY = 1000;
/** Requests for one page of the history; readers who want more turn the page. */
const MOST_LOOKS = 40;
const PLACES = 100_000; // in one block
const MOST_KEPT = 50_000;
const MOST_SCANS = 20;
/** How often to ask for what a lagging node does not have. */
const PATIENT_LOOKS = 3;

const padded = (address) => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;
const placeOf = (log) => Number(log.blockNumber) * PLACES + Number(log.logIndex);

export class Past {
  /** @param {import("./replica.js").Replica} replica The registry. */
  constructor(replica) {
    this.replica = replica;
    this.scans = /** @type {Map<string, Scan>} */ (new Map());
    this.blocks = /** @type {Map<string, Promise<any>>} */ (new Map());
    this.senders = /** @type {Map<string, Promise<any>>} */ (new Map());
  }

  /**
   * Take in the logs of new blocks.
   * @param {any[] | null} logs `null` where blocks were replaced.
   */
  add(logs) {
    if (!logs || this.scans.size > MOST_SCANS) this.forget();
    else for (const scan of this.scans.values()) scan.newer(logs);
  }

  forget() {
    this.scans.clear();
    this.blocks.clear();
    this.senders.clear();
  }

  /**
   * Return events, the latest first.
   * @param {{account?: string, party?: string, before?: number, limit: number}} wanted Whose events, and from where on.
   * @param {AbortSignal} [signal] Ends the reading.
   */
  async page({ account, party, before = Infinity, limit }, signal) {
    const { replica } = this;
    const holder = party ? replica.parties.get(party)?.address : account;
    if (party && !holder) return { complete: true, before: null, events: [] };
    const scan = this.#scan(holder);
    const wanted = (change) => !party || !change.id || change.id.countryCode + change.id.partyId === party;
    const found = () => scan.events.filter((one) => one.place < before && wanted(one.change));
    for (let look = 0; found().length <= limit && !scan.done && look < MOST_LOOKS; look++) {
      signal?.throwIfAborted();
      await scan.older();
    }
    const some = found();
    const shown = some.slice(0, limit);
    const last = shown.at(-1);
    return {
      complete: scan.done || some.length > limit,
      before: some.length > limit && last ? last.place : scan.done ? null : scan.low * PLACES,
      events: await Promise.all(shown.map((one) => this.#told(one))),
    };
  }

  /**
   * Return the last changes of entries, the latest first: read backwards until there are enough.
   * @param {string} kind `nodes`, `parties` or `services`.
   * @param {Map<string, any>} wanted The entries by key: an id, or an address in small letters.
   * @param {number} count How many are enough.
   * @param {AbortSignal} [signal] Ends the reading.
   * @returns {Promise<{latest: Map<string, any>, complete: boolean}>} Events by key; whether the order of `count`
   * entries is known.
   */
  async latest(kind, wanted, count, signal) {
    const scan = this.#scan(undefined);
    const latest = new Map();
    const take = () => {
      latest.clear();
      for (const event of scan.events) {
        const key = keyOf(kind, event.change);
        if (key && wanted.has(key) && !latest.has(key)) latest.set(key, event);
      }
      return latest.size >= Math.min(count, wanted.size);
    };
    let enough = take();
    try {
      for (let look = 0; !enough && !scan.done && look < MOST_LOOKS; look++) {
        signal?.throwIfAborted();
        await scan.older();
        enough = take();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RpcError || error instanceof ApiError)) throw error; // the rest has the usual order
    }
    return { latest, complete: enough || scan.low <= scan.start };
  }

  /**
   * Return when an event happened; `null` where there is none.
   * @param {any} event One of `latest`.
   */
  async moment(event) {
    if (!event) return null;
    const { time } = await this.#dated(event.log);
    return { block: Number(event.log.blockNumber), time };
  }

  #dated(log) {
    return once(this.blocks, log.blockHash, () => this.#block(log.blockHash));
  }

  /**
   * Return what a transaction did.
   * @param {string} hash Its hash.
   */
  async transaction(hash) {
    const { rpc, network } = this.replica;
    const receipt = await rpc.ask("eth_getTransactionReceipt", [hash]);
    if (!receipt) throw new ApiError(404, { code: "not_found" });
    const contracts = [network.registry, network.permissions];
    const logs = receipt.logs.filter((log) => contracts.some((one) => same(one, log.address)));
    const events = await Promise.all(this.#read(logs).map((one) => this.#told(one)));
    return {
      hash,
      block: Number(receipt.blockNumber),
      succeeded: Number(receipt.status) === 1,
      gasUsed: Number(receipt.gasUsed),
      events,
      requests: [],
    };
  }

  #scan(account) {
    const key = account?.toLowerCase() ?? "";
    let scan = this.scans.get(key);
    if (!scan) {
      const wanted = padded(account ?? "0x");
      // Addresses stand in the topics of all events but these two.
      const topics = account
        ? [[null, wanted], [null, null, wanted], [["ServiceUpdate", "ServiceAgreement"].map(topicOf)]]
        : [[]];
      const takes = ({ change }) =>
        !account || Object.values({ ...change, ...change.node }).some((one) => same(String(one), account));
      scan = new Scan(this.replica, topics, (logs) => this.#read(logs).filter(takes), account ? Infinity : FIRST_SPAN);
      this.scans.set(key, scan);
    }
    return scan;
  }

  #read(logs) {
    return logs.flatMap((log) => {
      const change = changeOf(log, this.replica.contractOf(log.address));
      // The first generation says with empty texts that a service ended.
      if (this.replica.older && change?.change === "ServiceSet" && !change.name && !change.url)
        change.change = "ServiceDeleted";
      return change ? [{ place: placeOf(log), log, change }] : [];
    });
  }

  async #told({ place, log, change }) {
    const number = Number(log.blockNumber);
    const [block, sent] = await Promise.all([
      this.#dated(log),
      once(this.senders, log.transactionHash, () => this.#sent(log.transactionHash)),
    ]);
    return {
      place,
      ...change,
      blockNumber: number,
      time: new Date(block.time * 1000).toISOString(),
      hash: log.transactionHash,
      index: Number(log.logIndex),
      sender: sent?.sender ?? null,
      how: sent?.how ?? null,
    };
  }

  /** @param {string} hash Of a block that an event is in; a node that lags does not have it. */
  async #block(hash) {
    for (let look = 1; look <= PATIENT_LOOKS; look++) {
      const found = await this.replica.rpc.ask("eth_getBlockByHash", [hash, false]);
      if (found) return { time: Number(found.timestamp) };
    }
    throw new ApiError(0, { code: "chain_unavailable" });
  }

  async #sent(hash) {
    const { rpc, network } = this.replica;
    let found = null;
    for (let look = 1; !found && look <= PATIENT_LOOKS; look++)
      found = await rpc.ask("eth_getTransactionByHash", [hash]);
    if (!found) return null;
    const ours = [network.registry, network.permissions].some((one) => same(one, found.to));
    return { sender: checksummed(String(found.from)), how: ours ? howOf(String(found.input)) : null };
  }
}

/** Reads events backwards, in as many blocks at once as the node and their number allow. */
class Scan {
  constructor(replica, topics, read, span) {
    this.replica = replica;
    this.topics = topics;
    this.read = read;
    this.start = replica.network.startBlock ?? 0;
    /** The last block that has not been read. */
    this.end = replica.block;
    this.low = replica.block.number + 1;
    this.span = Math.min(span, Math.max(this.low - this.start, 1));
    /** @type {any[]} */
    this.events = [];
    /** @type {Promise<void> | null} */
    this.reading = null;
  }

  get done() {
    return this.low <= this.start || this.events.length >= MOST_KEPT;
  }

  newer(logs) {
    this.events = [...this.read(logs).reverse(), ...this.events];
  }

  /** Several views can wait for one reading, so none of them may end it. */
  older() {
    this.reading ??= this.#older().finally(() => (this.reading = null));
    return this.reading;
  }

  async #older() {
    const from = Math.max(this.low - this.span, this.start);
    const filters = this.topics.map((topics) => ({ topics }));
    let logs;
    try {
      const found = await this.replica.backwards(this.end, from, filters, this.span > 1 ? PART_BYTES : MOST_BYTES);
      logs = [...new Map(found.logs.map((log) => [placeOf(log), log])).values()];
      this.end = found.before;
    } catch (error) {
      // Nodes limit blocks or answers, each in its own words.
      if (!(error instanceof RpcError) || this.span <= 1) throw error;
      this.span = Math.ceil(this.span / 4);
      return;
    }
    this.low = from;
    const events = this.read(logs).sort((one, other) => other.place - one.place);
    this.events = [...this.events, ...events];
    if (logs.length < FEW) this.span *= 2;
    else if (logs.length > MANY) this.span = Math.ceil(this.span / 4);
  }
}

/** Return the key of the entry that a change is about; empty if it is about another kind. */
function keyOf(kind, { change, id, node, provider, newAccount }) {
  const parties = ["PartySet", "PartyWebsiteSet"];
  if (kind === "parties") return parties.includes(change) ? id.countryCode + id.partyId : "";
  if (kind === "nodes") return change === "NodeSet" ? node.operator.toLowerCase() : "";
  if (change === "AccountMoved") return newAccount.toLowerCase();
  return change === "ServiceSet" ? provider.toLowerCase() : "";
}

function once(map, key, make) {
  let found = map.get(key);
  if (!found) {
    if (map.size > PLACES) map.clear();
    found = make();
    map.set(key, found);
    found.catch(() => map.delete(key));
  }
  return found;
}
