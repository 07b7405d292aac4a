// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev Pages of lists.
library Page {
    /// @dev How many of `count` entries are on a page that begins at `offset`; 0 past the end. Can't overflow.
    function size(uint256 offset, uint256 limit, uint256 count) internal pure returns (uint256) {
        if (offset >= count) return 0;
        uint256 left = count - offset;
        return limit < left ? limit : left;
    }
}
