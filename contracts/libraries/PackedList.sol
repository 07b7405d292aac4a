// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @dev A list of numbers of `bits` bits each, as many to a slot as fit, the first in the lowest bits. Spare bits at the
 * upper end of a slot are not touched. The caller keeps `bits` and the number of entries; everything past the last entry
 * is zero. Ids: 40 bits, six to a slot. Node numbers: 32 bits, eight to a slot. Members: 104 bits, two to a slot.
 */
library PackedList {
    struct List {
        mapping(uint256 slot => uint256) slots;
    }

    /// @dev The entry at `index`; zero past the end.
    function get(List storage list, uint256 bits, uint256 index) internal view returns (uint256) {
        (uint256 slot, uint256 shift) = _placeOf(bits, index);
        return (list.slots[slot] >> shift) & _mask(bits);
    }

    /// @dev Puts `value` at `index` in place of what is there; zero clears it.
    function set(List storage list, uint256 bits, uint256 index, uint256 value) internal {
        (uint256 slot, uint256 shift) = _placeOf(bits, index);
        list.slots[slot] = (list.slots[slot] & ~(_mask(bits) << shift)) | (value << shift);
    }

    /// @dev The index of `value` in a list that has it. Reads a slot at a time: {get} would cost 250 gas more per entry.
    function find(List storage list, uint256 bits, uint256 value) internal view returns (uint256 index) {
        unchecked {
            for (uint256 slot = 0; ; ++slot) {
                uint256 word = list.slots[slot];
                for (uint256 i = 256 / bits; i != 0; --i) {
                    if (word & _mask(bits) == value) return index;
                    word >>= bits;
                    ++index;
                }
            }
        }
    }

    /// @dev Unchecked because nothing here can overflow, and lists are read in loops.
    function _placeOf(uint256 bits, uint256 index) private pure returns (uint256 slot, uint256 shift) {
        unchecked {
            uint256 entriesPerSlot = 256 / bits;
            return (index / entriesPerSlot, (index % entriesPerSlot) * bits);
        }
    }

    function _mask(uint256 bits) private pure returns (uint256) {
        unchecked {
            return (1 << bits) - 1;
        }
    }
}
