// What has to be signed for a change, prepared by the page itself: nonce, signer, and the contract's consent.

import { ApiError } from "../api.js";
import { direct, encode } from "../calls.js";
import { KINDS, MODULES, PERMISSIONS, ROLES, accountOf, same, typedData } from "../requests.js";
import { decode } from "./contracts.js";
import { hashOf } from "./keccak.js";
import { RpcError } from "./rpc.js";

const CANCELLED_AHEAD = 1000;
const NUMBERS = { roles: ROLES, sender: MODULES, receiver: MODULES, permissions: PERMISSIONS };
/** `Error(string)`, which other contracts revert with. */
const ERROR = "0x08c379a0";

/**
 * Return what a relay or `explore` would answer.
 * @param {import("./answers.js").Answers} answers The registry.
 * @param {any} body An intent of an account with a deadline, or a request that was prepared elsewhere.
 * @param {Promise<any>} told What a relay answers; `null` where there is none, or it does not answer.
 */
export async function prepare(answers, body, told) {
  const request = body.request ?? (await made(answers, body, told));
  const { replica } = answers;
  const account = accountOf(request);
  const [[signer], relayed] = await Promise.all([replica.view("controllerOf", [account]), told]);
  const code = await replica.rpc.ask("eth_getCode", [signer, "latest"]);
  if (!request.signature && !KINDS[request.primaryType].acceptance && same(signer, account))
    await simulate(replica, request, account);
  return {
    account,
    signer,
    signerIsContract: code !== "0x",
    adds: relayed?.adds ?? [],
    typedData: request,
    acceptance: request.acceptance ? { typedData: request.acceptance } : null,
    payers: { relay: relayed?.payers?.relay ?? null, self: same(signer, account) || null },
  };
}

async function made({ replica }, { account, intent: { type, ...values }, deadline }, told) {
  const kind = KINDS[type];
  const [owner] = kind.fields[0].slice(1);
  const contract = kind.contract === "either" ? values.contract : kind.contract;
  const nonceAt = async (who, where) => {
    const data = hashOf("nonces(address)").slice(0, 10) + encode([["address", who]]);
    return BigInt(await replica.call({ to: replica.network[where], data }, null));
  };
  const message = { ...values, [owner]: account };
  for (const [name, names] of Object.entries(NUMBERS))
    if (Array.isArray(message[name])) message[name] = sorted(message[name].map((one) => numberOf(names, one)));
  if (type === "CreateAgreement") {
    const service = replica.services.get(message.provider.toLowerCase());
    if (!service) throw new ApiError(400, { code: "invalid_request", detail: message.provider });
    message.permissions = sorted(service.permissions.map((one) => numberOf(PERMISSIONS, one)));
  }
  let nonce = await nonceAt(account, contract);
  if (type === "InvalidateNonce") message.newNonce = String(nonce + BigInt(CANCELLED_AHEAD));
  // The relay knows of requests that wait there.
  const waiting = (await told)?.nonce;
  if (waiting && BigInt(waiting) > nonce) nonce = BigInt(waiting);
  const terms = { nonce: String(nonce), deadline, contract };
  const document = typedData(replica.network, type, message, terms);
  if (!kind.acceptance) return document;
  const other = type === "MoveAccount" ? message.newAccount : message.controller;
  const [accepting] = KINDS[kind.acceptance].fields[0].slice(1);
  if (same(other, account) || /^0x0{40}$/.test(other)) return document; // nobody else has to agree
  const accepted = { [accepting]: other, account };
  const acceptance = { nonce: String(await nonceAt(other, "registry")), deadline };
  return { ...document, acceptance: typedData(replica.network, kind.acceptance, accepted, acceptance) };
}

const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const numberOf = (names, one) => (typeof one === "number" ? one : names.indexOf(one));

/** Ask the contract now whether it would refuse the request. */
async function simulate(replica, request, account) {
  try {
    await replica.rpc.ask("eth_call", [{ ...direct(request), from: account }, "latest"]);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new ApiError(422, { code: "would_revert", detail: await inWords(error) });
  }
}

/** @type {Promise<any[]> | null} */
let errors = null;

async function inWords({ data, message }) {
  if (data.startsWith(ERROR)) return decode(["string"], `0x${data.slice(10)}`)[0];
  errors ??= fetch("errors.json").then((answer) => answer.json());
  const known = (await errors).find((one) => hashOf(one.signature).slice(0, 10) === data.slice(0, 10));
  if (!known) return message;
  const types = known.signature
    .slice(known.signature.indexOf("(") + 1, -1)
    .split(",")
    .filter(Boolean);
  const values = decode(types, `0x${data.slice(10)}`);
  return known.says.replace(/\{(\w+)\}/g, (_, name) => String(values[known.fields.indexOf(name)]));
}
