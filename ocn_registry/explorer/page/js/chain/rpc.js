// JSON-RPC to the nodes of the page's settings: bounded in time, size and number. If a node fails, the next is asked.

import { ApiError } from "../api.js";

/** How long an answer may take, in milliseconds; tests shorten it. */
export const limits = { answer: 20_000 };
/** The most bytes of an answer; fewer if the question could be split. */
export const MOST_BYTES = 4 << 20;
export const PART_BYTES = 180_000;
const AT_ONCE = 6;
const PAUSE_MS = 1000;
const ROUNDS = 2;

/** What a node answered instead of a result. */
export class RpcError extends Error {
  /** @param {any} error The error of its answer. */
  constructor(error) {
    super(String(error?.message ?? "the RPC node gave no reason").slice(0, 300));
    this.code = Number(error?.code ?? 0);
    /** Whether the answer was stopped because it was too large. */
    this.large = false;
    // Some nodes put what a contract reverted with one level deeper, or into text.
    const inner = error?.data?.data ?? error?.data?.originalError?.data ?? error?.data;
    this.data = /0x[0-9a-fA-F]*/.exec(typeof inner === "string" ? inner : "")?.[0] ?? "";
  }
}

export class Rpc {
  /** @param {string[]} urls The nodes, the preferred one first. */
  constructor(urls) {
    this.urls = urls;
    this.first = 0;
    this.running = 0;
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /**
   * Ask the nodes.
   * @param {string} method The method.
   * @param {any[]} params Its parameters.
   * @param {AbortSignal} [signal] Ends the wait.
   * @param {number} [most] How many bytes the answer may have.
   * @returns {Promise<any>}
   */
  async ask(method, params, signal, most = MOST_BYTES) {
    return this.#queued({ jsonrpc: "2.0", id: 1, method, params }, signal, most);
  }

  /**
   * Ask several questions of one node, in one request.
   * @param {[string, any[]][]} questions Methods with their parameters.
   * @param {AbortSignal} [signal] Ends the wait.
   * @param {number} [most] How many bytes all answers may have.
   * @returns {Promise<any[]>} For each question, in order, the answer or the `RpcError` that came instead.
   * @throws {RpcError} If the node takes one question only.
   */
  async askTogether(questions, signal, most = MOST_BYTES) {
    const body = questions.map(([method, params], at) => ({ jsonrpc: "2.0", id: at + 1, method, params }));
    return this.#queued(body, signal, most);
  }

  async #queued(question, signal, most) {
    if (this.running >= AT_ONCE) await new Promise((resolve) => this.waiting.push(() => resolve(null)));
    this.running++;
    try {
      return await this.#tried(question, signal, most);
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  async #tried(question, signal, most) {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const at = this.first;
      try {
        return await asked(this.urls[at], question, signal, most);
      } catch (error) {
        if (error instanceof RpcError || signal?.aborted) throw error;
        if (this.first === at) this.first = (at + 1) % this.urls.length;
        if (attempt >= ROUNDS * this.urls.length) throw new ApiError(0, { code: "chain_unavailable" });
        if (attempt % this.urls.length === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}

async function asked(url, question, signal, most) {
  const limit = AbortSignal.timeout(limits.answer);
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    credentials: "omit",
    redirect: "error",
  });
  const text = await bounded(answer, most);
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${answer.status}`);
  }
  const busy = answer.status === 429 || answer.status >= 500;
  const resultOf = (one) => {
    if (one?.error) {
      // Too many requests, or a node that is not ready: another one may be.
      if (busy || one.error.code === -32005) throw new Error("busy");
      return new RpcError(one.error);
    }
    if (!answer.ok || one === null || typeof one !== "object" || !("result" in one))
      throw new Error(`HTTP ${answer.status}`);
    return one.result;
  };
  if (Array.isArray(question) && Array.isArray(told))
    return question.map(({ id }) => resultOf(told.find((one) => one?.id === id)));
  const result = resultOf(told);
  if (result instanceof RpcError) throw result;
  if (Array.isArray(question)) throw new RpcError({ message: "the RPC node takes one question only" });
  return result;
}

async function bounded(answer, most) {
  const reader = answer.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw Object.assign(new RpcError({ message: "the answer is too large" }), { large: true });
    }
    text += decoder.decode(value, { stream: true });
  }
}
