// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ISignedRequests} from "../interfaces/ISignedRequests.sol";
import {RequestHash} from "../libraries/RequestHash.sol";

/**
 * @dev Deadline, nonce and signature of requests. Where the nonce is stored is the inheriting contract's matter, so
 * that it can share a slot with the rest of the signer's entry.
 */
abstract contract SignedRequests is ISignedRequests, EIP712 {
    /// @dev By how much a nonce can be raised at once: enough to void whatever was signed, too little to use up all
    /// nonces by mistake.
    uint256 private constant _MAX_NONCE_RAISE = 65_536;

    /// @dev Gas that a signer's contract gets to check a signature: a Safe with a few owners needs a fifth of it, and
    /// it bounds what one signer can burn of a batch that others share.
    uint256 private constant _ERC1271_GAS = 250_000;

    constructor(string memory name) EIP712(name, "3") {}

    /// @inheritdoc ISignedRequests
    function invalidateNonce(uint256 newNonce) external {
        _raiseNonce(msg.sender, nonces(msg.sender), newNonce);
    }

    /// @inheritdoc ISignedRequests
    function invalidateNonceRaw(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        _useRequest(
            account,
            nonce,
            deadline,
            RequestHash.invalidateNonce(account, newNonce, nonce, deadline),
            signature
        );
        _raiseNonce(account, nonce, newNonce);
    }

    /// @inheritdoc ISignedRequests
    function nonces(address account) public view virtual returns (uint256);

    /**
     * @dev Reverts unless `signature` is the signature of `signer` under the request with this hash, now and for the
     * first time; uses up the nonce.
     */
    function _useRequest(
        address signer,
        uint256 nonce,
        uint256 deadline,
        bytes32 requestHash,
        bytes calldata signature
    ) internal {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        uint256 expected = nonces(signer);
        if (nonce != expected) revert InvalidNonce(signer, expected);
        if (!_isSignatureOf(signer, _hashTypedDataV4(requestHash), signature)) revert InvalidSignature(signer);
        _setNonce(signer, SafeCast.toUint32(nonce + 1));
    }

    /// @dev Stores the nonce of `account`.
    function _setNonce(address account, uint32 nonce) internal virtual;

    /// @dev Reverts while the contract does not take everybody's writes.
    function _requireOpen() internal view virtual;

    /// @dev `present` is the nonce before the request that asks for it, so that both doors have the same range.
    function _raiseNonce(address account, uint256 present, uint256 newNonce) private {
        _requireOpen();
        if (newNonce <= present || newNonce > present + _MAX_NONCE_RAISE) {
            revert NonceOutOfRange(newNonce, present + 1, present + _MAX_NONCE_RAISE);
        }
        _setNonce(account, SafeCast.toUint32(newNonce));
    }

    function _isSignatureOf(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length == 65) {
            // The third value only describes the failure.
            // slither-disable-next-line unused-return
            (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(
                digest,
                uint8(signature[64]),
                bytes32(signature[0:32]),
                bytes32(signature[32:64])
            );
            if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        }
        return signer.code.length > 0 && _isApprovedBy(signer, digest, signature);
    }

    /// @dev ERC-1271. In assembly because a high-level call would copy whatever the signer returns into memory, at the
    /// spender's cost.
    function _isApprovedBy(
        address signer,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool approved) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 yes = bytes32(IERC1271.isValidSignature.selector);
        assembly ("memory-safe") {
            let answered := staticcall(_ERC1271_GAS, signer, add(question, 0x20), mload(question), 0x00, 0x20)
            approved := and(answered, and(gt(returndatasize(), 0x1f), eq(mload(0x00), yes)))
        }
    }
}
