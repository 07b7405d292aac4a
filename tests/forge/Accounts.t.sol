// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {IPermissions} from "../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../contracts/interfaces/ISignedRequests.sol";
import {Requests} from "./kit/Requests.sol";
import {Signer} from "./kit/Signers.sol";
import {Vm} from "./kit/Vm.sol";

/// @dev Further features of accounts: several ids, websites, moves, controllers; and reservations by the owner.
contract AccountsTest is Requests {
    address private thief = account("thief");
    address private otherThief = account("other thief");

    function setUp() public override {
        super.setUp();
        listSome();
    }

    function refused(address sender, bytes memory data, bytes memory reason) private {
        refuses(sender, address(registry), data, reason);
    }

    function notController(address who, address controller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISignedRequests.NotController.selector, who, controller);
    }

    function idsOf(address who) private view returns (bytes memory ids) {
        IRegistry.Party[] memory list = registry.partiesOf(who);
        for (uint256 i = 0; i < list.length; ++i) ids = bytes.concat(ids, list[i].countryCode, list[i].partyId, " ");
    }

    function setModulesOf(address who, bytes5 id) private {
        vm.prank(who);
        registry.setPartyModulesOf(bytes2(id), bytes3(id << 16), u8s(hex"01"), u8s(hex"02"));
    }

    /// @dev The id of a {IRegistry-PartyUpdate}, and whether it is a deletion.
    function updateIn(Vm.Log memory log) private pure returns (bytes5 id, bool deleted) {
        vm.assertEq(log.topics[0], IRegistry.PartyUpdate.selector, "no PartyUpdate");
        (bytes2 countryCode, bytes3 partyId, , , ) = abi.decode(log.data, (bytes2, bytes3, uint8[], uint8[], uint8[]));
        return (bytes5(bytes.concat(countryCode, partyId)), log.topics[2] == 0);
    }

    // --- several ids

    function testOrderOfIds() external {
        listParty(cpo, "DEAAA", hex"00", operator);
        listParty(cpo, "DEBBB", hex"00", operator);
        listParty(cpo, "DECCC", hex"00", operator);
        vm.assertEq(idsOf(cpo), "DECCC DECPO DEAAA DEBBB ");
        setModulesOf(cpo, "DECPO");
        vm.assertEq(idsOf(cpo), "DECPO DECCC DEAAA DEBBB ", "the former current id takes its place");
        listParty(cpo, "DEBBB", hex"01", operator);
        vm.assertEq(idsOf(cpo), "DEBBB DECCC DEAAA DECPO ");
        listParty(cpo, "DEBBB", hex"02", operator);
        vm.assertEq(idsOf(cpo), "DEBBB DECCC DEAAA DECPO ");
        vm.prank(cpo);
        registry.setPartyWebsite("DE", "AAA", URL);
        vm.assertEq(idsOf(cpo), "DEBBB DECCC DEAAA DECPO ", "a website makes nothing current");
        removeParty(cpo, "DECCC");
        vm.assertEq(idsOf(cpo), "DEBBB DECPO DEAAA ", "the last into the hole");
        removeParty(cpo, "DEAAA");
        vm.assertEq(idsOf(cpo), "DEBBB DECPO ");
        vm.assertEq(registry.getParties(), addresses(emsp, cpo));
    }

    function testWhenTheCurrentIdGoesTheLastOfTheOthersIsCurrent() external {
        listParty(cpo, "DEAAA", hex"00", operator);
        listParty(cpo, "DEBBB", hex"03", operator);
        vm.recordLogs();
        removeParty(cpo, "DEBBB");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 2);
        (bytes5 id, bool deleted) = updateIn(logs[0]);
        vm.assertTrue(id == "DEBBB" && deleted);
        (id, deleted) = updateIn(logs[1]);
        vm.assertTrue(id == "DEAAA" && !deleted);
        vm.assertEq(idsOf(cpo), "DEAAA DECPO ");
        removeParty(cpo, "DECPO");
        vm.assertEq(vm.getRecordedLogs().length, 1, "another id went");
        (bytes2 countryCode, bytes3 partyId, , , , , ) = registry.getPartyDetailsByAddress(cpo);
        vm.assertTrue(countryCode == "DE" && partyId == "AAA");
        vm.assertEq(registry.membershipOf(cpo), 1);
    }

    function testTheOnlyId() external {
        listParty(cpo, "DEAAA", hex"00", operator);
        bytes memory data = abi.encodeCall(IRegistry.deleteParty, ());
        refused(cpo, data, abi.encodeWithSelector(IRegistry.SeveralIds.selector, cpo, 2));
        removeParty(cpo, "DEAAA");
        callAs(cpo, address(registry), data);
        vm.assertEq(registry.membershipOf(cpo), 0);
    }

    function testAnIdOfAnotherAccountIsRefused() external {
        bytes[3] memory calls = [
            abi.encodeCall(IRegistry.setPartyModulesOf, ("DE", "CPO", u8s(hex""), u8s(hex""))),
            abi.encodeCall(IRegistry.setPartyWebsite, ("DE", "CPO", URL)),
            abi.encodeCall(IRegistry.deletePartyOf, ("DE", "CPO"))
        ];
        bytes memory taken = abi.encodeWithSelector(IRegistry.PartyIdTaken.selector, bytes2("DE"), bytes3("CPO"), cpo);
        bytes memory none = abi.encodeWithSelector(IRegistry.PartyIdNotFound.selector, bytes2("DE"), bytes3("CPO"));
        for (uint256 i = 0; i < 3; ++i) refused(emsp, calls[i], taken);
        for (uint256 i = 0; i < 3; ++i) refused(stranger, calls[i], taken);
        removeParty(cpo, "DECPO");
        for (uint256 i = 0; i < 3; ++i) refused(cpo, calls[i], none);
        vm.prank(owner);
        registry.adminReserveParty("DE", "CPO", cpo);
        for (uint256 i = 0; i < 3; ++i) refused(cpo, calls[i], none);
        bytes memory deleteIt = abi.encodeCall(IRegistry.adminDeleteParty, ("DE", "CPO"));
        refused(owner, deleteIt, none);
    }

    function manyIds(address who, uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            listParty(
                who,
                bytes5(abi.encodePacked("NLA", uint8(65 + i / 26), uint8(65 + (i % 26)))),
                hex"00",
                operator
            );
        }
    }

    function testThe65thIdIsRefused() external {
        manyIds(cpo, 63);
        vm.assertEq(registry.partiesOf(cpo).length, 64);
        bytes memory data = abi.encodeCall(IRegistry.setParty, ("FR", "CPO", u8s(hex"00"), operator));
        refused(cpo, data, abi.encodeWithSelector(IRegistry.TooManyIds.selector, cpo, 64));
        listParty(cpo, "DECPO", hex"01", operator);
        vm.assertEq(registry.partiesOf(cpo)[0].partyId, bytes3("CPO"));
        removeParty(cpo, "NLAAA");
        callAs(cpo, address(registry), data);
        vm.assertEq(registry.partiesOf(cpo).length, 64);
        while (registry.membershipOf(cpo) != 0) {
            IRegistry.Party[] memory left = registry.partiesOf(cpo);
            IRegistry.Party memory one = left[(left.length * 7) / 11];
            vm.prank(cpo);
            registry.deletePartyOf(one.countryCode, one.partyId);
            vm.assertEq(registry.partiesOf(cpo).length, left.length - 1);
        }
        vm.assertEq(registry.getParties(), addresses(emsp));
    }

    // --- websites

    function testWebsite() external {
        vm.expectEmit(address(registry));
        emit IRegistry.PartyWebsite("DE", "CPO", cpo, OTHER_URL);
        vm.prank(cpo);
        registry.setPartyWebsite("DE", "CPO", OTHER_URL);
        vm.assertEq(registry.party("DE", "CPO").website, OTHER_URL);
        listParty(cpo, "DECPO", hex"05", operator);
        setModulesOf(cpo, "DECPO");
        vm.assertEq(registry.party("DE", "CPO").website, OTHER_URL, "updates keep it");
        bytes memory data = abi.encodeCall(IRegistry.setPartyWebsite, ("DE", "CPO", "example.org"));
        refused(cpo, data, abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 0));
        vm.expectEmit(address(registry));
        emit IRegistry.PartyWebsite("DE", "CPO", cpo, "");
        vm.prank(cpo);
        registry.setPartyWebsite("DE", "CPO", "");
        vm.assertEq(registry.party("DE", "CPO").website, "");
        vm.prank(cpo);
        registry.setPartyWebsite("DE", "CPO", OTHER_URL);
        removeParty(cpo, "DECPO");
        listParty(stranger, "DECPO", hex"05", operator);
        vm.assertEq(registry.party("DE", "CPO").website, "", "it goes with the id");
    }

    // --- reservations

    function reserve(bytes5 id, address holder) private {
        vm.prank(owner);
        registry.adminReserveParty(bytes2(id), bytes3(id << 16), holder);
    }

    function testReserveParty() external {
        bytes memory data = abi.encodeCall(IRegistry.adminReserveParty, ("DE", "CPO", hub));
        refused(hub, data, abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", hub));
        listParty(cpo, "DEAAA", hex"00", operator);
        listParty(cpo, "DECPO", hex"00", operator);
        vm.recordLogs();
        reserve("DECPO", hub);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 3);
        (bytes5 id, bool deleted) = updateIn(logs[0]);
        vm.assertTrue(id == "DECPO" && deleted);
        (id, deleted) = updateIn(logs[1]);
        vm.assertTrue(id == "DEAAA" && !deleted);
        vm.assertEq(logs[2].topics[0], IRegistry.PartyReserved.selector);
        vm.assertEq(logs[2].topics[1], bytes32(uint256(uint160(hub))));
        vm.assertEq(logs[2].data, abi.encode(bytes2("DE"), bytes3("CPO")));
        vm.assertEq(registry.reservationOf("DE", "CPO"), hub);
        vm.assertEq(registry.partyOf("DE", "CPO"), address(0));
        IRegistry.Party memory nobody;
        vm.assertEq(abi.encode(registry.party("DE", "CPO")), abi.encode(nobody));
        (address named, ) = registry.getOperatorByOcpi("DE", "CPO");
        vm.assertEq(named, address(0));
        data = abi.encodeCall(IRegistry.setParty, ("DE", "CPO", u8s(hex"00"), operator));
        bytes memory reason = abi.encodeWithSelector(
            IRegistry.PartyIdReserved.selector,
            bytes2("DE"),
            bytes3("CPO"),
            hub
        );
        refused(cpo, data, reason);
        refused(stranger, data, reason);
        callAs(hub, address(registry), data);
        vm.assertEq(registry.reservationOf("DE", "CPO"), address(0), "used up");
        // The holder keeps it, and nothing is emitted.
        vm.recordLogs();
        reserve("DECPO", hub);
        reserve("DECPO", address(0));
        noLogs();
        vm.assertEq(registry.partyOf("DE", "CPO"), hub);
        removeParty(hub, "DECPO");
        callAs(stranger, address(registry), data);
    }

    function testLiftAReservation() external {
        vm.recordLogs();
        reserve("FRCPO", address(0));
        noLogs();
        reserve("FRCPO", hub);
        vm.getRecordedLogs();
        reserve("FRCPO", hub);
        noLogs();
        vm.expectEmit(address(registry));
        emit IRegistry.PartyReserved("FR", "CPO", stranger);
        reserve("FRCPO", stranger);
        vm.assertEq(registry.reservationOf("FR", "CPO"), stranger);
        vm.expectEmit(address(registry));
        emit IRegistry.PartyReserved("FR", "CPO", address(0));
        reserve("FRCPO", address(0));
        vm.assertEq(registry.reservationOf("FR", "CPO"), address(0));
        listParty(emsp, "FRCPO", hex"00", operator);
        bytes memory data = abi.encodeCall(IRegistry.adminReserveParty, ("fr", "CPO", hub));
        refused(owner, data, abi.encodeWithSelector(IRegistry.InvalidCountryCode.selector, bytes2("fr")));
        data = abi.encodeCall(IRegistry.adminReserveParty, ("FR", "CP.", hub));
        refused(owner, data, abi.encodeWithSelector(IRegistry.InvalidPartyId.selector, bytes3("CP.")));
    }

    function testReserveNode() external {
        bytes memory data = abi.encodeCall(IRegistry.adminReserveNode, (URL, hub));
        refused(hub, data, abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", hub));
        vm.expectEmit(address(registry));
        emit IRegistry.OperatorUpdate(operator, "");
        vm.expectEmit(address(registry));
        emit IRegistry.NodeReserved(URL, hub);
        callAs(owner, address(registry), data);
        vm.assertEq(registry.nodeReservationOf(URL), hub);
        vm.assertEq(registry.nodeCount(), 0);
        bytes memory setNode = abi.encodeCall(IRegistry.setNode, (URL));
        refused(operator, setNode, abi.encodeWithSelector(IRegistry.DomainReserved.selector, URL, hub));
        vm.recordLogs();
        callAs(owner, address(registry), data);
        noLogs();
        listNode(hub, OTHER_URL);
        callAs(hub, address(registry), setNode);
        vm.assertEq(registry.getNode(hub), URL, "a change of URL to the reserved one");
        vm.assertEq(registry.nodeReservationOf(URL), address(0));
        vm.getRecordedLogs();
        callAs(owner, address(registry), data);
        callAs(owner, address(registry), abi.encodeCall(IRegistry.adminReserveNode, (URL, address(0))));
        noLogs();
        vm.assertEq(registry.getNode(hub), URL);
        data = abi.encodeCall(IRegistry.adminReserveNode, (OTHER_URL, hub));
        callAs(owner, address(registry), data);
        vm.expectEmit(address(registry));
        emit IRegistry.NodeReserved(OTHER_URL, address(0));
        callAs(owner, address(registry), abi.encodeCall(IRegistry.adminReserveNode, (OTHER_URL, address(0))));
        listNode(operator, OTHER_URL);
        data = abi.encodeCall(IRegistry.adminReserveNode, ("ftp://x", hub));
        refused(owner, data, abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 0));
    }

    /// @dev Whatever a thief of an id does before, between and after the owner's reservation and the rightful holder's
    /// claim, in any order: the rightful holder has the id in the end.
    function testTheRescueOfAnIdWinsInEveryOrder() external {
        removeParty(cpo, "DECPO");
        listParty(thief, "DECPO", hex"00", operator);
        listParty(thief, "FRCPO", hex"00", operator);
        uint256 orders = inEveryOrder(0, 0, 0);
        vm.assertEq(orders, 360);
    }

    /// @dev Tries every order of the thief's actions that are not `done`, after the first `rescued` of the two rescue steps.
    function inEveryOrder(uint256 done, uint256 deeds, uint256 rescued) private returns (uint256 orders) {
        if (deeds == 4 && rescued == 2) {
            vm.assertEq(registry.partyOf("DE", "CPO"), cpo, "the thief has it");
            return 1;
        }
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            if (done & (1 << i) != 0) continue;
            steal(i);
            orders += inEveryOrder(done | (1 << i), deeds + 1, rescued);
            vm.revertToState(snapshot);
        }
        if (rescued < 2) {
            if (rescued == 0) reserve("DECPO", cpo);
            else listParty(cpo, "DECPO", hex"00", operator);
            orders += inEveryOrder(done, deeds, rescued + 1);
            vm.revertToState(snapshot);
        }
    }

    /// @dev Each is tried and may be rejected.
    function steal(uint256 deed) private {
        bytes memory claim = abi.encodeCall(IRegistry.setParty, ("DE", "CPO", u8s(hex"01"), operator));
        if (deed == 0) tryAs(thief, address(registry), abi.encodeCall(IRegistry.deletePartyOf, ("DE", "CPO")));
        if (deed == 1) tryAs(otherThief, address(registry), claim);
        if (deed == 2) tryAs(thief, address(registry), claim);
        if (deed == 3) {
            IRegistry.Acceptance memory acceptance = accept("AcceptAccount", newKey, thief);
            tryAs(thief, address(registry), abi.encodeCall(IRegistry.moveAccount, (newKey, acceptance)));
        }
    }

    // --- moves

    function move(address from, address to) private {
        IRegistry.Acceptance memory acceptance = accept("AcceptAccount", to, from);
        vm.prank(from);
        registry.moveAccount(to, acceptance);
    }

    function refusesMove(address from, address to, bytes memory reason) private {
        IRegistry.Acceptance memory acceptance = accept("AcceptAccount", to, from);
        refused(from, abi.encodeCall(IRegistry.moveAccount, (to, acceptance)), reason);
    }

    /// @dev Attached parties, users and providers need not do anything.
    function testAMoveTakesEverythingAlong() external {
        listNode(cpo, OTHER_URL);
        listParty(cpo, "DEAAA", hex"00", operator);
        listParty(cpo, "DEBBB", hex"0007", cpo);
        setModulesOf(cpo, "DEAAA");
        vm.prank(cpo);
        registry.setPartyWebsite("DE", "CPO", URL);
        listParty(emsp, "DEMSP", hex"01", cpo);
        listService(cpo, hex"05");
        listService(emsp, hex"06");
        vm.prank(emsp);
        permissions.createAgreement(cpo);
        vm.prank(cpo);
        permissions.createAgreement(emsp);
        IRegistry.Party[] memory before = registry.parties(0, 9);
        IRegistry.Acceptance memory acceptance = accept("AcceptAccount", newKey, cpo);

        vm.expectEmit(address(registry));
        emit IRegistry.AccountMoved(cpo, newKey);
        vm.expectEmit(address(registry));
        emit IRegistry.OperatorUpdate(cpo, "");
        vm.expectEmit(address(registry));
        emit IRegistry.OperatorUpdate(newKey, OTHER_URL);
        bytes3[3] memory ids = [bytes3("CPO"), "BBB", "AAA"];
        for (uint256 i = 0; i < 3; ++i) {
            bool second = i == 1;
            vm.expectEmit(address(registry));
            emit IRegistry.PartyUpdate(
                "DE",
                ids[i],
                newKey,
                u8s(second ? bytes(hex"0007") : bytes(hex"00")),
                u8s(i == 2 ? bytes(hex"01") : bytes("")),
                u8s(i == 2 ? bytes(hex"02") : bytes("")),
                second ? newKey : operator
            );
        }
        vm.recordLogs();
        vm.prank(cpo);
        registry.moveAccount(newKey, acceptance);
        vm.assertEq(vm.getRecordedLogs().length, 6);

        IRegistry.Party[] memory after_ = registry.parties(0, 9);
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i].party == cpo) before[i].party = newKey;
            if (before[i].operator == cpo) before[i].operator = newKey;
        }
        vm.assertEq(abi.encode(after_), abi.encode(before));
        vm.assertEq(idsOf(newKey), "DEAAA DECPO DEBBB ");
        vm.assertEq(registry.getNode(newKey), OTHER_URL);
        vm.assertEq(registry.getNode(cpo), "");
        vm.assertEq(registry.getNodeOperators(), addresses(operator, newKey));
        vm.assertEq(registry.membershipOf(cpo), 0);
        vm.assertEq(permissions.getProviders(), addresses(newKey, emsp));
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(newKey));
        vm.assertEq(permissions.getUserAgreementsByAddress(newKey), addresses(emsp));
        vm.assertTrue(permissions.hasUserAgreementByOcpi("DE", "MSP", newKey));
        vm.assertFalse(permissions.hasUserAgreementByOcpi("DE", "MSP", cpo));
        // The new account goes on from there.
        vm.prank(emsp);
        permissions.revokeAgreement(newKey);
        listParty(newKey, "DECCC", hex"00", newKey);
        listNode(newKey, "https://new.example.org");
        vm.assertEq(registry.party("DE", "MSP").operatorDomain, "https://new.example.org");
    }

    function testAMoveOfANodeThatIsOffTheList() external {
        vm.prank(operator);
        registry.deleteNode();
        vm.recordLogs();
        move(operator, newKey);
        vm.assertEq(vm.getRecordedLogs().length, 1, "AccountMoved");
        vm.assertEq(registry.party("DE", "CPO").operator, newKey);
        vm.assertEq(registry.party("DE", "CPO").operatorDomain, "");
        listNode(newKey, URL);
        vm.assertEq(registry.party("DE", "CPO").operatorDomain, URL);
        // Attached parties name the operator by its new key.
        bytes memory data = abi.encodeCall(IRegistry.setParty, ("DE", "CPO", u8s(hex"00"), operator));
        refused(cpo, data, abi.encodeWithSelector(IRegistry.NodeNotFound.selector, operator));
        listParty(cpo, "DECPO", hex"00", newKey);
    }

    /// @dev Services and agreements are found by founding ids, or by heirs if these ids are gone.
    function testAMoveWithoutTheFoundingId() external {
        listService(cpo, hex"05");
        listParty(cpo, "FRCPO", hex"00", operator);
        removeParty(cpo, "DECPO");
        listParty(hub, "DECPO", hex"00", operator);
        move(cpo, newKey);
        vm.assertEq(permissions.getProviders(), addresses(newKey));
        move(hub, stranger);
        vm.assertEq(permissions.getProviders(), addresses(newKey));
        vm.prank(newKey);
        registry.deleteParty();
        vm.assertEq(permissions.getProviders(), addresses());
        listParty(newKey, "FRCPO", hex"00", operator);
        listService(newKey, hex"05");
        vm.assertEq(permissions.getProviders(), addresses(newKey));
    }

    function testOnlyAnUnusedAccountTakesOver() external {
        bytes4 inUse = IRegistry.AccountInUse.selector;
        bytes memory nothing = abi.encodeWithSelector(IRegistry.AccountNotFound.selector, stranger);
        refusesMove(stranger, newKey, nothing);
        refusesMove(stranger, stranger, nothing);
        refusesMove(cpo, emsp, abi.encodeWithSelector(inUse, emsp));
        refusesMove(cpo, operator, abi.encodeWithSelector(inUse, operator));
        vm.prank(operator);
        registry.deleteNode();
        refusesMove(cpo, operator, abi.encodeWithSelector(inUse, operator)); // it has a node number
        bytes memory data = abi.encodeCall(IRegistry.moveAccount, (cpo, noAcceptance()));
        refused(cpo, data, abi.encodeWithSelector(inUse, cpo));
        data = abi.encodeCall(IRegistry.moveAccount, (address(0), noAcceptance()));
        refused(cpo, data, abi.encodeWithSelector(IRegistry.ZeroAddress.selector));
        name(hub, cold);
        refusesMove(cpo, hub, abi.encodeWithSelector(inUse, hub)); // it has a controller
        move(cpo, newKey);
        refusesMove(emsp, cpo, abi.encodeWithSelector(inUse, cpo)); // it is retired
        refusesMove(cpo, stranger, abi.encodeWithSelector(IRegistry.AccountNotFound.selector, cpo));
        // An account that has used nonces or controls another account still counts as unused.
        vm.prank(stranger);
        registry.invalidateNonce(7);
        move(newKey, stranger);
        move(emsp, cold);
        vm.assertEq(registry.partyOf("DE", "MSP"), cold);
    }

    function testARetiredAccountIsRetiredForGood() external {
        listNode(cpo, OTHER_URL);
        move(cpo, newKey);
        listNode(operator, "https://elsewhere.example.org");
        bytes memory reason = abi.encodeWithSelector(IRegistry.AccountRetired.selector, cpo);
        refused(cpo, abi.encodeCall(IRegistry.setNode, (URL)), reason);
        bytes memory data = abi.encodeCall(IRegistry.setParty, ("FR", "CPO", u8s(hex"00"), operator));
        refused(cpo, data, reason);
        reserve("FRCPO", cpo);
        refused(cpo, data, reason);
        // It can only name a controller, which is all that it can move.
        name(cpo, cold);
        Request memory r = request(Kind.MoveAccount, cpo);
        r.other = stranger;
        send(r, signatureOf(cold, digestOf(r)));
        vm.assertEq(registry.controllerOf(stranger), cold);
        name(stranger, address(0), cold);
        listNode(stranger, URL);
        refused(cpo, abi.encodeCall(IRegistry.setNode, (OTHER_URL)), reason);
    }

    function testAcceptance() external {
        IRegistry.Acceptance memory good = accept("AcceptAccount", newKey, cpo);
        IRegistry.Acceptance memory bad = accept("AcceptAccount", newKey, cpo);
        bad.deadline = NOW - 1;
        refusesAcceptance(bad, abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, NOW - 1));
        bad.nonce = 1;
        refusesAcceptance(bad, abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, NOW - 1));
        bad.deadline = good.deadline;
        refusesAcceptance(bad, abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, newKey, 0));
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, newKey);
        bad.nonce = 0;
        bad.deadline += 1;
        refusesAcceptance(bad, reason);
        refusesAcceptance(accept("AcceptAccount", newKey, emsp), reason); // for another account
        refusesAcceptance(accept("AcceptController", newKey, cpo), reason); // to something else
        refusesAcceptance(accept("AcceptAccount", stranger, cpo), reason); // by another
        refusesAcceptance(noAcceptance(), abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, 0));
        vm.prank(cpo);
        registry.moveAccount(newKey, good);
        vm.assertEq(registry.nonces(newKey), (1 << 32) | 1);
        // Only once, even if the account has something to move again.
        name(cpo, cold);
        Request memory r = request(Kind.MoveAccount, cpo);
        bytes memory signature = signatureOf(cold, digestOf(r));
        refused(
            spender,
            abi.encodeCall(IRegistry.moveAccountRaw, (cpo, newKey, r.nonce, r.deadline, signature, good)),
            abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, newKey, (1 << 32) | 1)
        );
    }

    function refusesAcceptance(IRegistry.Acceptance memory acceptance, bytes memory reason) private {
        refused(cpo, abi.encodeCall(IRegistry.moveAccount, (newKey, acceptance)), reason);
    }

    /// @dev Sending the move is an acceptance.
    function testTheNewAccountAsTheSender() external {
        Request memory r = request(Kind.MoveAccount, cpo);
        bytes memory signature = signatureOf(cpo, digestOf(r));
        bytes memory data = abi.encodeCall(
            IRegistry.moveAccountRaw,
            (cpo, newKey, r.nonce, r.deadline, signature, noAcceptance())
        );
        refused(spender, data, abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, 0));
        callAs(newKey, address(registry), data);
        vm.assertEq(registry.partyOf("DE", "CPO"), newKey);
        vm.assertEq(registry.nonces(newKey), 1 << 32, "the count stays");
        vm.assertEq(registry.nonces(cpo), 1);
    }

    /// @dev A contract can accept an account by ERC-1271.
    function testAContractAsTheNewAccount() external {
        address safe = address(new Signer());
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("AcceptAccount(address newAccount,address account,uint256 nonce,uint256 deadline)"),
                safe,
                cpo,
                0,
                NOW
            )
        );
        Signer(safe).expect(Signer.Answer.Yes, digestFor(address(registry), CHAIN_ID, structHash), "");
        vm.prank(cpo);
        registry.moveAccount(safe, IRegistry.Acceptance(0, NOW, ""));
        vm.assertEq(registry.partyOf("DE", "CPO"), safe);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, address(registry));
        bytes memory data = abi.encodeCall(
            IRegistry.moveAccount,
            (address(registry), IRegistry.Acceptance(0, NOW, new bytes(65)))
        );
        refused(emsp, data, reason);
    }

    /// @dev What the new key signed before it took over, and what the old key signed, is void for ever.
    function testNothingSignedBeforeAMoveCounts() external {
        Request memory byNew = request(Kind.DeleteParty, newKey);
        (byNew.countryCode, byNew.partyId, byNew.nonce) = ("DE", "CPO", 1);
        bytes memory signatureOfNew = signatureOf(newKey, digestOf(byNew));
        Request memory byOld = request(Kind.DeleteParty, cpo);
        (byOld.countryCode, byOld.partyId) = ("DE", "CPO");
        bytes memory signatureOfOld = signatureOf(cpo, digestOf(byOld));
        move(cpo, newKey);
        uint256 present = (1 << 32) | 1;
        refusesRequest(
            byNew,
            signatureOfNew,
            abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, newKey, present)
        );
        vm.assertEq(permissions.nonces(newKey), 1 << 32);
        bytes memory reason = abi.encodeWithSelector(
            IRegistry.PartyIdTaken.selector,
            bytes2("DE"),
            bytes3("CPO"),
            newKey
        );
        refusesRequest(byOld, signatureOfOld, reason);
        byOld.signer = newKey;
        byOld.nonce = present;
        refusesRequest(
            byOld,
            signatureOf(cpo, digestOf(byOld)),
            abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, newKey)
        );
    }

    function testAMoveOf64IdsFitsABlock() external {
        manyIds(cpo, 63);
        listNode(cpo, OTHER_URL);
        IRegistry.Acceptance memory acceptance = accept("AcceptAccount", newKey, cpo);
        bytes memory data = abi.encodeCall(IRegistry.moveAccount, (newKey, acceptance));
        vm.prank(cpo);
        (bool success, ) = address(registry).call{gas: 2_000_000}(data);
        vm.assertTrue(success);
        vm.assertEq(registry.partiesOf(newKey).length, 64);
        vm.assertEq(registry.getParties(), addresses(emsp, newKey));
    }

    // --- controllers

    /// @dev `signer` has `controller` named for `who`.
    function name(address who, address controller, address signer) private {
        Request memory r = request(Kind.SetController, who);
        r.other = controller;
        send(r, signatureOf(signer, digestOf(r)));
    }

    function name(address who, address controller) private {
        IRegistry.Acceptance memory acceptance = accept("AcceptController", controller, who);
        vm.prank(who);
        registry.setController(controller, acceptance);
    }

    function testEveryKindWantsTheController() external {
        for (uint256 i = 0; i < KINDS; ++i) {
            Kind kind = Kind(i);
            uint256 snapshot = vm.snapshotState();
            prepare(kind, hub);
            name(hub, stranger);
            Request memory r = request(kind, hub);
            bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, stranger);
            refusesRequest(r, signatureOf(hub, digestOf(r)), reason);
            refusesRequest(r, signatureOf(thief, digestOf(r)), reason);
            send(r, signatureOf(stranger, digestOf(r)));
            took(r);
            vm.revertToState(snapshot);
        }
    }

    function testNoDirectWriteOfAControlledAccount() external {
        name(cpo, cold);
        bytes memory reason = notController(cpo, cold);
        bytes[13] memory calls = [
            abi.encodeCall(IRegistry.setNode, (OTHER_URL)),
            abi.encodeCall(IRegistry.deleteNode, ()),
            abi.encodeCall(IRegistry.setParty, ("DE", "CPO", u8s(hex"01"), operator)),
            abi.encodeCall(IRegistry.setPartyModules, (u8s(hex"01"), u8s(hex""))),
            abi.encodeCall(IRegistry.setPartyModulesOf, ("DE", "CPO", u8s(hex"01"), u8s(hex""))),
            abi.encodeCall(IRegistry.setPartyWebsite, ("DE", "CPO", URL)),
            abi.encodeCall(IRegistry.deleteParty, ()),
            abi.encodeCall(IRegistry.deletePartyOf, ("DE", "CPO")),
            abi.encodeCall(IRegistry.moveAccount, (newKey, noAcceptance())),
            abi.encodeCall(IRegistry.setController, (address(0), noAcceptance())),
            abi.encodeCall(IRegistry.setController, (cpo, noAcceptance())),
            abi.encodeCall(IRegistry.setController, (thief, noAcceptance())),
            abi.encodeCall(ISignedRequests.invalidateNonce, (1 << 33))
        ];
        for (uint256 i = 0; i < calls.length; ++i) refused(cpo, calls[i], reason);
        bytes[6] memory others = [
            abi.encodeCall(IPermissions.setService, ("", "", u256s(hex"01"))),
            abi.encodeCall(IPermissions.deleteService, ()),
            abi.encodeCall(IPermissions.createAgreement, (emsp)),
            abi.encodeCall(IPermissions.createAgreementTo, (emsp, u256s(hex"01"))),
            abi.encodeCall(IPermissions.revokeAgreement, (emsp)),
            abi.encodeCall(ISignedRequests.invalidateNonce, (1 << 33))
        ];
        for (uint256 i = 0; i < others.length; ++i) refuses(cpo, address(permissions), others[i], reason);
        // The controller can't use direct functions for the account: they act for their sender.
        listNode(cold, OTHER_URL);
        vm.assertEq(registry.getNode(cpo), "");
    }

    function testNameAndRemoveAController() external {
        vm.assertEq(registry.controllerOf(cpo), cpo);
        IRegistry.Acceptance memory acceptance = accept("AcceptController", cold, cpo);
        vm.expectEmit(address(registry));
        emit IRegistry.ControllerSet(cpo, cold);
        vm.prank(cpo);
        registry.setController(cold, acceptance);
        vm.assertEq(registry.controllerOf(cpo), cold);
        vm.assertEq(registry.nonces(cpo), 1 << 32);
        vm.assertEq(permissions.nonces(cpo), 1 << 32);
        vm.assertEq(registry.nonces(cold), 1, "its acceptance");
        name(cpo, stranger, cold);
        vm.assertEq(registry.controllerOf(cpo), stranger);
        vm.expectEmit(address(registry));
        emit IRegistry.ControllerSet(cpo, cpo);
        name(cpo, address(0), stranger);
        vm.assertEq(registry.controllerOf(cpo), cpo);
        vm.assertEq(registry.nonces(cpo), (3 << 32) | 2);
        // Removing a controller that does not exist voids what was signed, and needs no acceptance.
        vm.prank(cpo);
        registry.setController(cpo, noAcceptance());
        vm.prank(cpo);
        registry.setController(address(0), noAcceptance());
        vm.assertEq(registry.nonces(cpo), (5 << 32) | 2);
        listParty(cpo, "DECPO", hex"01", operator);
    }

    function testAControllerAccepts() external {
        IRegistry.Acceptance memory bad = accept("AcceptController", cold, emsp);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, cold);
        refused(cpo, abi.encodeCall(IRegistry.setController, (cold, bad)), reason);
        bad = accept("AcceptAccount", cold, cpo);
        refused(cpo, abi.encodeCall(IRegistry.setController, (cold, bad)), reason);
        bad = accept("AcceptController", cold, cpo);
        bad.nonce = 1;
        bytes memory early = abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, cold, 0);
        refused(cpo, abi.encodeCall(IRegistry.setController, (cold, bad)), early);
        bad.deadline = 5;
        bytes memory late = abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, 5);
        refused(cpo, abi.encodeCall(IRegistry.setController, (cold, bad)), late);
        // Even the sender has to sign; a contract without ERC-1271 can't.
        Request memory r = request(Kind.SetController, cpo);
        bytes memory signature = signatureOf(cpo, digestOf(r));
        bytes memory data = abi.encodeCall(
            IRegistry.setControllerRaw,
            (cpo, cold, r.nonce, r.deadline, signature, IRegistry.Acceptance(0, NOW, ""))
        );
        refused(cold, data, reason);
        data = abi.encodeCall(
            IRegistry.setController,
            (address(permissions), IRegistry.Acceptance(0, NOW, new bytes(65)))
        );
        reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, address(permissions));
        refused(cpo, data, reason);
    }

    function testAControllerHasNone() external {
        name(emsp, cold);
        IRegistry.Acceptance memory acceptance = accept("AcceptController", emsp, cpo);
        bytes memory data = abi.encodeCall(IRegistry.setController, (emsp, acceptance));
        refused(cpo, data, notController(emsp, cold));
        // Checked before the acceptance.
        data = abi.encodeCall(IRegistry.setController, (emsp, noAcceptance()));
        refused(cpo, data, notController(emsp, cold));
        // A controller that later names its own controller keeps its power: controllers do not chain.
        name(cpo, stranger);
        name(stranger, cold);
        Request memory r = request(Kind.SetNode, cpo);
        refusesRequest(
            r,
            signatureOf(cold, digestOf(r)),
            abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, stranger)
        );
        send(r, signatureOf(stranger, digestOf(r)));
        // So does a controller that is moved itself.
        r = request(Kind.MoveAccount, stranger);
        send(r, signatureOf(cold, digestOf(r)));
        vm.assertEq(registry.controllerOf(newKey), cold);
        vm.assertEq(registry.controllerOf(cpo), stranger);
    }

    /// @dev Whatever was signed before a controller was named, changed, removed or changed back is void.
    function testNothingSignedInAnEarlierTermCounts() external {
        Kind[2] memory kinds = [Kind.SetNode, Kind.PermissionsInvalidateNonce];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            Request memory r = request(kinds[i], cpo);
            bytes memory byAccount = signatureOf(cpo, digestOf(r));
            name(cpo, cold);
            refusesTerm(r, byAccount, 1);
            Request memory second = request(kinds[i], cpo);
            bytes memory byCold = signatureOf(cold, digestOf(second));
            name(cpo, stranger, cold);
            refusesTerm(r, byAccount, 2);
            refusesTerm(second, byCold, 2);
            name(cpo, cold, stranger);
            refusesTerm(second, byCold, 3);
            name(cpo, address(0), cold);
            refusesTerm(second, byCold, 4);
            refusesTerm(r, byAccount, 4);
            sendSigned(request(kinds[i], cpo));
            vm.revertToState(snapshot);
        }
    }

    function refusesTerm(Request memory r, bytes memory signature, uint256 term) private {
        uint256 present = ISignedRequests(targetOf(r.kind)).nonces(r.signer);
        vm.assertEq(present >> 32, term);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, r.signer, present);
        refusesRequest(r, signature, reason);
    }

    function testAControllerMovesAlong() external {
        name(cpo, cold);
        Request memory r = request(Kind.MoveAccount, cpo);
        bytes memory byItself = signatureOf(cpo, digestOf(r));
        refusesRequest(r, byItself, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, cold));
        send(r, signatureOf(cold, digestOf(r)));
        vm.assertEq(registry.controllerOf(newKey), cold);
        vm.assertEq(registry.controllerOf(cpo), cpo);
        refused(newKey, abi.encodeCall(IRegistry.deleteParty, ()), notController(newKey, cold));
        refused(
            cpo,
            abi.encodeCall(IRegistry.deleteParty, ()),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, cpo)
        );
    }

    /// @dev A controller that takes the account over needs no controller, like any account that has named none.
    function testAControllerTakesTheAccountOver() external {
        name(cpo, cold);
        Request memory r = request(Kind.MoveAccount, cpo);
        r.other = cold;
        send(r, signatureOf(cold, digestOf(r)));
        vm.assertEq(registry.controllerOf(cold), cold);
        vm.prank(cold);
        registry.deleteParty();
    }

    function testAnAccountWithNothingButAController() external {
        name(stranger, cold);
        Request memory r = request(Kind.MoveAccount, stranger);
        vm.recordLogs();
        send(r, signatureOf(cold, digestOf(r)));
        vm.assertEq(vm.getRecordedLogs().length, 1, "AccountMoved");
        vm.assertEq(registry.controllerOf(newKey), cold);
    }

    // --- limits

    function setWord(address who, uint256 shift, uint256 bits, uint256 value) private {
        vm.record();
        registry.nonces(who);
        (bytes32[] memory reads, ) = vm.accesses(address(registry));
        uint256 others = uint256(vm.load(address(registry), reads[0])) & ~(((1 << bits) - 1) << shift);
        vm.store(address(registry), reads[0], bytes32(others | (value << shift)));
    }

    function testTermsEnd() external {
        setWord(cpo, 224, 16, 65_534);
        vm.prank(cpo);
        registry.setController(cpo, noAcceptance());
        vm.assertEq(registry.nonces(cpo) >> 32, 65_535);
        bytes memory reason = abi.encodeWithSelector(IRegistry.TooManyTerms.selector, cpo, 65_535);
        refused(cpo, abi.encodeCall(IRegistry.setController, (cpo, noAcceptance())), reason);
        setWord(newKey, 224, 16, 65_535);
        refusesMove(cpo, newKey, abi.encodeWithSelector(IRegistry.TooManyTerms.selector, newKey, 65_535));
        move(cpo, stranger); // an account that can't change its controller any more can be moved
        vm.assertEq(registry.nonces(stranger) >> 32, 1);
    }

    function testNodeNumbersEnd() external {
        // The slot of the counters, found by its content: 2 memberships, 1 node, 2 parties, 1 listed.
        uint256 counters = (2 | (1 << 64) | (2 << 96) | (1 << 128)) << 8;
        uint256 slot = 0;
        while (uint256(vm.load(address(registry), bytes32(slot))) != counters) ++slot;
        uint256 last = (1 << 30) - 1;
        vm.store(address(registry), bytes32(slot), bytes32(counters + ((last - 3) << 72)));
        listNode(otherOperator, OTHER_URL);
        listParty(cpo, "DECPO", hex"00", otherOperator);
        vm.assertEq(registry.party("DE", "CPO").operatorDomain, OTHER_URL);
        bytes memory reason = abi.encodeWithSelector(IRegistry.TooManyNodes.selector, last);
        listNode(stranger, "https://the-last.example.org");
        refused(hub, abi.encodeCall(IRegistry.setNode, ("https://none-left.example.org")), reason);
        vm.prank(stranger);
        registry.deleteNode();
        refused(hub, abi.encodeCall(IRegistry.setNode, ("https://the-last.example.org")), reason);
        listParty(emsp, "DEMSP", hex"00", operator);
        listNode(stranger, "https://back.example.org"); // who has a number needs no other
        listParty(emsp, "DEMSP", hex"00", stranger);
        vm.assertEq(registry.party("DE", "MSP").operatorDomain, "https://back.example.org");
    }
}
