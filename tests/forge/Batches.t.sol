// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBatches} from "../../contracts/interfaces/IBatches.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../contracts/interfaces/ISignedRequests.sol";
import {IOwnedRegistry} from "./kit/Fixture.sol";
import {Requests} from "./kit/Requests.sol";
import {Signer} from "./kit/Signers.sol";
import {Vm} from "./kit/Vm.sol";

/// @dev Both kinds of batches, on both contracts.
contract BatchesTest is Requests {
    function items(bytes memory first, bytes memory second) private pure returns (bytes[] memory list) {
        list = new bytes[](2);
        (list[0], list[1]) = (first, second);
    }

    function setNodeCall(string memory url) private pure returns (bytes memory) {
        return abi.encodeCall(IRegistry.setNode, (url));
    }

    function setPartyCall() private view returns (bytes memory) {
        return abi.encodeCall(IRegistry.setParty, ("DE", "CPO", u8s(hex"00"), operator));
    }

    function testAllOrNothing() external {
        bytes[] memory list = items(setNodeCall(URL), setPartyCall());
        bytes memory answer = callAs(operator, address(registry), abi.encodeCall(IBatches.multicall, (list)));
        vm.assertEq(answer, abi.encode(new bytes[](2)));
        vm.assertEq(registry.getNode(operator), URL);
        vm.assertEq(registry.partyOf("DE", "CPO"), operator);
        list = items(setNodeCall(OTHER_URL), abi.encodeCall(IRegistry.setNode, ("x")));
        bytes memory reason = abi.encodeWithSignature("InvalidUrl(uint256)", 0);
        refuses(operator, address(registry), abi.encodeCall(IBatches.multicall, (list)), reason);
        vm.assertEq(registry.getNode(operator), URL);
        list = items(abi.encodeCall(IRegistry.getNode, (operator)), abi.encodeCall(IRegistry.nodeCount, ()));
        vm.prank(spender);
        bytes[] memory results = registry.multicall(list);
        vm.assertEq(results[0], abi.encode(URL));
        vm.assertEq(results[1], abi.encode(1));
    }

    function testEachOnItsOwn() external {
        listNode(otherOperator, OTHER_URL);
        bytes[] memory list = new bytes[](4);
        (list[0], list[1]) = (setNodeCall(URL), setNodeCall(OTHER_URL));
        (list[2], list[3]) = (abi.encodeCall(IRegistry.getNode, (otherOperator)), hex"01");
        bytes memory reason = abi.encodeWithSelector(IRegistry.DomainTaken.selector, OTHER_URL, otherOperator);
        vm.recordLogs();
        vm.prank(operator);
        IBatches.Result[] memory results = registry.tryMulticall(list);
        vm.assertEq(
            abi.encode(results),
            abi.encode(expected(IBatches.Result(false, reason), IBatches.Result(true, abi.encode(OTHER_URL))))
        );
        vm.assertEq(registry.getNode(operator), URL);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 3, "the node, and two failures");
        vm.assertEq(logs[1].topics[0], IBatches.CallFailed.selector);
        vm.assertEq(logs[1].data, abi.encode(1, reason));
        vm.assertEq(logs[2].data, abi.encode(3, ""));
    }

    function expected(
        IBatches.Result memory second,
        IBatches.Result memory third
    ) private pure returns (IBatches.Result[] memory list) {
        list = new IBatches.Result[](4);
        (list[0].success, list[1], list[2]) = (true, second, third);
    }

    function testNoBatchInABatch() external {
        bytes[] memory none = new bytes[](0);
        bytes[2] memory nested = [
            abi.encodeCall(IBatches.multicall, (none)),
            abi.encodeCall(IBatches.tryMulticall, (none))
        ];
        for (uint256 i = 0; i < 2; ++i) {
            bytes[] memory list = items(setNodeCall(URL), nested[i]);
            bytes memory reason = abi.encodeWithSelector(IBatches.NestedBatch.selector, 1);
            refuses(operator, address(registry), abi.encodeCall(IBatches.multicall, (list)), reason);
            refuses(
                operator,
                address(permissions),
                abi.encodeCall(IBatches.multicall, (items(nested[i], ""))),
                abi.encodeWithSelector(IBatches.NestedBatch.selector, 0)
            );
            vm.expectEmit(address(registry));
            emit IRegistry.OperatorUpdate(operator, URL);
            vm.expectEmit(address(registry));
            emit IBatches.CallFailed(1, reason);
            vm.prank(operator);
            IBatches.Result[] memory results = registry.tryMulticall(list);
            vm.assertTrue(results[0].success && !results[1].success);
            vm.assertEq(results[1].result, reason);
        }
    }

    function testAnEmptyBatch() external {
        bytes[] memory none = new bytes[](0);
        vm.assertEq(registry.multicall(none).length + permissions.multicall(none).length, 0);
        vm.assertEq(registry.tryMulticall(none).length + permissions.tryMulticall(none).length, 0);
    }

    /// @dev A contract that burns all the gas it gets leaves enough for the others.
    function testRequestsOfManySigners() external {
        listNode(operator, URL);
        bytes[] memory list = new bytes[](4);
        address burner = address(new Signer());
        address[4] memory signers = [cpo, burner, emsp, stranger];
        for (uint256 i = 0; i < 4; ++i) {
            Request memory r = request(Kind.SetNode, signers[i]);
            r.url = string(abi.encodePacked("https://n", uint8(97 + i)));
            bytes memory signature = signers[i] == burner ? bytes("") : signatureOf(signers[i], digestOf(r));
            if (signers[i] == burner) Signer(burner).expect(Signer.Answer.Burn, digestOf(r), signature);
            if (signers[i] == stranger) signature[40] ^= 0x01;
            list[i] = callOf(r, signature);
        }
        vm.prank(spender);
        IBatches.Result[] memory results = registry.tryMulticall{gas: 1_200_000}(list);
        vm.assertTrue(results[0].success && results[2].success);
        vm.assertEq(results[1].result, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, burner));
        vm.assertEq(results[3].result, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, stranger));
        vm.assertEq(registry.getNodeOperators(), addresses(operator, cpo, emsp));
    }

    function testTheOwnerHandsOverAnIdInOneStep() external {
        listSome();
        Request memory r = request(Kind.SetParty, stranger);
        (r.countryCode, r.partyId) = ("DE", "CPO");
        bytes[] memory list = items(
            abi.encodeCall(IRegistry.adminDeleteParty, ("DE", "CPO")),
            callOf(r, signatureOf(stranger, digestOf(r)))
        );
        bytes memory data = abi.encodeCall(IBatches.multicall, (list));
        refuses(
            spender,
            address(registry),
            data,
            abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, spender)
        );
        callAs(owner, address(registry), data);
        vm.assertEq(registry.partyOf("DE", "CPO"), stranger);
    }

    function testNothingIsPayable() external {
        vm.deal(address(this), 1);
        bytes[] memory none = new bytes[](0);
        (bool success, ) = address(registry).call{value: 1}(abi.encodeCall(IBatches.multicall, (none)));
        vm.assertFalse(success);
        (success, ) = address(permissions).call{value: 1}(abi.encodeCall(IBatches.tryMulticall, (none)));
        vm.assertFalse(success);
    }
}
