// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @title Several calls to one contract in one transaction
 * @notice An item is the calldata of any other function of the same contract. Items run in their order, with the
 * batch's sender as theirs. An item is never itself a batch.
 */
interface IBatches {
    /// @notice What became of one item of {tryMulticall}.
    struct Result {
        /// Whether the item took effect.
        bool success;
        /// What the item returned or, when it failed, the error that it reverted with.
        bytes result;
    }

    /// @notice The item at `index` of a {tryMulticall} had no effect and reverted with `reason`.
    event CallFailed(uint256 index, bytes reason);

    /// @notice The item at `index` is itself a batch: give its items instead.
    error NestedBatch(uint256 index);

    /**
     * @notice Runs all items or none: when one reverts, everything reverts with that item's error.
     * @param items Calldata of each call.
     * @return results What each call returned.
     */
    function multicall(bytes[] calldata items) external returns (bytes[] memory results);

    /**
     * @notice Runs each item on its own: one that reverts has no effect, leaves the others in force and is reported
     * by {CallFailed}. This is for a spender who relays requests of several signers.
     * @dev Whoever sends a batch chooses its gas. An item that is left too little fails with an empty reason; what
     * it wanted stays possible, for its nonce is not used up.
     * @param items Calldata of each call.
     * @return results What became of each item.
     */
    function tryMulticall(bytes[] calldata items) external returns (Result[] memory results);
}
