// Sign a party's registration with viem, for somebody else to send and pay for.
//
//   RPC_URL=... REGISTRY=0x... PARTY_KEY=0x... node register.viem.js DE ABC 0xOPERATOR > signed.json
//   ocn-registry request submit signed.json
//
// The key signs only: it needs no money, and never leaves this machine.
import { createPublicClient, http, type Address, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { registryAbi } from "./registry-abi.js";

const CPO = 0; // roles: CPO, EMSP, HUB, NAP, NSP, OTHER, SCSP
const HOUR_S = 3600;

const [countryCode, partyId, operator] = process.argv.slice(2);
const { RPC_URL, REGISTRY, PARTY_KEY } = process.env;
if (!countryCode || !partyId || !operator || !RPC_URL || !REGISTRY || !PARTY_KEY)
  throw new Error("usage: RPC_URL=... REGISTRY=... PARTY_KEY=... node register.viem.js DE ABC 0xOPERATOR");

const client = createPublicClient({ transport: http(RPC_URL) });
const party = privateKeyToAccount(PARTY_KEY as Hex);
const address = REGISTRY as Address;
const nonce = await client.readContract({
  address,
  abi: registryAbi,
  functionName: "nonces",
  args: [party.address],
});
const types = {
  SetParty: [
    { name: "party", type: "address" },
    { name: "countryCode", type: "string" },
    { name: "partyId", type: "string" },
    { name: "roles", type: "uint8[]" },
    { name: "operator", type: "address" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;
const document = {
  domain: { name: "OCN Registry", version: "3", chainId: await client.getChainId(), verifyingContract: address },
  types,
  primaryType: "SetParty",
  message: {
    party: party.address,
    countryCode,
    partyId,
    roles: [CPO],
    operator: operator as Address,
    nonce,
    deadline: BigInt(Math.floor(Date.now() / 1000) + HOUR_S),
  },
} as const;
const signature = await party.signTypedData(document);
const text = (_: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
console.log(JSON.stringify({ ...document, signature }, text, 2));
