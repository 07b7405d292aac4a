// Keccak-256, for names of functions and events, and for the spelling of addresses. Node software has libraries for it;
// a page that loads nothing from elsewhere has these lines, which a test compares with another implementation.

const RATE = 136;
const ROUNDS = 24;
/** Rotation of each lane, and where each lane goes, in the order in which lanes are moved. */
const TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
const PLACES = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];
/** The constants of the rounds, low and high half of each, from the register that the standard describes. */
const CONSTANTS = (() => {
  const found = new Uint32Array(2 * ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let power = 0; power < 7; power++) {
      const place = (1 << power) - 1;
      if (register & 1) found[2 * round + (place >> 5)] ^= 1 << (place & 31);
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
  }
  return found;
})();

/**
 * Return the Keccak-256 hash of bytes, as hexadecimal digits.
 * @param {Uint8Array} bytes What to hash.
 * @returns {string}
 */
export function keccak256(bytes) {
  const padded = new Uint8Array((Math.floor(bytes.length / RATE) + 1) * RATE);
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const words = new DataView(padded.buffer);
  const state = new Uint32Array(50);
  for (let start = 0; start < padded.length; start += RATE) {
    for (let at = 0; at < RATE; at += 4) state[at / 4] ^= words.getUint32(start + at, true);
    permute(state);
  }
  return [...new Uint8Array(state.buffer, 0, 32)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function permute(state) {
  const sums = new Uint32Array(10);
  const row = new Uint32Array(10);
  for (let round = 0; round < ROUNDS; round++) {
    for (let at = 0; at < 10; at++)
      sums[at] = state[at] ^ state[at + 10] ^ state[at + 20] ^ state[at + 30] ^ state[at + 40];
    for (let lane = 0; lane < 5; lane++) {
      const [before, after] = [2 * ((lane + 4) % 5), 2 * ((lane + 1) % 5)];
      const low = sums[before] ^ ((sums[after] << 1) | (sums[after + 1] >>> 31));
      const high = sums[before + 1] ^ ((sums[after + 1] << 1) | (sums[after] >>> 31));
      for (let at = 2 * lane; at < 50; at += 10) {
        state[at] ^= low;
        state[at + 1] ^= high;
      }
    }
    let [low, high] = [state[2], state[3]];
    for (let step = 0; step < ROUNDS; step++) {
      const at = 2 * PLACES[step];
      const turn = TURNS[step] & 31;
      const [one, other] = TURNS[step] < 32 ? [low, high] : [high, low];
      [low, high] = [state[at], state[at + 1]];
      state[at] = (one << turn) | (turn && other >>> (32 - turn));
      state[at + 1] = (other << turn) | (turn && one >>> (32 - turn));
    }
    for (let start = 0; start < 50; start += 10) {
      row.set(state.subarray(start, start + 10));
      for (let at = 0; at < 10; at++) state[start + at] ^= ~row[(at + 2) % 10] & row[(at + 4) % 10];
    }
    state[0] ^= CONSTANTS[2 * round];
    state[1] ^= CONSTANTS[2 * round + 1];
  }
}

/**
 * Return the hash of a text.
 * @param {string} text For example `nodeCount()`.
 */
export const hashOf = (text) => `0x${keccak256(new TextEncoder().encode(text))}`;

/** @type {Map<string, string>} */
const spelled = new Map();
const MOST_SPELLED = 5000;

/**
 * Return an address as EIP-55 writes it, so that it looks the same here and in a wallet.
 * @param {string} address In any case.
 */
export function checksummed(address) {
  const digits = address.slice(2).toLowerCase();
  let found = spelled.get(digits);
  if (found === undefined) {
    const hash = keccak256(new TextEncoder().encode(digits));
    found = `0x${[...digits].map((digit, at) => (hash[at] >= "8" ? digit.toUpperCase() : digit)).join("")}`;
    if (spelled.size >= MOST_SPELLED) spelled.clear();
    spelled.set(digits, found);
  }
  return found;
}
