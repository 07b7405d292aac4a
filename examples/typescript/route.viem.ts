// Ask where messages to a party go, with viem.
//
//   RPC_URL=... REGISTRY=0x... node route.viem.js DE ABC
import { createPublicClient, http, stringToHex, zeroAddress, type Address } from "viem";
import { registryAbi } from "./registry-abi.js";

const [countryCode, partyId] = process.argv.slice(2);
const { RPC_URL, REGISTRY } = process.env;
if (!countryCode || !partyId || !RPC_URL || !REGISTRY)
  throw new Error("usage: RPC_URL=... REGISTRY=... node route.viem.js DE ABC");

const client = createPublicClient({ transport: http(RPC_URL) });
const [operator, domain] = await client.readContract({
  address: REGISTRY as Address,
  abi: registryAbi,
  functionName: "getOperatorByOcpi",
  args: [stringToHex(countryCode.toUpperCase(), { size: 2 }), stringToHex(partyId.toUpperCase(), { size: 3 })],
});
// The zero address: no such party. No URL: the operator runs no node, the party can't be reached.
console.log(JSON.stringify(operator === zeroAddress ? null : { operator, domain: domain || null }));
