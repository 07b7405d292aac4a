// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @dev Struct hashes (EIP-712) of the signed requests. Lists are hashed as they were given, not as they are stored;
 * country code and party id as the text that a wallet shows.
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
        "SetPartyModules(address party,uint8[] sender,uint8[] receiver,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant _DELETE_PARTY = keccak256("DeleteParty(address party,uint256 nonce,uint256 deadline)");
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
        uint256[] calldata sender,
        uint256[] calldata receiver,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(_SET_PARTY_MODULES, party, _list(sender), _list(receiver), nonce, deadline));
    }

    function deleteParty(address party, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        return keccak256(abi.encode(_DELETE_PARTY, party, nonce, deadline));
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
        return keccak256(abi.encode(_REVOKE_AGREEMENT, user, provider, nonce, deadline));
    }

    function invalidateNonce(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(_INVALIDATE_NONCE, account, newNonce, nonce, deadline));
    }

    function _list(uint256[] calldata values) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(values));
    }
}
