// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @dev EIP-712 struct hashes of the signed requests. Lists are hashed as given, not as stored; country code and party id
 * are hashed as the text that a wallet shows.
 */
library RequestHash {
    bytes32 private constant _SET_NODE = keccak256(
        "SetNode(address operator,string domain,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _DELETE_NODE = keccak256("DeleteNode(address operator,uint256 nonce,uint256 deadline)");
    bytes32 private constant _SET_PARTY = keccak256(
        "SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _SET_PARTY_MODULES = keccak256(
        "SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,uint8[] receiver,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _SET_PARTY_WEBSITE = keccak256(
        "SetPartyWebsite(address party,string countryCode,string partyId,string website,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _DELETE_PARTY = keccak256(
        "DeleteParty(address party,string countryCode,string partyId,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _MOVE_ACCOUNT = keccak256(
        "MoveAccount(address account,address newAccount,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _SET_CONTROLLER = keccak256(
        "SetController(address account,address controller,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _ACCEPT_ACCOUNT = keccak256(
        "AcceptAccount(address newAccount,address account,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _ACCEPT_CONTROLLER = keccak256(
        "AcceptController(address controller,address account,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _SET_SERVICE = keccak256(
        "SetService(address provider,string name,string url,uint256[] permissions,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _DELETE_SERVICE = keccak256(
        "DeleteService(address provider,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _CREATE_AGREEMENT = keccak256(
        "CreateAgreement(address user,address provider,uint256[] permissions,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _REVOKE_AGREEMENT = keccak256(
        "RevokeAgreement(address user,address provider,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _INVALIDATE_NONCE = keccak256(
        "InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)"
    );

    function setNode(
        address operator,
        string calldata domain,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(_SET_NODE, operator, keccak256(bytes(domain)), nonce, deadline));
    }

    function deleteNode(address operator, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(_DELETE_NODE, operator, nonce, deadline));
    }

    function setParty(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint256[] calldata roles,
        address operator,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _SET_PARTY,
                    party,
                    keccak256(abi.encodePacked(countryCode)),
                    keccak256(abi.encodePacked(partyId)),
                    _list(roles),
                    operator,
                    nonce,
                    deadline
                )
            );
    }

    function setPartyModules(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint256[] calldata sender,
        uint256[] calldata receiver,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _SET_PARTY_MODULES,
                    party,
                    keccak256(abi.encodePacked(countryCode)),
                    keccak256(abi.encodePacked(partyId)),
                    _list(sender),
                    _list(receiver),
                    nonce,
                    deadline
                )
            );
    }

    function setPartyWebsite(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        string calldata website,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _SET_PARTY_WEBSITE,
                    party,
                    keccak256(abi.encodePacked(countryCode)),
                    keccak256(abi.encodePacked(partyId)),
                    keccak256(bytes(website)),
                    nonce,
                    deadline
                )
            );
    }

    function deleteParty(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _DELETE_PARTY,
                    party,
                    keccak256(abi.encodePacked(countryCode)),
                    keccak256(abi.encodePacked(partyId)),
                    nonce,
                    deadline
                )
            );
    }

    function moveAccount(
        address account,
        address newAccount,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return _pair(_MOVE_ACCOUNT, account, newAccount, nonce, deadline);
    }

    function setController(
        address account,
        address controller,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return _pair(_SET_CONTROLLER, account, controller, nonce, deadline);
    }

    function acceptAccount(
        address newAccount,
        address account,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return _pair(_ACCEPT_ACCOUNT, newAccount, account, nonce, deadline);
    }

    function acceptController(
        address controller,
        address account,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return _pair(_ACCEPT_CONTROLLER, controller, account, nonce, deadline);
    }

    function setService(
        address provider,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    _SET_SERVICE,
                    provider,
                    keccak256(bytes(name)),
                    keccak256(bytes(url)),
                    _list(permissions),
                    nonce,
                    deadline
                )
            );
    }

    function deleteService(address provider, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(_DELETE_SERVICE, provider, nonce, deadline));
    }

    function createAgreement(
        address user,
        address provider,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(_CREATE_AGREEMENT, user, provider, _list(permissions), nonce, deadline));
    }

    function revokeAgreement(
        address user,
        address provider,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return _pair(_REVOKE_AGREEMENT, user, provider, nonce, deadline);
    }

    function invalidateNonce(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(_INVALIDATE_NONCE, account, newNonce, nonce, deadline));
    }

    function _pair(
        bytes32 typeHash,
        address first,
        address second,
        uint256 nonce,
        uint256 deadline
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, first, second, nonce, deadline));
    }

    function _list(uint256[] calldata values) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(values));
    }
}
