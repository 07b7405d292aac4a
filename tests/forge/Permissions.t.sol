// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEntryErrors} from "../../contracts/interfaces/IEntryErrors.sol";
import {IImports} from "../../contracts/interfaces/IImports.sol";
import {IPermissions} from "../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Fixture, IOwnedRegistry} from "./kit/Fixture.sol";

/// @dev The rules of Permissions, one by one: events, errors with arguments, and what ends an agreement.
contract PermissionsTest is Fixture {
    string private constant NAME = "Service";
    string private constant SERVICE_URL = "https://service.example.org";

    function setUp() public override {
        super.setUp();
        listSome();
        listParty(hub, "DEHUB", hex"02", operator);
    }

    function serviceUpdate(string memory name, string memory url, bytes memory needed, address provider) private {
        vm.expectEmit(address(permissions));
        emit IPermissions.ServiceUpdate(name, url, u256s(needed), provider);
    }

    function agreementMade(address user, address provider, uint256 version, bytes memory needed) private {
        vm.expectEmit(address(permissions));
        emit IPermissions.AgreementMade(user, provider, version, u256s(needed));
    }

    function agree(address user, address provider) private {
        vm.prank(user);
        permissions.createAgreement(provider);
    }

    function refusesService(
        address who,
        string memory name,
        string memory url,
        uint256[] memory needed,
        bytes memory reason
    ) private {
        refuses(who, address(permissions), abi.encodeCall(IPermissions.setService, (name, url, needed)), reason);
    }

    // --- services

    function testSetService() external {
        serviceUpdate(NAME, SERVICE_URL, hex"00013f", cpo);
        listService(cpo, hex"3f00013f");
        vm.assertEq(permissions.serviceVersion(cpo), 1);
        (, bytes memory answer) = address(permissions).staticcall(abi.encodeCall(IPermissions.getService, (cpo)));
        vm.assertEq(answer, abi.encode(bytes2("DE"), bytes3("CPO"), NAME, SERVICE_URL, u256s(hex"00013f")));
        IPermissions.Service[] memory all = permissions.services(0, 9);
        vm.assertEq(all.length, 1);
        vm.assertEq(
            abi.encode(all[0]),
            abi.encode(IPermissions.Service(cpo, "DE", "CPO", NAME, SERVICE_URL, u256s(hex"00013f"), 1))
        );
        // A new name or URL keeps the version; a new set of permissions changes it, but a new order does not.
        serviceUpdate("", "", hex"00013f", cpo);
        vm.prank(cpo);
        permissions.setService("", "", u256s(hex"013f00"));
        vm.assertEq(permissions.serviceVersion(cpo), 1);
        listService(cpo, hex"0001");
        vm.assertEq(permissions.serviceVersion(cpo), 2);
        listService(cpo, hex"00013f");
        vm.assertEq(permissions.serviceVersion(cpo), 3);
        vm.assertEq(permissions.serviceCount(), 1);
    }

    function testSetServiceRefuses() external {
        uint256[] memory one = u256s(hex"01");
        refusesService(
            stranger,
            NAME,
            SERVICE_URL,
            one,
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, stranger)
        );
        refusesService(cpo, "a\tb", SERVICE_URL, one, abi.encodeWithSelector(IEntryErrors.InvalidName.selector, 1));
        refusesService(
            cpo,
            NAME,
            "service.example.org",
            one,
            abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 0)
        );
        refusesService(
            cpo,
            NAME,
            SERVICE_URL,
            u256s(hex""),
            abi.encodeWithSelector(IPermissions.NoPermissions.selector)
        );
        bytes memory reason = abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 64, 64);
        refusesService(cpo, NAME, SERVICE_URL, u256s(hex"0140"), reason);
        one[0] = type(uint256).max;
        reason = abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, type(uint256).max, 64);
        refusesService(cpo, NAME, SERVICE_URL, one, reason);
    }

    function testDeleteService() external {
        bytes memory data = abi.encodeCall(IPermissions.deleteService, ());
        bytes memory reason = abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, cpo);
        refuses(cpo, address(permissions), data, reason);
        listService(cpo, hex"01");
        listService(emsp, hex"02");
        listService(hub, hex"03");
        serviceUpdate("", "", hex"", cpo);
        callAs(cpo, address(permissions), data);
        refuses(cpo, address(permissions), data, reason);
        vm.assertEq(permissions.getProviders(), addresses(hub, emsp));
        vm.assertEq(permissions.serviceVersion(cpo), 0);
        (, bytes memory answer) = address(permissions).staticcall(abi.encodeCall(IPermissions.getService, (cpo)));
        vm.assertEq(answer, abi.encode(bytes2(0), bytes3(0), "", "", new uint256[](0)));
        callAs(emsp, address(permissions), data);
        vm.assertEq(permissions.getProviders(), addresses(hub));
        listService(cpo, hex"01");
        vm.assertEq(permissions.serviceVersion(cpo), 2, "a version never repeats");
        vm.assertEq(permissions.getProviders(), addresses(hub, cpo));
        callAs(hub, address(permissions), data);
        callAs(cpo, address(permissions), data);
        vm.assertEq(permissions.serviceCount(), 0);
    }

    function testAServiceEndsWithItsMembership() external {
        listService(cpo, hex"01");
        listService(emsp, hex"02");
        listService(hub, hex"03");
        vm.prank(emsp);
        registry.deleteParty();
        vm.assertEq(permissions.getProviders(), addresses(cpo, hub));
        vm.assertEq(permissions.serviceCount(), 3);
        vm.assertEq(permissions.services(1, 1).length, 0);
        vm.assertEq(permissions.services(1, 2).length, 1);
        vm.assertEq(permissions.services(1, 2)[0].provider, hub);
        vm.assertEq(permissions.services(3, 1).length, 0);
        vm.assertEq(permissions.services(0, 2).length, 1);
        vm.assertEq(permissions.providers(0), cpo);
        vm.assertEq(permissions.providers(1), hub);
        refuses(
            spender,
            address(permissions),
            abi.encodeCall(IPermissions.providers, (2)),
            abi.encodeWithSelector(IPermissions.IndexOutOfRange.selector, 2, 2)
        );
        refuses(
            spender,
            address(permissions),
            abi.encodeCall(IPermissions.providers, (7)),
            abi.encodeWithSelector(IPermissions.IndexOutOfRange.selector, 7, 2)
        );
        (, bytes memory answer) = address(permissions).staticcall(abi.encodeCall(IPermissions.getService, (emsp)));
        vm.assertEq(answer, abi.encode(bytes2(0), bytes3(0), "", "", new uint256[](0)));
        // The same service under a new membership is a new one, at the end of the list.
        listParty(emsp, "DEMSP", hex"01", operator);
        vm.assertEq(permissions.serviceVersion(emsp), 0);
        bytes memory data = abi.encodeCall(IPermissions.deleteService, ());
        refuses(emsp, address(permissions), data, abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, emsp));
        listService(emsp, hex"02");
        vm.assertEq(permissions.serviceVersion(emsp), 1);
        vm.assertEq(permissions.getProviders(), addresses(cpo, hub, emsp));
        vm.assertEq(permissions.serviceCount(), 4);
    }

    function testPruneService() external {
        listService(cpo, hex"01");
        listService(emsp, hex"02");
        listService(hub, hex"03");
        refusesPrune(1, abi.encodeWithSelector(IPermissions.ServiceNotEnded.selector, emsp));
        refusesPrune(3, abi.encodeWithSelector(IPermissions.IndexOutOfRange.selector, 3, 3));
        vm.prank(emsp);
        registry.deleteParty();
        vm.expectEmit(address(permissions));
        emit IPermissions.ServicePruned(1, 2);
        vm.prank(stranger);
        permissions.pruneService(1);
        vm.assertEq(permissions.serviceCount(), 2);
        vm.assertEq(permissions.getProviders(), addresses(cpo, hub));
        refusesPrune(1, abi.encodeWithSelector(IPermissions.ServiceNotEnded.selector, hub));
        // The service that took the place is found there.
        vm.prank(hub);
        permissions.deleteService();
        vm.assertEq(permissions.getProviders(), addresses(cpo));
        // A party that comes back starts afresh.
        listParty(emsp, "DEMSP", hex"01", operator);
        listService(emsp, hex"02");
        vm.assertEq(permissions.serviceVersion(emsp), 1);
        vm.prank(cpo);
        registry.deleteParty();
        vm.prank(emsp);
        permissions.pruneService(0);
        vm.prank(emsp);
        registry.deleteParty();
        vm.prank(stranger);
        permissions.pruneService(0);
        vm.assertEq(permissions.serviceCount(), 0);
    }

    function refusesPrune(uint256 index, bytes memory reason) private {
        refuses(stranger, address(permissions), abi.encodeCall(IPermissions.pruneService, (index)), reason);
    }

    /// @dev A service is pruned while it is being set again: the new one is not touched.
    function testPruningDoesNotTouchAServiceSetSince() external {
        listService(cpo, hex"01");
        listService(emsp, hex"02");
        vm.prank(cpo);
        registry.deleteParty();
        listParty(cpo, "DECPO", hex"00", operator);
        listService(cpo, hex"04");
        vm.prank(hub);
        permissions.createAgreement(cpo);
        vm.prank(stranger);
        permissions.pruneService(0);
        vm.assertEq(permissions.getProviders(), addresses(cpo, emsp));
        (, , string memory name, , uint256[] memory needed) = permissions.getService(cpo);
        vm.assertEq(name, NAME);
        eq(needed, hex"04", "permissions");
        vm.assertTrue(permissions.hasUserAgreementByAddress(hub, cpo));
        vm.prank(cpo);
        permissions.deleteService();
        vm.assertEq(permissions.getProviders(), addresses(emsp));
    }

    /// @dev Shown under the id that was current when it was last set, or under the present one if that is gone.
    function testAServiceIsShownUnderTheIdItWasSetUnder() external {
        listService(cpo, hex"01");
        listParty(cpo, "FRCPO", hex"00", operator);
        shownUnder("DECPO");
        removeParty(cpo, "DECPO");
        shownUnder("FRCPO");
        // It is the same id, even if another account held it in between.
        listParty(stranger, "DECPO", hex"00", operator);
        shownUnder("FRCPO");
        removeParty(stranger, "DECPO");
        listParty(cpo, "DECPO", hex"00", operator);
        shownUnder("DECPO");
        listParty(cpo, "FRCPO", hex"00", operator);
        listService(cpo, hex"01");
        shownUnder("FRCPO");
        vm.assertEq(permissions.serviceVersion(cpo), 1);
    }

    function shownUnder(bytes5 id) private view {
        (bytes2 countryCode, bytes3 partyId, , , ) = permissions.getService(cpo);
        vm.assertTrue(countryCode == bytes2(id) && partyId == bytes3(id << 16), "shown under another id");
        vm.assertTrue(permissions.services(0, 9)[0].partyId == partyId, "shown under another id in the list");
    }

    function testADeletedServiceOfAnEndedMembershipIsAbsent() external {
        listService(cpo, hex"00"); // only the permission with the lowest bit
        vm.assertEq(permissions.serviceVersion(cpo), 1);
        vm.assertEq(permissions.getProviders(), addresses(cpo));
        vm.prank(cpo);
        permissions.deleteService();
        vm.prank(cpo);
        registry.deleteParty();
        vm.assertEq(permissions.serviceVersion(cpo), 0);
    }

    // --- agreements

    function testCreateAgreement() external {
        listService(cpo, hex"0507");
        agreementMade(emsp, cpo, 1, hex"0507");
        agree(emsp, cpo);
        IPermissions.Agreement memory made = permissions.agreement(emsp, cpo);
        vm.assertEq(abi.encode(made), abi.encode(IPermissions.Agreement(2, 1, true)));
        vm.assertTrue(permissions.hasUserAgreementByAddress(emsp, cpo));
        vm.assertTrue(permissions.hasUserAgreementByOcpi("DE", "MSP", cpo));
        vm.assertFalse(permissions.hasUserAgreementByAddress(cpo, emsp));
        vm.assertFalse(permissions.hasUserAgreementByOcpi("DE", "HUB", cpo));
        vm.assertFalse(permissions.hasUserAgreementByOcpi("DE", "XXX", cpo));
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo));
        vm.assertEq(permissions.getUserAgreementsByOcpi("DE", "MSP"), addresses(cpo));
        vm.assertEq(permissions.getUserAgreementsByOcpi("DE", "XXX"), addresses());
        bytes memory reason = abi.encodeWithSelector(IPermissions.AgreementExists.selector, emsp, cpo);
        refuses(emsp, address(permissions), abi.encodeCall(IPermissions.createAgreement, (cpo)), reason);
    }

    function testCreateAgreementTo() external {
        listService(cpo, hex"0507");
        bytes memory reason = abi.encodeWithSelector(IPermissions.PermissionsDiffer.selector, cpo, u256s(hex"0507"));
        refusesAgreement(emsp, cpo, u256s(hex"05"), reason);
        refusesAgreement(emsp, cpo, u256s(hex"050709"), reason);
        refusesAgreement(emsp, cpo, u256s(hex""), reason);
        refusesAgreement(
            emsp,
            cpo,
            u256s(hex"40"),
            abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 64, 64)
        );
        agreementMade(emsp, cpo, 1, hex"0507");
        vm.prank(emsp);
        permissions.createAgreementTo(cpo, u256s(hex"070507"));
        // A service that needs all 64 follows the same rule.
        bytes memory all = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) all[i] = bytes1(uint8(i));
        listService(hub, all);
        refusesAgreement(
            emsp,
            hub,
            u256s(hex"00"),
            abi.encodeWithSelector(IPermissions.PermissionsDiffer.selector, hub, u256s(all))
        );
        vm.prank(emsp);
        permissions.createAgreementTo(hub, u256s(all));
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo, hub));
    }

    function refusesAgreement(address user, address provider, uint256[] memory needed, bytes memory reason) private {
        refuses(user, address(permissions), abi.encodeCall(IPermissions.createAgreementTo, (provider, needed)), reason);
    }

    function testCreateAgreementRefuses() external {
        bytes memory data = abi.encodeCall(IPermissions.createAgreement, (cpo));
        bytes memory reason = abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, cpo);
        refuses(emsp, address(permissions), data, reason);
        refuses(
            stranger,
            address(permissions),
            data,
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, stranger)
        );
        listService(cpo, hex"05");
        refuses(
            stranger,
            address(permissions),
            data,
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, stranger)
        );
        vm.prank(cpo);
        registry.deleteParty();
        refuses(emsp, address(permissions), data, reason);
        reason = abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, address(0));
        refuses(emsp, address(permissions), abi.encodeCall(IPermissions.createAgreement, (address(0))), reason);
    }

    function ended(string memory why) private view {
        vm.assertFalse(permissions.hasUserAgreementByAddress(emsp, cpo), why);
        vm.assertFalse(permissions.agreement(emsp, cpo).active, why);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(), why);
        vm.assertTrue(permissions.agreement(emsp, cpo).version != 0, why);
    }

    /// @dev Other memberships do not have the agreement.
    function gone(string memory why) private {
        vm.assertFalse(permissions.hasUserAgreementByAddress(emsp, cpo), why);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(), why);
        IPermissions.Agreement memory none;
        vm.assertEq(abi.encode(permissions.agreement(emsp, cpo)), abi.encode(none), why);
        bytes memory reason = abi.encodeWithSelector(IPermissions.AgreementNotFound.selector, emsp, cpo);
        refuses(emsp, address(permissions), abi.encodeCall(IPermissions.revokeAgreement, (cpo)), reason);
    }

    /// @dev Other ids and keys of either party end nothing, whichever id is removed.
    function testWhatDoesNotEndAnAgreement() external {
        listService(cpo, hex"05");
        agree(emsp, cpo);
        listParty(emsp, "FRMSP", hex"01", operator);
        listParty(cpo, "FRCPO", hex"01", operator);
        vm.assertTrue(permissions.hasUserAgreementByOcpi("FR", "MSP", cpo), "further ids");
        removeParty(emsp, "DEMSP");
        removeParty(cpo, "DECPO");
        vm.assertTrue(permissions.hasUserAgreementByOcpi("FR", "MSP", cpo), "the founding ids");
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo));
        vm.assertEq(permissions.getProviders(), addresses(cpo));
        // Accounts that hold the founding ids now are not mistaken for them.
        listParty(stranger, "DECPO", hex"00", operator);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo));
        vm.assertEq(permissions.getProviders(), addresses(cpo));
        vm.assertFalse(permissions.hasUserAgreementByAddress(emsp, stranger));
        // The last of the ids goes, in one transaction.
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IRegistry.deletePartyOf, ("FR", "CPO"));
        calls[1] = abi.encodeCall(IRegistry.setParty, ("FR", "CPO", u8s(hex"00"), operator));
        vm.prank(cpo);
        registry.multicall(calls);
        gone("left and came back");
        vm.assertEq(permissions.getProviders(), addresses());
        vm.prank(stranger);
        permissions.pruneService(0);
    }

    /// @dev Undoing what ended an agreement does not restore it; a new agreement renews it in place, once.
    function testWhatEndsAnAgreement() external {
        listService(cpo, hex"05");
        agree(emsp, cpo);
        listService(cpo, hex"06");
        ended("other permissions");
        listService(cpo, hex"05");
        ended("the old permissions again");
        agreementMade(emsp, cpo, 3, hex"05");
        agree(emsp, cpo);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo));
        vm.prank(cpo);
        permissions.deleteService();
        ended("a deleted service");
        listService(cpo, hex"05");
        ended("a service set again");
        agree(emsp, cpo);
        vm.prank(cpo);
        registry.deleteParty();
        gone("the provider's membership");
        listParty(cpo, "DECPO", hex"00", operator);
        gone("the provider's new membership");
        listService(cpo, hex"05");
        gone("the provider's new service");
        agree(emsp, cpo);
        vm.prank(emsp);
        registry.deleteParty();
        gone("the user's membership");
        listParty(emsp, "DEMSP", hex"01", operator);
        gone("the user's new membership");
        agree(emsp, cpo);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo));
        listService(hub, hex"01");
        agree(emsp, hub);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo, hub));
        listService(cpo, hex"0506");
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(hub));
    }

    /// @dev A version that began again would restore old agreements.
    function testVersionsEndWithoutWrapping() external {
        listService(cpo, hex"05");
        vm.record();
        permissions.serviceVersion(cpo);
        (bytes32[] memory reads, ) = vm.accesses(address(permissions));
        uint256 offer = uint256(vm.load(address(permissions), reads[0]));
        uint256 last = type(uint32).max;
        vm.store(address(permissions), reads[0], bytes32(offer - 1 + last));
        vm.assertEq(permissions.serviceVersion(cpo), last);
        agree(emsp, cpo);
        bytes memory none = abi.encodeWithSignature("Panic(uint256)", 0x11);
        refusesService(cpo, NAME, SERVICE_URL, u256s(hex"06"), none);
        listService(cpo, hex"05"); // the same permissions keep the version
        vm.assertTrue(permissions.hasUserAgreementByAddress(emsp, cpo));
        vm.prank(cpo);
        permissions.deleteService(); // and it can always be deleted
        refusesService(cpo, NAME, SERVICE_URL, u256s(hex"05"), none);
        vm.assertFalse(permissions.hasUserAgreementByAddress(emsp, cpo));
    }

    function testRevokeAgreement() external {
        bytes memory data = abi.encodeCall(IPermissions.revokeAgreement, (cpo));
        bytes memory reason = abi.encodeWithSelector(IPermissions.AgreementNotFound.selector, emsp, cpo);
        refuses(emsp, address(permissions), data, reason);
        listService(cpo, hex"05");
        listService(hub, hex"06");
        listService(emsp, hex"07");
        agree(emsp, cpo);
        agree(emsp, hub);
        agree(emsp, emsp);
        vm.expectEmit(address(permissions));
        emit IPermissions.AgreementRevoked(emsp, cpo);
        callAs(emsp, address(permissions), data);
        refuses(emsp, address(permissions), data, reason);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(emsp, hub));
        vm.assertEq(permissions.agreement(emsp, cpo).version, 0);
        // The agreement that took its place is found there.
        vm.prank(emsp);
        permissions.revokeAgreement(emsp);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(hub));
        agree(emsp, emsp);
        // An agreement that ended because the service changed or was deleted.
        listService(emsp, hex"08");
        vm.prank(emsp);
        permissions.revokeAgreement(emsp);
        vm.prank(hub);
        permissions.deleteService();
        vm.prank(emsp);
        permissions.revokeAgreement(hub);
        listService(hub, hex"06");
        agree(emsp, hub);
        agree(emsp, cpo);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(hub, cpo));
    }

    /// @dev Agreements with providers that have left are skipped.
    function testAgreementsWithProvidersThatLeftAreSkipped() external {
        address[3] memory providers_ = [cpo, hub, emsp];
        for (uint256 i = 0; i < 3; ++i) {
            listService(providers_[i], hex"05");
            agree(emsp, providers_[i]);
        }
        vm.prank(cpo);
        registry.deleteParty();
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(hub, emsp));
        listParty(cpo, "DECPO", hex"00", operator);
        listService(cpo, hex"05");
        agree(emsp, cpo);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(hub, emsp, cpo));
        vm.prank(emsp);
        permissions.revokeAgreement(hub);
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo, emsp));
    }

    /// @dev A revoked agreement leaves nothing in the slots of the list.
    function testARevokedAgreementLeavesNoStorage() external {
        listService(cpo, hex"05");
        vm.record();
        agree(emsp, cpo);
        (, bytes32[] memory writes) = vm.accesses(address(permissions));
        vm.prank(emsp);
        permissions.revokeAgreement(cpo);
        for (uint256 i = 0; i < writes.length; ++i) {
            vm.assertEq(vm.load(address(permissions), writes[i]), bytes32(0), "a slot is not empty");
        }
        vm.record();
        listService(hub, hex"07");
        (, writes) = vm.accesses(address(permissions));
        vm.prank(hub);
        permissions.deleteService();
        uint256 left = 0;
        for (uint256 i = 0; i < writes.length; ++i) left |= uint256(vm.load(address(permissions), writes[i]));
        // The version, and in the list its length and the one remaining entry, cpo.
        (uint256 key, ) = registry.keyOf(cpo);
        vm.assertEq(left, (key & ((1 << 104) - 1)) | (1 << 208) | 1);
    }

    // --- the owner of the Registry; the import

    function testRegistryIsAContract() external {
        vm.assertEq(address(permissions.registry()), address(registry));
        bytes memory code = vm.getCode(permissionsArtifact());
        bytes memory reason = abi.encodeWithSelector(IPermissions.NotAContract.selector, stranger);
        refusesCreation(bytes.concat(code, abi.encode(stranger, false)), reason);
    }

    function serviceItem(
        address who,
        bytes memory needed
    ) private pure returns (IPermissions.ServiceImport[] memory items) {
        items = new IPermissions.ServiceImport[](1);
        items[0] = IPermissions.ServiceImport(who, NAME, SERVICE_URL, u256s(needed));
    }

    function agreementItem(
        address user,
        address provider,
        bytes memory needed
    ) private pure returns (IPermissions.AgreementImport[] memory items) {
        items = new IPermissions.AgreementImport[](1);
        items[0] = IPermissions.AgreementImport(user, provider, u256s(needed));
    }

    function importing() private {
        permissions = deployPermissions(address(registry), true);
    }

    function testImportGate() external {
        bytes memory importServices = abi.encodeCall(IPermissions.importServices, (serviceItem(cpo, hex"05")));
        bytes memory importAgreements = abi.encodeCall(
            IPermissions.importAgreements,
            (agreementItem(emsp, cpo, hex"05"))
        );
        bytes memory reason = abi.encodeWithSelector(IImports.ImportNotOpen.selector);
        refuses(owner, address(permissions), importServices, reason);
        refuses(owner, address(permissions), importAgreements, reason);
        refuses(owner, address(permissions), abi.encodeCall(IImports.closeImport, ()), reason);
        vm.recordLogs();
        deployPermissions(address(registry), false);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        importing();
        vm.assertTrue(permissions.importOpen());
        bytes memory closed = abi.encodeWithSelector(IImports.ImportStillOpen.selector);
        refusesService(cpo, NAME, SERVICE_URL, u256s(hex"05"), closed);
        refuses(emsp, address(permissions), abi.encodeCall(IPermissions.createAgreement, (cpo)), closed);
        refusesAgreement(emsp, cpo, u256s(hex"05"), closed);
        refusesAgreement(emsp, cpo, u256s(hex"40"), closed); // checked before the values
        refusesPrune(9, closed);
        refuses(emsp, address(permissions), abi.encodeWithSignature("invalidateNonce(uint256)", 1), closed);
        reason = abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, stranger);
        refuses(stranger, address(permissions), importServices, reason);
        refuses(stranger, address(permissions), importAgreements, reason);
        refuses(stranger, address(permissions), abi.encodeCall(IImports.closeImport, ()), reason);
        callAs(owner, address(permissions), importServices);
        callAs(owner, address(permissions), importAgreements);
        vm.prank(emsp);
        permissions.revokeAgreement(cpo);
        vm.prank(cpo);
        permissions.deleteService();
        // The present owner of the Registry is the owner.
        vm.prank(owner);
        registry.transferOwnership(stranger);
        vm.prank(stranger);
        registry.acceptOwnership();
        vm.expectEmit(address(permissions));
        emit IImports.ImportClosed();
        callAs(stranger, address(permissions), abi.encodeCall(IImports.closeImport, ()));
        vm.assertFalse(permissions.importOpen());
        listService(cpo, hex"05");
        agree(emsp, cpo);
    }

    function testAnybodyClosesTheImportOnceThereIsNoOwner() external {
        importing();
        vm.prank(owner);
        registry.renounceOwnership();
        bytes memory close = abi.encodeCall(IImports.closeImport, ());
        bytes memory importServices = abi.encodeCall(IPermissions.importServices, (serviceItem(cpo, hex"05")));
        bytes memory reason = abi.encodeWithSelector(IOwnedRegistry.OwnableUnauthorizedAccount.selector, stranger);
        refuses(stranger, address(permissions), importServices, reason);
        vm.expectEmit(address(permissions));
        emit IImports.ImportClosed();
        callAs(stranger, address(permissions), close);
        listService(cpo, hex"05");
        refuses(stranger, address(permissions), close, abi.encodeWithSelector(IImports.ImportNotOpen.selector));
    }

    function testImportServices() external {
        importing();
        serviceUpdate(NAME, SERVICE_URL, hex"0005", cpo);
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (serviceItem(cpo, hex"0500"))));
        refusesItem(serviceItem(cpo, hex"05"), abi.encodeWithSelector(IPermissions.ServiceExists.selector, cpo));
        refusesItem(
            serviceItem(stranger, hex"05"),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, stranger)
        );
        refusesItem(
            serviceItem(address(0), hex"05"),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, address(0))
        );
        refusesItem(serviceItem(hub, hex""), abi.encodeWithSelector(IPermissions.NoPermissions.selector));
        refusesItem(serviceItem(hub, hex"40"), abi.encodeWithSelector(IEntryErrors.ValueOutOfRange.selector, 64, 64));
        IPermissions.ServiceImport[] memory items = serviceItem(hub, hex"05");
        items[0].name = "\x7f";
        refusesItem(items, abi.encodeWithSelector(IEntryErrors.InvalidName.selector, 0));
        items = serviceItem(hub, hex"05");
        items[0].url = "https://";
        refusesItem(items, abi.encodeWithSelector(IEntryErrors.InvalidUrl.selector, 8));
        items = new IPermissions.ServiceImport[](101);
        refusesItem(items, abi.encodeWithSelector(IImports.BatchTooLarge.selector, 101, 100));
        items = new IPermissions.ServiceImport[](2);
        (items[0], items[1]) = (serviceItem(emsp, hex"01")[0], serviceItem(hub, hex"02")[0]);
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (items)));
        vm.assertEq(permissions.getProviders(), addresses(cpo, emsp, hub));
        // A service that ended with its membership is absent and can be imported again.
        vm.prank(cpo);
        registry.deleteParty();
        listParty(cpo, "DECPO", hex"00", operator);
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (serviceItem(cpo, hex"0500"))));
        vm.assertEq(permissions.serviceVersion(cpo), 1);
        vm.assertEq(permissions.serviceCount(), 4);
    }

    function refusesItem(IPermissions.ServiceImport[] memory items, bytes memory reason) private {
        refuses(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (items)), reason);
    }

    function testImportAgreements() external {
        importing();
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (serviceItem(cpo, hex"0500"))));
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importServices, (serviceItem(hub, hex"07"))));
        bytes memory reason = abi.encodeWithSelector(IPermissions.PermissionsDiffer.selector, cpo, u256s(hex"0005"));
        refusesImport(agreementItem(emsp, cpo, hex"00"), reason);
        refusesImport(
            agreementItem(stranger, cpo, hex"0005"),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, stranger)
        );
        refusesImport(
            agreementItem(address(0), cpo, hex"0005"),
            abi.encodeWithSelector(IEntryErrors.PartyNotFound.selector, address(0))
        );
        refusesImport(
            agreementItem(cpo, emsp, hex"00"),
            abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, emsp)
        );
        IPermissions.AgreementImport[] memory items = new IPermissions.AgreementImport[](101);
        refusesImport(items, abi.encodeWithSelector(IImports.BatchTooLarge.selector, 101, 100));
        agreementMade(emsp, cpo, 1, hex"0005");
        items = new IPermissions.AgreementImport[](2);
        (items[0], items[1]) = (agreementItem(emsp, cpo, hex"0500")[0], agreementItem(emsp, hub, hex"07")[0]);
        callAs(owner, address(permissions), abi.encodeCall(IPermissions.importAgreements, (items)));
        vm.assertEq(permissions.getUserAgreementsByAddress(emsp), addresses(cpo, hub));
        refusesImport(
            agreementItem(emsp, cpo, hex"0005"),
            abi.encodeWithSelector(IPermissions.AgreementExists.selector, emsp, cpo)
        );
    }

    function refusesImport(IPermissions.AgreementImport[] memory items, bytes memory reason) private {
        refuses(owner, address(permissions), abi.encodeCall(IPermissions.importAgreements, (items)), reason);
    }
}
