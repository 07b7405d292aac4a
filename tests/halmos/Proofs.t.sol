// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Permissions} from "../../contracts/Permissions.sol";
import {Registry} from "../../contracts/Registry.sol";
import {ISignedRequests} from "../../contracts/interfaces/ISignedRequests.sol";
import {Bitmap} from "../../contracts/libraries/Bitmap.sol";
import {IdList} from "../../contracts/libraries/IdList.sol";
import {RequestHash} from "../../contracts/libraries/RequestHash.sol";

interface Vm {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 time) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function setArbitraryStorage(address account) external;
}

/// @dev The typed data of every request, from calldata, as the contracts hash it; tests/forge hashes it a second time.
contract Hashes {
    function setNode(address a, string calldata b, uint256 c, uint256 d) external pure returns (bytes32) {
        return RequestHash.setNode(a, b, c, d);
    }

    function setParty(
        address a,
        bytes2 b,
        bytes3 c,
        uint256[] calldata d,
        address e,
        uint256 f,
        uint256 g
    ) external pure returns (bytes32) {
        return RequestHash.setParty(a, b, c, d, e, f, g);
    }

    function setPartyModules(
        address a,
        uint256[] calldata b,
        uint256[] calldata c,
        uint256 d,
        uint256 e
    ) external pure returns (bytes32) {
        return RequestHash.setPartyModules(a, b, c, d, e);
    }

    function setService(
        address a,
        string calldata b,
        string calldata c,
        uint256[] calldata d,
        uint256 e,
        uint256 f
    ) external pure returns (bytes32) {
        return RequestHash.setService(a, b, c, d, e, f);
    }

    function createAgreement(
        address a,
        address b,
        uint256[] calldata c,
        uint256 d,
        uint256 e
    ) external pure returns (bytes32) {
        return RequestHash.createAgreement(a, b, c, d, e);
    }
}

/**
 * @dev What a signed request needs, and whose entries a write can change: for all nonces, times and signatures (recovery
 * is a function that nobody knows anything of), and small texts and lists. Signer and bystander have whatever can be had: a
 * node, a party, a service, an agreement. The signer's present nonce is any from 1 to 65,536.
 */
abstract contract Scene {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    struct Signature {
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    struct Terms {
        uint256 nonce;
        uint256 deadline;
        Signature signature;
        uint256 time;
        uint256 earlierNonce;
    }

    address internal constant SIGNER = address(0x5161);
    address internal constant BYSTANDER = address(0xb157);

    Registry internal registry;
    Permissions internal permissions;
    Hashes internal hashes;

    function setUp() public {
        registry = new Registry(address(0xC0DE), false);
        permissions = new Permissions(address(registry), false);
        hashes = new Hashes();
    }

    function isPerson(address who) internal view returns (bool) {
        return
            who != address(0) &&
            who != address(registry) &&
            who != address(permissions) &&
            who != address(hashes) &&
            who != address(this) &&
            who != address(vm) &&
            who != address(0xC0DE);
    }

    function one(uint256 value) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = value;
    }

    function small(uint8 value) internal pure returns (uint8[] memory list) {
        list = new uint8[](1);
        list[0] = value;
    }

    /// @dev A list's event takes a path for each set there may be: the first, the last and those out of range stand for all.
    function few(uint8 value, uint8 limit) internal pure {
        vm.assume(value == 0 || value >= limit - 1);
    }

    function enrol(address who, string memory url, bytes3 id) internal {
        vm.prank(who);
        registry.setNode(url);
        vm.prank(who);
        registry.setParty("DE", id, small(0), who);
        vm.prank(who);
        permissions.setService("", "", one(1));
    }

    function agree(address user, address provider) internal {
        vm.prank(user);
        permissions.createAgreement(provider);
    }

    function setTheScene(Terms memory t) internal {
        enrol(SIGNER, "http://s", "SIG");
        enrol(BYSTANDER, "http://b", "BYS");
        agree(SIGNER, BYSTANDER);
        agree(BYSTANDER, SIGNER);
        vm.assume(t.earlierNonce > 0 && t.earlierNonce <= 65_536);
        vm.prank(SIGNER);
        registry.invalidateNonce(t.earlierNonce);
        vm.prank(SIGNER);
        permissions.invalidateNonce(t.earlierNonce);
        vm.warp(t.time);
    }

    function entryIn(address target, address who) internal view returns (uint256) {
        uint256 place = target == address(registry) ? 5 : 3; // of the mapping of accounts: `forge inspect ... storageLayout`
        return uint256(vm.load(target, keccak256(abi.encode(who, place))));
    }

    /// @dev All that the bystander has. The place in the list of services (4 bytes) is the list's, not the bystander's.
    function belongingsOf(address who) internal view returns (bytes32) {
        uint256 inPermissions = entryIn(address(permissions), who) & ~(uint256(type(uint32).max) << 96);
        (, , string memory name, string memory url, ) = permissions.getService(who);
        return
            keccak256(
                abi.encode(
                    entryIn(address(registry), who),
                    inPermissions,
                    registry.listingOf(who),
                    registry.getNode(who),
                    name,
                    url
                )
            );
    }

    function digestOf(address target, bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(target == address(registry) ? "OCN Registry" : "OCN Permissions")),
                keccak256("3"),
                block.chainid,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function packed(Signature memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(signature.r, signature.s, signature.v);
    }
}

