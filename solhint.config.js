// Every rule of solhint, but for these. A warning fails the check (`--max-warnings 0`).
module.exports = {
  extends: "solhint:all",
  rules: {
    "compiler-version": ["error", "0.8.30"], // the exact pin, as in every deployed contract
    "func-visibility": ["error", { ignoreConstructors: true }], // constructors have none since Solidity 0.7
    "immutable-vars-naming": ["error", { immutablesAsConstants: false }], // `_registry`: to the reader they are state

    // Said better elsewhere
    "max-line-length": "off", // prettier's business
    "imports-order": "off", // other people's first, then from the outside in
    ordering: "off", // our own: each direct write beside its signed form, what belongs to one subject together
    "use-natspec": "off", // interfaces are documented in full, implementations say @inheritdoc; no @author, no @title
    "comprehensive-interface": "off", // what the base contracts offer stands in their interfaces
    "named-parameters-mapping": "off", // what a mapping holds stands in the invariant above it
    "func-named-parameters": "off", // arguments come in the order of the signed type, everywhere
    "gas-indexed-events": "off", // v1's events keep v1's signatures
    "one-contract-per-file": "off", // test doubles may share one
    "function-max-lines": "off",
    "code-complexity": "off",

    // Measured instead: the gas snapshot and its ceilings
    "gas-calldata-parameters": "off",
    "gas-increment-by-one": "off",
    "gas-length-in-loops": "off",
    "gas-named-return-values": "off",
    "gas-small-strings": "off",
    "gas-strict-inequalities": "off",
    "gas-struct-packing": "off",

    // What this project does on purpose
    "not-rely-on-time": "off", // deadlines are block time
    "no-inline-assembly": "off", // only with its reason beside it: what Solidity can't say, or a measured gain
    "avoid-low-level-calls": "off", // batches call their own contract by delegatecall

    // Tests are written in Python here
    "foundry-no-block-time-number": "off",
    "foundry-test-function-naming": "off",
    "foundry-test-functions": "off",
  },
};
