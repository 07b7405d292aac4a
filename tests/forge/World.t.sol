// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {World} from "./kit/World.sol";

/// @dev After each of many random actions by nine people, every view returns what a second bookkeeping expects.
contract WorldTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    World private _world;

    function setUp() external {
        _world = new World();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector({addr: address(_world), selectors: _world.actions()});
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_world);
    }

    /// @dev A single invariant, because forge repeats all histories for each one.
    function invariant_everyViewTellsTheSame() external view {
        _world.compareNodes();
        _world.compareParties();
        _world.compareServices();
        _world.compareAgreements();
        _world.compareNonces();
        _world.checkIds();
        _world.checkUrls();
        _world.checkAgreements();
    }
}
