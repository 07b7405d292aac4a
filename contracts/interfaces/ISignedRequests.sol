// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/**
 * @title Signed requests: one key signs, any account pays
 * @notice Every write about an account has a function whose name ends in `Raw`. It takes an EIP-712 signature of the
 * account's *controller*, so that a *spender* can send and pay for it. An account that has named no controller controls
 * itself; see {IRegistry-setController}. The domain of the signature is `{name, version, chainId, verifyingContract}`
 * and is returned by `eip712Domain()` (ERC-5267).
 *
 * A `Raw` function takes the fields of its typed data in order, then the signature, and checks in this order:
 *
 * 1. deadline: {SignatureExpired} if the block's time is later;
 * 2. nonce: {InvalidNonce} if it is not the account's next one;
 * 3. signature: {InvalidSignature} if it is not the controller's;
 * 4. the rules of the direct function.
 *
 * A direct function acts for its sender, and first checks that the sender has no controller ({NotController}).
 *
 * A signature is the controller's if it is an ECDSA signature of 65 bytes (r, s, v) with a low s and a v of 27 or 28 that
 * recovers to the controller, or if the controller is a contract whose `isValidSignature` (ERC-1271) accepts it within
 * 250,000 gas. The account is always an argument, never what a signature recovers to.
 *
 * The nonce of an account is `term * 2**32 + count`. The *count* rises by one with each request that takes effect; each
 * contract has its own. The *term* is kept by the Registry and is the same in both contracts. It rises whenever the
 * account's key or controller changes, which voids everything signed before.
 *
 * Consequences:
 *
 * - A request is bound to no spender: anyone who holds it may send it, once, until its deadline.
 * - Direct writes do not use the nonce: a request signed before them stays valid until its deadline, or until the
 *   nonce is raised with {invalidateNonce}.
 * - Requests for one account take effect in the order of their nonces.
 */
interface ISignedRequests is IERC5267 {
    /// @notice The block's time is later than the request's `deadline` (Unix time in seconds): sign a new one.
    error SignatureExpired(uint256 deadline);

    /// @notice The next nonce of `account` is `expected`, and the request has another one: it was used before, it is too
    /// early, or it was signed in an earlier term.
    error InvalidNonce(address account, uint256 expected);

    /// @notice The signature does not prove that `signer` signed exactly this request for this contract and chain.
    error InvalidSignature(address signer);

    /// @notice Only `controller` can act for `account`, by signed request.
    error NotController(address account, address controller);

    /// @notice The nonce can't be raised to `newNonce`: use one from `lowest` to `highest`.
    error NonceOutOfRange(uint256 newNonce, uint256 lowest, uint256 highest);

    /**
     * @notice Voids every request for the caller's account that was signed with a nonce below `newNonce`.
     * @dev Requirements: the caller has no controller ({NotController}); the import is closed
     * ({IImports-ImportStillOpen}); `newNonce` is above the present nonce, by at most 65,536, and within the present
     * term ({NonceOutOfRange}). While the import is open, signed deletions and revocations take effect but can't be
     * cancelled.
     * @param newNonce The nonce of the next request that can take effect.
     */
    function invalidateNonce(uint256 newNonce) external;

    /**
     * @notice {invalidateNonce} by signed request
     * `InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)`.
     * @param account The account.
     * @param newNonce The nonce of the next request that can take effect.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature.
     */
    function invalidateNonceRaw(
        address account,
        uint256 newNonce,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice The nonce that the next signed request for `account` must carry. It outlives every entry.
     * @param account The account.
     * @return The next nonce, `term * 2**32 + count`; 0 for an account that never needed one.
     */
    function nonces(address account) external view returns (uint256);
}
