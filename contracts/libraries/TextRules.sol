// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../interfaces/IEntryErrors.sol";

/// @dev The rules for text that {IEntryErrors} states. Each character class is a bitmap of the bytes 0 to 127.
library TextRules {
    uint256 private constant _MAX_URL_LENGTH = 255;
    uint256 private constant _MAX_NAME_LENGTH = 100;

    /// @dev The ASCII characters that are not control characters.
    uint256 private constant _PRINTABLE = ((1 << 0x7f) - 1) ^ ((1 << 0x20) - 1);
    uint256 private constant _DIGITS = ((1 << 10) - 1) << 0x30;
    uint256 private constant _UPPER_CASE = ((1 << 26) - 1) << 0x41;
    uint256 private constant _LOWER_CASE = ((1 << 26) - 1) << 0x61;
    /// @dev What may follow the scheme of a URL: the first character of a host name or of an address in brackets.
    uint256 private constant _URL_HOST_START = _DIGITS | _LOWER_CASE | (1 << 0x5b);
    /// @dev `% - . / : [ ] _ ~`, digits and lower-case letters.
    uint256 private constant _URL =
        _DIGITS |
            _LOWER_CASE |
            (1 << 0x25) |
            (1 << 0x2d) |
            (1 << 0x2e) |
            (1 << 0x2f) |
            (1 << 0x3a) |
            (1 << 0x5b) |
            (1 << 0x5d) |
            (1 << 0x5f) |
            (1 << 0x7e);
    /// @dev U+061C in UTF-8, the one bidirectional control of two bytes.
    bytes2 private constant _ARABIC_LETTER_MARK = 0xd89c;
    /// @dev `/` and `.`.
    uint256 private constant _URL_NOT_LAST = (1 << 0x2f) | (1 << 0x2e);

    /// @dev Reverts unless `url` keeps the rule for URLs. Also reverts for the empty text.
    function requireUrl(string calldata url) internal pure {
        bytes calldata text = bytes(url);
        if (text.length > _MAX_URL_LENGTH) revert IEntryErrors.TextTooLong(text.length, _MAX_URL_LENGTH);
        uint256 position = _afterScheme(text);
        if (position == text.length || !_in(_URL_HOST_START, text[position])) {
            revert IEntryErrors.InvalidUrl(position);
        }
        position = _skip(_URL, text, position);
        if (position != text.length) revert IEntryErrors.InvalidUrl(position);
        if (_in(_URL_NOT_LAST, text[position - 1])) revert IEntryErrors.InvalidUrl(position - 1);
    }

    /// @dev Reverts unless `name` keeps the rule for names. UTF-8 is checked against table 3-7 of the Unicode standard,
    /// "Well-Formed UTF-8 Byte Sequences": no overlong forms, no surrogates, nothing above U+10FFFF.
    function requireName(string calldata name) internal pure {
        bytes calldata text = bytes(name);
        if (text.length > _MAX_NAME_LENGTH) revert IEntryErrors.TextTooLong(text.length, _MAX_NAME_LENGTH);
        uint256 position = _skip(_PRINTABLE, text, 0);
        while (position != text.length) {
            uint256 length = _characterLength(text[position:]);
            if (length == 0) revert IEntryErrors.InvalidName(position);
            position = _skip(_PRINTABLE, text, position + length);
        }
    }

    /// @dev Whether `text` is two letters A-Z.
    function isCountryCode(bytes2 text) internal pure returns (bool) {
        return _in(_UPPER_CASE, text[0]) && _in(_UPPER_CASE, text[1]);
    }

    /// @dev Whether `text` is three characters A-Z or 0-9.
    function isPartyId(bytes3 text) internal pure returns (bool) {
        uint256 allowed = _UPPER_CASE | _DIGITS;
        return _in(allowed, text[0]) && _in(allowed, text[1]) && _in(allowed, text[2]);
    }

    /// @dev The position of the first byte at or after `position` that is not in the class; the length if all are. Reads a
    /// word at a time, unchecked because no position exceeds the length: access by index costs 40 gas more per byte.
    function _skip(uint256 class, bytes calldata text, uint256 position) private pure returns (uint256) {
        while (position < text.length) {
            uint256 word = uint256(bytes32(text[position:]));
            uint256 end = text.length - position > 32 ? position + 32 : text.length;
            unchecked {
                do {
                    if ((class >> (word >> 248)) & 1 == 0) return position;
                    word <<= 8;
                    ++position;
                } while (position < end);
            }
        }
        return position;
    }

    /// @dev The position after `http://` or `https://`; reverts at the first byte that differs from both.
    function _afterScheme(bytes calldata text) private pure returns (uint256) {
        if (bytes8(text) == "https://") return 8;
        if (bytes7(text) == "http://") return 7;
        bytes8 wanted = text.length > 4 && text[4] == "s" ? bytes8("https://") : bytes8("http://");
        uint256 position = 0;
        while (position < text.length && text[position] == wanted[position]) ++position;
        revert IEntryErrors.InvalidUrl(position);
    }

    /// @dev The length in bytes of the UTF-8 character above U+007F that `text` begins with; 0 if there is none, or if it
    /// is malformed or not allowed in a name.
    function _characterLength(bytes calldata text) private pure returns (uint256) {
        uint256 lead = uint8(text[0]);
        if (lead < 0xc2) return 0;
        // U+0080 to U+009F are control characters.
        if (lead < 0xe0) {
            if (bytes2(text) == _ARABIC_LETTER_MARK) return 0;
            return _continues(text, 2, lead == 0xc2 ? 0xa0 : 0x80, 0xbf) ? 2 : 0;
        }
        if (lead < 0xf0) {
            if (_misleads(uint24(bytes3(text)))) return 0;
            return _continues(text, 3, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf) ? 3 : 0;
        }
        if (lead < 0xf5) {
            return _continues(text, 4, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) ? 4 : 0;
        }
        return 0;
    }

    /// @dev Whether a UTF-8 character of three bytes can make a name look different from the text that it holds.
    function _misleads(uint256 character) private pure returns (bool) {
        return
            character == 0xe2808e || // U+200E
            character == 0xe2808f || // U+200F
            (character >= 0xe280a8 && character <= 0xe280ae) || // U+2028 to U+202E
            (character >= 0xe281a6 && character <= 0xe281a9) || // U+2066 to U+2069
            character == 0xefbbbf; // U+FEFF
    }

    /// @dev Whether `text` has `length` bytes, the second from `lowest` to `highest`, the rest from 0x80 to 0xbf.
    function _continues(
        bytes calldata text,
        uint256 length,
        uint256 lowest,
        uint256 highest
    ) private pure returns (bool) {
        if (text.length < length) return false;
        if (uint8(text[1]) < lowest || uint8(text[1]) > highest) return false;
        for (uint256 i = 2; i < length; ++i) {
            if (uint8(text[i]) & 0xc0 != 0x80) return false;
        }
        return true;
    }

    /// @dev Whether the class holds `character`. Bytes from 128 on are in no class.
    function _in(uint256 class, bytes1 character) private pure returns (bool) {
        return (class >> uint8(character)) & 1 == 1;
    }
}
