// Contract calls for a transaction that the reader pays for. The page encodes them itself, so that the wallet sends
// what the page shows, whatever a server says.

import { KINDS } from "./requests.js";

const WORD = 64;

/**
 * Return the call that carries a signed document.
 * @param {any} document What was signed, with `signature`, and `acceptance` where there is one.
 * @returns {{to: string, data: string}}
 */
export function raw(document) {
  const kind = KINDS[document.primaryType];
  const arguments_ = [...kind.fields, ["uint256", "nonce"], ["uint256", "deadline"]].map(([type, name]) => [
    carried(type, name),
    document.message[name],
  ]);
  arguments_.push(["bytes", document.signature]);
  if (kind.acceptance) arguments_.push(["acceptance", document.acceptance]);
  return { to: document.domain.verifyingContract, data: kind.raw + encode(arguments_) };
}

/**
 * Return the call for an account's own transaction.
 * @param {any} document What would be signed.
 * @returns {{to: string, data: string}}
 */
export function direct(document) {
  const kind = KINDS[document.primaryType];
  const arguments_ = (kind.directFields ?? []).map(([type, name]) => [type, document.message[name]]);
  if (kind.acceptance) arguments_.push(["acceptance", document.acceptance]);
  return { to: document.domain.verifyingContract, data: kind.direct + encode(arguments_) };
}

function carried(type, name) {
  if (name === "countryCode") return "bytes2";
  return name === "partyId" ? "bytes3" : type;
}

/**
 * Return arguments in the ABI's form, in hexadecimal.
 * @param {any[][]} arguments_ Types and values.
 * @returns {string}
 */
export function encode(arguments_) {
  let heads = "";
  let tails = "";
  const size = arguments_.length * (WORD / 2);
  for (const [type, value] of arguments_) {
    if (isDynamic(type)) {
      heads += word(BigInt(size + tails.length / 2));
      tails += one(type, value);
    } else {
      heads += one(type, value);
    }
  }
  return heads + tails;
}

const isDynamic = (type) => type === "string" || type === "bytes" || type === "acceptance" || type.endsWith("[]");

function one(type, value) {
  if (type === "address") {
    if (!/^0x[0-9a-fA-F]{40}$/.test(String(value))) throw new RangeError(`${value} is not an address`);
    return word(BigInt(value));
  }
  if (type === "bytes2" || type === "bytes3") {
    const bytes = new TextEncoder().encode(value);
    if (bytes.length !== Number(type.slice(5))) throw new RangeError(`${value} does not fit ${type}`);
    return hex(bytes).padEnd(WORD, "0");
  }
  if (type === "string") return counted(hex(new TextEncoder().encode(value)));
  if (type === "bytes") {
    if (!/^0x([0-9a-fA-F]{2})*$/.test(String(value))) throw new RangeError(`${value} is not hexadecimal`);
    return counted(value.slice(2).toLowerCase());
  }
  if (type.endsWith("[]")) return word(BigInt(value.length)) + value.map((item) => word(BigInt(item))).join("");
  if (type === "acceptance") {
    const given = value ?? { message: { nonce: 0, deadline: 0 }, signature: "0x" };
    return encode([
      ["uint256", given.message.nonce],
      ["uint256", given.message.deadline],
      ["bytes", given.signature],
    ]);
  }
  return word(BigInt(value));
}

function word(number) {
  if (number < 0n || number >= 1n << 256n) throw new RangeError(`${number} does not fit a word`);
  return number.toString(16).padStart(WORD, "0");
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function counted(digits) {
  return word(BigInt(digits.length / 2)) + digits.padEnd(Math.ceil(digits.length / WORD) * WORD, "0");
}
