// The registry's API: what this page asks, and of whom.

export class ApiError extends Error {
  /**
   * @param {number} status The HTTP status; 0 where there was no answer.
   * @param {any} problem What the server said, by RFC 9457.
   */
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem?.code ?? "";
    this.detail = problem?.detail ?? "";
    this.problem = problem ?? {};
  }
}

/** How long an answer may take. */
const PATIENCE_MS = 20_000;

let base = "../";
let relayBase = "";
let relayKey = "";
/** Where data comes from in place of the API. @type {any} */
let source = null;

/**
 * Set where data comes from.
 * @param {any} settings The page's settings.
 */
export async function use(settings) {
  base = new URL(settings.api ?? "../", document.baseURI).href;
  const { relay } = settings;
  relayBase = typeof relay === "string" && relay ? new URL(relay.replace(/\/*$/, "/")).href : relay ? base : "";
  // A page that is served with an API does not load this.
  source = settings.rpc?.length ? (await import("./chain/source.js")).source(settings) : null;
}

/** Whether a server answers: a node alone neither says when entries changed nor asks hosts whether they vouch. */
export const served = () => source === null;

/**
 * Keep the key that a relay gave its user, for as long as the page is open.
 * @param {string} key The key.
 */
export function useKey(key) {
  relayKey = key;
}

export const keyInUse = () => relayKey;

function address(path, query = {}, from = base) {
  const url = new URL(`v1/${path}`, from);
  for (const [key, value] of Object.entries(query)) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.set(key, String(value));
  }
  return url.href;
}

/**
 * Ask for something.
 * @param {string} path Below `v1/`.
 * @param {Record<string, any>} [query] Parameters.
 * @param {AbortSignal} [signal] Ends the wait.
 * @returns {Promise<any>}
 */
export async function get(path, query = {}, signal) {
  if (source) return source.get(path, query, signal);
  return ask(address(path, query), { signal });
}

/**
 * Ask what has to be signed for a change.
 * @param {any} body An intent of an account, or a request.
 * @param {AbortSignal} [signal] Ends the wait.
 * @returns {Promise<any>}
 */
export async function prepare(body, signal) {
  // A relay elsewhere knows whether it would pay, and which requests wait there; everything else is known without it.
  const relay = relayBase && relayBase !== base ? post("prepare", body, relayBase, signal).catch(() => null) : null;
  if (source) return source.prepare(body, Promise.resolve(relay));
  let found = await post("prepare", body, base, signal);
  const told = await relay;
  if (told && body.intent && Number(told.nonce) > Number(found.nonce))
    found = await post("prepare", { ...body, nonce: told.nonce }, base, signal);
  return told ? { ...found, payers: { ...found.payers, relay: told.payers?.relay } } : found;
}

/**
 * Hand a signed request to the relay.
 * @param {any} body The request, with a voucher where there is one.
 * @returns {Promise<any>}
 */
export const submit = (body) => post("requests", body, relayBase);

/**
 * Ask the relay for the state of a request.
 * @param {string} id The request's id.
 * @param {AbortSignal} signal Ends the wait.
 * @returns {Promise<any>}
 */
export const request = (id, signal) => ask(address(`requests/${encodeURIComponent(id)}`, {}, relayBase), { signal });

const post = (path, body, from, signal) =>
  ask(address(path, {}, from), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(relayKey && path === "requests" ? { Authorization: `Bearer ${relayKey}` } : {}),
    },
    body: JSON.stringify(body),
    signal,
  });

/** @param {string} url @param {any} options */
async function ask(url, { signal, ...options }) {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let answer;
  try {
    answer = await fetch(url, {
      ...options,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, null);
  }
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // not the API, but a proxy or a web server in front of it
  }
  if (!answer.ok) throw new ApiError(answer.status, body);
  if (body === null) throw new ApiError(answer.status, null);
  return body;
}

/**
 * Follow what happens. The browser connects again by itself.
 * @param {Record<string, (data: any) => void>} listeners By the name of the event; `open` and `error` too.
 */
export function changes(listeners) {
  if (source) {
    source.changes(listeners);
    return;
  }
  const stream = new EventSource(address("changes"));
  for (const [name, listener] of Object.entries(listeners)) {
    stream.addEventListener(name, (event) => {
      let data = null;
      try {
        data = JSON.parse(/** @type {MessageEvent} */ (event).data ?? "null");
      } catch {
        // not ours
      }
      listener(data);
    });
  }
}
