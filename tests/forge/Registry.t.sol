// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {IImports} from "../../contracts/interfaces/IImports.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Fixture, IOwnedRegistry} from "./kit/Fixture.sol";
import {Vm} from "./kit/Vm.sol";

/// @dev The rules of the Registry, one by one: events, errors with arguments, and the order of checks.
contract RegistryTest is Fixture {
    function partyUpdate(
        bytes5 id,
        address party,
        bytes memory roles,
        bytes memory sender,
        bytes memory receiver,
        address operator_
    ) private {
        vm.expectEmit(address(registry));
        emit IRegistry.PartyUpdate(
            bytes2(id),
            bytes3(id << 16),
            party,
            u8s(roles),
            u8s(sender),
            u8s(receiver),
            operator_
        );
    }

    function operatorUpdate(address operator_, string memory url) private {
        vm.expectEmit(address(registry));
        emit IRegistry.OperatorUpdate(operator_, url);
    }

    function setPartyCall(bytes5 id, bytes memory roles, address operator_) private pure returns (bytes memory) {
        return abi.encodeCall(IRegistry.setParty, (bytes2(id), bytes3(id << 16), u8s(roles), operator_));
    }

    // --- nodes

    function testSetNode() external {
        operatorUpdate(operator, URL);
        listNode(operator, URL);
        vm.assertEq(registry.getNode(operator), URL);
        vm.assertEq(registry.getNodeOperators(), addresses(operator));
        operatorUpdate(operator, URL); // the same again
        listNode(operator, URL);
        operatorUpdate(operator, OTHER_URL); // another one
        listNode(operator, OTHER_URL);
        vm.assertEq(registry.getNode(operator), OTHER_URL);
        vm.assertEq(registry.nodeCount(), 1);
        listNode(otherOperator, URL); // the old URL is free
        refuses(
            otherOperator,
            address(registry),
            abi.encodeCall(IRegistry.setNode, (OTHER_URL)),
            abi.encodeWithSelector(IRegistry.DomainTaken.selector, OTHER_URL, operator)
        );
        refuses(
            operator,
            address(registry),
            abi.encodeCall(IRegistry.setNode, (URL)),
            abi.encodeWithSelector(IRegistry.DomainTaken.selector, URL, otherOperator)
        );
        vm.assertEq(registry.getNodeOperators(), addresses(operator, otherOperator));
    }

    function testAnUpdateKeepsItsPlace() external {
        listThreeNodes();
        listNode(otherOperator, "https://moved.example.org");
        vm.assertEq(registry.getNodeOperators(), addresses(operator, otherOperator, hub));
        vm.prank(operator);
        registry.deleteNode();
        vm.assertEq(registry.getNodeOperators(), addresses(hub, otherOperator));
        vm.prank(otherOperator);
        registry.deleteNode();
        vm.assertEq(registry.getNodeOperators(), addresses(hub));
        listNode(operator, "https://moved.example.org");
        vm.assertEq(registry.getNodeOperators(), addresses(hub, operator));
        vm.prank(hub);
        registry.deleteNode();
        vm.prank(operator);
        registry.deleteNode();
        vm.assertEq(registry.nodeCount(), 0);
    }

    function listThreeNodes() private {
        listNode(operator, URL);
        listNode(otherOperator, OTHER_URL);
        listNode(hub, "https://hub.example.org");
    }

    function testDeleteNode() external {
        bytes memory data = abi.encodeCall(IRegistry.deleteNode, ());
        bytes memory reason = abi.encodeWithSelector(IRegistry.NodeNotFound.selector, operator);
        refuses(operator, address(registry), data, reason);
        listSome();
        operatorUpdate(operator, "");
        vm.prank(operator);
        registry.deleteNode();
        refuses(operator, address(registry), data, reason);
        vm.assertEq(registry.getNode(operator), "");
        (address named, string memory domain) = registry.getOperatorByAddress(cpo);
        vm.assertEq(named, operator);
        vm.assertEq(domain, "");
        listNode(stranger, URL);
    }

    function testPagesOfNodes() external {
        listThreeNodes();
        IRegistry.Node[] memory all = registry.nodes(0, 3);
        vm.assertEq(all.length, 3);
        vm.assertEq(abi.encode(all[2]), abi.encode(IRegistry.Node(hub, "https://hub.example.org")));
        uint256 max = type(uint256).max;
        uint256[3][9] memory cases = [
            [uint256(0), 0, 0],
            [uint256(0), 2, 2],
            [uint256(0), max, 3],
            [uint256(1), 2, 2],
            [uint256(1), max, 2],
            [uint256(2), 9, 1],
            [uint256(3), 1, 0],
            [max, max, 0],
            [max, 1, 0]
        ];
        for (uint256 i = 0; i < cases.length; ++i) {
            IRegistry.Node[] memory page = registry.nodes(cases[i][0], cases[i][1]);
            vm.assertEq(page.length, cases[i][2], "size");
            for (uint256 j = 0; j < page.length; ++j) vm.assertEq(page[j].operator, all[cases[i][0] + j].operator);
        }
    }

    // --- parties

    function testSetParty() external {
        listNode(operator, URL);
        partyUpdate("DECPO", cpo, hex"000306", hex"", hex"", operator);
        listParty(cpo, "DECPO", hex"0603000603", operator);
        vm.assertEq(registry.partyOf("DE", "CPO"), cpo);
        vm.assertEq(registry.membershipOf(cpo), 1);
        partyUpdate("DECPO", cpo, hex"000306", hex"0206", hex"00", operator);
        vm.prank(cpo);
        registry.setPartyModules(u8s(hex"060206"), u8s(hex"00"));
        // The operator may have left: a party that stays with it needs no node.
        vm.prank(operator);
        registry.deleteNode();
        partyUpdate("DECPO", cpo, hex"05", hex"0206", hex"00", operator);
        listParty(cpo, "DECPO", hex"05", operator);
        vm.assertEq(registry.membershipOf(cpo), 1);
        partyUpdate("DECPO", cpo, hex"05", hex"", hex"03", operator);
        vm.prank(cpo);
        registry.setPartyModules(u8s(hex""), u8s(hex"03"));
        // A further id has its own modules and becomes the current one; the membership stays.
        listNode(otherOperator, OTHER_URL);
        partyUpdate("FRCPO", cpo, hex"01", hex"", hex"", otherOperator);
        listParty(cpo, "FRCPO", hex"01", otherOperator);
        vm.assertEq(registry.membershipOf(cpo), 1);
        vm.assertEq(registry.partyOf("DE", "CPO"), cpo);
        vm.assertEq(registry.getParties(), addresses(cpo));
        // The operator of the account's other ids does not matter.
        refuses(
            cpo,
            address(registry),
            setPartyCall("FRCPO", hex"01", operator),
            abi.encodeWithSelector(IRegistry.NodeNotFound.selector, operator)
        );
        listNode(operator, URL);
        partyUpdate("FRCPO", cpo, hex"01", hex"", hex"", operator);
        listParty(cpo, "FRCPO", hex"01", operator);
        listParty(emsp, "DEMSP", hex"01", operator);
        vm.assertEq(registry.membershipOf(emsp), 2);
    }

    function testSetPartyRefuses() external {
        listSome();
        bytes memory reason = abi.encodeWithSelector(IRegistry.PartyIdTaken.selector, bytes2("DE"), bytes3("CPO"), cpo);
        refuses(stranger, address(registry), setPartyCall("DECPO", hex"00", operator), reason);
        refuses(emsp, address(registry), setPartyCall("DECPO", hex"00", operator), reason);
        vm.assertEq(registry.partyOf("DE", "MSP"), emsp);
        reason = abi.encodeWithSelector(IRegistry.NodeNotFound.selector, stranger);
        refuses(emsp, address(registry), setPartyCall("DEMSP", hex"00", stranger), reason);
        reason = abi.encodeWithSelector(IRegistry.NodeNotFound.selector, address(0));
        refuses(stranger, address(registry), setPartyCall("DENEW", hex"00", address(0)), reason);
        reason = abi.encodeWithSelector(IRegistry.NoRoles.selector);
        refuses(stranger, address(registry), setPartyCall("DENEW", hex"", operator), reason);
        reason = abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 8, 8);
        refuses(stranger, address(registry), setPartyCall("DENEW", hex"0008", operator), reason);
        reason = abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 255, 8);
        refuses(stranger, address(registry), setPartyCall("DENEW", hex"ff", operator), reason);
        listParty(stranger, "DENEW", hex"0001020304050607", operator);
    }

    /// @dev A raw call can contain values above `uint8`: the error names them.
    function testItemsAbove255() external {
        listNode(operator, URL);
        uint256[] memory roles = new uint256[](1);
        roles[0] = 256;
        bytes memory data = abi.encodeWithSelector(
            IRegistry.setParty.selector,
            bytes2("DE"),
            bytes3("CPO"),
            roles,
            operator
        );
        refuses(cpo, address(registry), data, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 256, 8));
        listParty(cpo, "DECPO", hex"00", operator);
        data = abi.encodeWithSelector(IRegistry.setPartyModules.selector, new uint256[](0), roles);
        refuses(cpo, address(registry), data, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 256, 16));
    }

    function testEveryByteOfAnId() external {
        listNode(operator, URL);
        for (uint256 position = 0; position < 5; ++position) {
            for (uint256 value = 0; value < 256; ++value) {
                bytes memory text = "DEA0Z";
                text[position] = bytes1(uint8(value));
                bool letter = value >= 65 && value <= 90;
                bool ok = letter || (position > 1 && value >= 48 && value <= 57);
                bytes5 id = bytes5(text);
                bytes memory data = setPartyCall(id, hex"00", operator);
                if (ok) {
                    callAs(cpo, address(registry), data);
                    vm.assertEq(registry.partyOf(bytes2(id), bytes3(id << 16)), cpo);
                    removeParty(cpo, id);
                } else if (position < 2) {
                    bytes2 countryCode = bytes2(id);
                    refuses(
                        cpo,
                        address(registry),
                        data,
                        abi.encodeWithSelector(IRegistry.InvalidCountryCode.selector, countryCode)
                    );
                } else {
                    bytes3 partyId = bytes3(id << 16);
                    refuses(
                        cpo,
                        address(registry),
                        data,
                        abi.encodeWithSelector(IRegistry.InvalidPartyId.selector, partyId)
                    );
                }
            }
        }
    }

    function testSetPartyModulesRefuses() external {
        bytes memory data = abi.encodeCall(IRegistry.setPartyModules, (u8s(hex"01"), u8s(hex"02")));
        refuses(cpo, address(registry), data, abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, cpo));
        listSome();
        data = abi.encodeCall(IRegistry.setPartyModules, (u8s(hex"10"), u8s(hex"02")));
        refuses(cpo, address(registry), data, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 16, 16));
        data = abi.encodeCall(IRegistry.setPartyModules, (u8s(hex"0f"), u8s(hex"11")));
        refuses(cpo, address(registry), data, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 17, 16));
    }

    function testDeleteParty() external {
        listSome();
        listParty(hub, "DEHUB", hex"02", operator);
        partyUpdate("DECPO", cpo, hex"", hex"", hex"", address(0));
        vm.prank(cpo);
        registry.deleteParty();
        vm.assertEq(registry.getParties(), addresses(hub, emsp));
        vm.assertEq(registry.partyOf("DE", "CPO"), address(0));
        vm.assertEq(registry.membershipOf(cpo), 0);
        refuses(
            cpo,
            address(registry),
            abi.encodeCall(IRegistry.deleteParty, ()),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, cpo)
        );
        vm.prank(emsp);
        registry.deleteParty();
        vm.prank(hub);
        registry.deleteParty();
        vm.assertEq(registry.partyCount(), 0);
        listParty(cpo, "DECPO", hex"00", operator);
        vm.assertEq(registry.membershipOf(cpo), 4);
    }

    /// @dev More ids than fit in two slots of the list; each leaves in turn.
    function testLongListOfParties() external {
        listNode(operator, URL);
        for (uint256 start = 0; start < 14; ++start) {
            uint256 snapshot = vm.snapshotState();
            uint256 count = start + 1;
            address[] memory expected = new address[](count);
            for (uint256 i = 0; i < count; ++i) {
                expected[i] = address(uint160(1000 + i));
                listParty(expected[i], bytes5(abi.encodePacked("DEA", uint8(65 + i), "0")), hex"00", operator);
            }
            vm.assertEq(registry.getParties(), expected);
            while (count > 0) {
                uint256 at = (start * 7) % count;
                vm.prank(expected[at]);
                registry.deleteParty();
                expected[at] = expected[--count];
                assembly ("memory-safe") {
                    mstore(expected, count)
                }
                vm.assertEq(registry.getParties(), expected);
                vm.assertEq(registry.parties(0, 99).length, count);
            }
            vm.revertToState(snapshot);
        }
    }

    // --- absent

    function testAbsentEntriesReadAsZero() external view {
        vm.assertEq(registry.getNode(cpo), "");
        (address op, string memory domain) = registry.getOperatorByAddress(cpo);
        vm.assertEq(abi.encode(op, domain), abi.encode(address(0), ""));
        (op, domain) = registry.getOperatorByOcpi("DE", "CPO");
        vm.assertEq(abi.encode(op, domain), abi.encode(address(0), ""));
        vm.assertEq(registry.membershipOf(cpo), 0);
        (uint256 key, address controller) = registry.keyOf(cpo);
        vm.assertTrue(key == 0 && controller == cpo);
        vm.assertEq(registry.controllerOf(cpo), cpo);
        vm.assertEq(registry.partiesOf(cpo).length, 0);
        vm.assertEq(registry.reservationOf("DE", "CPO"), address(0));
        vm.assertEq(registry.nodeReservationOf(URL), address(0));
        vm.assertEq(registry.accountsOf(new uint256[](1)), addresses(address(0)));
        IRegistry.Party memory nobody;
        vm.assertEq(abi.encode(registry.party("DE", "CPO")), abi.encode(nobody));
        vm.assertEq(registry.partyOf("DE", "CPO"), address(0));
        vm.assertEq(registry.parties(0, 9).length + registry.nodes(0, 9).length + registry.getParties().length, 0);
        vm.assertEq(registry.importOpen() ? 1 : 0, 0);
        uint8[] memory none = new uint8[](0);
        (, bytes memory answer) = address(registry).staticcall(
            abi.encodeCall(IRegistry.getPartyDetailsByAddress, (cpo))
        );
        vm.assertEq(answer, abi.encode(bytes2(0), bytes3(0), none, none, none, address(0), ""));
        (, answer) = address(registry).staticcall(abi.encodeCall(IRegistry.getPartyDetailsByOcpi, ("DE", "CPO")));
        vm.assertEq(answer, abi.encode(address(0), none, none, none, address(0), ""));
    }

    function testListedEntriesAreReturned() external {
        listSome();
        vm.prank(cpo);
        registry.setPartyModules(u8s(hex"0102"), u8s(hex"0304"));
        (, bytes memory answer) = address(registry).staticcall(
            abi.encodeCall(IRegistry.getPartyDetailsByAddress, (cpo))
        );
        vm.assertEq(
            answer,
            abi.encode(bytes2("DE"), bytes3("CPO"), u8s(hex"0102"), u8s(hex"0304"), u8s(hex"00"), operator, URL)
        );
        (, answer) = address(registry).staticcall(abi.encodeCall(IRegistry.getPartyDetailsByOcpi, ("DE", "CPO")));
        vm.assertEq(answer, abi.encode(cpo, u8s(hex"00"), u8s(hex"0102"), u8s(hex"0304"), operator, URL));
        (address op, string memory domain) = registry.getOperatorByAddress(emsp);
        vm.assertEq(abi.encode(op, domain), abi.encode(operator, URL));
        (op, domain) = registry.getOperatorByOcpi("DE", "MSP");
        vm.assertEq(abi.encode(op, domain), abi.encode(operator, URL));
        vm.prank(emsp);
        registry.setPartyWebsite("DE", "MSP", OTHER_URL);
        IRegistry.Party[] memory page = registry.parties(1, 5);
        vm.assertEq(page.length, 1);
        uint8[] memory none = new uint8[](0);
        bytes memory expected = abi.encode(
            IRegistry.Party(emsp, "DE", "MSP", u8s(hex"01"), none, none, operator, URL, 2, true, OTHER_URL)
        );
        vm.assertEq(abi.encode(page[0]), expected);
        vm.assertEq(abi.encode(registry.party("DE", "MSP")), expected);
        vm.assertEq(abi.encode(registry.partiesOf(emsp)[0]), expected);
    }

    /// @dev A JVM node uses the roles and modules of version 1's views as array indexes.
    function testVersion1ViewsShowOnlyItsRolesAndModules() external {
        listNode(operator, URL);
        listParty(cpo, "DECPO", hex"0607", operator);
        partyUpdate("DECPO", cpo, hex"0607", hex"06070f", hex"0009", operator);
        vm.prank(cpo);
        registry.setPartyModules(u8s(hex"06070f"), u8s(hex"0009"));
        (, bytes memory answer) = address(registry).staticcall(
            abi.encodeCall(IRegistry.getPartyDetailsByAddress, (cpo))
        );
        bytes memory expected = abi.encode(
            bytes2("DE"),
            bytes3("CPO"),
            u8s(hex"06"),
            u8s(hex"00"),
            u8s(hex"06"),
            operator,
            URL
        );
        vm.assertEq(answer, expected);
        (, answer) = address(registry).staticcall(abi.encodeCall(IRegistry.getPartyDetailsByOcpi, ("DE", "CPO")));
        vm.assertEq(answer, abi.encode(cpo, u8s(hex"06"), u8s(hex"06"), u8s(hex"00"), operator, URL));
        eq(registry.party("DE", "CPO").roles, hex"0607", "roles");
        eq(registry.party("DE", "CPO").modulesSender, hex"06070f", "sender");
        eq(registry.party("DE", "CPO").modulesReceiver, hex"0009", "receiver");
    }

    /// @dev The entry of the zero address would be returned for everything that is absent.
    function testTheEntryOfTheZeroAddressIsNeverRead() external {
        vm.record();
        registry.nonces(cpo);
        (bytes32[] memory reads, ) = vm.accesses(address(registry));
        uint256 slot = 0;
        while (keccak256(abi.encode(cpo, slot)) != reads[0]) ++slot;
        vm.store(address(registry), keccak256(abi.encode(address(0), slot)), bytes32(type(uint256).max));
        (uint256 key, address controller) = registry.keyOf(address(0));
        vm.assertTrue(key == 0 && controller == address(0));
        vm.assertEq(registry.nonces(address(0)) + registry.membershipOf(address(0)), 0);
        vm.assertEq(registry.partiesOf(address(0)).length, 0);
        vm.assertEq(permissions.getUserAgreementsByOcpi("DE", "CPO"), addresses());
        uint256[] memory keys = new uint256[](1);
        keys[0] = type(uint64).max;
        vm.assertEq(registry.accountsOf(keys), addresses(address(0)));
        (address op, string memory domain) = registry.getOperatorByOcpi("DE", "CPO");
        vm.assertEq(abi.encode(op, domain), abi.encode(address(0), ""));
        uint8[] memory none = new uint8[](0);
        (, bytes memory answer) = address(registry).staticcall(
            abi.encodeCall(IRegistry.getPartyDetailsByOcpi, ("DE", "CPO"))
        );
        vm.assertEq(answer, abi.encode(address(0), none, none, none, address(0), ""));
        (, answer) = address(registry).staticcall(abi.encodeCall(IRegistry.getPartyDetailsByAddress, (address(0))));
        vm.assertEq(answer, abi.encode(bytes2(0), bytes3(0), none, none, none, address(0), ""));
    }

    /// @dev The zero address could not write an entry even if it could send.
    function testTheZeroAddressIsRefused() external {
        bytes memory reason = abi.encodeWithSelector(IRegistry.ZeroAddress.selector);
        refuses(address(0), address(registry), abi.encodeCall(IRegistry.setNode, (URL)), reason);
        listNode(operator, URL);
        refuses(address(0), address(registry), setPartyCall("DECPO", hex"00", operator), reason);
    }

    // --- owner

    function testOwnerDeletes() external {
        listSome();
        bytes memory deleteNode = abi.encodeCall(IRegistry.adminDeleteOperator, (operator));
        bytes memory deleteParty = abi.encodeCall(IRegistry.adminDeleteParty, ("DE", "CPO"));
        bytes memory reason = abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, operator);
        refuses(operator, address(registry), deleteNode, reason);
        refuses(operator, address(registry), deleteParty, reason);
        operatorUpdate(operator, "");
        callAs(owner, address(registry), deleteNode);
        refuses(
            owner,
            address(registry),
            deleteNode,
            abi.encodeWithSelector(IRegistry.NodeNotFound.selector, operator)
        );
        partyUpdate("DECPO", cpo, hex"", hex"", hex"", address(0));
        callAs(owner, address(registry), deleteParty);
        reason = abi.encodeWithSelector(IRegistry.PartyIdNotFound.selector, bytes2("DE"), bytes3("CPO"));
        refuses(owner, address(registry), deleteParty, reason);
    }

    function testOwnershipIsHandedOverInTwoSteps() external {
        vm.prank(owner);
        registry.transferOwnership(stranger);
        vm.assertEq(registry.owner(), owner);
        vm.prank(stranger);
        registry.acceptOwnership();
        vm.assertEq(registry.owner(), stranger);
        bytes memory data = abi.encodeCall(IOwnedRegistry.renounceOwnership, ());
        refuses(
            owner,
            address(registry),
            data,
            abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, owner)
        );
        callAs(stranger, address(registry), data);
        vm.assertEq(registry.owner(), address(0));
    }

    function testNoOwner() external {
        bytes memory code = vm.getCode(registryArtifact());
        bytes memory reason = abi.encodeWithSelector(IOwnedRegistry.OwnableInvalidOwner.selector, address(0));
        refusesCreation(bytes.concat(code, abi.encode(address(0), true)), reason);
    }

    // --- the import

    function nodeItem(address who, string memory url) private pure returns (IRegistry.Node[] memory items) {
        items = new IRegistry.Node[](1);
        items[0] = IRegistry.Node(who, url);
    }

    function partyItem(address who, bytes5 id) private view returns (IRegistry.PartyImport[] memory items) {
        items = new IRegistry.PartyImport[](1);
        items[0] = IRegistry.PartyImport(
            who,
            bytes2(id),
            bytes3(id << 16),
            u8s(hex"0200"),
            u8s(hex"0601"),
            u8s(hex"0503"),
            otherOperator,
            ""
        );
    }

    function importing() private {
        registry = deployRegistry(owner, true);
    }

    function testImportGate() external {
        vm.recordLogs();
        deployRegistry(owner, false);
        vm.assertEq(vm.getRecordedLogs().length, 1, "OwnershipTransferred");
        importing();
        vm.assertEq(vm.getRecordedLogs().length, 2, "OwnershipTransferred, ImportOpened");
        vm.assertTrue(registry.importOpen());
        bytes memory closed = abi.encodeWithSelector(IImports.ImportStillOpen.selector);
        refuses(operator, address(registry), abi.encodeCall(IRegistry.setNode, (URL)), closed);
        refuses(cpo, address(registry), setPartyCall("DECPO", hex"00", operator), closed);
        bytes memory modules = abi.encodeCall(IRegistry.setPartyModules, (u8s(hex""), u8s(hex"")));
        refuses(cpo, address(registry), modules, closed);
        modules = abi.encodeCall(IRegistry.setPartyModulesOf, ("DE", "CPO", u8s(hex""), u8s(hex"")));
        refuses(cpo, address(registry), modules, closed);
        refuses(cpo, address(registry), abi.encodeCall(IRegistry.setPartyWebsite, ("DE", "CPO", URL)), closed);
        IRegistry.Acceptance memory none;
        refuses(cpo, address(registry), abi.encodeCall(IRegistry.moveAccount, (emsp, none)), closed);
        refuses(cpo, address(registry), abi.encodeCall(IRegistry.setController, (address(0), none)), closed);
        refuses(cpo, address(registry), abi.encodeWithSignature("invalidateNonce(uint256)", 1), closed);
        refuses(owner, address(registry), abi.encodeCall(IRegistry.setNode, (URL)), closed);
        refuses(owner, address(registry), abi.encodeCall(IOwnedRegistry.renounceOwnership, ()), closed);
        bytes memory reason = abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, stranger);
        refuses(stranger, address(registry), abi.encodeCall(IOwnedRegistry.renounceOwnership, ()), reason);
        refuses(stranger, address(registry), abi.encodeCall(IImports.closeImport, ()), reason);
        refuses(stranger, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(operator, URL))), reason);
        refuses(
            stranger,
            address(registry),
            abi.encodeCall(IRegistry.importParties, (partyItem(cpo, "DECPO"))),
            reason
        );
        // Listed accounts can leave.
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(operator, URL))));
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (partyItem(cpo, "DECPO"))));
        vm.prank(operator);
        registry.deleteNode();
        vm.prank(cpo);
        registry.deleteParty();
        vm.expectEmit(address(registry));
        emit IImports.ImportClosed();
        callAs(owner, address(registry), abi.encodeCall(IImports.closeImport, ()));
        vm.assertFalse(registry.importOpen());
        reason = abi.encodeWithSelector(IImports.ImportNotOpen.selector);
        refuses(owner, address(registry), abi.encodeCall(IImports.closeImport, ()), reason);
        refuses(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(operator, URL))), reason);
        refuses(owner, address(registry), abi.encodeCall(IRegistry.importParties, (partyItem(cpo, "DECPO"))), reason);
        listNode(operator, URL);
        callAs(owner, address(registry), abi.encodeCall(IOwnedRegistry.renounceOwnership, ()));
    }

    function testAnImportThatWasNeverOpen() external {
        bytes memory reason = abi.encodeWithSelector(IImports.ImportNotOpen.selector);
        refuses(owner, address(registry), abi.encodeCall(IImports.closeImport, ()), reason);
        refuses(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(operator, URL))), reason);
    }

    function testImportNodes() external {
        importing();
        operatorUpdate(operator, URL);
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(operator, URL))));
        refusesNode(operator, OTHER_URL, abi.encodeWithSelector(IRegistry.NodeExists.selector, operator));
        refusesNode(operator, URL, abi.encodeWithSelector(IRegistry.NodeExists.selector, operator));
        refusesNode(stranger, URL, abi.encodeWithSelector(IRegistry.DomainTaken.selector, URL, operator));
        refusesNode(address(0), OTHER_URL, abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        refusesNode(stranger, "ftp://x", abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 0));
        // The lowest address that can be listed.
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(address(1), OTHER_URL))));
        IRegistry.PartyImport[] memory items = partyItem(cpo, "DECPO");
        items[0].operator = address(1);
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (items)));
        (, string memory domain) = registry.getOperatorByAddress(cpo);
        vm.assertEq(domain, OTHER_URL);
        importMany(100);
        vm.assertEq(registry.nodeCount(), 102);
        (bool success, bytes memory result) = address(this).call(abi.encodeCall(this.importMany, (101)));
        vm.assertFalse(success);
        vm.assertEq(result, abi.encodeWithSelector(IImports.BatchTooLarge.selector, 101, 100));
    }

    function importMany(uint256 count) public {
        IRegistry.Node[] memory items = new IRegistry.Node[](count);
        for (uint256 i = 0; i < count; ++i) {
            items[i] = IRegistry.Node(
                address(uint160(5000 + i)),
                string(abi.encodePacked("https://n", uint8(97 + i / 26), uint8(97 + (i % 26))))
            );
        }
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (items)));
    }

    function refusesNode(address who, string memory url, bytes memory reason) private {
        refuses(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(who, url))), reason);
    }

    function testImportParties() external {
        importing();
        partyUpdate("DECPO", cpo, hex"0002", hex"0106", hex"0305", otherOperator); // an operator without a node
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (partyItem(cpo, "DECPO"))));
        vm.assertEq(registry.membershipOf(cpo), 1);
        IRegistry.PartyImport[] memory items = partyItem(cpo, "DECPO");
        refusesParty(items, abi.encodeWithSelector(IRegistry.PartyIdTaken.selector, bytes2("DE"), bytes3("CPO"), cpo));
        items = partyItem(emsp, "DECPO");
        refusesParty(items, abi.encodeWithSelector(IRegistry.PartyIdTaken.selector, bytes2("DE"), bytes3("CPO"), cpo));
        items = partyItem(emsp, "DEMSP");
        items[0].operator = address(0);
        refusesParty(items, abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        refusesParty(partyItem(address(0), "DEMSP"), abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        items = partyItem(emsp, "deMSP");
        refusesParty(items, abi.encodeWithSelector(IRegistry.InvalidCountryCode.selector, bytes2("de")));
        items = partyItem(emsp, "DE-SP");
        refusesParty(items, abi.encodeWithSelector(IRegistry.InvalidPartyId.selector, bytes3("-SP")));
        items = partyItem(emsp, "DEMSP");
        items[0].roles = u8s(hex"");
        refusesParty(items, abi.encodeWithSelector(IRegistry.NoRoles.selector));
        items[0].roles = u8s(hex"08");
        refusesParty(items, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 8, 8));
        items = partyItem(emsp, "DEMSP");
        items[0].modulesSender = u8s(hex"10");
        refusesParty(items, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 16, 16));
        items = partyItem(emsp, "DEMSP");
        items[0].modulesReceiver = u8s(hex"11");
        refusesParty(items, abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 17, 16));
        items = partyItem(emsp, "DEMSP");
        items[0].website = "www.example.org";
        refusesParty(items, abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 0));
        items = new IRegistry.PartyImport[](101);
        refusesParty(items, abi.encodeWithSelector(IImports.BatchTooLarge.selector, 101, 100));
        // Two in one call, and an operator that runs a node.
        items = new IRegistry.PartyImport[](2);
        (items[0], items[1]) = (partyItem(emsp, "DEMSP")[0], partyItem(hub, "DEHUB")[0]);
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (items)));
        vm.assertEq(registry.getParties(), addresses(cpo, emsp, hub));
        vm.assertEq(registry.membershipOf(hub), 3);
        items = new IRegistry.PartyImport[](100);
        for (uint256 i = 0; i < 100; ++i) {
            bytes5 id = bytes5(abi.encodePacked("NL", uint8(65 + i / 26), uint8(65 + (i % 26)), "X"));
            items[i] = partyItem(address(uint160(5000 + i)), id)[0];
        }
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (items)));
        vm.assertEq(registry.partyCount(), 103);
    }

    /// @dev Several ids of one account, the last of which becomes current; the account's own node; a website.
    function testImportSeveralIdsOfAnAccount() external {
        importing();
        IRegistry.PartyImport[] memory items = new IRegistry.PartyImport[](3);
        (items[0], items[1]) = (partyItem(cpo, "DECPO")[0], partyItem(cpo, "FRCPO")[0]);
        items[2] = partyItem(emsp, "DEMSP")[0];
        items[1].operator = cpo;
        items[1].website = OTHER_URL;
        vm.recordLogs();
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (items)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 4);
        vm.assertEq(logs[2].topics[0], IRegistry.PartyWebsite.selector);
        vm.assertEq(logs[2].topics[1], bytes32(uint256(uint160(cpo))));
        vm.assertEq(logs[2].data, abi.encode(bytes2("FR"), bytes3("CPO"), OTHER_URL));
        IRegistry.Party[] memory own = registry.partiesOf(cpo);
        vm.assertEq(own.length, 2);
        vm.assertEq(own[0].website, OTHER_URL);
        vm.assertEq(own[0].operator, cpo);
        vm.assertTrue(own[0].current && !own[1].current && own[1].countryCode == "DE");
        vm.assertEq(own[1].website, "");
        vm.assertEq(registry.membershipOf(emsp), 2);
        // An operator without a node already has a number from the parties that name it, and lists its node under it.
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(cpo, URL))));
        vm.assertEq(registry.party("FR", "CPO").operatorDomain, URL);
        vm.assertEq(registry.party("DE", "CPO").operator, otherOperator);
        vm.assertEq(registry.party("DE", "CPO").operatorDomain, "");
        callAs(owner, address(registry), abi.encodeCall(IImports.closeImport, ()));
        listNode(otherOperator, OTHER_URL);
        vm.assertEq(registry.party("DE", "MSP").operatorDomain, OTHER_URL);
    }

    function testAnImportKeepsReservations() external {
        importing();
        vm.prank(owner);
        registry.adminReserveParty("DE", "CPO", emsp);
        vm.prank(owner);
        registry.adminReserveNode(URL, otherOperator);
        bytes memory reason = abi.encodeWithSelector(
            IRegistry.PartyIdReserved.selector,
            bytes2("DE"),
            bytes3("CPO"),
            emsp
        );
        refusesParty(partyItem(cpo, "DECPO"), reason);
        refusesNode(operator, URL, abi.encodeWithSelector(IRegistry.DomainReserved.selector, URL, otherOperator));
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importParties, (partyItem(emsp, "DECPO"))));
        callAs(owner, address(registry), abi.encodeCall(IRegistry.importNodes, (nodeItem(otherOperator, URL))));
        vm.assertEq(registry.party("DE", "CPO").operatorDomain, URL);
    }

    function refusesParty(IRegistry.PartyImport[] memory items, bytes memory reason) private {
        refuses(owner, address(registry), abi.encodeCall(IRegistry.importParties, (items)), reason);
    }
}
