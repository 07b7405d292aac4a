// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {Bitmap} from "../../contracts/libraries/Bitmap.sol";
import {PackedList} from "../../contracts/libraries/PackedList.sol";
import {Page} from "../../contracts/libraries/Page.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Fixture} from "./kit/Fixture.sol";

/// @dev The libraries alone, with values that the contracts never pass to them.
contract LibrariesTest is Fixture {
    using PackedList for PackedList.List;
    using Words for uint256;

    mapping(uint256 bits => PackedList.List) private _lists;
    mapping(uint256 bits => mapping(uint256 index => uint256)) private _plain;

    function setUp() public override {}

    function fromList(uint256[] calldata values, uint256 limit) external pure returns (uint256) {
        return Bitmap.fromList(values, limit);
    }

    function asWords(uint8[] calldata values) external pure returns (uint256[] memory) {
        return Bitmap.asWords(values);
    }

    function testBitmapRoundTrip(uint256 map) external view {
        uint256[] memory values = Bitmap.toList(map);
        vm.assertEq(this.fromList(values, 256), map);
        for (uint256 i = 0; i < values.length; ++i) {
            vm.assertTrue(values[i] < 256 && (i == 0 || values[i - 1] < values[i]), "not in ascending order");
        }
        uint8[] memory small = Bitmap.toUint8List(map);
        vm.assertEq(abi.encode(small), abi.encode(values));
        vm.assertEq(abi.encode(this.asWords(small)), abi.encode(values));
    }

    function testBitmapOfAnyList(uint256[] calldata values, uint256 limit) external {
        limit = limit % 257;
        uint256 map = 0;
        for (uint256 i = 0; i < values.length; ++i) {
            if (values[i] >= limit) {
                vm.expectRevert(abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, values[i], limit));
                this.fromList(values, limit);
                return;
            }
            map |= 2 ** values[i];
        }
        vm.assertEq(this.fromList(values, limit), map);
    }

    function testPageNeverOverflows(uint256 offset, uint256 limit, uint256 count) external pure {
        uint256 size = Page.size(offset, limit, count);
        vm.assertTrue(size <= limit);
        if (offset >= count) vm.assertEq(size, 0);
        else vm.assertTrue(size <= count - offset && (size == limit || size == count - offset));
        size = Page.size(offset % 5, limit % 5, count % 5);
        uint256 found = 0;
        for (uint256 i = offset % 5; i < count % 5 && found < limit % 5; ++i) ++found;
        vm.assertEq(size, found);
    }

    /// @dev A packed list behaves like a mapping and finds its entries.
    function testPackedList(uint256[] calldata values, uint256 seed) external {
        uint256[3] memory widths = [uint256(40), 32, 104];
        for (uint256 width = 0; width < 3; ++width) {
            uint256 bits = widths[width];
            for (uint256 i = 0; i < values.length && i < 30; ++i) {
                uint256 index = uint256(keccak256(abi.encode(seed, i))) % 20;
                uint256 value = values[i] % (1 << bits);
                _lists[bits].set(bits, index, value);
                _plain[bits][index] = value;
                for (uint256 j = 0; j < 21; ++j) {
                    vm.assertEq(_lists[bits].get(bits, j), _plain[bits][j], "a neighbour changed");
                }
                uint256 found = _lists[bits].find(bits, value);
                vm.assertEq(_plain[bits][found], value, "found something else");
                for (uint256 j = 0; j < found; ++j) vm.assertTrue(_plain[bits][j] != value, "not the first");
            }
        }
    }

    /// @dev Spare bits at the upper end of a slot are left alone.
    function testPackedListKeepsTheSpareBits(uint256 spare, uint256 value) external {
        uint256 mask = type(uint256).max << 208;
        _lists[104].slots[0] = spare & mask;
        _lists[104].set(104, 0, value >> 152);
        _lists[104].set(104, 1, value >> 152);
        vm.assertEq(_lists[104].slots[0] & mask, spare & mask);
        _lists[40].slots[0] = spare & (type(uint256).max << 240);
        _lists[40].set(40, 5, value >> 216);
        vm.assertEq(_lists[40].slots[0] >> 240, spare >> 240);
    }

    /// @dev A field reads as written, cut to its width, and its neighbours do not change.
    function testFields(uint256 word, uint256 value, uint8 width, uint8 shift) external pure {
        uint256 bits = 1 + (uint256(width) % 64);
        uint256 mask = ((1 << bits) - 1) << (uint256(shift) % (257 - bits));
        uint256 changed = word.set(mask, value);
        vm.assertEq(changed.get(mask), value % (1 << bits), "the field");
        vm.assertEq(changed & ~mask, word & ~mask, "a neighbour");
        vm.assertTrue(changed.has(mask) == (value % (1 << bits) != 0));
    }

    function testIds(bytes2 countryCode, bytes3 partyId) external pure {
        uint256 id = Words.joinId(countryCode, partyId);
        vm.assertEq(id, uint40(bytes5(bytes.concat(countryCode, partyId))));
        (bytes2 first, bytes3 second) = Words.splitId(id);
        vm.assertTrue(first == countryCode && second == partyId);
    }

    /// @dev The masks that {Words} shows for one word cover that word, in order, without gap or overlap.
    function testMasks() external pure {
        uint256[13] memory account_ = [
            Words.MEMBERSHIP,
            Words.FOUNDING_ID,
            Words.CURRENT_ID,
            Words.ID_COUNT,
            Words.CONTROLLED,
            Words.RUNS_NODE,
            Words.RETIRED,
            Words.HAS_HEIR,
            0xf << 156,
            Words.NODE,
            Words.NONCE_COUNT,
            Words.TERM,
            0xffff << 240
        ];
        uint256 at = 0;
        for (uint256 i = 0; i < account_.length; ++i) at = follows(at, account_[i]);
        vm.assertEq(at, 256);
        uint256[7] memory party = [
            Words.ACCOUNT,
            Words.PARTY_PLACE,
            Words.PARTY_NODE,
            Words.ROLES,
            Words.SENDER,
            Words.RECEIVER,
            Words.HAS_WEBSITE
        ];
        at = 0;
        for (uint256 i = 0; i < party.length; ++i) at = follows(at, party[i]);
        vm.assertEq(at, 256);
        vm.assertEq(follows(follows(follows(0, Words.ACCOUNT), Words.HOST_NODE), Words.HOST_PLACE), 256);
        at = follows(follows(0, Words.VERSION), Words.PLACE);
        vm.assertEq(follows(follows(at, Words.PERMISSIONS), Words.SHOWN_ID), 168);
        vm.assertEq(Words.KEY & Words.NONCE_COUNT, 0);
        vm.assertEq(~Words.WITHOUT_MEMBERSHIP & (Words.BELONGINGS ^ Words.ID_COUNT), 0);
    }

    /// @dev The bit after this mask, which must be contiguous and begin at `at`.
    function follows(uint256 at, uint256 mask) private pure returns (uint256 end) {
        uint256 rest = mask >> at;
        vm.assertEq(rest << at, mask, "overlaps with what is before");
        for (end = at; rest & 1 == 1; rest >>= 1) ++end;
        vm.assertEq(rest, 0, "has a gap");
        vm.assertTrue(end > at, "is empty");
    }
}
