// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPermissions} from "../../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../../contracts/interfaces/ISignedRequests.sol";
import {Fixture} from "./Fixture.sol";

/// @dev Signed requests of every kind, with a second implementation of their hashes, written from the design.
abstract contract Requests is Fixture {
    enum Kind {
        SetNode,
        DeleteNode,
        SetParty,
        SetPartyModules,
        SetPartyWebsite,
        DeleteParty,
        MoveAccount,
        SetController,
        RegistryInvalidateNonce,
        SetService,
        DeleteService,
        CreateAgreement,
        RevokeAgreement,
        PermissionsInvalidateNonce
    }

    uint256 internal constant KINDS = uint256(type(Kind).max) + 1;

    address internal newKey = account("new key");
    address internal cold = account("cold key");

    /// @dev One struct for all kinds; each uses the fields that it has. `signer` is the account, and signs while it has
    /// no controller.
    struct Request {
        Kind kind;
        address signer;
        string name;
        string url;
        bytes2 countryCode;
        bytes3 partyId;
        uint8[] list;
        uint8[] list2;
        address other;
        uint256 newNonce;
        uint256 nonce;
        uint256 deadline;
    }

    /// @dev A request that takes effect after {prepare} was called.
    function request(Kind kind, address signer) internal view returns (Request memory) {
        ISignedRequests target = ISignedRequests(targetOf(kind));
        uint256 nonce = address(target).code.length == 0 ? 0 : target.nonces(signer);
        bool isNew = kind == Kind.SetParty;
        return
            Request({
                kind: kind,
                signer: signer,
                name: unicode"Größe",
                url: "https://signed.example.org/ocn",
                countryCode: isNew ? bytes2("NL") : bytes2("FR"),
                partyId: isNew ? bytes3("X1Z") : bytes3("PRE"),
                list: u8s(hex"050105"),
                list2: u8s(hex"0206"),
                other: otherOf(kind),
                newNonce: nonce + 7,
                nonce: nonce,
                deadline: NOW + 3600
            });
    }

    function otherOf(Kind kind) private view returns (address) {
        if (kind == Kind.SetParty) return operator;
        if (kind == Kind.MoveAccount) return newKey;
        return kind == Kind.SetController ? cold : cpo;
    }

    /// @dev Prepares the state so that a request of this kind by `signer` takes effect.
    function prepare(Kind kind, address signer) internal {
        if (kind == Kind.DeleteNode) listNode(signer, "https://prepared.example.org");
        if (kind == Kind.SetParty || kind == Kind.SetNode || kind == Kind.DeleteNode) return;
        if (kind == Kind.RegistryInvalidateNonce || kind == Kind.PermissionsInvalidateNonce) return;
        listParty(signer, "FRPRE", hex"03", operator);
        if (kind == Kind.DeleteService) listService(signer, hex"07");
        if (kind == Kind.CreateAgreement || kind == Kind.RevokeAgreement) {
            listParty(cpo, "FRCPO", hex"00", operator);
            listService(cpo, hex"0105");
        }
        if (kind == Kind.RevokeAgreement) {
            vm.prank(signer);
            permissions.createAgreement(cpo);
        }
    }

    /// @dev Asserts that the state is what the request asks for.
    function took(Request memory r) internal view {
        if (r.kind == Kind.SetNode) vm.assertEq(registry.getNode(r.signer), r.url);
        if (r.kind == Kind.DeleteNode) vm.assertEq(registry.getNode(r.signer), "");
        if (r.kind == Kind.SetParty) {
            vm.assertEq(registry.partyOf(r.countryCode, r.partyId), r.signer);
            (, , , , uint8[] memory roles, address operator_, ) = registry.getPartyDetailsByAddress(r.signer);
            eq(roles, hex"0105", "roles");
            vm.assertEq(operator_, r.other);
        }
        if (r.kind == Kind.SetPartyModules) {
            (, , uint8[] memory sender, uint8[] memory receiver, , , ) = registry.getPartyDetailsByAddress(r.signer);
            eq(sender, hex"0105", "sender");
            eq(receiver, hex"0206", "receiver");
        }
        if (r.kind == Kind.SetPartyWebsite) vm.assertEq(registry.party("FR", "PRE").website, r.url);
        if (r.kind == Kind.DeleteParty) vm.assertEq(registry.membershipOf(r.signer), 0);
        if (r.kind == Kind.MoveAccount) vm.assertEq(registry.partyOf("FR", "PRE"), r.other);
        if (r.kind == Kind.SetController) vm.assertEq(registry.controllerOf(r.signer), r.other);
        if (r.kind == Kind.SetService) {
            (, , string memory name, string memory url, uint256[] memory needed) = permissions.getService(r.signer);
            vm.assertEq(name, r.name);
            vm.assertEq(url, r.url);
            eq(needed, hex"0105", "permissions");
        }
        if (r.kind == Kind.DeleteService) vm.assertEq(permissions.serviceVersion(r.signer), 0);
        if (r.kind == Kind.CreateAgreement) vm.assertTrue(permissions.hasUserAgreementByAddress(r.signer, r.other));
        if (r.kind == Kind.RevokeAgreement) vm.assertEq(permissions.agreement(r.signer, r.other).version, 0);
        bool raised = r.kind == Kind.RegistryInvalidateNonce || r.kind == Kind.PermissionsInvalidateNonce;
        uint256 nonce = ISignedRequests(targetOf(r.kind)).nonces(r.signer);
        uint256 inNextTerm = r.kind == Kind.SetController ? uint256(1) << 32 : 0;
        vm.assertEq(nonce, raised ? r.newNonce : r.nonce + 1 + inNextTerm, "nonce");
    }

    function targetOf(Kind kind) internal view returns (address) {
        return kind <= Kind.RegistryInvalidateNonce ? address(registry) : address(permissions);
    }

    function digestOf(Request memory r) internal view returns (bytes32) {
        return digestFor(targetOf(r.kind), CHAIN_ID, structHashOf(r));
    }

    function digestFor(address target, uint256 chainId, bytes32 structHash) internal view returns (bytes32) {
        string memory name = target == address(permissions) ? "OCN Permissions" : "OCN Registry";
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("3"),
                chainId,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function structHashOf(Request memory r) internal pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(abi.encode(keccak256(bytes(typeOf(r.kind)))), fieldsOf(r), abi.encode(r.nonce, r.deadline))
            );
    }

    function typeOf(Kind kind) internal pure returns (string memory) {
        if (kind == Kind.SetNode) return "SetNode(address operator,string domain,uint256 nonce,uint256 deadline)";
        if (kind == Kind.DeleteNode) return "DeleteNode(address operator,uint256 nonce,uint256 deadline)";
        if (kind == Kind.SetParty)
            return
                "SetParty(address party,string countryCode,string partyId,uint8[] roles,address operator,uint256 nonce,uint256 deadline)";
        if (kind == Kind.SetPartyModules)
            return
                "SetPartyModules(address party,string countryCode,string partyId,uint8[] sender,uint8[] receiver,uint256 nonce,uint256 deadline)";
        if (kind == Kind.SetPartyWebsite)
            return
                "SetPartyWebsite(address party,string countryCode,string partyId,string website,uint256 nonce,uint256 deadline)";
        if (kind == Kind.DeleteParty)
            return "DeleteParty(address party,string countryCode,string partyId,uint256 nonce,uint256 deadline)";
        if (kind == Kind.MoveAccount)
            return "MoveAccount(address account,address newAccount,uint256 nonce,uint256 deadline)";
        if (kind == Kind.SetController)
            return "SetController(address account,address controller,uint256 nonce,uint256 deadline)";
        if (kind == Kind.SetService)
            return
                "SetService(address provider,string name,string url,uint256[] permissions,uint256 nonce,uint256 deadline)";
        if (kind == Kind.DeleteService) return "DeleteService(address provider,uint256 nonce,uint256 deadline)";
        if (kind == Kind.CreateAgreement)
            return
                "CreateAgreement(address user,address provider,uint256[] permissions,uint256 nonce,uint256 deadline)";
        if (kind == Kind.RevokeAgreement)
            return "RevokeAgreement(address user,address provider,uint256 nonce,uint256 deadline)";
        return "InvalidateNonce(address account,uint256 newNonce,uint256 nonce,uint256 deadline)";
    }

    function fieldsOf(Request memory r) internal pure returns (bytes memory) {
        bytes32 list = hashOfList(r.list);
        if (r.kind == Kind.SetNode) return abi.encode(r.signer, keccak256(bytes(r.url)));
        if (r.kind == Kind.SetParty || r.kind == Kind.SetPartyModules) {
            bytes32 last = r.kind == Kind.SetParty ? bytes32(uint256(uint160(r.other))) : hashOfList(r.list2);
            return bytes.concat(idFieldsOf(r), list, last);
        }
        if (r.kind == Kind.SetPartyWebsite) return bytes.concat(idFieldsOf(r), keccak256(bytes(r.url)));
        if (r.kind == Kind.DeleteParty) return idFieldsOf(r);
        if (r.kind == Kind.MoveAccount || r.kind == Kind.SetController) return abi.encode(r.signer, r.other);
        if (r.kind == Kind.SetService)
            return abi.encode(r.signer, keccak256(bytes(r.name)), keccak256(bytes(r.url)), list);
        if (r.kind == Kind.CreateAgreement) return abi.encode(r.signer, r.other, list);
        if (r.kind == Kind.RevokeAgreement) return abi.encode(r.signer, r.other);
        if (r.kind == Kind.RegistryInvalidateNonce || r.kind == Kind.PermissionsInvalidateNonce)
            return abi.encode(r.signer, r.newNonce);
        return abi.encode(r.signer);
    }

    function idFieldsOf(Request memory r) private pure returns (bytes memory) {
        bytes32 countryCode = keccak256(bytes.concat(r.countryCode));
        return abi.encode(r.signer, countryCode, keccak256(bytes.concat(r.partyId)));
    }

    /// @dev The digest that an account signs to take over or control `account_`.
    function accept(
        string memory verb,
        address accepting,
        address account_
    ) internal view returns (IRegistry.Acceptance memory) {
        string memory field = keccak256(bytes(verb)) == keccak256("AcceptAccount") ? "newAccount" : "controller";
        bytes memory typeText = abi.encodePacked(
            verb,
            "(address ",
            field,
            ",address account,uint256 nonce,uint256 deadline)"
        );
        uint256 nonce = registry.nonces(accepting);
        uint256 deadline = block.timestamp + 60;
        bytes32 structHash = keccak256(abi.encode(keccak256(typeText), accepting, account_, nonce, deadline));
        bytes32 digest = digestFor(address(registry), CHAIN_ID, structHash);
        return IRegistry.Acceptance(nonce, deadline, signatureOf(accepting, digest));
    }

    /// @dev A placeholder where no acceptance is needed.
    function noAcceptance() internal pure returns (IRegistry.Acceptance memory none) {}

    /// @dev The acceptance by `other`, for a request that needs one.
    function acceptanceOf(Request memory r) internal view returns (IRegistry.Acceptance memory) {
        if (r.kind == Kind.MoveAccount) return accept("AcceptAccount", r.other, r.signer);
        return r.other == address(0) ? noAcceptance() : accept("AcceptController", r.other, r.signer);
    }

    function hashOfList(uint8[] memory list) internal pure returns (bytes32) {
        bytes memory items;
        for (uint256 i = 0; i < list.length; ++i) items = bytes.concat(items, abi.encode(list[i]));
        return keccak256(items);
    }

    function words(uint8[] memory list) internal pure returns (uint256[] memory longer) {
        longer = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
    }

    /// @dev The call of the `Raw` function.
    function callOf(Request memory r, bytes memory signature) internal view returns (bytes memory) {
        if (r.kind == Kind.SetNode)
            return abi.encodeCall(IRegistry.setNodeRaw, (r.signer, r.url, r.nonce, r.deadline, signature));
        if (r.kind == Kind.DeleteNode)
            return abi.encodeCall(IRegistry.deleteNodeRaw, (r.signer, r.nonce, r.deadline, signature));
        if (r.kind == Kind.SetParty) return _setPartyCall(r, signature);
        if (r.kind == Kind.SetPartyModules)
            return
                abi.encodeCall(
                    IRegistry.setPartyModulesRaw,
                    (r.signer, r.countryCode, r.partyId, r.list, r.list2, r.nonce, r.deadline, signature)
                );
        if (r.kind == Kind.SetPartyWebsite)
            return
                abi.encodeCall(
                    IRegistry.setPartyWebsiteRaw,
                    (r.signer, r.countryCode, r.partyId, r.url, r.nonce, r.deadline, signature)
                );
        if (r.kind == Kind.DeleteParty)
            return
                abi.encodeCall(
                    IRegistry.deletePartyRaw,
                    (r.signer, r.countryCode, r.partyId, r.nonce, r.deadline, signature)
                );
        if (r.kind == Kind.MoveAccount)
            return
                abi.encodeCall(
                    IRegistry.moveAccountRaw,
                    (r.signer, r.other, r.nonce, r.deadline, signature, acceptanceOf(r))
                );
        if (r.kind == Kind.SetController)
            return
                abi.encodeCall(
                    IRegistry.setControllerRaw,
                    (r.signer, r.other, r.nonce, r.deadline, signature, acceptanceOf(r))
                );
        if (r.kind == Kind.SetService) return _setServiceCall(r, signature);
        if (r.kind == Kind.DeleteService)
            return abi.encodeCall(IPermissions.deleteServiceRaw, (r.signer, r.nonce, r.deadline, signature));
        if (r.kind == Kind.CreateAgreement)
            return
                abi.encodeCall(
                    IPermissions.createAgreementRaw,
                    (r.signer, r.other, words(r.list), r.nonce, r.deadline, signature)
                );
        if (r.kind == Kind.RevokeAgreement)
            return abi.encodeCall(IPermissions.revokeAgreementRaw, (r.signer, r.other, r.nonce, r.deadline, signature));
        return
            abi.encodeCall(ISignedRequests.invalidateNonceRaw, (r.signer, r.newNonce, r.nonce, r.deadline, signature));
    }

    function _setPartyCall(Request memory r, bytes memory signature) private pure returns (bytes memory) {
        return
            abi.encodeCall(
                IRegistry.setPartyRaw,
                (r.signer, r.countryCode, r.partyId, r.list, r.other, r.nonce, r.deadline, signature)
            );
    }

    function _setServiceCall(Request memory r, bytes memory signature) private pure returns (bytes memory) {
        return
            abi.encodeCall(
                IPermissions.setServiceRaw,
                (r.signer, r.name, r.url, words(r.list), r.nonce, r.deadline, signature)
            );
    }

    /// @dev The signer's signature under `digest`.
    function signatureOf(address signer, bytes32 digest) internal view returns (bytes memory) {
        if (keyOf[signer] == 0) return "";
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The spender sends the request with this signature.
    function send(Request memory r, bytes memory signature) internal returns (bytes memory) {
        return callAs(spender, targetOf(r.kind), callOf(r, signature));
    }

    function sendSigned(Request memory r) internal returns (bytes memory) {
        return send(r, signatureOf(r.signer, digestOf(r)));
    }

    /// @dev The request with this signature is rejected with exactly this error.
    function refusesRequest(Request memory r, bytes memory signature, bytes memory reason) internal {
        refuses(spender, targetOf(r.kind), callOf(r, signature), reason);
    }
}
