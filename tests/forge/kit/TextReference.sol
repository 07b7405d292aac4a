// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../../contracts/interfaces/IEntryErrors.sol";

/// @dev A second, simple implementation of the rules for text: lists of characters in place of bitmaps, and UTF-8 decoded to
/// code points.
library TextReference {
    /// @dev The error that {IRegistry-setNode} reverts with; empty if the URL is valid.
    function urlError(bytes memory url) internal pure returns (bytes memory) {
        if (url.length > 255) return abi.encodeWithSelector(IEntryErrors.TextTooLong.selector, url.length, 255);
        uint256 scheme = afterScheme(url, "https://");
        if (scheme < 8) {
            uint256 plain = afterScheme(url, "http://");
            if (plain < 7) return invalid(plain > scheme ? plain : scheme);
            scheme = 7;
        }
        if (scheme == url.length || !(isIn(url[scheme], "abcdefghijklmnopqrstuvwxyz0123456789[")))
            return invalid(scheme);
        for (uint256 i = scheme; i < url.length; ++i) {
            if (!isIn(url[i], "abcdefghijklmnopqrstuvwxyz0123456789-._~:/%[]")) return invalid(i);
        }
        if (isIn(url[url.length - 1], "/.")) return invalid(url.length - 1);
        return "";
    }

    /// @dev The number of leading bytes that `url` shares with `scheme`.
    function afterScheme(bytes memory url, bytes memory scheme) private pure returns (uint256 position) {
        while (position < url.length && position < scheme.length && url[position] == scheme[position]) ++position;
    }

    function isIn(bytes1 character, bytes memory list) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) if (list[i] == character) return true;
        return false;
    }

    function invalid(uint256 position) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, position);
    }

    /// @dev The error that {IPermissions-setService} reverts with; empty if the name is valid.
    function nameError(bytes memory name) internal pure returns (bytes memory) {
        if (name.length > 100) return abi.encodeWithSelector(IEntryErrors.TextTooLong.selector, name.length, 100);
        uint256 position = 0;
        while (position < name.length) {
            (uint256 number, uint256 length) = decode(name, position);
            if (length == 0 || isHidden(number)) {
                return abi.encodeWithSelector(IEntryErrors.InvalidName.selector, position);
            }
            position += length;
        }
        return "";
    }

    /// @dev Whether a name may not contain this code point.
    function isHidden(uint256 number) internal pure returns (bool) {
        if (number < 32 || (number >= 127 && number < 160)) return true; // control characters: C0, DEL and C1
        uint16[15] memory others = [
            0x061c, // Arabic letter mark
            0x200e, // left-to-right mark
            0x200f, // right-to-left mark
            0x2028, // line separator
            0x2029, // paragraph separator
            0x202a, // embeddings and overrides
            0x202b,
            0x202c,
            0x202d,
            0x202e,
            0x2066, // isolates
            0x2067,
            0x2068,
            0x2069,
            0xfeff // byte order mark
        ];
        for (uint256 i = 0; i < others.length; ++i) if (number == others[i]) return true;
        return false;
    }

    /// @dev The character at `position`, decoded by RFC 3629; a length of 0 if it is invalid.
    function decode(bytes memory text, uint256 position) private pure returns (uint256 number, uint256 length) {
        uint256 lead = uint8(text[position]);
        if (lead < 0x80) return (lead, 1);
        if (lead / 32 == 6) (number, length) = (lead % 32, 2);
        else if (lead / 16 == 14) (number, length) = (lead % 16, 3);
        else if (lead / 8 == 30) (number, length) = (lead % 8, 4);
        else return (0, 0);
        if (position + length > text.length) return (0, 0);
        for (uint256 i = 1; i < length; ++i) {
            uint256 next = uint8(text[position + i]);
            if (next / 64 != 2) return (0, 0);
            number = number * 64 + (next % 64);
        }
        uint256 shortest =
            number < 0x80
                ? 1
                : number < 0x800
                    ? 2
                    : number < 0x10000
                        ? 3
                        : 4;
        if (shortest != length || number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) return (0, 0);
    }
}
