"""The seeded faults, and the attacks that find each."""

# ruff: noqa: E501 - lines of Solidity are as long as they are there

from collections.abc import Callable

from arena.faults import Edit, Fault

_SIGNED = "base/SignedRequests.sol"
_BATCHES = "base/Batches.sol"
_IMPORTS = "base/Imports.sol"
_HASHES = "libraries/RequestHash.sol"
_TEXT = "libraries/TextRules.sol"
_WORDS = "libraries/Words.sol"
_REGISTRY = "Registry.sol"
_PERMISSIONS = "Permissions.sol"

_STATIC_CALL = """            let answered := staticcall(_ERC1271_GAS, signer, add(question, 0x20), \
mload(question), 0x00, 0x20)"""
_SET_SERVICE = """                    _SET_SERVICE,
                    provider,
                    keccak256(bytes(name)),
                    keccak256(bytes(url)),
                    _list(permissions),"""
_SET_MODULES = "_SET_PARTY_MODULES, party, _list(sender), _list(receiver), nonce, deadline"


def _without(*names: str) -> Callable[[str, list, dict], tuple[str, list, dict]]:
    """Leave fields out of typed data."""

    def typed(primary_type: str, fields: list, message: dict) -> tuple[str, list, dict]:
        fields = [field for field in fields if field["name"] not in names]
        return primary_type, fields, {f["name"]: message[f["name"]] for f in fields}

    return typed


def _joined_text(primary_type: str, fields: list, message: dict) -> tuple[str, list, dict]:
    """Sign name and URL as one text."""
    if primary_type == "SetService":
        message = {**message, "name": message["name"] + message["url"]}
        return _without("url")(primary_type, fields, message)
    return primary_type, fields, message


def _joined_lists(primary_type: str, fields: list, message: dict) -> tuple[str, list, dict]:
    """Sign both lists of modules as one list."""
    if primary_type == "SetPartyModules":
        message = {**message, "sender": message["sender"] + message["receiver"]}
        return _without("receiver")(primary_type, fields, message)
    return primary_type, fields, message


def _about_agreements(primary_type: str, fields: list, message: dict) -> tuple[str, list, dict]:
    """Sign user and provider, but not whether they agree or revoke."""
    if primary_type in {"CreateAgreement", "RevokeAgreement"}:
        return _without("permissions")("Agreement", fields, message)
    return primary_type, fields, message


