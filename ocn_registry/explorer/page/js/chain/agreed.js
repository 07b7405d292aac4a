// Who agreed to whose service. The contracts list the agreements of a user; those of a provider are found by events,
// and each is asked for again, because an agreement also ends when a service or a membership does.

import { changeOf, topicOf } from "./contracts.js";
import { MOST_BYTES, PART_BYTES, RpcError } from "./rpc.js";

const lower = (text) => text.toLowerCase();

export class Agreed {
  /** @param {import("./replica.js").Replica} replica The registry. */
  constructor(replica) {
    this.replica = replica;
    /** Logs that made agreements or moved accounts, in the chain's order. @type {Promise<any[]> | null} */
    this.logs = null;
    this.users = /** @type {Map<string, Promise<string[]>>} */ (new Map());
  }

  /** Start over, because something changed. */
  forget() {
    this.logs = null;
    this.users.clear();
  }

  /**
   * Return the accounts that have an agreement in force with a provider.
   * @param {string} provider Its address.
   * @returns {Promise<string[]>}
   */
  usersOf(provider) {
    const key = lower(provider);
    let found = this.users.get(key);
    if (!found) {
      found = this.#users(key);
      this.users.set(key, found);
      found.catch(() => this.users.delete(key));
    }
    return found;
  }

  /**
   * Return how many agreements are in force; `null` if that would take too many questions.
   * @param {number} most How many may be asked for.
   */
  async count(most) {
    const providers = [...this.replica.services.keys()];
    const made = await this.#pairs();
    if (providers.reduce((sum, one) => sum + (made.get(one)?.size ?? 0), 0) > most) return null;
    const users = await Promise.all(providers.map((one) => this.usersOf(one)));
    return users.reduce((sum, one) => sum + one.length, 0);
  }

  async #users(provider) {
    const made = (await this.#pairs()).get(provider) ?? new Set();
    const checked = await Promise.all(
      [...made].map(async (user) => {
        const [there] = await this.replica.view("hasUserAgreementByAddress", [user, provider]);
        return there ? user : null;
      }),
    );
    return checked.filter((user) => user !== null);
  }

  /** Users by provider, under the addresses that both have now. */
  async #pairs() {
    const reading = (this.logs ??= this.#read());
    const logs = await reading.catch((error) => {
      if (this.logs === reading) this.logs = null; // the next question tries again
      throw error;
    });
    const made = /** @type {Map<string, Set<string>>} */ (new Map());
    for (const log of logs) {
      const change = changeOf(log, this.replica.contractOf(log.address));
      if (change?.change === "AgreementMade" || change?.change === "AgreementChanged") {
        const provider = lower(change.provider);
        made.set(provider, (made.get(provider) ?? new Set()).add(lower(change.user)));
      } else if (change?.change === "AccountMoved") {
        const [from, to] = [lower(change.account), lower(change.newAccount)];
        const users = made.get(from);
        if (users) made.set(to, users).delete(from);
        for (const each of made.values()) if (each.delete(from)) each.add(to);
      }
    }
    return made;
  }

  /** Nodes limit blocks or answers: halve the range until they answer. */
  async #read() {
    const { replica } = this;
    const filters = [{ topics: [["AgreementMade", "ServiceAgreement", "AccountMoved"].map(topicOf)] }];
    const start = replica.network.startBlock ?? 0;
    const logs = /** @type {any[][]} */ ([]);
    let end = /** @type {import("./replica.js").Edge} */ (replica.block);
    let span = end.number - start + 1;
    let refused = Infinity;
    for (;;) {
      const from = Math.max(end.number - span + 1, start);
      try {
        const found = await replica.backwards(end, from, filters, from < end.number ? PART_BYTES : MOST_BYTES);
        logs.push(found.logs);
        if (from <= start) return logs.reverse().flat();
        end = found.before;
        if (span * 2 < refused) span *= 2;
      } catch (error) {
        if (!(error instanceof RpcError) || from >= end.number) throw error;
        if (!error.large) refused = end.number - from + 1;
        span = Math.ceil((end.number - from + 1) / 2);
      }
    }
  }
}
