// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @title The time between deployment and opening, in which the owner copies entries of an earlier registry
 * @notice A contract that is deployed with its import open accepts only imports, deletions, revocations and the owner's
 * functions until {closeImport}, which can't be undone. Every other write reverts with {ImportStillOpen}, including moves,
 * controllers, websites, nonces and pruning. Imports follow the same rules for text and ranges as direct writes and emit
 * the same events, but never overwrite an entry. An import takes effect for all of its items or for none.
 */
interface IImports {
    /// @notice The contract was deployed with its import open.
    event ImportOpened();

    /// @notice The import has ended for good. The contract now accepts everybody's writes.
    event ImportClosed();

    /// @notice The owner has not closed the import yet: try again after {ImportClosed}.
    error ImportStillOpen();

    /// @notice The import has ended for good, so nothing can be imported any more.
    error ImportNotOpen();

    /// @notice The batch has `length` items but at most `limit` are allowed: split it.
    error BatchTooLarge(uint256 length, uint256 limit);

    /**
     * @notice Ends the import for good.
     * @dev Requirements: the caller is the owner; the import is open ({ImportNotOpen}).
     */
    function closeImport() external;

    /// @notice Whether the import is still open.
    function importOpen() external view returns (bool);
}
