// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {IPermissions} from "../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Fixture} from "./kit/Fixture.sol";
import {TextReference} from "./kit/TextReference.sol";

/// @dev Compares the contracts' verdict on a text, with error and position, with a second implementation.
contract TextRulesTest is Fixture {
    function setUp() public override {
        super.setUp();
        listSome();
    }

    /// @dev Memory costs grow with the square of all memory used, so each case runs in its own call.
    modifier forgetful() {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        _;
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    function compareUrl(bytes memory url) private forgetful {
        bytes memory reason = TextReference.urlError(url);
        compare(stranger, address(registry), abi.encodeCall(IRegistry.setNode, (string(url))), reason);
        if (reason.length == 0) vm.assertEq(registry.getNode(stranger), string(url));
        // The same rule for the URL of a service, which may also be empty.
        if (url.length == 0) reason = "";
        compare(cpo, address(permissions), abi.encodeCall(IPermissions.setService, ("", string(url), one())), reason);
    }

    function compareName(bytes memory name) private forgetful {
        bytes memory reason = TextReference.nameError(name);
        compare(cpo, address(permissions), abi.encodeCall(IPermissions.setService, (string(name), "", one())), reason);
        (, , string memory stored, , ) = permissions.getService(cpo);
        if (reason.length == 0) vm.assertEq(stored, string(name));
    }

    function compare(address who, address target, bytes memory data, bytes memory reason) private {
        (bool success, bytes memory result) = tryAs(who, target, data);
        vm.assertEq(success, reason.length == 0, "accepted by one, refused by the other");
        if (!success) vm.assertEq(result, reason, "refused for another reason");
    }

    function one() private pure returns (uint256[] memory) {
        return u256s(hex"01");
    }

    function testUrlsByHand() external {
        string[28] memory urls = [
            "",
            "h",
            "http",
            "http:",
            "https",
            "https:",
            "http://",
            "https://",
            "http:/",
            "https:/",
            "https//",
            "http://a",
            "https://a",
            "http://[",
            "http://[::1]",
            "https://-a",
            "https://a/",
            "https://a.",
            "https://a./",
            "https://a/b",
            "https://a/./b",
            "https://http://a",
            "httpsx//a",
            "httpx://a",
            "HTTP://a",
            "https://A",
            "https://a b",
            unicode"https://ä"
        ];
        for (uint256 i = 0; i < urls.length; ++i) compareUrl(bytes(urls[i]));
    }

    /// @dev Each value of each byte: in the scheme, first and second of the host, in the middle of a long URL, last.
    function testEveryByteOfAUrl() external {
        bytes memory url = "https://ab.example.org/a-long-path/that/takes/three/words/of/calldata/z";
        for (uint256 position = 0; position < url.length; position += position < 12 || position > 60 ? 1 : 7) {
            bytes1 was = url[position];
            for (uint256 value = 0; value < 256; ++value) {
                url[position] = bytes1(uint8(value));
                compareUrl(url);
            }
            url[position] = was;
        }
    }

    function testEveryLengthOfAUrl() external {
        for (uint256 length = 0; length < 258; ++length) {
            bytes memory url = new bytes(length);
            for (uint256 i = 0; i < length; ++i) url[i] = i < 7 ? bytes("http://")[i] : bytes1("a");
            compareUrl(url);
            if (length > 10) {
                url[length - 1] = ".";
                compareUrl(url);
                url[length - 1] = "Z";
                compareUrl(url);
            }
        }
    }

    /// @dev Random text that is nearly a URL.
    function testUrls(uint256 seed, uint8 length, bytes calldata tail) external {
        bytes memory alphabet = "abz019[]-._~:/%";
        bytes memory url = bytes(seed % 2 == 0 ? "https://" : "http://");
        for (uint256 i = 0; i < length % 80; ++i) {
            uint256 lot = uint256(keccak256(abi.encode(seed, i)));
            bytes1 next = lot % 40 == 0 ? bytes1(uint8(lot >> 8)) : alphabet[(lot >> 8) % alphabet.length];
            url = bytes.concat(url, next);
        }
        compareUrl(url);
        compareUrl(bytes.concat(url, tail));
        compareUrl(tail);
    }

    function testEveryLengthOfAName() external {
        for (uint256 length = 0; length < 103; ++length) {
            bytes memory name = new bytes(length);
            for (uint256 i = 0; i < length; ++i) name[i] = "n";
            compareName(name);
            if (length > 4) {
                name[length - 1] = 0xc3; // begins a character that is cut off
                compareName(name);
                (name[length - 2], name[length - 1]) = (0xe2, 0x82);
                compareName(name);
                (name[length - 3], name[length - 2], name[length - 1]) = (0xf0, 0x9f, 0x94);
                compareName(name);
                (name[length - 4], name[length - 3], name[length - 2], name[length - 1]) = (0xf0, 0x9f, 0x94, 0x8c);
                compareName(name);
            }
        }
    }

    /// @dev Every byte alone, and every lead byte with every second byte, followed by the lowest and highest others.
    function testEveryBeginningOfACharacter() external {
        for (uint256 lead = 0; lead < 256; ++lead) {
            compareName(abi.encodePacked(uint8(lead)));
            if (lead < 0x7f) continue;
            for (uint256 second = 0; second < 256; second += second > 0x7b && second < 0xc2 ? 1 : 6) {
                compareName(abi.encodePacked("a", uint8(lead), uint8(second), "z"));
                if (lead < 0xdf) continue;
                compareName(abi.encodePacked(uint8(lead), uint8(second), hex"80"));
                compareName(abi.encodePacked(uint8(lead), uint8(second), hex"bf80"));
                if (lead < 0xef) continue;
                compareName(abi.encodePacked(uint8(lead), uint8(second), hex"80bf"));
            }
        }
    }

    function testLaterBytesOfACharacter() external {
        for (uint256 value = 0; value < 256; ++value) {
            compareName(abi.encodePacked(hex"e282", uint8(value)));
            compareName(abi.encodePacked(hex"f09f", uint8(value), hex"8c"));
            compareName(abi.encodePacked(hex"f09f94", uint8(value)));
            compareName(abi.encodePacked(hex"c3a9", uint8(value)));
            compareName(abi.encodePacked(hex"f09f948c", uint8(value), "end"));
        }
    }

    /// @dev Random characters, with an occasional invalid byte.
    function testNames(uint256 seed, uint8 length, bytes calldata tail) external {
        bytes memory name;
        for (uint256 i = 0; i < length % 30; ++i) {
            uint256 lot = uint256(keccak256(abi.encode(seed, i)));
            if (lot % 30 == 0) name = bytes.concat(name, bytes1(uint8(lot >> 8)));
            else
                name = bytes.concat(
                    name,
                    encode(
                        (lot >> 16) %
                            (
                                lot % 3 == 0
                                    ? 0x80
                                    : lot % 3 == 1
                                        ? 0x900
                                        : 0x111000
                            )
                    )
                );
        }
        compareName(name);
        compareName(bytes.concat(name, tail));
        compareName(tail);
    }

    /// @dev Every character of the blocks that contain misleading characters, and the edges of these blocks.
    function testEveryCharacterNearMisleadingOnes() external {
        uint256 refused = 0;
        for (uint256 number = 0x600; number < 0x640; ++number) refused += refusesCharacter(number);
        vm.assertEq(refused, 1);
        for (uint256 number = 0x1ff0; number < 0x2080; ++number) refused += refusesCharacter(number);
        vm.assertEq(refused, 14);
        for (uint256 number = 0xfef0; number < 0xff10; ++number) refused += refusesCharacter(number);
        vm.assertEq(refused, 15);
    }

    function refusesCharacter(uint256 number) private returns (uint256) {
        bytes memory name = bytes.concat("a", encode(number), "z");
        compareName(name);
        return TextReference.nameError(name).length == 0 ? 0 : 1;
    }

    function encode(uint256 number) private pure returns (bytes memory) {
        if (number < 0x80) return abi.encodePacked(uint8(number));
        if (number < 0x800) return abi.encodePacked(uint8(0xc0 | (number >> 6)), uint8(0x80 | (number & 63)));
        bytes memory last = abi.encodePacked(uint8(0x80 | ((number >> 6) & 63)), uint8(0x80 | (number & 63)));
        if (number < 0x10000) return abi.encodePacked(uint8(0xe0 | (number >> 12)), last);
        return abi.encodePacked(uint8(0xf0 | (number >> 18)), uint8(0x80 | ((number >> 12) & 63)), last);
    }
}
