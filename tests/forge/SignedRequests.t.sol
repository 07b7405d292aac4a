// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IImports} from "../../contracts/interfaces/IImports.sol";
import {IPermissions} from "../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../contracts/interfaces/ISignedRequests.sol";
import {Requests} from "./kit/Requests.sol";
import {Signer} from "./kit/Signers.sol";

/// @dev The rules for every signed request, tried on each kind. Every negative case is a valid request with one change.
contract SignedRequestsTest is Requests {
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public override {
        super.setUp();
        listNode(operator, URL);
    }

    /// @dev Calls `test` for each kind, each time from the same state.
    function eachKind(function(Kind) internal test) private {
        for (uint256 i = 0; i < KINDS; ++i) {
            uint256 snapshot = vm.snapshotState();
            prepare(Kind(i), emsp);
            test(Kind(i));
            vm.revertToState(snapshot);
        }
    }

    function testTakesEffectOnce() external {
        eachKind(takesEffectOnce);
    }

    function takesEffectOnce(Kind kind) private {
        Request memory r = request(kind, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        send(r, signature);
        took(r);
        uint256 next = ISignedRequests(targetOf(kind)).nonces(emsp);
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, emsp, next));
    }

    function testDeadline() external {
        eachKind(deadline);
    }

    function deadline(Kind kind) private {
        Request memory r = request(kind, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        vm.warp(r.deadline + 1);
        // Deadline before nonce and signature.
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, r.deadline));
        r.nonce += 1;
        refusesRequest(r, "", abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, r.deadline));
        r.nonce -= 1;
        vm.warp(r.deadline);
        send(r, signature);
        took(r);
        vm.warp(NOW);
    }

    function testADeadlineOfZeroHasPassed() external {
        Request memory r = request(Kind.SetNode, emsp);
        r.deadline = 0;
        refusesRequest(
            r,
            signatureOf(emsp, digestOf(r)),
            abi.encodeWithSelector(ISignedRequests.SignatureExpired.selector, 0)
        );
        r.deadline = type(uint256).max;
        sendSigned(r);
        took(r);
    }

    function testNonce() external {
        eachKind(nonce);
    }

    function nonce(Kind kind) private {
        Request memory first = request(Kind.RegistryInvalidateNonce, emsp);
        first.newNonce = first.nonce + 3;
        sendSigned(first);
        first.kind = Kind.PermissionsInvalidateNonce;
        sendSigned(first);
        Request memory r = request(kind, emsp);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, emsp, r.nonce);
        r.nonce += 1;
        refusesRequest(r, signatureOf(emsp, digestOf(r)), reason);
        refusesRequest(r, "", reason); // nonce before signature
        r.nonce -= 2;
        refusesRequest(r, signatureOf(emsp, digestOf(r)), reason);
        r.nonce += 1;
        sendSigned(r);
        took(r);
    }

    function testASignatureOfSomethingElseIsRefused() external {
        eachKind(signatureOfWhatElse);
    }

    function signatureOfWhatElse(Kind kind) private {
        Request memory r = request(kind, emsp);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        for (uint256 field = 0; field < 9; ++field) {
            Request memory changed = request(kind, emsp);
            change(changed, field);
            if (structHashOf(changed) == structHashOf(r)) continue; // a field that this kind does not have
            if (changed.deadline != r.deadline || changed.nonce == r.nonce) refusesRequest(changed, signature, reason);
        }
        // Another signer, chain, contract, name of the contract, kind.
        refusesRequest(r, signatureOf(stranger, digestOf(r)), reason);
        bytes32 structHash = structHashOf(r);
        refusesRequest(r, signatureOf(emsp, digestFor(targetOf(kind), CHAIN_ID + 1, structHash)), reason);
        refusesRequest(r, signatureOf(emsp, digestFor(address(this), CHAIN_ID, structHash)), reason);
        refusesRequest(r, signatureOf(emsp, structHash), reason);
        for (uint256 other = 0; other < KINDS; ++other) {
            Request memory another = request(Kind(other), emsp);
            another.nonce = r.nonce;
            bytes32 digest = digestFor(targetOf(kind), CHAIN_ID, structHashOf(another));
            if (digest != digestOf(r)) refusesRequest(r, signatureOf(emsp, digest), reason);
        }
        Request memory stolen = request(kind, emsp);
        stolen.signer = stranger;
        stolen.nonce = 0;
        refusesRequest(
            stolen,
            signatureOf(emsp, digestOf(stolen)),
            abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, stranger)
        );
        send(r, signature);
        took(r);
    }

    function change(Request memory r, uint256 field) private view {
        if (field == 0) r.name = unicode"Grösse";
        if (field == 1) r.url = "https://signed.example.org/ocm";
        if (field == 2) r.countryCode = "NM";
        if (field == 3) r.partyId = "X1Y";
        if (field == 4) r.list = u8s(hex"0501"); // the same set
        if (field == 5) r.list2 = u8s(hex"0602"); // the same set
        if (field == 6) r.other = emsp;
        if (field == 7) r.newNonce += 1;
        if (field == 8) r.deadline += 1;
    }

    function testItemsDoNotMoveBetweenLists() external {
        prepare(Kind.SetPartyModules, emsp);
        Request memory r = request(Kind.SetPartyModules, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        (r.list, r.list2) = (u8s(hex"05010502"), u8s(hex"06"));
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp));
    }

    function testTextDoesNotMoveBetweenFields() external {
        prepare(Kind.SetService, emsp);
        Request memory r = request(Kind.SetService, emsp);
        (r.name, r.url) = ("name", "https://x.example.org");
        bytes memory signature = signatureOf(emsp, digestOf(r));
        (r.name, r.url) = ("namehttps://x", ".example.org");
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp));
    }

    function testFormOfSignature() external {
        eachKind(formOfSignature);
    }

    function formOfSignature(Kind kind) private {
        Request memory q = request(kind, emsp);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[emsp], digestOf(q));
        uint8 otherV = v == 27 ? 28 : 27;
        refusesRequest(q, "", reason);
        refusesRequest(q, new bytes(65), reason);
        refusesRequest(q, abi.encodePacked(r, s), reason);
        refusesRequest(q, abi.encodePacked(r, s, v, uint8(0)), reason);
        refusesRequest(q, abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), otherV), reason);
        refusesRequest(q, abi.encodePacked(r, s, otherV), reason);
        refusesRequest(q, abi.encodePacked(r, s, v - 27), reason);
        refusesRequest(q, abi.encodePacked(s, r, v), reason);
        refusesRequest(q, abi.encodePacked(r, s ^ bytes32(uint256(1)), v), reason);
        refusesRequest(q, abi.encodePacked(r ^ bytes32(uint256(1)), s, v), reason);
        // The short form of EIP-2098 is rejected too.
        refusesRequest(q, abi.encodePacked(r, v == 28 ? bytes32(uint256(s) | (1 << 255)) : s), reason);
        send(q, abi.encodePacked(r, s, v));
        took(q);
    }

    /// @dev Removals are accepted while the import is open, and fail for their own reasons. The signature is checked first.
    function testOnlyRemovalsPassWhileTheImportIsOpen() external {
        registry = deployRegistry(owner, true);
        permissions = deployPermissions(address(registry), true);
        for (uint256 i = 0; i < KINDS; ++i) {
            Kind kind = Kind(i);
            Request memory r = request(kind, emsp);
            bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp);
            refusesRequest(r, signatureOf(stranger, digestOf(r)), reason);
            reason = abi.encodeWithSelector(IImports.ImportStillOpen.selector);
            if (kind == Kind.DeleteNode) reason = abi.encodeWithSelector(IRegistry.NodeNotFound.selector, emsp);
            if (kind == Kind.DeleteParty) {
                reason = abi.encodeWithSelector(IRegistry.PartyIdNotFound.selector, r.countryCode, r.partyId);
            }
            if (kind == Kind.DeleteService)
                reason = abi.encodeWithSelector(IPermissions.ServiceNotFound.selector, emsp);
            if (kind == Kind.RevokeAgreement) {
                reason = abi.encodeWithSelector(IPermissions.AgreementNotFound.selector, emsp, r.other);
            }
            refusesRequest(r, signatureOf(emsp, digestOf(r)), reason);
        }
    }

    function testNobodySignsForTheZeroAddress() external {
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, address(0));
        for (uint256 i = 0; i < KINDS; ++i) {
            Request memory r = request(Kind(i), address(0));
            refusesRequest(r, new bytes(65), reason);
            refusesRequest(r, "", reason);
            refusesRequest(r, signatureOf(stranger, digestOf(r)), reason);
            refusesRequest(r, abi.encodePacked(uint256(1), uint256(1), uint8(29)), reason);
        }
    }

    function testRefusedEffectKeepsTheNonce() external {
        Request memory r = request(Kind.DeleteNode, emsp);
        refusesRequest(
            r,
            signatureOf(emsp, digestOf(r)),
            abi.encodeWithSelector(bytes4(keccak256("NodeNotFound(address)")), emsp)
        );
        vm.assertEq(registry.nonces(emsp), 0);
    }

    function testDirectWritesUseNoNonce() external {
        listSomeOfAll();
        vm.assertEq(registry.nonces(emsp), 0);
        vm.assertEq(permissions.nonces(emsp), 0);
    }

    function listSomeOfAll() private {
        listNode(emsp, OTHER_URL);
        listParty(emsp, "DEMSP", hex"01", operator);
        listService(emsp, hex"01");
    }

    function testTheOtherFieldsOfTheSlotStay() external {
        listSomeOfAll();
        vm.prank(emsp);
        permissions.createAgreement(emsp);
        bytes32 before = keccak256(abi.encode(registry.parties(0, 9), permissions.services(0, 9)));
        Request memory r = request(Kind.RegistryInvalidateNonce, emsp);
        r.newNonce = 65_536;
        sendSigned(r);
        r.kind = Kind.PermissionsInvalidateNonce;
        sendSigned(r);
        vm.assertEq(keccak256(abi.encode(registry.parties(0, 9), permissions.services(0, 9))), before);
        vm.assertTrue(permissions.agreement(emsp, emsp).active);
        vm.assertEq(registry.nonces(emsp), 65_536);
        vm.assertEq(permissions.nonces(emsp), 65_536);
    }

    function testNonceOutlivesTheMembership() external {
        prepare(Kind.DeleteParty, emsp);
        sendSigned(request(Kind.DeleteParty, emsp));
        prepare(Kind.DeleteService, emsp);
        sendSigned(request(Kind.DeleteService, emsp));
        vm.assertEq(registry.nonces(emsp), 1);
        vm.assertEq(permissions.nonces(emsp), 1);
        vm.prank(emsp);
        registry.deleteParty();
        vm.assertEq(registry.nonces(emsp), 1);
    }

    // --- cancelling

    function testInvalidateNonceDirectly(uint256 newNonce) external {
        invalidateDirectly(registry, newNonce % 70_000);
        invalidateDirectly(permissions, newNonce % 70_000);
        invalidateDirectly(registry, newNonce);
        invalidateDirectly(permissions, newNonce);
    }

    function testLimitsOfInvalidateNonce() external {
        uint256[6] memory values = [uint256(0), 1, 65_536, 65_536, 65_537, type(uint256).max];
        for (uint256 i = 0; i < values.length; ++i) {
            invalidateDirectly(registry, values[i]);
            invalidateDirectly(permissions, values[i]);
        }
        invalidateDirectly(registry, 2 * 65_536 + 2);
        invalidateDirectly(registry, 3 * 65_536 + 1);
    }

    function invalidateDirectly(ISignedRequests target, uint256 newNonce) private {
        uint256 present = target.nonces(emsp);
        bytes memory data = abi.encodeCall(ISignedRequests.invalidateNonce, (newNonce));
        if (newNonce > present && newNonce - present <= 65_536) {
            callAs(emsp, address(target), data);
            vm.assertEq(target.nonces(emsp), newNonce);
            vm.assertEq(target.nonces(spender), 0);
        } else {
            refuses(emsp, address(target), data, outOfRange(newNonce, present));
        }
    }

    function outOfRange(uint256 newNonce, uint256 present) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(ISignedRequests.NonceOutOfRange.selector, newNonce, present + 1, present + 65_536);
    }

    function testSignedInvalidateNonceHasTheRangeOfTheDirectOne() external {
        Kind[2] memory kinds = [Kind.RegistryInvalidateNonce, Kind.PermissionsInvalidateNonce];
        for (uint256 i = 0; i < kinds.length; ++i) {
            Request memory r = request(kinds[i], emsp);
            r.newNonce = 65_536;
            sendSigned(r);
            r.nonce = 65_536;
            r.newNonce = 65_536;
            refusesRequest(r, signatureOf(emsp, digestOf(r)), outOfRange(65_536, 65_536));
            r.newNonce = 2 * 65_536 + 1;
            refusesRequest(r, signatureOf(emsp, digestOf(r)), outOfRange(2 * 65_536 + 1, 65_536));
            r.newNonce = 65_537;
            sendSigned(r);
            took(r);
        }
    }

    function testInvalidateNonceVoidsWhatWasSigned() external {
        Request memory r = request(Kind.SetNode, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        vm.prank(emsp);
        registry.invalidateNonce(1);
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.InvalidNonce.selector, emsp, 1));
    }

    function testNoncesEndWithoutWrapping() external {
        uint256 last = type(uint32).max;
        prepare(Kind.SetService, emsp);
        raiseNonceTo(registry, emsp, last, 192);
        raiseNonceTo(permissions, emsp, last, 0);
        bytes memory none = abi.encodeWithSelector(ISignedRequests.NonceOutOfRange.selector, last + 1, last + 1, last);
        Request memory r = request(Kind.SetNode, emsp);
        refusesRequest(r, signatureOf(emsp, digestOf(r)), none);
        r = request(Kind.SetService, emsp);
        refusesRequest(r, signatureOf(emsp, digestOf(r)), none);
        bytes memory data = abi.encodeCall(ISignedRequests.invalidateNonce, (last + 1));
        refuses(emsp, address(registry), data, none);
        refuses(emsp, address(permissions), data, none);
        // Near the end of a term, the term limits how far a nonce can be raised.
        raiseNonceTo(registry, emsp, last - 5, 192);
        bytes memory reason = abi.encodeWithSelector(
            ISignedRequests.NonceOutOfRange.selector,
            last + 1,
            last - 4,
            last
        );
        refuses(emsp, address(registry), data, reason);
        callAs(emsp, address(registry), abi.encodeCall(ISignedRequests.invalidateNonce, (last)));
        vm.assertEq(registry.nonces(emsp), last);
    }

    function raiseNonceTo(ISignedRequests target, address who, uint256 value, uint256 shift) private {
        vm.record();
        target.nonces(who);
        (bytes32[] memory reads, ) = vm.accesses(address(target));
        uint256 others = uint256(vm.load(address(target), reads[0])) & ~(uint256(type(uint32).max) << shift);
        vm.store(address(target), reads[0], bytes32(others | (value << shift)));
        vm.assertEq(target.nonces(who), value);
    }

    // --- signers with code

    function testSignerWithCode() external {
        for (uint256 i = 0; i < KINDS; ++i) signerWithCode(Kind(i));
    }

    function signerWithCode(Kind kind) private {
        address signer = address(new Signer());
        uint256 snapshot = vm.snapshotState();
        uint256[5] memory lengths = [uint256(65), 0, 64, 66, 130]; // any length, also that of an ECDSA signature
        for (uint256 i = 0; i < uint256(Signer.Answer.YesIfGas); ++i) {
            for (uint256 j = 0; j < (i == 0 ? 5 : 1); ++j) {
                answersTo(kind, signer, Signer.Answer(i), new bytes(lengths[j]));
                vm.revertToState(snapshot);
            }
        }
    }

    function answersTo(Kind kind, address signer, Signer.Answer answer, bytes memory signature) private {
        prepare(kind, signer);
        Request memory r = request(kind, signer);
        Signer(signer).expect(answer, digestOf(r), signature);
        if (answer == Signer.Answer.Yes || answer == Signer.Answer.Long) {
            send(r, signature);
            took(r);
        } else {
            bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, signer);
            refusesRequest(r, signature, reason);
        }
    }

    /// @dev An address that ends in zero: a short answer is not completed by old memory.
    function testShortAnswerToAnAddressThatEndsInZero() external {
        address signer = address(0xab00);
        vm.etch(signer, address(new Signer()).code);
        answersTo(Kind.SetNode, signer, Signer.Answer.TooShort, "");
    }

    function testSignerWithCodeGetsThisMuchGas() external {
        Signer signer = new Signer();
        Request memory r = request(Kind.SetNode, address(signer));
        signer.expectGas(1);
        bytes memory question = abi.encodeWithSelector(bytes4(0x1626ba7e), digestOf(r), bytes("sig"));
        (, bytes memory answer) = address(signer).staticcall{gas: 250_000}(question);
        (, uint256 gas_) = abi.decode(answer, (bytes32, uint256));
        signer.expectGas(gas_ + 1);
        refusesRequest(r, "sig", abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, address(signer)));
        signer.expectGas(gas_);
        send(r, "sig");
        took(r);
    }

    /// @dev An address can have both a key and code (EIP-7702 on other chains): its ECDSA signature always counts.
    function testKeyBeforeCode() external {
        Request memory r = request(Kind.SetNode, emsp);
        bytes memory signature = signatureOf(emsp, digestOf(r));
        vm.etch(emsp, hex"60006000fd");
        refusesRequest(
            r,
            signatureOf(stranger, digestOf(r)),
            abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp)
        );
        send(r, signature);
        took(r);
    }

    function testEip712DomainIsReturned() external view {
        tellsDomain(address(registry), "OCN Registry");
        tellsDomain(address(permissions), "OCN Permissions");
    }

    function tellsDomain(address target, string memory name) private view {
        (, bytes memory answer) = target.staticcall(abi.encodeWithSignature("eip712Domain()"));
        vm.assertEq(
            answer,
            abi.encode(bytes1(0x0f), name, "3", CHAIN_ID, target, bytes32(0), new uint256[](0)),
            "domain"
        );
    }

    // --- random signatures

    /// @dev Only exactly the right signature is accepted.
    function testNoOtherSignatureIsAccepted(uint8 kind, bytes calldata signature) external {
        Request memory r = request(Kind(kind % KINDS), emsp);
        refusesRequest(r, signature, abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp));
    }

    function testNoOtherComponentsAreAccepted(uint8 kind, bytes32 r, bytes32 s, uint8 v) external {
        Request memory q = request(Kind(kind % KINDS), emsp);
        bytes memory reason = abi.encodeWithSelector(ISignedRequests.InvalidSignature.selector, emsp);
        refusesRequest(q, abi.encodePacked(r, s, v), reason);
        refusesRequest(q, abi.encodePacked(r, s, 27 + (v & 1)), reason);
    }
}
