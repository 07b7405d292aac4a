// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @title Several calls to one contract in one transaction
 * @notice An item is the calldata of any other function of the same contract. Items run in order, each with the batch's
 * sender as its sender. An item can't itself be a batch.
 */
interface IBatches {
    /// @notice The result of one item of {tryMulticall}.
    struct Result {
        /// Whether the item took effect.
        bool success;
        /// What the item returned or, if it failed, the error that it reverted with.
        bytes result;
    }

    /// @notice The item at `index` of a {tryMulticall} had no effect and reverted with `reason`.
    event CallFailed(uint256 index, bytes reason);

    /// @notice The item at `index` is itself a batch: pass its items instead.
    error NestedBatch(uint256 index);

    /**
     * @notice Runs all items or none: if one reverts, everything reverts with that item's error.
     * @param items Calldata of each call.
     * @return results What each call returned.
     */
    function multicall(bytes[] calldata items) external returns (bytes[] memory results);

    /**
     * @notice Runs each item on its own: an item that reverts has no effect, does not affect the others, and is reported
     * by {CallFailed}. Use it to relay requests of several signers.
     * @dev The sender of a batch chooses its gas. An item that is left too little gas fails with an empty reason. It can be
     * sent again, since its nonce is not used up.
     * @param items Calldata of each call.
     * @return results The result of each item.
     */
    function tryMulticall(bytes[] calldata items) external returns (Result[] memory results);
}
