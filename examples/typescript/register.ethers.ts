// Sign a party's registration with ethers 6, for somebody else to send and pay for.
//
//   RPC_URL=... REGISTRY=0x... PARTY_KEY=0x... node register.ethers.js DE ABC 0xOPERATOR > signed.json
//   ocn-registry request submit signed.json
//
// The key signs only: it needs no money, and never leaves this machine.
import { Contract, JsonRpcProvider, Wallet } from "ethers";
import { registryAbi } from "./registry-abi.js";

const CPO = 0; // roles: CPO, EMSP, HUB, NAP, NSP, OTHER, SCSP
const HOUR_S = 3600;

const [countryCode, partyId, operator] = process.argv.slice(2);
const { RPC_URL, REGISTRY, PARTY_KEY } = process.env;
if (!countryCode || !partyId || !operator || !RPC_URL || !REGISTRY || !PARTY_KEY)
  throw new Error("usage: RPC_URL=... REGISTRY=... PARTY_KEY=... node register.ethers.js DE ABC 0xOPERATOR");

const provider = new JsonRpcProvider(RPC_URL);
const party = new Wallet(PARTY_KEY);
const registry = new Contract(REGISTRY, registryAbi, provider);

const { chainId } = await provider.getNetwork();
const domain = {
  name: "OCN Registry",
  version: "3",
  chainId: chainId.toString(),
  verifyingContract: REGISTRY,
};
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
};
const message = {
  party: party.address,
  countryCode,
  partyId,
  roles: [CPO],
  operator,
  nonce: String(await registry.nonces(party.address)),
  deadline: String(Math.floor(Date.now() / 1000) + HOUR_S),
};
const signature = await party.signTypedData(domain, types, message);
console.log(JSON.stringify({ domain, types, primaryType: "SetParty", message, signature }, null, 2));
provider.destroy();
