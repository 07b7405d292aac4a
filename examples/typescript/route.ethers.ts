// Ask where messages to a party go, with ethers 6.
//
//   RPC_URL=... REGISTRY=0x... node route.ethers.js DE ABC
import { Contract, JsonRpcProvider, hexlify, toUtf8Bytes, ZeroAddress } from "ethers";
import { registryAbi } from "./registry-abi.js";

const [countryCode, partyId] = process.argv.slice(2);
const { RPC_URL, REGISTRY } = process.env;
if (!countryCode || !partyId || !RPC_URL || !REGISTRY)
  throw new Error("usage: RPC_URL=... REGISTRY=... node route.ethers.js DE ABC");

const provider = new JsonRpcProvider(RPC_URL);
const registry = new Contract(REGISTRY, registryAbi, provider);
const bytes = (text: string) => hexlify(toUtf8Bytes(text.toUpperCase()));

const [operator, domain] = await registry.getOperatorByOcpi(bytes(countryCode), bytes(partyId));
// The zero address: no such party. No URL: the operator runs no node, the party can't be reached.
console.log(JSON.stringify(operator === ZeroAddress ? null : { operator, domain: domain || null }));
provider.destroy();
