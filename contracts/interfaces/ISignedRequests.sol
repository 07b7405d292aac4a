// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/**
 * @title Signed requests: one account signs, any account pays
 * @notice Whatever an account can write for itself, it can also have written by a function whose name ends in `Raw`.
 * That carries the account's EIP-712 signature, so that a *spender* can send and pay for it. The domain of the signature is
 * `{name, version, chainId, verifyingContract}` and is told by `eip712Domain()` (ERC-5267).
 *
 * A `Raw` function takes the fields of its typed data in their order, then the signature, and checks in this order:
 *
 * 1. deadline: {SignatureExpired} when the block's time is later;
 * 2. nonce: {InvalidNonce} when it is not the signer's next one;
 * 3. signature: {InvalidSignature} when it is not the signer's;
 * 4. the effect, with exactly the rules of the direct function.
 *
 * A signature is the signer's when it is an ECDSA signature of 65 bytes (r, s, v) with a low s and a v of 27 or 28
 * that recovers to the signer; or else, when the signer has code, when the signer's `isValidSignature` (ERC-1271)
 * says so within 250,000 gas. The signer is always an argument, never what a signature happens to recover to.
 *
 * Consequences:
 *
 * - A request is bound to no spender: anyone who holds it may send it, once, until its deadline.
 * - Direct writes do not use the nonce: a request signed before them stays valid until its deadline, or until the
 *   nonce is raised with {invalidateNonce}.
 * - Requests of one signer take effect in the order of their nonces. There is one nonce for each signer and contract.
 */
interface ISignedRequests is IERC5267 {
    /// @notice The block's time is later than the request's `deadline` (Unix time in seconds): sign a new one.
    error SignatureExpired(uint256 deadline);

    /// @notice The request does not carry the next nonce of `account`, which is `expected`: it was used, or it is
    /// early.
    error InvalidNonce(address account, uint256 expected);

    /// @notice The signature does not show that `signer` signed exactly this request for this contract and chain.
    error InvalidSignature(address signer);

    /// @notice The nonce can't be raised to `newNonce`: give one from `lowest` to `highest`.
    error NonceOutOfRange(uint256 newNonce, uint256 lowest, uint256 highest);

    /**
     * @notice Makes every request void that the caller signed with a nonce below `newNonce`.
     * @dev Requirements: `newNonce` is above the present nonce, by 65,536 at most ({NonceOutOfRange}); the import is
     * closed ({IImports-ImportStillOpen}). While it is open a signed deletion or revocation takes effect and can't be
     * cancelled.
     * @param newNonce The nonce of the next request that can take effect.
     */
    function invalidateNonce(uint256 newNonce) external;

    /**
     * @notice {invalidateNonce} by signed request
     * `InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)`.
     * @param account The signer.
     * @param newNonce The nonce of the next request that can take effect.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See the head of this interface.
     */
    function invalidateNonceRaw(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice The nonce that the next signed request of `account` must carry. It outlives every listing.
     * @param account The signer.
     * @return The next nonce; 0 until a request takes effect or the nonce is raised.
     */
    function nonces(address account) external view returns (uint256);
}
