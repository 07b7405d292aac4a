// Views and events of the contracts: what is called, what comes back, and how it is read.
//
// A test compares the tables with the contracts' ABI.

import { encode } from "../calls.js";
import { KINDS, MODULES, PERMISSIONS, ROLES, ZERO } from "../requests.js";
import { checksummed, hashOf } from "./keccak.js";

const WORD = 64;

/**
 * A type of the ABI: a name, `[...]` for a tuple, `{each}` for a list of tuples.
 * @typedef {string | any[] | {each: any[]}} Type
 */

const NODE = ["address", "string"];
const PARTY = [
  ...["address", "bytes2", "bytes3", "uint8[]", "uint8[]", "uint8[]", "address", "string"],
  ...["uint256", "bool", "string"],
];
const SERVICE = ["address", "bytes2", "bytes3", "string", "string", "uint256[]", "uint256"];

/** Each view: its contract, the types of its arguments and of its answer. @type {Record<string, [string, string[], Type[]]>} */
export const VIEWS = {
  nodeCount: ["registry", [], ["uint256"]],
  nodes: ["registry", ["uint256", "uint256"], [{ each: NODE }]],
  getNode: ["registry", ["address"], ["string"]],
  partyCount: ["registry", [], ["uint256"]],
  parties: ["registry", ["uint256", "uint256"], [{ each: PARTY }]],
  partiesOf: ["registry", ["address"], [{ each: PARTY }]],
  controllerOf: ["registry", ["address"], ["address"]],
  nonces: ["registry", ["address"], ["uint256"]],
  serviceCount: ["permissions", [], ["uint256"]],
  services: ["permissions", ["uint256", "uint256"], [{ each: SERVICE }]],
  getService: ["permissions", ["address"], ["bytes2", "bytes3", "string", "string", "uint256[]"]],
  getNodeOperators: ["registry", [], ["address[]"]],
  getParties: ["registry", [], ["address[]"]],
  getPartyDetailsByAddress: [
    "registry",
    ["address"],
    ["bytes2", "bytes3", "uint8[]", "uint8[]", "uint8[]", "address", "string"],
  ],
  getProviders: ["permissions", [], ["address[]"]],
  serviceVersion: ["permissions", ["address"], ["uint256"]],
  getUserAgreementsByAddress: ["permissions", ["address"], ["address[]"]],
  hasUserAgreementByAddress: ["permissions", ["address", "address"], ["bool"]],
};

