// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {Bitmap} from "../../contracts/libraries/Bitmap.sol";
import {IdList} from "../../contracts/libraries/IdList.sol";
import {Page} from "../../contracts/libraries/Page.sol";
import {Fixture} from "./kit/Fixture.sol";

/// @dev The libraries by themselves, with values that the contracts do not let through.
contract LibrariesTest is Fixture {
    using IdList for IdList.List;

    IdList.List private _list;
    mapping(uint256 index => bytes5) private _plain;

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

    /// @dev A list of ids is what a mapping would be, entry by entry.
    function testIdList(bytes5[] calldata ids, uint256 seed) external {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 index = uint256(keccak256(abi.encode(seed, i))) % 20;
            _list.set(index, ids[i]);
            _plain[index] = ids[i];
            for (uint256 j = 0; j < 21; ++j) vm.assertTrue(_list.get(j) == _plain[j], "a neighbour changed");
        }
    }
}
