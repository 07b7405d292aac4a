// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @dev A list of OCPI ids (country code and party id, 5 bytes), six to a slot. How many there are is known to whoever
 * holds the list; what lies past that is zero.
 *
 *   bits | 0-39            | 40-79           | ... | 200-239         | 240-255
 *        | id 6 * slot + 0 | id 6 * slot + 1 | ... | id 6 * slot + 5 | zero
 */
library IdList {
    struct List {
        mapping(uint256 slot => uint256) packed;
    }

    uint256 private constant _IDS_PER_SLOT = 6;
    uint256 private constant _ID_BITS = 40;

    /// @dev The id at `index`; zero past the end.
    function get(List storage list, uint256 index) internal view returns (bytes5) {
        return bytes5(uint40(list.packed[index / _IDS_PER_SLOT] >> _shift(index)));
    }

    /// @dev Puts `id` at `index` in place of what is there; zero clears it.
    function set(List storage list, uint256 index, bytes5 id) internal {
        uint256 slot = index / _IDS_PER_SLOT;
        uint256 shift = _shift(index);
        uint256 others = list.packed[slot] & ~(uint256(type(uint40).max) << shift);
        list.packed[slot] = others | (uint256(uint40(id)) << shift);
    }

    function _shift(uint256 index) private pure returns (uint256) {
        return (index % _IDS_PER_SLOT) * _ID_BITS;
    }
}
