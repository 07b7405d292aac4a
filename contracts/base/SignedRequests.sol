// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ISignedRequests} from "../interfaces/ISignedRequests.sol";
import {RequestHash} from "../libraries/RequestHash.sol";

/**
 * @dev Checks deadline, nonce and signature of requests. The inheriting contract decides where nonces are stored and who
 * controls an account: the Registry keeps both in the account's own slot, and Permissions asks the Registry.
 */
abstract contract SignedRequests is ISignedRequests, EIP712 {
    /// @dev The most by which a nonce can be raised at once: enough to void everything that was signed, too little to use
    /// up all nonces by mistake.
    uint256 private constant _MAX_NONCE_RAISE = 65_536;

    /// @dev The last nonce of a term has all these bits.
    uint256 private constant _LAST_COUNT = type(uint32).max;

    /// @dev Gas that a signer's contract gets to check a signature. A Safe with a few owners needs a fifth of it. It bounds
    /// how much of a shared batch's gas one signer can burn.
    uint256 private constant _ERC1271_GAS = 250_000;

    constructor(string memory name) EIP712(name, "3") {}

    /// @inheritdoc ISignedRequests
    function invalidateNonce(uint256 newNonce) external {
        (uint256 present, address controller) = _nonceAndController(msg.sender);
        _requireOwn(controller);
        _raiseNonce(msg.sender, present, newNonce);
    }

    /// @inheritdoc ISignedRequests
    function invalidateNonceRaw(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.invalidateNonce(account, newNonce, nonce, deadline);
        (uint256 present, address controller) = _nonceAndController(account);
        _useSignature(account, controller, present, nonce, deadline, requestHash, signature);
        _raiseNonce(account, nonce, newNonce);
    }

    /// @inheritdoc ISignedRequests
    function nonces(address account) public view returns (uint256 nonce) {
        (nonce, ) = _nonceAndController(account);
    }

    /// @dev The next nonce of `account`, and its controller: the account itself if it has named none.
    function _nonceAndController(address account) internal view virtual returns (uint256 nonce, address controller);

    /// @dev Stores the next nonce of `account`, within the same term.
    function _setNonce(address account, uint256 nonce) internal virtual;

    /// @dev Reverts while the contract does not accept everybody's writes.
    function _requireOpen() internal view virtual;

    /// @dev Reverts unless the sender is the controller of its own account.
    function _requireOwn(address controller) internal view {
        if (controller != msg.sender) revert NotController(msg.sender, controller);
    }

    /**
     * @dev Uses up the nonce; reverts unless the request is in time, has the next nonce, and `controller` signed this hash.
     */
    function _useSignature(
        address account,
        address controller,
        uint256 present,
        uint256 nonce,
        uint256 deadline,
        bytes32 requestHash,
        bytes calldata signature
    ) internal {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        if (nonce != present) revert InvalidNonce(account, present);
        if (!_isSignatureOf(controller, _hashTypedDataV4(requestHash), signature)) revert InvalidSignature(controller);
        // The last nonce of the term can't be used: the next one would belong to the next term.
        if (nonce & _LAST_COUNT == _LAST_COUNT) revert NonceOutOfRange(nonce + 1, nonce + 1, nonce);
        _setNonce(account, nonce + 1);
    }

    /// @dev `present` is the nonce before this request, so that direct and signed calls have the same range.
    function _raiseNonce(address account, uint256 present, uint256 newNonce) private {
        _requireOpen();
        uint256 highest = Math.min(present + _MAX_NONCE_RAISE, present | _LAST_COUNT);
        if (newNonce <= present || newNonce > highest) revert NonceOutOfRange(newNonce, present + 1, highest);
        _setNonce(account, newNonce);
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

    /// @dev ERC-1271. In assembly because a high-level call would copy all that the signer returns into memory, at the
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