FAULTS = [
    Fault(
        "the deadline is not compared",
        (Edit(_SIGNED, "if (block.timestamp > deadline) revert SignatureExpired(deadline);", ""),),
        ("a_signature_used_after_its_deadline", "a_request_without_a_deadline"),
    ),
    Fault(
        "a deadline of 0 means no deadline",
        (Edit(_SIGNED, "if (block.timestamp", "if (deadline != 0 && block.timestamp"),),
        ("a_request_without_a_deadline",),
    ),
    Fault(
        "the recovered address is not compared",
        (
            Edit(
                _SIGNED,
                "recovered == signer) return true;",
                "recovered != address(0)) return true;",
            ),
        ),
        (
            "a_signature_with_another_signer_named",
            "a_signature_by_somebody_else",
            "a_random_signature",
            "any_request_for_another_signer",
            "any_signature_for_any_other_function",
            "any_value_changed",
            "a_signature_made_for_v1",
        ),
    ),
    Fault(
        "any v is accepted",
        (
            Edit(
                _SIGNED,
                "uint8(signature[64]),",
                "uint8(signature[64]) < 27 ? uint8(signature[64]) + 27 : uint8(signature[64]),",
            ),
        ),
        ("short_long_and_compact_signatures",),
    ),
    Fault(
        "the chain id is fixed",
        (
            Edit(
                _SIGNED,
                "_hashTypedDataV4(requestHash)",
                """keccak256(abi.encodePacked(hex"1901", keccak256(abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(_EIP712Name())), keccak256("3"), 31338, address(this))), requestHash))""",
            ),
        ),
        ("a_signature_used_on_another_chain",),
    ),
    Fault(
        "the domain is hashed only once",
        (
            Edit(
                _SIGNED,
                'constructor(string memory name) EIP712(name, "3") {}',
                """bytes32 private immutable _domainOnce;
    constructor(string memory name) EIP712(name, "3") { _domainOnce = _domainSeparatorV4(); }""",
            ),
            Edit(
                _SIGNED,
                "_hashTypedDataV4(requestHash)",
                'keccak256(abi.encodePacked(hex"1901", _domainOnce, requestHash))',
            ),
        ),
        ("a_signature_used_after_a_chain_split",),
    ),
    Fault(
        "all deletions are hashed alike",
        (
            Edit(
                _REGISTRY,
                "RequestHash.deleteParty(party, countryCode, partyId, nonce, deadline)",
                "RequestHash.deleteNode(party, nonce, deadline)",
            ),
        ),
        ("a_deletion_of_a_node_used_for_a_party",),
    ),
    Fault(
        "consent and revocation are hashed alike",
        (
            Edit(
                _HASHES,
                "CreateAgreement(address user,address provider,uint256[] permissions,",
                "Agreement(address user,address provider,",
            ),
            Edit(_HASHES, "RevokeAgreement(", "Agreement("),
            Edit(
                _HASHES,
                "_CREATE_AGREEMENT, user, provider, _list(permissions),",
                "_CREATE_AGREEMENT, user, provider,",
            ),
            Edit(
                _HASHES,
                "        address user,\n        address provider,\n"
                "        uint256[] calldata permissions,",
                "        address user,\n        address provider,\n        uint256[] calldata,",
            ),
        ),
        ("a_consent_used_as_its_revocation", "a_revocation_used_as_a_consent"),
        contract="Permissions",
        typed=_about_agreements,
    ),
    Fault(
        "name and url are hashed as one text",
        (
            Edit(
                _HASHES,
                "string name,string url,uint256[] permissions",
                "string name,uint256[] permissions",
            ),
            Edit(
                _HASHES,
                _SET_SERVICE,
                """                    _SET_SERVICE,
                    provider,
                    keccak256(abi.encodePacked(name, url)),
                    _list(permissions),""",
            ),
        ),
        ("text_moved_from_the_url_to_the_name", "text_moved_from_the_name_to_the_url"),
        contract="Permissions",
        typed=_joined_text,
    ),
    Fault(
        "an old url stays claimed",
        (Edit(_REGISTRY, "                delete _hosts[oldDomainHash];\n", ""),),
        ("an_old_url_that_stays_claimed",),
    ),
    Fault(
        "letters of either case are accepted",
        (Edit(_TEXT, "((1 << 26) - 1) << 0x41;", "((1 << 58) - 1) << 0x41;"),),
        ("a_country_code_that_differs_by_case", "a_party_id_that_differs_by_case"),
    ),
    Fault(
        "names are not checked",
        (Edit(_PERMISSIONS, "        name.requireName();\n", ""),),
        ("an_over_long_name", "a_name_with_control_characters", "a_name_that_is_not_utf8"),
        contract="Permissions",
    ),
    Fault(
        "a value above its type is truncated",
        (
            Edit(
                "libraries/Bitmap.sol",
                "uint256 value = values[i];",
                "uint256 value = uint8(values[i]);",
            ),
        ),
        ("a_role_that_overflows",),
    ),
    Fault(
        "the permissions agreed to are not compared",
        (
            Edit(
                _PERMISSIONS,
                "if (permissions != needed && permissions != _WHATEVER_IT_NEEDS) {",
                "if (permissions > _WHATEVER_IT_NEEDS) {",
            ),
        ),
        (
            "permissions_changed_between_signing_and_sending",
            "permissions_changed_just_before_a_direct_agreement",
            "an_agreement_to_no_permissions",
            "an_import_of_an_unknown_agreement",
        ),
        contract="Permissions",
    ),
    Fault(
        "the contract of a signer gets all gas",
        (Edit(_SIGNED, "staticcall(_ERC1271_GAS,", "staticcall(gas(),"),),
        ("a_signer_that_burns_the_gas_of_a_batch", "a_signer_that_burns_the_money_of_a_spender"),
    ),
    Fault(
        "the answer of a signer is copied",
        (
            Edit(
                _SIGNED,
                _STATIC_CALL,
                _STATIC_CALL
                + """
            returndatacopy(mload(0x40), 0, returndatasize())""",
            ),
        ),
        ("a_signer_that_answers_with_megabytes",),
    ),
    Fault(
        "the contract of a signer is not called statically",
        (
            Edit(
                _SIGNED,
                "let answered := staticcall(_ERC1271_GAS, signer,",
                "let answered := call(_ERC1271_GAS, signer, 0,",
            ),
            Edit(
                _SIGNED,
                "bytes calldata signature) private view returns (bool) {",
                "bytes calldata signature) private returns (bool) {",
            ),
            Edit(
                _SIGNED,
                "    ) private view returns (bool approved) {",
                "    ) private returns (bool approved) {",
            ),
        ),
        (
            "a_signer_that_sends_its_request_while_it_is_asked",
            "a_signer_that_writes_while_it_is_asked",
        ),
    ),
    Fault(
        "any answer of a signer counts as acceptance",
        (
            Edit(
                _SIGNED,
                "and(answered, and(gt(returndatasize(), 0x1f), eq(mload(0x00), yes)))",
                "and(answered, gt(mload(0x00), 0))",
            ),
            Edit(
                _SIGNED, "return signer.code.length > 0 && _isApprovedBy(", "return _isApprovedBy("
            ),
        ),
        ("a_signer_that_does_not_accept", "a_signer_that_is_part_of_the_chain"),
    ),
    Fault(
        "a batch can be an item",
        (
            Edit(
                _BATCHES,
                "return selector == IBatches.multicall.selector || "
                "selector == IBatches.tryMulticall.selector;",
                "return selector == 0x00000001;",
            ),
        ),
        ("a_batch_in_a_batch", "a_batch_in_a_batch_of_either_kind"),
    ),
    Fault(
        "a batch calls its own contract",
        (
            Edit(
                _BATCHES,
                "(bool success, bytes memory result) = address(this).delegatecall(items[i]);",
                "(bool success, bytes memory result) = address(this).call(items[i]);",
            ),
        ),
        ("a_batch_that_speaks_for_the_contract",),
    ),
    Fault(
        "a batch accepts money",
        (
            Edit(
                _BATCHES,
                "function multicall(bytes[] calldata items) external returns",
                "function multicall(bytes[] calldata items) external payable returns",
            ),
            Edit(
                "interfaces/IBatches.sol",
                "function multicall(bytes[] calldata items) external returns",
                "function multicall(bytes[] calldata items) external payable returns",
            ),
            Edit(
                _REGISTRY,
                "    function setNode(string calldata domain) external {",
                "    function setNode(string calldata domain) external payable {",
            ),
            Edit(
                "interfaces/IRegistry.sol",
                "function setNode(string calldata domain) external;",
                "function setNode(string calldata domain) external payable;",
            ),
        ),
        ("money_counted_once_for_each_item",),
    ),
    Fault(
        "an item without enough gas is skipped",
        (
            Edit(
                _REGISTRY,
                "nonce, deadline), signature);\n        _setNode(operator, domain);",
                "nonce, deadline), signature);\n        if (gasleft() > 70_000) _setNode(operator, domain);",
            ),
        ),
        ("a_batch_with_too_little_gas", "a_contract_request_with_too_little_gas"),
    ),
    Fault(
        "the owner changes in one step",
        (
            Edit(
                _REGISTRY,
                "contract Registry is IRegistry, Ownable2Step,",
                "contract Registry is IRegistry, Ownable,",
            ),
        ),
        ("the_contract_handed_to_a_wrong_address", "the_contract_handed_to_itself"),
    ),
    Fault(
        "anyone is the owner",
        (
            Edit(
                _REGISTRY,
                "function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external onlyOwner {",
                "function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external {",
            ),
            Edit(
                _REGISTRY,
                "function adminDeleteOperator(address operator) external onlyOwner {",
                "function adminDeleteOperator(address operator) external {",
            ),
        ),
        (
            "a_party_deleted_by_somebody_else",
            "a_node_deleted_by_somebody_else",
            "a_function_of_the_owner_in_a_batch",
        ),
    ),
    Fault(
        "writes are accepted during the import",
        (Edit(_IMPORTS, "if (_deployedOpen && _importOpen) revert ImportStillOpen();", ""),),
        ("a_write_during_the_import", "an_import_that_nobody_can_close"),
    ),
    Fault(
        "imports are accepted for ever",
        (
            Edit(
                _IMPORTS,
                "        if (!_importOpen) revert ImportNotOpen();\n        if (length",
                "        if (length",
            ),
        ),
        ("an_import_after_its_close", "an_import_that_was_never_announced"),
    ),
    Fault(
        "imports are accepted from anybody",
        (
            Edit(
                _IMPORTS,
                "        _requireOwner();\n        if (!_importOpen) revert ImportNotOpen();\n        if (length",
                "        if (!_importOpen) revert ImportNotOpen();\n        if (length",
            ),
        ),
        ("an_import_by_somebody_else",),
    ),
    Fault(
        "the import can be opened again",
        (
            Edit(
                _IMPORTS,
                "        if (!_importOpen) revert ImportNotOpen();\n        _importOpen = false;",
                "        _importOpen = !_importOpen;",
            ),
        ),
        ("an_import_closed_twice",),
    ),
    Fault(
        "roles and modules are not bounded",
        (
            Edit("libraries/Bitmap.sol", "if (value >= limit)", "if (value > limit)"),
            Edit(_WORDS, "ROLES = ((1 << 8) - 1) << 215;", "ROLES = ((1 << 9) - 1) << 215;"),
            Edit(_WORDS, "SENDER = ((1 << 16) - 1) << 223;", "SENDER = ((1 << 17) - 1) << 224;"),
            Edit(
                _WORDS, "RECEIVER = ((1 << 16) - 1) << 239;", "RECEIVER = ((1 << 14) - 1) << 241;"
            ),
            Edit(_REGISTRY, "_KNOWN_TO_V1 = (1 << 7) - 1;", "_KNOWN_TO_V1 = type(uint256).max;"),
        ),
        ("a_role_out_of_range", "a_module_out_of_range"),
    ),
    Fault(
        "service urls are not checked",
        (Edit(_PERMISSIONS, "        if (bytes(url).length != 0) url.requireUrl();\n", ""),),
        ("an_invalid_service_url",),
        contract="Permissions",
    ),
    Fault(
        "permissions keep their first owner",
        (
            Edit(
                _PERMISSIONS,
                "    IRegistry public immutable registry;",
                "    IRegistry public immutable registry;\n    address private immutable _firstOwner;",
            ),
            Edit(
                _PERMISSIONS,
                "        registry = IRegistry(registry_);",
                "        registry = IRegistry(registry_);\n        _firstOwner = IRegistry(registry_).owner();",
            ),
            Edit(
                _PERMISSIONS,
                "msg.sender != registry.owner()",
                "msg.sender != _firstOwner",
            ),
        ),
        ("the_former_owner_in_permissions",),
        contract="Permissions",
    ),
    Fault(
        "any address is accepted as a registry",
        (
            Edit(
                _PERMISSIONS,
                "        if (registry_.code.length == 0) revert NotAContract(registry_);\n",
                "",
            ),
        ),
        ("permissions_for_a_missing_registry",),
        contract="Permissions",
    ),
    Fault(
        "a batch fails with one of its items",
        (
            Edit(
                _BATCHES,
                "if (!results[i].success) emit CallFailed(i, results[i].result);",
                "if (!results[i].success) _revertWith(results[i].result);",
            ),
        ),
        ("one_request_of_a_batch_sent_first",),
    ),
    Fault(
        "anyone closes the import",
        (
            Edit(
                _IMPORTS,
                "    function closeImport() external {\n        _requireCloser();\n",
                "    function closeImport() external {\n",
            ),
        ),
        ("an_import_closed_by_somebody_else",),
    ),
    Fault(
        "imports are not bounded",
        (
            Edit(
                _IMPORTS,
                "        if (length > _MAX_ITEMS) revert BatchTooLarge(length, _MAX_ITEMS);\n",
                "        length;\n",
            ),
        ),
        ("an_import_without_bounds",),
    ),
]
