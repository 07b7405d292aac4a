// Reads a JSON list of typed data ({domain, types, message}) on standard input and writes the list
// of their digests, as ethers hashes them.
import { TypedDataEncoder } from "ethers";
import { readFileSync } from "node:fs";

const requests = JSON.parse(readFileSync(0, "utf8"));
const digests = requests.map(({ domain, types, message }) =>
  TypedDataEncoder.hash(domain, types, message),
);
process.stdout.write(JSON.stringify(digests));
