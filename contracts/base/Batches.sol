// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBatches} from "../interfaces/IBatches.sol";

/// @dev Items run by `delegatecall` to this same contract, so that `msg.sender` stays the batch's sender. Nothing here
/// is payable: with value, each item would see the same value again.
abstract contract Batches is IBatches {
    /// @inheritdoc IBatches
    function multicall(bytes[] calldata items) external returns (bytes[] memory results) {
        results = new bytes[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            if (_isBatch(items[i])) revert NestedBatch(i);
            (bool success, bytes memory result) = address(this).delegatecall(items[i]);
            if (!success) _revertWith(result);
            results[i] = result;
        }
    }

    /// @inheritdoc IBatches
    function tryMulticall(bytes[] calldata items) external returns (Result[] memory results) {
        results = new Result[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            if (_isBatch(items[i])) {
                results[i].result = abi.encodeWithSelector(NestedBatch.selector, i);
            } else {
                (results[i].success, results[i].result) = address(this).delegatecall(items[i]);
            }
            if (!results[i].success) emit CallFailed(i, results[i].result);
        }
    }

    function _isBatch(bytes calldata item) private pure returns (bool) {
        bytes4 selector = bytes4(item);
        return selector == IBatches.multicall.selector || selector == IBatches.tryMulticall.selector;
    }

    /// @dev In assembly because Solidity has no other way to pass an error on unchanged.
    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