/** Each event: the types of its indexed values, of the others, and what it says. */
const EVENTS = {
  "OperatorUpdate(address,string)": [
    ["address"],
    ["string"],
    ([operator], [url]) =>
      url
        ? { change: "NodeSet", account: operator, node: { operator, url } }
        : { change: "NodeDeleted", account: operator, operator },
  ],
  "PartyUpdate(bytes2,bytes3,address,uint8[],uint8[],uint8[],address)": [
    ["address", "address"],
    ["bytes2", "bytes3", "uint8[]", "uint8[]", "uint8[]"],
    ([address, operator], [countryCode, partyId, roles]) => {
      const id = { countryCode, partyId };
      return operator === ZERO
        ? { change: "PartyDeleted", account: address, address, id }
        : { change: "PartySet", account: address, address, id, roles: named(ROLES, roles), operator };
    },
  ],
  "PartyWebsite(bytes2,bytes3,address,string)": [
    ["address"],
    ["bytes2", "bytes3", "string"],
    ([address], [countryCode, partyId, website]) => ({
      change: "PartyWebsiteSet",
      account: address,
      address,
      id: { countryCode, partyId },
      website: website || null,
    }),
  ],
  "AccountMoved(address,address)": [
    ["address", "address"],
    [],
    ([account, newAccount]) => ({ change: "AccountMoved", account, newAccount }),
  ],
  "ControllerSet(address,address)": [
    ["address", "address"],
    [],
    ([account, controller]) => ({ change: "ControllerSet", account, controller }),
  ],
  "PartyReserved(bytes2,bytes3,address)": [
    ["address"],
    ["bytes2", "bytes3"],
    ([holder], [countryCode, partyId]) => ({
      change: "PartyReserved",
      account: null,
      id: { countryCode, partyId },
      holder: some(holder),
    }),
  ],
  "NodeReserved(string,address)": [
    ["address"],
    ["string"],
    ([operator], [domain]) => ({ change: "NodeReserved", account: null, domain, operator: some(operator) }),
  ],
  "ServiceUpdate(string,string,uint256[],address)": [
    [],
    ["string", "string", "uint256[]", "address"],
    (_, [name, url, permissions, provider]) =>
      permissions.length
        ? { change: "ServiceSet", account: provider, provider, name, url }
        : { change: "ServiceDeleted", account: provider, provider },
  ],
  "AgreementMade(address,address,uint256,uint256[])": [
    ["address", "address"],
    ["uint256", "uint256[]"],
    ([user, provider]) => ({ change: "AgreementMade", account: user, user, provider }),
  ],
  "AgreementRevoked(address,address)": [
    ["address", "address"],
    [],
    ([user, provider]) => ({ change: "AgreementRevoked", account: user, user, provider }),
  ],
  // The first generation has one event for an agreement and for its revocation.
  "ServiceAgreement(address,address)": [
    [],
    ["address", "address"],
    (_, [user, provider]) => ({ change: "AgreementChanged", account: user, user, provider }),
  ],
  "ServicePruned(uint256,uint256)": [
    [],
    ["uint256", "uint256"],
    (_, [slot, membership]) => ({ change: "ServicePruned", account: null, slot, membership }),
  ],
  "OwnershipTransferStarted(address,address)": [
    ["address", "address"],
    [],
    ([owner, newOwner]) => ({ change: "OwnershipOffered", account: null, owner, newOwner }),
  ],
  "OwnershipTransferred(address,address)": [
    ["address", "address"],
    [],
    ([formerOwner, owner]) => ({ change: "OwnershipTransferred", account: null, formerOwner, owner }),
  ],
  "ImportOpened()": [[], [], (_, __, contract) => ({ change: "ImportOpened", account: null, contract })],
  "ImportClosed()": [[], [], (_, __, contract) => ({ change: "ImportClosed", account: null, contract })],
};

export const BATCHES = ["multicall(bytes[])", "tryMulticall(bytes[])"];
/** Functions of the first generation, which the page itself does not call. */
export const OLDER = ["createAgreement(address)", "setPartyModules(uint8[],uint8[])", "deleteParty()"];

export const EVENT_NAMES = Object.keys(EVENTS);

/** Topic of an event. @type {Record<string, string>} */
const TOPICS = Object.fromEntries(EVENT_NAMES.map((signature) => [hashOf(signature), signature]));

/**
 * Return the topic of an event.
 * @param {string} name Its name.
 */
export const topicOf = (name) =>
  Object.keys(TOPICS).find((topic) => TOPICS[topic].startsWith(`${name}(`)) ?? hashOf(name);

const some = (address) => (address === ZERO ? null : address);
const named = (names, numbers) => numbers.map((one) => names[one] ?? one);

/**
 * Return the signature of a view, as its selector is made of it.
 * @param {string} name The view.
 */
export const signature = (name) => `${name}(${VIEWS[name][1].join(",")})`;

/** @type {Map<string, string>} */
const selectors = new Map();

/**
 * Return the bytes that call a view.
 * @param {string} name The view.
 * @param {any[]} values Its arguments.
 */
export function called(name, values) {
  let selector = selectors.get(name);
  if (!selector) selectors.set(name, (selector = hashOf(signature(name)).slice(0, 10)));
  return selector + encode(VIEWS[name][1].map((type, at) => [type, values[at]]));
}

/**
 * Return the event in a log; `null` if it is none of these.
 * @param {any} log As a node gives it.
 * @param {"registry" | "permissions"} contract Which contract emitted it.
 */
export function changeOf(log, contract) {
  const event = EVENTS[TOPICS[log?.topics?.[0]]];
  if (!event || log.topics.length !== 1 + event[0].length) return null;
  try {
    const indexed = log.topics.slice(1).map((topic) => decode(["address"], topic)[0]);
    return event[2](indexed, decode(event[1], log.data), contract);
  } catch {
    return null;
  }
}

