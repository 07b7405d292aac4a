// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @dev Entries packed by hand into one word each. A field is named by its mask, and read and written by {get} and {set}.
 *
 * Packing by hand is an exception in this code. When the compiler copies structs of this size between storage and memory,
 * a write costs 3,800 gas more, and the contracts need 3,000 bytes more than fit. The masks of one word share no bit
 * (tests/halmos proves it), so {set} can't touch another field.
 *
 * An id is the five bytes of country code and party id, read as a number. Bits count from the low-order end.
 *
 * Account (Registry), by address:
 *
 *   bits | 0-63       | 64-103      | 104-143    | 144-151  | 152        | 153       | 154     | 155      | 156-159
 *        | membership | founding id | current id | id count | controlled | runs node | retired | has heir | zero
 *
 *        | 160-191     | 192-223       | 224-239       | 240-255
 *        | node number | count (nonce) | term (nonce)  | zero
 *
 * Party (Registry), by id. An entry without roles is a reservation, which has only the account:
 *
 *   bits | 0-159   | 160-184       | 185-214     | 215-222 | 223-238        | 239-254          | 255
 *        | account | place in list | node number | roles   | sender modules | receiver modules | has website
 *
 * Host (Registry), by hash of the URL. An entry without a node number is a reservation, which has only the account:
 *
 *   bits | 0-159   | 160-191     | 192-255
 *        | account | node number | place in list
 *
 * Offer (Permissions), by the provider's membership:
 *
 *   bits | 0-31    | 32-63         | 64-127      | 128-167                     | 168-255
 *        | version | place in list | permissions | id that it is shown under   | zero
 *
 * Consent (Permissions), by both memberships:
 *
 *   bits | 0-31    | 32-63         | 64-255
 *        | version | place in list | zero
 */
library Words {
    uint256 internal constant MEMBERSHIP = (1 << 64) - 1;
    uint256 internal constant FOUNDING_ID = ((1 << 40) - 1) << 64;
    uint256 internal constant CURRENT_ID = ((1 << 40) - 1) << 104;
    uint256 internal constant ID_COUNT = ((1 << 8) - 1) << 144;
    uint256 internal constant CONTROLLED = 1 << 152;
    uint256 internal constant RUNS_NODE = 1 << 153;
    uint256 internal constant RETIRED = 1 << 154;
    uint256 internal constant HAS_HEIR = 1 << 155;
    uint256 internal constant NODE = ((1 << 32) - 1) << 160;
    uint256 internal constant NONCE_COUNT = ((1 << 32) - 1) << 192;
    uint256 internal constant TERM = ((1 << 16) - 1) << 224;

    uint256 internal constant ACCOUNT = (1 << 160) - 1;

    uint256 internal constant PARTY_PLACE = ((1 << 25) - 1) << 160;
    uint256 internal constant PARTY_NODE = ((1 << 30) - 1) << 185;
    uint256 internal constant ROLES = ((1 << 8) - 1) << 215;
    uint256 internal constant SENDER = ((1 << 16) - 1) << 223;
    uint256 internal constant RECEIVER = ((1 << 16) - 1) << 239;
    uint256 internal constant HAS_WEBSITE = 1 << 255;

    uint256 internal constant HOST_NODE = ((1 << 32) - 1) << 160;
    uint256 internal constant HOST_PLACE = ((1 << 64) - 1) << 192;

    uint256 internal constant VERSION = (1 << 32) - 1;
    uint256 internal constant PLACE = ((1 << 32) - 1) << 32;
    uint256 internal constant PERMISSIONS = ((1 << 64) - 1) << 64;
    uint256 internal constant SHOWN_ID = ((1 << 40) - 1) << 128;

    /// @dev The fields that stay in the word of an account when its membership ends.
    uint256 internal constant WITHOUT_MEMBERSHIP = ~(MEMBERSHIP | FOUNDING_ID | CURRENT_ID | ID_COUNT | HAS_HEIR);
    /// @dev Both parts of a nonce, in the form that {ISignedRequests-nonces} returns.
    uint256 internal constant NONCE = NONCE_COUNT | TERM;
    /// @dev Everything that an account can have, besides its nonce.
    uint256 internal constant BELONGINGS = ID_COUNT | NODE | CONTROLLED;
    /// @dev The fields that {IRegistry-keyOf} returns.
    uint256 internal constant KEY = MEMBERSHIP | FOUNDING_ID | CURRENT_ID | TERM;
    /// @dev The fields of a key that the lists of Permissions store, enough to find the account again.
    uint256 internal constant MEMBER = MEMBERSHIP | FOUNDING_ID;

    /// @dev The value of the field with this mask.
    function get(uint256 word, uint256 mask) internal pure returns (uint256) {
        return (word & mask) / _lowestBit(mask);
    }

    /// @dev The word with another value in the field with this mask. Bits of `value` that do not fit are dropped.
    function set(uint256 word, uint256 mask, uint256 value) internal pure returns (uint256) {
        unchecked {
            return (word & ~mask) | ((value * _lowestBit(mask)) & mask);
        }
    }

    /// @dev Whether any bit of the mask is set.
    function has(uint256 word, uint256 mask) internal pure returns (bool) {
        return word & mask != 0;
    }

    /// @dev The account that a word of the Registry names.
    function account(uint256 word) internal pure returns (address) {
        return address(uint160(word));
    }

    /// @dev The id made of a country code and a party id.
    function joinId(bytes2 countryCode, bytes3 partyId) internal pure returns (uint256) {
        return (uint256(uint16(countryCode)) << 24) | uint24(partyId);
    }

    /// @dev The country code and party id of an id.
    function splitId(uint256 id) internal pure returns (bytes2 countryCode, bytes3 partyId) {
        return (bytes2(uint16(id >> 24)), bytes3(uint24(id)));
    }

    function _lowestBit(uint256 mask) private pure returns (uint256) {
        unchecked {
            return mask & (~mask + 1);
        }
    }
}
