// Wallets of this browser (EIP-6963, EIP-1193): found, connected, and never waited for without a limit.

import { checksummed } from "./chain/keccak.js";
import { forWallet, isAddress, same } from "./requests.js";

/**
 * @typedef {object} Wallet
 * @property {{uuid: string, name: string, icon: string, rdns: string}} info What it says of itself.
 * @property {{request: (ask: {method: string, params?: any}) => Promise<any>, on?: Function}} provider Does what it is asked.
 */

/** What went wrong, by a name that the texts know: refused, stalled, busy, account, chain, gone, failed. */
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
  const [name, icon, rdns] = [info.name, info.icon, info.rdns].map((one) => (typeof one === "string" ? one : ""));
  found.set(uuid, { info: { uuid, name: name.trim() || rdns || uuid, icon, rdns }, provider });
  tell();
});
dispatchEvent(new Event("eip6963:requestProvider"));

/** Return the wallets of this browser. An old one that announces nothing is found by its old place. */
export function wallets() {
  const old = /** @type {any} */ (globalThis).ethereum;
  if (!found.size && typeof old?.request === "function") {
    return [{ info: { uuid: "old", name: "Browser wallet", icon: "", rdns: "" }, provider: old }];
  }
  return [...found.values()];
}

export const wallet = () => chosen;
export const account = () => (accounts.length ? accounts[0] : null);

/**
 * Be told when a wallet is found, connected, or changes its account.
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
    throw new WalletError("account");
  }
  if (chosen !== which) {
    chosen = which;
    which.provider.on?.("accountsChanged", (now) => {
      if (chosen !== which) return;
      accounts = addresses(now);
      tell();
    });
    which.provider.on?.("disconnect", () => {
      if (chosen === which) disconnect();
    });
  }
  accounts = addresses(given);
  tell();
}

/** Wallets spell addresses in small letters; everything else here spells them with the checksum. */
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
  if (typeof signature !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(signature))
    throw new WalletError("failed", "no signature came back");
  return signature;
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
  if (typeof hash !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(hash))
    throw new WalletError("failed", "no transaction came back");
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
  if (!Array.isArray(now) || !now.some((one) => same(one, signer))) throw new WalletError("account");
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
    const unknown = /** @type {any} */ (error).code === 4902;
    if (!unknown) throw error;
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
  const code = error?.code ?? error?.data?.originalError?.code;
  const inner = error?.data?.originalError?.code ?? code;
  const detail = saidBy(error).slice(0, 300);
  const reason =
    { 4001: "refused", 4100: "account", "-32002": "busy", 4900: "gone", 4901: "chain" }[/** @type {any} */ (inner)] ??
    "failed";
  const made = new WalletError(reason, detail);
  /** @type {any} */ (made).code = inner;
  return made;
}