contract SignedProofs is Scene {
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev If the request takes effect, then in time, with the next nonce, signed by the signer, and for the signer only.
    function proves(Terms memory t, address target, bytes memory data, bytes32 structHash, bool raises) private {
        uint256 expected = t.earlierNonce;
        bytes32 before = belongingsOf(BYSTANDER);
        (bool success, ) = target.call(data);
        if (!success) return;
        assert(block.timestamp <= t.deadline);
        assert(t.nonce == expected);
        Signature memory q = t.signature;
        assert(uint256(q.s) <= HALF_ORDER);
        assert(ecrecover(digestOf(target, structHash), q.v, q.r, q.s) == SIGNER);
        uint256 nonce = target == address(registry) ? registry.nonces(SIGNER) : permissions.nonces(SIGNER);
        assert(raises ? nonce > expected : nonce == expected + 1);
        assert(belongingsOf(BYSTANDER) == before);
        // And not again.
        (success, ) = target.call(data);
        assert(!success);
    }

    /// @dev What recovery answers when it fails is nobody's signature.
    function check_nobodySignsForTheZeroAddress(Terms memory t) external {
        vm.warp(t.time);
        bytes memory data = abi.encodeCall(
            ISignedRequests.invalidateNonceRaw,
            (address(0), 1, t.nonce, t.deadline, packed(t.signature))
        );
        (bool success, ) = address(registry).call(data);
        assert(!success);
        (success, ) = address(permissions).call(data);
        assert(!success);
    }

    function check_setNodeRaw(Terms memory t, bytes3 end) external {
        setTheScene(t);
        string memory url = string(abi.encodePacked("http://", end));
        bytes memory data = abi.encodeCall(
            Registry.setNodeRaw,
            (SIGNER, url, t.nonce, t.deadline, packed(t.signature))
        );
        proves(t, address(registry), data, hashes.setNode(SIGNER, url, t.nonce, t.deadline), false);
    }

    function check_deleteNodeRaw(Terms memory t) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(Registry.deleteNodeRaw, (SIGNER, t.nonce, t.deadline, packed(t.signature)));
        proves(t, address(registry), data, RequestHash.deleteNode(SIGNER, t.nonce, t.deadline), false);
    }

    function check_setPartyRaw(Terms memory t, bytes2 countryCode, bytes3 partyId, uint8 role, bool stays) external {
        few(role, 7);
        setTheScene(t);
        address operator = stays ? SIGNER : BYSTANDER;
        bytes memory data = setPartyCall(t, countryCode, partyId, role, operator);
        bytes32 hash = hashes.setParty(SIGNER, countryCode, partyId, one(role), operator, t.nonce, t.deadline);
        proves(t, address(registry), data, hash, false);
    }

    function setPartyCall(
        Terms memory t,
        bytes2 countryCode,
        bytes3 partyId,
        uint8 role,
        address operator
    ) private pure returns (bytes memory) {
        bytes memory signature = packed(t.signature);
        return
            abi.encodeCall(
                Registry.setPartyRaw,
                (SIGNER, countryCode, partyId, small(role), operator, t.nonce, t.deadline, signature)
            );
    }

    function check_setPartyModulesRaw(Terms memory t, uint8 sender, uint8 receiver) external {
        few(sender, 7);
        few(receiver, 7);
        setTheScene(t);
        bytes memory data = abi.encodeCall(
            Registry.setPartyModulesRaw,
            (SIGNER, small(sender), small(receiver), t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = hashes.setPartyModules(SIGNER, one(sender), one(receiver), t.nonce, t.deadline);
        proves(t, address(registry), data, hash, false);
    }

    function check_deletePartyRaw(Terms memory t) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(Registry.deletePartyRaw, (SIGNER, t.nonce, t.deadline, packed(t.signature)));
        proves(t, address(registry), data, RequestHash.deleteParty(SIGNER, t.nonce, t.deadline), false);
    }

    function check_invalidateNonceRaw(Terms memory t, uint256 newNonce, bool ofPermissions) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(
            ISignedRequests.invalidateNonceRaw,
            (SIGNER, newNonce, t.nonce, t.deadline, packed(t.signature))
        );
        address target = ofPermissions ? address(permissions) : address(registry);
        proves(t, target, data, RequestHash.invalidateNonce(SIGNER, newNonce, t.nonce, t.deadline), true);
    }

    function check_setServiceRaw(Terms memory t, bytes1 name, bytes1 end, uint8 permission) external {
        vm.assume(permission < 2 || permission > 63);
        setTheScene(t);
        string memory text = string(abi.encodePacked(name));
        string memory url = string(abi.encodePacked("http://", end));
        bytes memory signature = packed(t.signature);
        bytes memory data = abi.encodeCall(
            Permissions.setServiceRaw,
            (SIGNER, text, url, one(permission), t.nonce, t.deadline, signature)
        );
        bytes32 hash = hashes.setService(SIGNER, text, url, one(permission), t.nonce, t.deadline);
        proves(t, address(permissions), data, hash, false);
    }

    function check_deleteServiceRaw(Terms memory t) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(
            Permissions.deleteServiceRaw,
            (SIGNER, t.nonce, t.deadline, packed(t.signature))
        );
        proves(t, address(permissions), data, RequestHash.deleteService(SIGNER, t.nonce, t.deadline), false);
    }

    function check_createAgreementRaw(Terms memory t, uint8 permission, bool withItself) external {
        setTheScene(t);
        address provider = withItself ? SIGNER : BYSTANDER;
        bytes memory data = abi.encodeCall(
            Permissions.createAgreementRaw,
            (SIGNER, provider, one(permission), t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = hashes.createAgreement(SIGNER, provider, one(permission), t.nonce, t.deadline);
        proves(t, address(permissions), data, hash, false);
    }

    function check_revokeAgreementRaw(Terms memory t) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(
            Permissions.revokeAgreementRaw,
            (SIGNER, BYSTANDER, t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = RequestHash.revokeAgreement(SIGNER, BYSTANDER, t.nonce, t.deadline);
        proves(t, address(permissions), data, hash, false);
    }
}

/// @dev A write for oneself changes nothing of the bystander's, and only the owner deletes what is another's.
contract DirectProofs is Scene {
    function leaves(address target, bytes memory data) private {
        bytes32 before = belongingsOf(BYSTANDER);
        vm.prank(SIGNER);
        (bool success, ) = target.call(data);
        success;
        assert(belongingsOf(BYSTANDER) == before);
    }

    function check_setNode(Terms memory t, bytes3 end) external {
        setTheScene(t);
        leaves(address(registry), abi.encodeCall(registry.setNode, (string(abi.encodePacked("http://", end)))));
    }

    function check_deleteNode(Terms memory t) external {
        setTheScene(t);
        leaves(address(registry), abi.encodeCall(registry.deleteNode, ()));
    }

    function check_setParty(Terms memory t, bytes2 countryCode, bytes3 partyId) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(registry.setParty, (countryCode, partyId, small(1), BYSTANDER));
        leaves(address(registry), data);
    }

    function check_deleteParty(Terms memory t) external {
        setTheScene(t);
        leaves(address(registry), abi.encodeCall(registry.deleteParty, ()));
    }

    function check_setService(Terms memory t, uint8 permission) external {
        vm.assume(permission < 2 || permission > 63);
        setTheScene(t);
        leaves(address(permissions), abi.encodeCall(permissions.setService, ("", "", one(permission))));
    }

    function check_deleteService(Terms memory t) external {
        setTheScene(t);
        leaves(address(permissions), abi.encodeCall(permissions.deleteService, ()));
    }

    function check_revokeAgreement(Terms memory t, address provider) external {
        setTheScene(t);
        leaves(address(permissions), abi.encodeCall(permissions.revokeAgreement, (provider)));
    }

    function check_setPartyModules(Terms memory t, uint8 sender, uint8 receiver) external {
        few(sender, 7);
        few(receiver, 7);
        setTheScene(t);
        leaves(address(registry), abi.encodeCall(registry.setPartyModules, (small(sender), small(receiver))));
    }

    function check_createAgreement(Terms memory t, bool withItself) external {
        setTheScene(t);
        address provider = withItself ? SIGNER : BYSTANDER;
        leaves(address(permissions), abi.encodeCall(permissions.createAgreement, (provider)));
    }

    function check_createAgreementTo(Terms memory t, uint8 permission, bool withItself) external {
        setTheScene(t);
        address provider = withItself ? SIGNER : BYSTANDER;
        leaves(address(permissions), abi.encodeCall(permissions.createAgreementTo, (provider, one(permission))));
    }

    function check_invalidateNonce(Terms memory t, uint256 newNonce, bool ofPermissions) external {
        setTheScene(t);
        address target = ofPermissions ? address(permissions) : address(registry);
        leaves(target, abi.encodeCall(ISignedRequests.invalidateNonce, (newNonce)));
    }

    function check_onlyTheOwnerDeletes(Terms memory t, bytes2 countryCode, bytes3 partyId, address operator) external {
        setTheScene(t);
        vm.prank(SIGNER);
        (bool success, ) = address(registry).call(abi.encodeCall(registry.adminDeleteOperator, (operator)));
        assert(!success);
        vm.prank(SIGNER);
        (success, ) = address(registry).call(abi.encodeCall(registry.adminDeleteParty, (countryCode, partyId)));
        assert(!success);
    }
}

/// @dev What shares a slot does not disturb its neighbours, whatever stands in the slot: storage is arbitrary here.
contract LayoutProofs is Scene {
    using IdList for IdList.List;

    IdList.List private _ids;

    function fromList(uint256[] calldata values) external pure returns (uint256) {
        return Bitmap.fromList(values, 256);
    }

    function check_idList(bytes5 id) external {
        vm.setArbitraryStorage(address(this));
        for (uint256 i = 0; i < 12; ++i) {
            for (uint256 j = 0; j < 12; ++j) {
                bytes5 before = _ids.get(j);
                _ids.set(i, id);
                assert(_ids.get(j) == (i == j ? id : before));
            }
        }
    }

    function check_bitmap(uint8 map) external view {
        assert(this.fromList(Bitmap.toList(map)) == map);
    }

    function check_nonceInRegistry(address who, uint256 newNonce) external {
        vm.setArbitraryStorage(address(registry));
        uint256 before = entryIn(address(registry), who);
        vm.prank(who);
        (bool success, ) = address(registry).call(abi.encodeCall(registry.invalidateNonce, (newNonce)));
        if (!success) return;
        assert(newNonce > before >> 224 && newNonce < 1 << 32);
        assert(entryIn(address(registry), who) == (((before << 32) >> 32) | (newNonce << 224)));
    }

    function check_nonceInPermissions(address who, uint256 newNonce) external {
        vm.setArbitraryStorage(address(permissions));
        uint256 before = entryIn(address(permissions), who);
        vm.prank(who);
        (bool success, ) = address(permissions).call(abi.encodeCall(permissions.invalidateNonce, (newNonce)));
        if (!success) return;
        assert(newNonce > before % (1 << 32) && newNonce < 1 << 32);
        assert(entryIn(address(permissions), who) == (((before >> 32) << 32) | newNonce));
    }

    /// @dev Id, roles, operator and nonce stay; the two bytes of modules are the sets. (Of roles there is one, so that the
    /// event needs no 128 paths.)
    function check_modulesInRegistry(address who, uint8 sender, uint8 receiver) external {
        few(sender, 7);
        few(receiver, 7);
        vm.setArbitraryStorage(address(registry));
        uint256 before = entryIn(address(registry), who);
        vm.assume((before >> 40) & 0xff == 4);
        vm.prank(who);
        (bool success, ) = address(registry).call(
            abi.encodeCall(registry.setPartyModules, (small(sender), small(receiver)))
        );
        if (!success) return;
        assert(sender < 7 && receiver < 7);
        uint256 others = before & ~(uint256(0xffff) << 48);
        assert(entryIn(address(registry), who) == (others | (1 << (48 + sender)) | (1 << (56 + receiver))));
    }

    /// @dev The last of the list moves into the hole, with its number.
    function check_closingAGap(address first, address second, address third) external {
        vm.assume(isPerson(first) && isPerson(second) && isPerson(third));
        vm.assume(first != second && second != third && first != third);
        enrol(first, "http://1", "ONE");
        enrol(second, "http://2", "TWO");
        enrol(third, "http://3", "III");
        vm.prank(first);
        registry.deleteParty();
        vm.prank(first);
        registry.deleteNode();
        vm.prank(first);
        permissions.deleteService();
        assert(registry.listingOf(first) == 0 && registry.listingOf(second) == 2 && registry.listingOf(third) == 3);
        address[] memory parties = registry.getParties();
        assert(parties.length == 2 && parties[0] == third && parties[1] == second);
        address[] memory operators = registry.getNodeOperators();
        assert(operators.length == 2 && operators[0] == third && operators[1] == second);
        vm.prank(third);
        registry.deleteParty();
        vm.prank(third);
        registry.deleteNode();
        parties = registry.getParties();
        assert(parties.length == 1 && parties[0] == second && registry.partyOf("DE", "TWO") == second);
        operators = registry.getNodeOperators();
        assert(operators.length == 1 && operators[0] == second);
        vm.prank(third);
        permissions.deleteService();
        assert(permissions.serviceVersion(second) == 1 && permissions.serviceCount() == 1);
    }
}
