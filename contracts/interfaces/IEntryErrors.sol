// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/**
 * @title What can be wrong with the values of an entry, in either contract
 * @notice The rules for text:
 *
 * - A *URL* is at most 255 bytes long, begins with `http://` or `https://` and then a letter, a digit or `[`, holds
 *   only `a-z 0-9 - . _ ~ : / % [ ]`, and does not end in `/` or `.`. It is compared byte for byte, and says nothing
 *   about who controls the host.
 * - A *name* is at most 100 bytes of valid UTF-8 and may be empty. It holds no control characters (Unicode's category
 *   Cc), no line or paragraph separators (U+2028, U+2029), no byte order mark (U+FEFF) and no bidirectional controls
 *   (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069): with these a name can show other text than it holds.
 */
interface IEntryErrors {
    /// @notice A text is `length` bytes long but at most `limit` are allowed: shorten it.
    error TextTooLong(uint256 length, uint256 limit);

    /// @notice The URL breaks the rule above at the byte with this position, counted from 0.
    error InvalidUrl(uint256 position);

    /// @notice The name breaks the rule above at the byte with this position, counted from 0.
    error InvalidName(uint256 position);

    /// @notice A role, module or permission has this value, which must be below `limit`.
    error ValueOutOfRange(uint256 value, uint256 limit);

    /// @notice `party` holds no id: register one first.
    error PartyNotFound(address party);
}
