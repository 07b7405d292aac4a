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

/**
 * Say where the API is.
 * @param {string} url Relative to the page, or of another host.
 */
export function use(url) {
  base = new URL(url, document.baseURI).href;
}

/**
 * Return the URL of a path of the API.
 * @param {string} path Below `v1/`.
 * @param {Record<string, any>} [query] Parameters; empty ones are left out.
 */
export function address(path, query = {}) {
  const url = new URL(`v1/${path}`, base);
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
export const get = (path, query, signal) => ask(address(path, query), { signal });

/**
 * Hand something in.
 * @param {string} path Below `v1/`.
 * @param {unknown} body What to hand in, as JSON.
 * @param {AbortSignal} [signal] Ends the wait.
 * @returns {Promise<any>}
 */
export const post = (path, body, signal) =>
  ask(address(path), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });

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
 * @returns {() => void} Ends it.
 */
export function changes(listeners) {
  const source = new EventSource(address("changes"));
  for (const [name, listener] of Object.entries(listeners)) {
    source.addEventListener(name, (event) => {
      let data = null;
      try {
        data = JSON.parse(/** @type {MessageEvent} */ (event).data ?? "null");
      } catch {
        // not ours
      }
      listener(data);
    });
  }
  return () => source.close();
}
