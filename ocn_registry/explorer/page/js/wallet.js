// Wallets of this browser (EIP-6963, EIP-1193): found, connected, and never waited for without a limit.

import { checksummed, hashOf } from "./chain/keccak.js";
import { canonical, forWallet, isAddress, same } from "./requests.js";

/**
 * @typedef {object} Wallet
 * @property {{uuid: string, name: string, icon: string, rdns: string}} info What it says of itself.
 * @property {{request: (ask: {method: string, params?: any}) => Promise<any>, on?: Function}} provider Does what it is asked.
 */

/** What went wrong, by a name that the texts know as `wallet.` with it. */
export class WalletError extends Error {
  /**
   * @param {string} reason Its name.
   * @param {string} [detail] The wallet's own words.
   */
  constructor(reason, detail = "") {
    super(detail || reason);
    this.reason = reason;
    this.detail = detail;
  }
}

const ANSWER_MS = 180_000;
const SWITCH_MS = 60_000;
const QUICK_MS = 10_000;
const MOST_WALLETS = 20;
const LONGEST_ICON = 100_000;
const OLD = "old";
/** How wallets without an error code for it say that their user refused: Ledger, WalletConnect, older ones. */
const REFUSAL = /\buser (rejected|denied|cancell?ed|refused)|(rejected|denied|cancell?ed) by (the )?user|\b0x6985\b/i;
const TOO_POOR = /insufficient (funds|balance)/i;
const INVALID_SIGNATURE = hashOf("InvalidSignature(address)").slice(2, 10);
/** The limits, in milliseconds; tests shorten them. */
export const limits = { answer: ANSWER_MS, switch: SWITCH_MS, quick: QUICK_MS };

/** @type {Map<string, Wallet>} */
const found = new Map();
const listeners = new Set();
/** @type {Wallet | null} */
let chosen = null;
/** @type {string[]} */
let accounts = [];

addEventListener("eip6963:announceProvider", (event) => {
  const { info, provider } = /** @type {CustomEvent} */ (event).detail ?? {};
  if (typeof info?.uuid !== "string" || typeof provider?.request !== "function") return;
  if (found.size >= MOST_WALLETS && !found.has(info.uuid)) return;
  const { uuid } = info;
  const [name, given, rdns] = [info.name, info.icon, info.rdns].map((one) => (typeof one === "string" ? one : ""));
  const icon = /^data:image\//.test(given) && given.length <= LONGEST_ICON ? given : "";
  for (const [other, { provider: known }] of found) if (known === provider && other !== uuid) found.delete(other);
  found.set(uuid, { info: { uuid, name: name.trim() || rdns || uuid, icon, rdns }, provider });
  tell();
});
dispatchEvent(new Event("eip6963:requestProvider"));

/** Return the wallets of this browser. An old one announces nothing, but is at `ethereum`; it has no name. */
export function wallets() {
  const old = /** @type {any} */ (globalThis).ethereum;
  if (!found.size && typeof old?.request === "function") {
    return [{ info: { uuid: OLD, name: "", icon: "", rdns: "" }, provider: old }];
  }
  return [...found.values()];
}

export const wallet = () => chosen;
export const account = () => (accounts.length ? accounts[0] : null);

/**
 * Call a listener when a wallet is found, connected, or changes its account.
 * @param {() => void} listener Called.
 * @returns {() => void} Ends it.
 */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}

/**
 * Ask a wallet for its accounts.
 * @param {Wallet} which The wallet.
 * @param {{quietly?: boolean}} [options] Whether only an account that it showed before is taken.
 */
export async function connect(which, { quietly = false } = {}) {
  const given = await ask(
    which,
    quietly ? "eth_accounts" : "eth_requestAccounts",
    [],
    quietly ? limits.quick : limits.answer,
  );
  if (!Array.isArray(given) || !given.length) {
    if (quietly) return;
    throw new WalletError("locked");
  }
  if (chosen !== which) {
    chosen = which;
    const hear = (name, listener) => {
      if (typeof which.provider.on === "function") which.provider.on(name, listener);
    };
    hear("accountsChanged", (now) => {
      if (chosen !== which) return;
      accounts = addresses(now);
      tell();
    });
    hear("disconnect", () => {
      if (chosen === which) disconnect();
    });
  }
  accounts = addresses(given);
  tell();
}

/** Wallets write addresses in small letters; everything else here writes them with the checksum. */
const addresses = (given) => (Array.isArray(given) ? given.filter(isAddress).map(checksummed) : []);

/** Forget the wallet. */
export function disconnect() {
  chosen = null;
  accounts = [];
  tell();
}

/**
 * Have a document signed by one account.
 * @param {any} document What is signed.
 * @param {string} signer Who has to sign.
 * @param {any} network The chain that it is for.
 * @returns {Promise<string>} The signature.
 */
