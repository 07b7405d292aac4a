// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../interfaces/IEntryErrors.sol";

/// @dev Sets of small numbers: bit n is set when n is in the set. Order and repetitions are dropped on purpose.
library Bitmap {
    /// @dev The set of `values`; reverts unless each is below `limit`, which is at most 256.
    function fromList(uint256[] calldata values, uint256 limit) internal pure returns (uint256 map) {
        for (uint256 i = 0; i < values.length; ++i) {
            uint256 value = values[i];
            if (value >= limit) revert IEntryErrors.ValueOutOfRange(value, limit);
            map |= 1 << value;
        }
    }

    /// @dev The members of the set in ascending order. Unchecked because nothing here exceeds 256: with checks,
    /// `setPartyModules` of 3 and 3 modules costs 1,834 gas more.
    function toList(uint256 map) internal pure returns (uint256[] memory values) {
        unchecked {
            uint256 size = 0;
            for (uint256 rest = map; rest != 0; rest &= rest - 1) ++size;
            values = new uint256[](size);
            uint256 filled = 0;
            for (uint256 value = 0; filled < size; ++value) {
                if ((map >> value) & 1 == 1) values[filled++] = value;
            }
        }
    }

    /// @dev {toList} as `uint8[]`, for sets of numbers below 256. In assembly because both have the same form in
    /// memory (one word for each item) and Solidity can't express that.
    function toUint8List(uint256 map) internal pure returns (uint8[] memory values) {
        uint256[] memory words = toList(map);
        assembly ("memory-safe") {
            values := words
        }
    }

    /// @dev The same list as words. In assembly because both have the same form in calldata (one word for each item) and
    /// Solidity can't express that. An item above 255 is rejected by {fromList}, with an error that names it.
    function asWords(uint8[] calldata values) internal pure returns (uint256[] calldata words) {
        assembly ("memory-safe") {
            words.offset := values.offset
            words.length := values.length
        }
    }
}
