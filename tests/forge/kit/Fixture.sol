// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPermissions} from "../../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../../contracts/interfaces/IRegistry.sol";
import {Vm} from "./Vm.sol";

/// @dev The functions that the Registry inherits from OpenZeppelin's Ownable2Step.
interface IOwnedRegistry is IRegistry {
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error OwnableUnauthorizedAccount(address account);
    error OwnableInvalidOwner(address owner);

    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function renounceOwnership() external;
}

/**
 * @dev Both contracts, and the roles of their users.
 *
 * The contracts are deployed from artifacts, not by `new`, so that the same compiled tests run on the contracts as the
 * newer or the older pipeline compiles them (tools/analysis.py) and on mutants (tools/mutation.py). The environment names
 * the artifacts.
 */
abstract contract Fixture {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint256 internal constant NOW = 1_700_000_000;
    uint256 internal constant CHAIN_ID = 246;

    string internal constant URL = "https://node.example.org";
    string internal constant OTHER_URL = "http://other-node.example.org:8080/ocn";

    mapping(address account => uint256) internal keyOf;

    address internal owner = account("owner");
    address internal operator = account("operator");
    address internal otherOperator = account("other operator");
    address internal cpo = account("cpo");
    address internal emsp = account("emsp");
    address internal hub = account("hub");
    address internal spender = account("spender");
    address internal stranger = account("stranger");

    IOwnedRegistry internal registry;
    IPermissions internal permissions;

    function setUp() public virtual {
        vm.chainId(CHAIN_ID);
        vm.warp(NOW);
        registry = deployRegistry(owner, false);
        permissions = deployPermissions(address(registry), false);
    }

    function account(string memory name) internal returns (address who) {
        uint256 key = uint256(keccak256(bytes(name)));
        who = vm.addr(key);
        keyOf[who] = key;
    }

    function deployRegistry(address owner_, bool importOpen) internal returns (IOwnedRegistry) {
        return IOwnedRegistry(vm.deployCode(registryArtifact(), abi.encode(owner_, importOpen)));
    }

    function deployPermissions(address registry_, bool importOpen) internal returns (IPermissions) {
        return IPermissions(vm.deployCode(permissionsArtifact(), abi.encode(registry_, importOpen)));
    }

    function registryArtifact() internal view returns (string memory) {
        return vm.envOr("OCN_REGISTRY_ARTIFACT", string(".build/ir/Registry.json"));
    }

    function permissionsArtifact() internal view returns (string memory) {
        return vm.envOr("OCN_PERMISSIONS_ARTIFACT", string(".build/ir/Permissions.json"));
    }

    function listNode(address who, string memory url) internal {
        vm.prank(who);
        registry.setNode(url);
    }

    function listParty(address who, bytes5 id, bytes memory roles, address operator_) internal {
        vm.prank(who);
        registry.setParty(bytes2(id), bytes3(id << 16), u8s(roles), operator_);
    }

    function removeParty(address who, bytes5 id) internal {
        vm.prank(who);
        registry.deletePartyOf(bytes2(id), bytes3(id << 16));
    }

    function listService(address who, bytes memory needed) internal {
        vm.prank(who);
        permissions.setService("Service", "https://service.example.org", u256s(needed));
    }

    /// @dev One node, two parties.
    function listSome() internal {
        listNode(operator, URL);
        listParty(cpo, "DECPO", hex"00", operator);
        listParty(emsp, "DEMSP", hex"01", operator);
    }

    /// @dev A list of small numbers, a byte each.
    function u8s(bytes memory values) internal pure returns (uint8[] memory list) {
        list = new uint8[](values.length);
        for (uint256 i = 0; i < values.length; ++i) list[i] = uint8(values[i]);
    }

    function u256s(bytes memory values) internal pure returns (uint256[] memory list) {
        list = new uint256[](values.length);
        for (uint256 i = 0; i < values.length; ++i) list[i] = uint8(values[i]);
    }

    function addresses() internal pure returns (address[] memory list) {}

    function addresses(address first) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = first;
    }

    function addresses(address first, address second) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (first, second);
    }

    function addresses(address first, address second, address third) internal pure returns (address[] memory list) {
        list = new address[](3);
        (list[0], list[1], list[2]) = (first, second, third);
    }

    function eq(uint8[] memory list, bytes memory expected, string memory what) internal pure {
        vm.assertEq(abi.encode(list), abi.encode(u8s(expected)), what);
    }

    function eq(uint256[] memory list, bytes memory expected, string memory what) internal pure {
        vm.assertEq(abi.encode(list), abi.encode(u256s(expected)), what);
    }

    function noLogs() internal {
        vm.assertEq(vm.getRecordedLogs().length, 0, "an event that nobody expected");
    }

    /// @dev Calls `target` as `sender`, and reverts with its error.
    function callAs(address sender, address target, bytes memory data) internal returns (bytes memory result) {
        bool success;
        (success, result) = tryAs(sender, target, data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function tryAs(
        address sender,
        address target,
        bytes memory data
    ) internal returns (bool success, bytes memory result) {
        vm.prank(sender);
        (success, result) = target.call(data);
    }

    /// @dev The call reverts with exactly this error.
    function refuses(address sender, address target, bytes memory data, bytes memory reason) internal {
        (bool success, bytes memory result) = tryAs(sender, target, data);
        vm.assertFalse(success, "was accepted");
        vm.assertEq(result, reason, "refused for another reason");
    }

    /// @dev The creation reverts with exactly this error. (`expectRevert` would accept a later mistake of the test itself.)
    function refusesCreation(bytes memory code, bytes memory reason) internal {
        address created;
        bytes memory result;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            result := mload(0x40)
            mstore(0x40, add(result, add(0x20, returndatasize())))
            mstore(result, returndatasize())
            returndatacopy(add(result, 0x20), 0, returndatasize())
        }
        vm.assertEq(created, address(0), "was created");
        vm.assertEq(result, reason, "refused for another reason");
    }
}
