// The requests that the contracts accept: the types that are signed, and the functions that take them.
//
// A test compares the table with the package's own types and with the contracts' ABI.

/**
 * @typedef {object} Kind
 * @property {"registry" | "permissions" | "either"} contract Which contract takes it.
 * @property {[string, string][]} fields What is signed: types and names, the account first.
 * @property {string} raw Selector of the function that takes a signature.
 * @property {string[]} [rawTypes] Types of its arguments where they differ from what is signed.
 * @property {string} [direct] Selector of the function for the account's own transaction.
 * @property {[string, string][]} [directFields] Its arguments.
 * @property {string} [acceptance] The request that another account has to sign too.
 */

/** @type {Record<string, Kind>} */
export const KINDS = {
  SetNode: {
    contract: "registry",
    fields: [
      ["address", "operator"],
      ["string", "domain"],
    ],
    raw: "0x1179756d",
    direct: "0x85cb8602",
    directFields: [["string", "domain"]],
  },
  DeleteNode: {
    contract: "registry",
    fields: [["address", "operator"]],
    raw: "0xcdb190d9",
    direct: "0xacaef0e0",
    directFields: [],
  },
  SetParty: {
    contract: "registry",
    fields: [
      ["address", "party"],
      ["string", "countryCode"],
      ["string", "partyId"],
      ["uint8[]", "roles"],
      ["address", "operator"],
    ],
    raw: "0xed403460",
    direct: "0xa7bcc11d",
    directFields: [
      ["bytes2", "countryCode"],
      ["bytes3", "partyId"],
      ["uint8[]", "roles"],
      ["address", "operator"],
    ],
  },
  SetPartyModules: {
    contract: "registry",
    fields: [
      ["address", "party"],
      ["string", "countryCode"],
      ["string", "partyId"],
      ["uint8[]", "sender"],
      ["uint8[]", "receiver"],
    ],
    raw: "0x6f24cd24",
    direct: "0xd0d2ffd6",
    directFields: [
      ["bytes2", "countryCode"],
      ["bytes3", "partyId"],
      ["uint8[]", "sender"],
      ["uint8[]", "receiver"],
    ],
  },
  SetPartyWebsite: {
    contract: "registry",
    fields: [
      ["address", "party"],
      ["string", "countryCode"],
      ["string", "partyId"],
      ["string", "website"],
    ],
    raw: "0xa35f7839",
    direct: "0xb34c79e5",
    directFields: [
      ["bytes2", "countryCode"],
      ["bytes3", "partyId"],
      ["string", "website"],
    ],
  },
  DeleteParty: {
    contract: "registry",
    fields: [
      ["address", "party"],
      ["string", "countryCode"],
      ["string", "partyId"],
    ],
    raw: "0xfbd5b6b6",
    direct: "0xf497cde0",
    directFields: [
      ["bytes2", "countryCode"],
      ["bytes3", "partyId"],
    ],
  },
  MoveAccount: {
    contract: "registry",
    fields: [
      ["address", "account"],
      ["address", "newAccount"],
    ],
    raw: "0x32fb00ce",
    direct: "0x6a0db546",
    directFields: [["address", "newAccount"]],
    acceptance: "AcceptAccount",
  },
  SetController: {
    contract: "registry",
    fields: [
      ["address", "account"],
      ["address", "controller"],
    ],
    raw: "0xe1098087",
    direct: "0x479a1f12",
    directFields: [["address", "controller"]],
    acceptance: "AcceptController",
  },
  AcceptAccount: {
    contract: "registry",
    fields: [
      ["address", "newAccount"],
      ["address", "account"],
    ],
    raw: "",
  },
  AcceptController: {
    contract: "registry",
    fields: [
      ["address", "controller"],
      ["address", "account"],
    ],
    raw: "",
  },
  SetService: {
    contract: "permissions",
    fields: [
      ["address", "provider"],
      ["string", "name"],
      ["string", "url"],
      ["uint256[]", "permissions"],
    ],
    raw: "0x81a4f91c",
    direct: "0xa45469d1",
    directFields: [
      ["string", "name"],
      ["string", "url"],
      ["uint256[]", "permissions"],
    ],
  },
  DeleteService: {
    contract: "permissions",
    fields: [["address", "provider"]],
    raw: "0x4fb2d122",
    direct: "0x5fce7138",
    directFields: [],
  },
  CreateAgreement: {
    contract: "permissions",
    fields: [
      ["address", "user"],
      ["address", "provider"],
      ["uint256[]", "permissions"],
    ],
    raw: "0xa0aa495b",
    direct: "0x15ae3e19",
    directFields: [
      ["address", "provider"],
      ["uint256[]", "permissions"],
    ],
  },
  RevokeAgreement: {
    contract: "permissions",
    fields: [
      ["address", "user"],
      ["address", "provider"],
    ],
    raw: "0xedcceb38",
    direct: "0xcdebf96e",
    directFields: [["address", "provider"]],
  },
  InvalidateNonce: {
    contract: "either",
    fields: [
      ["address", "account"],
      ["uint256", "newNonce"],
    ],
    raw: "0xfc64c97a",
    direct: "0xb70e36f0",
    directFields: [["uint256", "newNonce"]],
  },
};

