// The second source of the page's data: an RPC node in place of the API. It answers the same questions.

import { Agreed } from "./agreed.js";
import { Answers } from "./answers.js";
import { Past } from "./past.js";
import { prepare } from "./prepare.js";
import { Replica } from "./replica.js";
import { Rpc } from "./rpc.js";

const LOOK_MS = 5000;

/**
 * Return the source.
 * @param {any} settings The page's: `rpc` and `network`; `lookMs`, how often it looks for blocks.
 */
export function source(settings) {
  const replica = new Replica(new Rpc(settings.rpc), settings.network);
  const past = new Past(replica);
  const agreed = new Agreed(replica);
  const answers = new Answers(replica, past, agreed);
  return {
    /** @param {string} path @param {Record<string, any>} query @param {AbortSignal} [signal] */
    get: (path, query, signal) => answers.get(path, query, signal),
    /** @param {any} body @param {Promise<any>} relay */
    prepare: (body, relay) => prepare(answers, body, relay),
    /** @param {Record<string, (data: any) => void>} listeners */
    changes(listeners) {
      replica.onChange = (logs) => {
        past.add(logs);
        if (!logs || logs.length) agreed.forget();
        listeners[logs?.length === 0 ? "block" : "registry"]?.(null);
      };
      const look = async () => {
        try {
          const lost = replica.lost || !replica.block;
          await replica.look();
          if (lost) listeners.open?.(null);
        } catch {
          listeners.error?.(null);
        }
        setTimeout(look, settings.lookMs ?? LOOK_MS);
      };
      look();
    },
  };
}