/**
 * Return values from the ABI's form. Malformed data is a `RangeError`, and a small answer can't grow into a large one.
 * @param {Type[]} types Their types.
 * @param {string} hex The bytes.
 * @returns {any[]}
 */
export function decode(types, hex) {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(hex)) throw new RangeError("no bytes");
  return new Reader(hex.slice(2)).tuple(types, 0);
}

const isDynamic = (type) => typeof type !== "string" || type === "string" || type === "bytes" || type.endsWith("[]");

class Reader {
  constructor(digits) {
    this.digits = digits;
    this.left = 4 * digits.length; // values may overlap, but not without end
  }

  /** Values whose heads stand at a place; offsets count from there. */
  tuple(types, base, first = 0) {
    return types.map((type, at) => {
      const head = base + (first + at) * WORD;
      return isDynamic(type) ? this.dynamic(type, base + 2 * this.count(head)) : this.word(type, head);
    });
  }

  dynamic(type, place) {
    if (Array.isArray(type)) return this.tuple(type, place);
    const count = this.count(place);
    const from = place + WORD;
    if (type === "string" || type === "bytes") {
      const digits = this.part(from, 2 * count);
      return type === "bytes" ? `0x${digits}` : new TextDecoder().decode(bytes(digits));
    }
    if (from + count * WORD > this.digits.length) throw new RangeError("a list is longer than the answer");
    const each = typeof type === "string" ? type.slice(0, -2) : type.each;
    return Array.from({ length: count }, (_, at) => this.tuple([each], from, at)[0]);
  }

  word(type, place) {
    const digits = this.part(place, WORD);
    if (type === "address") return checksummedOf(digits.slice(24));
    if (type === "bool") return Number(`0x${digits}`) === 1;
    if (type.startsWith("bytes")) {
      const text = new TextDecoder().decode(bytes(digits.slice(0, 2 * Number(type.slice(5)))));
      return text.replace(/\0+$/, "");
    }
    const number = BigInt(`0x${digits}`);
    return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number.toString();
  }

  count(place) {
    const number = Number(`0x${this.part(place, WORD)}`);
    if (number > this.digits.length) throw new RangeError("a length is greater than the answer");
    return number;
  }

  part(place, length) {
    this.left -= length;
    if (place + length > this.digits.length || this.left < 0)
      throw new RangeError("the answer is shorter than it says");
    return this.digits.slice(place, place + length);
  }
}

/**
 * Return how a transaction came about: `direct` by an account itself, `signed`, or `null` where that does not show.
 * @param {string} input Its bytes.
 */
export function howOf(input) {
  const selector = input.slice(0, 10);
  let called = [selector];
  if (BATCHES.some((one) => hashOf(one).slice(0, 10) === selector)) {
    try {
      called = decode(["bytes[]"], `0x${input.slice(10)}`)[0].map((item) => item.slice(0, 10));
    } catch {
      return null;
    }
  }
  const kinds = Object.values(KINDS);
  const direct = [...kinds.map((kind) => kind.direct), ...OLDER.map((one) => hashOf(one).slice(0, 10))];
  const all = (doors) => called.length > 0 && called.every((one) => doors.includes(one));
  return all(kinds.map((kind) => kind.raw)) ? "signed" : all(direct) ? "direct" : null;
}

const checksummedOf = (digits) => checksummed(`0x${digits}`);
const bytes = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number(`0x${pair}`));

/**
 * Return a party as the API returns it.
 * @param {any[]} values Of the contract's struct.
 */
export function partyOf([
  address,
  countryCode,
  partyId,
  roles,
  sender,
  receiver,
  operator,
  ,
  membership,
  current,
  website,
]) {
  return {
    countryCode,
    partyId,
    address,
    roles: named(ROLES, roles),
    modules: { sender: named(MODULES, sender), receiver: named(MODULES, receiver) },
    operator,
    membership,
    current,
    ...(website ? { website } : {}),
  };
}

/**
 * Return a service as the API returns it.
 * @param {any[]} values Of the contract's struct.
 */
export const serviceOf = ([address, countryCode, partyId, name, url, permissions, version]) => ({
  name,
  url,
  permissions: named(PERMISSIONS, permissions),
  provider: { address, countryCode, partyId },
  version,
});