export const ROLES = ["CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"];
export const MODULES = [
  "cdrs",
  "chargingprofiles",
  "commands",
  "locations",
  "sessions",
  "tariffs",
  "tokens",
  "payments",
  "bookings",
  "invoicereconciliation",
];
export const PERMISSIONS = [
  "FORWARD_ALL",
  "FORWARD_ALL_SENDER",
  "FORWARD_ALL_RECEIVER",
  ...["LOCATIONS", "SESSIONS", "CDRS", "TARIFFS", "TOKENS", "COMMANDS", "CHARGINGPROFILES"].flatMap((module) => [
    `FORWARD_MODULE_${module}_SENDER`,
    `FORWARD_MODULE_${module}_RECEIVER`,
  ]),
];

const DOMAIN_FIELDS = [
  ["string", "name"],
  ["string", "version"],
  ["uint256", "chainId"],
  ["address", "verifyingContract"],
];
export const ZERO = `0x${"0".repeat(40)}`;

const form = (fields) => fields.map(([type, name]) => ({ name, type }));

/**
 * Return what a wallet is asked to sign.
 * @param {{chainId: number, registry: string, permissions: string}} network Where.
 * @param {string} kind One of `KINDS`.
 * @param {Record<string, any>} values Values of its fields.
 * @param {{nonce: string, deadline: number, contract?: string}} terms For how long it counts.
 */
export function typedData(network, kind, values, { nonce, deadline, contract }) {
  const { contract: usual, fields } = KINDS[kind];
  const which = usual === "either" ? (contract ?? "registry") : usual;
  const every = [...fields, ["uint256", "nonce"], ["uint256", "deadline"]];
  const given = { ...values, nonce, deadline };
  return {
    domain: {
      name: which === "registry" ? "OCN Registry" : "OCN Permissions",
      version: "3",
      chainId: String(network.chainId),
      verifyingContract: which === "registry" ? network.registry : network.permissions,
    },
    types: { EIP712Domain: form(DOMAIN_FIELDS), [kind]: form(every) },
    primaryType: kind,
    message: Object.fromEntries(every.map(([type, name]) => [name, written(type, given[name])])),
  };
}

function written(type, value) {
  if (type === "string" || type === "address") return String(value);
  return Array.isArray(value) ? value.map(String) : String(value);
}

/**
 * Return why a document is not a request to this registry; `null` where it is one.
 * @param {any} document What was read.
 * @param {{chainId: number, registry: string, permissions: string}} network Where it has to be for.
 * @returns {string | null} A key of the texts.
 */
export function fault(document, network) {
  if (document === null || typeof document !== "object" || Array.isArray(document)) return "file.odd";
  const kind = KINDS[document.primaryType];
  if (!kind || typeof document.domain !== "object" || typeof document.message !== "object") return "file.odd";
  const wanted = typedData(network, document.primaryType, document.message, {
    nonce: document.message.nonce,
    deadline: document.message.deadline,
    contract:
      String(document.domain.verifyingContract).toLowerCase() === network.permissions.toLowerCase()
        ? "permissions"
        : "registry",
  });
  if (JSON.stringify(document.types?.[document.primaryType]) !== JSON.stringify(wanted.types[document.primaryType]))
    return "file.types";
  if (Number(document.domain.chainId) !== network.chainId) return "file.chain";
  if (String(document.domain.verifyingContract).toLowerCase() !== wanted.domain.verifyingContract.toLowerCase())
    return "file.contract";
  if (document.domain.name !== wanted.domain.name || document.domain.version !== "3") return "file.contract";
  if (Object.keys(document.message).sort().join() !== Object.keys(wanted.message).sort().join()) return "file.types";
  return null;
}

/**
 * Return whose account a document is about.
 * @param {any} document What is signed.
 * @returns {string}
 */
export const accountOf = (document) => String(document.message[KINDS[document.primaryType].fields[0][1]]);

/**
 * Return a document as `eth_signTypedData_v4` takes it: nothing but the four standard parts, the chain as a number
 * (one wallet reads a decimal text as hexadecimal).
 * @param {any} document What is signed.
 */
export function forWallet({ domain, types, primaryType, message }) {
  const full = { EIP712Domain: form(DOMAIN_FIELDS), ...types };
  return JSON.stringify({ domain: { ...domain, chainId: Number(domain.chainId) }, types: full, primaryType, message });
}

/**
 * Return a key's signature in the form that contracts take: 65 bytes with v of 27 or 28. Ledger counts v from 0, some
 * wallets add the chain id or pack v into s.
 * @param {string} signature What a wallet gave, in hexadecimal.
 */
export function canonical(signature) {
  const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), Number(`0x${signature.slice(130) || "0"}`)];
  if (signature.length === 130) {
    const packed = Number(`0x${s[0]}`);
    return `0x${r}${(packed & 7).toString(16)}${s.slice(1)}${packed & 8 ? "1c" : "1b"}`;
  }
  if (signature.length < 132 || (v > 1 && v < 35) || !Number.isSafeInteger(v)) return signature;
  const odd = v < 2 ? v : (v - 35) % 2;
  return `0x${r}${s}${odd ? "1c" : "1b"}`;
}

/**
 * Return the one of two texts that names the same address, or whether they do.
 * @param {string | null | undefined} a An address.
 * @param {string | null | undefined} b Another.
 */
export const same = (a, b) => Boolean(a && b) && String(a).toLowerCase() === String(b).toLowerCase();

/** @param {unknown} text What may be an address. */
export const isAddress = (text) => /^0x[0-9a-fA-F]{40}$/.test(String(text));