export async function sign(document, signer, network) {
  const which = await ready(signer, network);
  const signature = await ask(which, "eth_signTypedData_v4", [signer, forWallet(document)], limits.answer);
  if (typeof signature !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(signature)) throw new WalletError("nothing");
  const usual = canonical(signature);
  if (usual === signature) return signature;
  // Each contract has its own form of signatures.
  const code = await ask(which, "eth_getCode", [signer, "latest"], limits.quick).catch(() => "0x");
  return code === "0x" ? usual : signature;
}

/**
 * Return the account whose signature a contract would reject; `null` where it would reject none, or can't be asked.
 * @param {{to: string, data: string}} call Carries what was signed.
 */
export async function rejectedSigner(call) {
  if (!chosen) return null;
  try {
    await ask(chosen, "eth_call", [call, "latest"], limits.quick);
  } catch (error) {
    const found = new RegExp(`0x${INVALID_SIGNATURE}0{24}([0-9a-f]{40})`, "i").exec(/** @type {any} */ (error).data);
    if (found) return checksummed(`0x${found[1]}`);
  }
  return null;
}

/**
 * Have a transaction sent and paid by an account.
 * @param {{to: string, data: string}} call What it calls.
 * @param {string} payer Who pays.
 * @param {any} network The chain.
 * @returns {Promise<string>} Its hash.
 */
export async function send(call, payer, network) {
  const which = await ready(payer, network);
  const hash = await ask(
    which,
    "eth_sendTransaction",
    [{ from: payer, to: call.to, data: call.data, value: "0x0" }],
    limits.answer,
  );
  if (typeof hash !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(hash)) throw new WalletError("unsent");
  return hash;
}

/**
 * Return a transaction's receipt, through the wallet; `null` while there is none.
 * @param {string} hash Its hash.
 * @returns {Promise<any>}
 */
export async function receipt(hash) {
  if (!chosen) return null;
  return ask(chosen, "eth_getTransactionReceipt", [hash], limits.quick);
}

async function ready(signer, network) {
  if (!chosen) throw new WalletError("gone");
  const which = chosen;
  const now = await ask(which, "eth_accounts", [], limits.quick);
  if (!Array.isArray(now) || !now.length) throw new WalletError("locked");
  if (!now.some((one) => same(one, signer))) throw new WalletError("account");
  await switchTo(which, network);
  return which;
}

/** Wallets refuse typed data of a chain that is not the active one, and some never answer when they don't know it. */
async function switchTo(which, network) {
  const wanted = `0x${network.chainId.toString(16)}`;
  const is = async () => Number(await ask(which, "eth_chainId", [], limits.quick)) === network.chainId;
  if (await is()) return;
  try {
    await ask(which, "wallet_switchEthereumChain", [{ chainId: wanted }], limits.switch);
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    if (code === 4200 || code === -32601) throw new WalletError("chain"); // it can't switch on request
    if (code !== 4902) throw error;
    if (!network.rpcUrls.length) throw new WalletError("unknown", String(network.chainId));
    await ask(
      which,
      "wallet_addEthereumChain",
      [
        {
          chainId: wanted,
          chainName: network.title ?? network.name,
          nativeCurrency: { name: network.token, symbol: network.token, decimals: 18 },
          rpcUrls: network.rpcUrls,
          ...(network.explorer ? { blockExplorerUrls: [network.explorer] } : {}),
        },
      ],
      limits.switch,
    );
    // A wallet may add a chain without changing to it.
    if (!(await is())) await ask(which, "wallet_switchEthereumChain", [{ chainId: wanted }], limits.switch);
  }
  if (!(await is())) throw new WalletError("chain");
}

async function ask(which, method, params, limit) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new WalletError("stalled")), limit);
  });
  try {
    return await Promise.race([which.provider.request({ method, params }), late]);
  } catch (error) {
    throw understood(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A wallet may throw anything. */
function saidBy(error) {
  if (typeof error === "string") return error;
  return typeof error?.message === "string" ? error.message : "";
}

function understood(error) {
  if (error instanceof WalletError) return error;
  const code = codeOf(error);
  const detail = saidBy(error).slice(0, 300);
  const named = { 4001: "refused", 5000: "refused", 4100: "account", "-32002": "busy", 4900: "gone", 4901: "chain" };
  const reason = named[code] ?? (REFUSAL.test(detail) ? "refused" : TOO_POOR.test(detail) ? "poor" : "failed");
  return Object.assign(new WalletError(reason, detail), { code, data: dataOf(error) });
}

function codeOf(error) {
  const code = error?.data?.originalError?.code ?? error?.code;
  return typeof code === "number" || typeof code === "string" ? Number(code) : NaN;
}

/** Each wallet puts a contract's revert data in a different place. */
function dataOf(error) {
  try {
    return JSON.stringify(error?.data ?? "").slice(0, 10_000);
  } catch {
    return "";
  }
}
