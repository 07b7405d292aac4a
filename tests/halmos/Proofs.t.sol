// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Permissions} from "../../contracts/Permissions.sol";
import {Registry} from "../../contracts/Registry.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../contracts/interfaces/ISignedRequests.sol";
import {Bitmap} from "../../contracts/libraries/Bitmap.sol";
import {PackedList} from "../../contracts/libraries/PackedList.sol";
import {RequestHash} from "../../contracts/libraries/RequestHash.sol";
import {Words} from "../../contracts/libraries/Words.sol";

interface Vm {
    function assume(bool condition) external pure;
    function prank(address sender) external;
    function warp(uint256 time) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 value) external;
    function setArbitraryStorage(address account) external;
}

/// @dev Hashes every request from calldata as the contracts do; tests/forge has a second implementation.
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
        bytes2 b,
        bytes3 c,
        uint256[] calldata d,
        uint256[] calldata e,
        uint256 f,
        uint256 g
    ) external pure returns (bytes32) {
        return RequestHash.setPartyModules(a, b, c, d, e, f, g);
    }

    function setPartyWebsite(
        address a,
        bytes2 b,
        bytes3 c,
        string calldata d,
        uint256 e,
        uint256 f
    ) external pure returns (bytes32) {
        return RequestHash.setPartyWebsite(a, b, c, d, e, f);
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
 * @dev What a signed request needs, and which entries a write can change: for all nonces, terms, times and signatures
 * (recovery is an unknown function), and for small texts and lists. Signer and bystander have everything: a node, a party
 * with a website, a service, an agreement. In a signed proof the signer also has a controller. Its present count and term
 * are arbitrary, but below their limits.
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
        uint256 count;
        uint256 term;
    }

    /// @dev Places of mappings: `forge inspect ... storageLayout`, and tests/contract/kit/layout.py.
    uint256 internal constant ACCOUNTS = 5;
    uint256 internal constant CONTROLLERS = 6;
    uint256 internal constant PARTIES = 7;
    uint256 internal constant DOMAINS = 12;
    uint256 internal constant NONCE_COUNTS = 3;
    uint256 internal constant OFFERS = 4;

    address internal constant SIGNER = address(0x5161);
    address internal constant BYSTANDER = address(0xb157);
    address internal constant CONTROLLER = address(0xc017);
    address internal constant NEW_KEY = address(0x2e3);

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

    /// @dev An event with a list needs a path for each possible set: the first, the last and values out of range represent all.
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
        vm.assume(t.count < type(uint32).max && t.term < type(uint16).max);
        uint256 word = entryIn(address(registry), ACCOUNTS, SIGNER);
        word = Words.set(Words.set(word, Words.NONCE_COUNT, t.count), Words.TERM, t.term);
        store(address(registry), ACCOUNTS, SIGNER, word);
        store(address(permissions), NONCE_COUNTS, SIGNER, t.count);
        vm.warp(t.time);
    }

    function nameTheController() internal {
        store(address(registry), ACCOUNTS, SIGNER, entryIn(address(registry), ACCOUNTS, SIGNER) | Words.CONTROLLED);
        store(address(registry), CONTROLLERS, SIGNER, uint160(CONTROLLER));
    }

    function presentNonce(Terms memory t) internal pure returns (uint256) {
        return (t.term << 32) | t.count;
    }

    function store(address target, uint256 mapping_, address who, uint256 value) internal {
        vm.store(target, keccak256(abi.encode(who, mapping_)), bytes32(value));
    }

    function entryIn(address target, uint256 mapping_, address who) internal view returns (uint256) {
        return entryIn(target, mapping_, uint256(uint160(who)));
    }

    function entryIn(address target, uint256 mapping_, uint256 key) internal view returns (uint256) {
        return uint256(vm.load(target, keccak256(abi.encode(key, mapping_))));
    }

    /// @dev All that the bystander has, except places in lists, which others can change.
    function belongingsOf(address who) internal view returns (bytes32) {
        uint256 account = entryIn(address(registry), ACCOUNTS, who);
        uint256 membership = Words.get(account, Words.MEMBERSHIP);
        uint256 party = entryIn(address(registry), PARTIES, Words.get(account, Words.CURRENT_ID));
        (, , string memory name, string memory url, ) = permissions.getService(who);
        return
            keccak256(
                abi.encode(
                    account,
                    entryIn(address(registry), CONTROLLERS, who),
                    party & ~Words.PARTY_PLACE,
                    entryIn(address(permissions), OFFERS, membership) & ~Words.PLACE,
                    entryIn(address(permissions), NONCE_COUNTS, who),
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

    /// @dev If the request takes effect, it is in time, has the next nonce of the present term, is signed by the controller,
    /// and changes only the signer's entries.
    function proves(Terms memory t, address target, bytes memory data, bytes32 structHash) private {
        provesFor(t, target, data, structHash, CONTROLLER);
        uint256 nonce = target == address(registry) ? registry.nonces(SIGNER) : permissions.nonces(SIGNER);
        assert(nonce == presentNonce(t) + 1);
    }

    /// @dev Continues only if the request took effect.
    function provesFor(
        Terms memory t,
        address target,
        bytes memory data,
        bytes32 structHash,
        address controller
    ) private {
        bytes32 before = belongingsOf(BYSTANDER);
        (bool success, ) = target.call(data);
        vm.assume(success);
        assert(block.timestamp <= t.deadline);
        assert(t.nonce == presentNonce(t));
        Signature memory q = t.signature;
        assert(uint256(q.s) <= HALF_ORDER);
        assert(ecrecover(digestOf(target, structHash), q.v, q.r, q.s) == controller);
        assert(belongingsOf(BYSTANDER) == before);
        // It does not take effect again.
        (success, ) = target.call(data);
        assert(!success);
    }

    /// @dev A failed recovery does not count as anybody's signature.
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
        nameTheController();
        string memory url = string(abi.encodePacked("http://", end));
        bytes memory data = abi.encodeCall(
            Registry.setNodeRaw,
            (SIGNER, url, t.nonce, t.deadline, packed(t.signature))
        );
        proves(t, address(registry), data, hashes.setNode(SIGNER, url, t.nonce, t.deadline));
    }

    function check_deleteNodeRaw(Terms memory t) external {
        setTheScene(t);
        nameTheController();
        bytes memory data = abi.encodeCall(Registry.deleteNodeRaw, (SIGNER, t.nonce, t.deadline, packed(t.signature)));
        proves(t, address(registry), data, RequestHash.deleteNode(SIGNER, t.nonce, t.deadline));
    }

    function check_setPartyRaw(Terms memory t, bytes2 countryCode, bytes3 partyId, uint8 role, bool stays) external {
        few(role, 8);
        setTheScene(t);
        nameTheController();
        address operator = stays ? SIGNER : BYSTANDER;
        bytes memory data = setPartyCall(t, countryCode, partyId, role, operator);
        bytes32 hash = hashes.setParty(SIGNER, countryCode, partyId, one(role), operator, t.nonce, t.deadline);
        proves(t, address(registry), data, hash);
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

    function check_setPartyModulesRaw(Terms memory t, bytes3 partyId, uint8 sender, uint8 receiver) external {
        few(sender, 16);
        few(receiver, 16);
        setTheScene(t);
        nameTheController();
        bytes memory data = setPartyModulesCall(t, partyId, sender, receiver);
        bytes32 hash = hashes.setPartyModules(SIGNER, "DE", partyId, one(sender), one(receiver), t.nonce, t.deadline);
        proves(t, address(registry), data, hash);
    }

    function setPartyModulesCall(
        Terms memory t,
        bytes3 partyId,
        uint8 sender,
        uint8 receiver
    ) private pure returns (bytes memory) {
        bytes memory signature = packed(t.signature);
        return
            abi.encodeCall(
                Registry.setPartyModulesRaw,
                (SIGNER, "DE", partyId, small(sender), small(receiver), t.nonce, t.deadline, signature)
            );
    }

    function check_setPartyWebsiteRaw(Terms memory t, bytes3 partyId, bytes1 end) external {
        setTheScene(t);
        nameTheController();
        string memory url = string(abi.encodePacked("http://", end));
        bytes memory data = abi.encodeCall(
            Registry.setPartyWebsiteRaw,
            (SIGNER, "DE", partyId, url, t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = hashes.setPartyWebsite(SIGNER, "DE", partyId, url, t.nonce, t.deadline);
        proves(t, address(registry), data, hash);
    }

    function check_deletePartyRaw(Terms memory t, bytes2 countryCode, bytes3 partyId) external {
        setTheScene(t);
        nameTheController();
        bytes memory data = abi.encodeCall(
            Registry.deletePartyRaw,
            (SIGNER, countryCode, partyId, t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = RequestHash.deleteParty(SIGNER, countryCode, partyId, t.nonce, t.deadline);
        proves(t, address(registry), data, hash);
    }

    /// @dev In addition: the new key has accepted exactly this, now; counts go on; the old account's term stays and the new
    /// one's rises; exactly the accounts marked as controlled have a controller.
    function check_moveAccountRaw(Terms memory t, Terms memory u) external {
        setTheScene(t);
        nameTheController();
        vm.assume(u.count < type(uint32).max && u.term < type(uint16).max);
        store(address(registry), ACCOUNTS, NEW_KEY, (u.term << 224) | (u.count << 192));
        bytes memory data = abi.encodeCall(
            Registry.moveAccountRaw,
            (
                SIGNER,
                NEW_KEY,
                t.nonce,
                t.deadline,
                packed(t.signature),
                IRegistry.Acceptance(u.nonce, u.deadline, packed(u.signature))
            )
        );
        proves(t, address(registry), data, RequestHash.moveAccount(SIGNER, NEW_KEY, t.nonce, t.deadline));
        provesAcceptance(u, RequestHash.acceptAccount(NEW_KEY, SIGNER, u.nonce, u.deadline), NEW_KEY);
        assert(registry.nonces(NEW_KEY) == ((u.term + 1) << 32) + u.count + 1);
        assert(registry.membershipOf(SIGNER) == 0 && registry.membershipOf(NEW_KEY) == 1);
        assert(registry.controllerOf(NEW_KEY) == CONTROLLER);
        flagAgrees(SIGNER);
        flagAgrees(NEW_KEY);
    }

    function check_setControllerRaw(Terms memory t, Terms memory u, uint8 choice) external {
        setTheScene(t);
        nameTheController();
        address named =
            choice == 0
                ? address(0)
                : choice == 1
                    ? SIGNER
                    : choice == 2
                        ? NEW_KEY
                        : BYSTANDER;
        vm.assume(choice < 3 && u.count < type(uint32).max);
        store(address(registry), ACCOUNTS, NEW_KEY, u.count << 192);
        u.term = 0;
        bytes memory data = abi.encodeCall(
            Registry.setControllerRaw,
            (
                SIGNER,
                named,
                t.nonce,
                t.deadline,
                packed(t.signature),
                IRegistry.Acceptance(u.nonce, u.deadline, packed(u.signature))
            )
        );
        bytes32 hash = RequestHash.setController(SIGNER, named, t.nonce, t.deadline);
        provesFor(t, address(registry), data, hash, CONTROLLER);
        assert(registry.nonces(SIGNER) == presentNonce(t) + 1 + (1 << 32));
        if (choice == 2) {
            provesAcceptance(u, RequestHash.acceptController(NEW_KEY, SIGNER, u.nonce, u.deadline), NEW_KEY);
        }
        assert(registry.controllerOf(SIGNER) == (choice == 2 ? NEW_KEY : SIGNER));
        flagAgrees(SIGNER);
    }

    function provesAcceptance(Terms memory u, bytes32 hash, address accepting) private view {
        assert(block.timestamp <= u.deadline);
        assert(u.nonce == presentNonce(u));
        Signature memory q = u.signature;
        assert(uint256(q.s) <= HALF_ORDER);
        assert(ecrecover(digestOf(address(registry), hash), q.v, q.r, q.s) == accepting);
    }

    function flagAgrees(address who) private view {
        uint256 controller = entryIn(address(registry), CONTROLLERS, who);
        assert(Words.has(entryIn(address(registry), ACCOUNTS, who), Words.CONTROLLED) == (controller != 0));
        assert(controller != uint160(who));
    }

    /// @dev An account that has named none is its own controller.
    function check_deleteNodeRawOfItsOwn(Terms memory t) external {
        setTheScene(t);
        bytes memory data = abi.encodeCall(Registry.deleteNodeRaw, (SIGNER, t.nonce, t.deadline, packed(t.signature)));
        provesFor(t, address(registry), data, RequestHash.deleteNode(SIGNER, t.nonce, t.deadline), SIGNER);
    }

    function check_invalidateNonceRaw(Terms memory t, uint256 newNonce, bool ofPermissions) external {
        setTheScene(t);
        nameTheController();
        bytes memory data = abi.encodeCall(
            ISignedRequests.invalidateNonceRaw,
            (SIGNER, newNonce, t.nonce, t.deadline, packed(t.signature))
        );
        address target = ofPermissions ? address(permissions) : address(registry);
        provesFor(t, target, data, RequestHash.invalidateNonce(SIGNER, newNonce, t.nonce, t.deadline), CONTROLLER);
        uint256 nonce = ofPermissions ? permissions.nonces(SIGNER) : registry.nonces(SIGNER);
        assert(nonce == newNonce && nonce > t.nonce && nonce >> 32 == t.term);
    }

    function check_setServiceRaw(Terms memory t, bytes1 name, bytes1 end, uint8 permission) external {
        vm.assume(permission < 2 || permission > 63);
        setTheScene(t);
        nameTheController();
        string memory text = string(abi.encodePacked(name));
        string memory url = string(abi.encodePacked("http://", end));
        bytes memory signature = packed(t.signature);
        bytes memory data = abi.encodeCall(
            Permissions.setServiceRaw,
            (SIGNER, text, url, one(permission), t.nonce, t.deadline, signature)
        );
        bytes32 hash = hashes.setService(SIGNER, text, url, one(permission), t.nonce, t.deadline);
        proves(t, address(permissions), data, hash);
    }

    function check_deleteServiceRaw(Terms memory t) external {
        setTheScene(t);
        nameTheController();
        bytes memory data = abi.encodeCall(
            Permissions.deleteServiceRaw,
            (SIGNER, t.nonce, t.deadline, packed(t.signature))
        );
        proves(t, address(permissions), data, RequestHash.deleteService(SIGNER, t.nonce, t.deadline));
    }

    function check_createAgreementRaw(Terms memory t, uint8 permission, bool withItself) external {
        setTheScene(t);
        nameTheController();
        address provider = withItself ? SIGNER : BYSTANDER;
        bytes memory data = abi.encodeCall(
            Permissions.createAgreementRaw,
            (SIGNER, provider, one(permission), t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = hashes.createAgreement(SIGNER, provider, one(permission), t.nonce, t.deadline);
        proves(t, address(permissions), data, hash);
    }

    function check_revokeAgreementRaw(Terms memory t) external {
        setTheScene(t);
        nameTheController();
        bytes memory data = abi.encodeCall(
            Permissions.revokeAgreementRaw,
            (SIGNER, BYSTANDER, t.nonce, t.deadline, packed(t.signature))
        );
        bytes32 hash = RequestHash.revokeAgreement(SIGNER, BYSTANDER, t.nonce, t.deadline);
        proves(t, address(permissions), data, hash);
    }
}

/// @dev A direct write does not change the bystander's entries, and only the owner deletes those of others.
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

    function check_deletePartyOf(Terms memory t, bytes2 countryCode, bytes3 partyId) external {
        setTheScene(t);
        leaves(address(registry), abi.encodeCall(registry.deletePartyOf, (countryCode, partyId)));
    }

    function check_setPartyWebsite(Terms memory t, bytes2 countryCode, bytes3 partyId, bytes1 end) external {
        setTheScene(t);
        string memory url = string(abi.encodePacked("http://", end));
        leaves(address(registry), abi.encodeCall(registry.setPartyWebsite, (countryCode, partyId, url)));
    }

    /// @dev For any named account and any acceptance.
    function check_moveAccount(Terms memory t, Terms memory u, bool ontoBystander) external {
        setTheScene(t);
        IRegistry.Acceptance memory acceptance = IRegistry.Acceptance(u.nonce, u.deadline, packed(u.signature));
        address onto = ontoBystander ? BYSTANDER : NEW_KEY;
        leaves(address(registry), abi.encodeCall(registry.moveAccount, (onto, acceptance)));
    }

    function check_setController(Terms memory t, address controller) external {
        setTheScene(t);
        vm.assume(controller == address(0) || controller == SIGNER);
        IRegistry.Acceptance memory none;
        leaves(address(registry), abi.encodeCall(registry.setController, (controller, none)));
    }

    function check_pruneService(Terms memory t, uint256 index) external {
        setTheScene(t);
        vm.assume(index < 4);
        leaves(address(permissions), abi.encodeCall(permissions.pruneService, (index)));
    }

    /// @dev While an account has a controller, its direct writes have no effect.
    function check_noDirectWriteOfAControlledAccount(
        Terms memory t,
        bytes2 a,
        bytes3 b,
        address who,
        uint256 n
    ) external {
        setTheScene(t);
        nameTheController();
        IRegistry.Acceptance memory none;
        refuses(address(registry), abi.encodeCall(registry.setNode, ("http://n")));
        refuses(address(registry), abi.encodeCall(registry.deleteNode, ()));
        refuses(address(registry), abi.encodeCall(registry.setParty, (a, b, small(0), who)));
        refuses(address(registry), abi.encodeCall(registry.setPartyModules, (small(0), small(0))));
        refuses(address(registry), abi.encodeCall(registry.setPartyModulesOf, (a, b, small(0), small(0))));
        refuses(address(registry), abi.encodeCall(registry.setPartyWebsite, (a, b, "")));
        refuses(address(registry), abi.encodeCall(registry.deleteParty, ()));
        refuses(address(registry), abi.encodeCall(registry.deletePartyOf, (a, b)));
        refuses(address(registry), abi.encodeCall(registry.moveAccount, (who, none)));
        refuses(address(registry), abi.encodeCall(registry.setController, (who, none)));
        refuses(address(registry), abi.encodeCall(registry.invalidateNonce, (n)));
        refuses(address(permissions), abi.encodeCall(permissions.setService, ("", "", one(n))));
        refuses(address(permissions), abi.encodeCall(permissions.deleteService, ()));
        refuses(address(permissions), abi.encodeCall(permissions.createAgreement, (who)));
        refuses(address(permissions), abi.encodeCall(permissions.createAgreementTo, (who, one(n))));
        refuses(address(permissions), abi.encodeCall(permissions.revokeAgreement, (who)));
        refuses(address(permissions), abi.encodeCall(permissions.invalidateNonce, (n)));
    }

    function refuses(address target, bytes memory data) private {
        vm.prank(SIGNER);
        (bool success, ) = target.call(data);
        assert(!success);
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
        few(sender, 16);
        few(receiver, 16);
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
        vm.prank(SIGNER);
        (success, ) = address(registry).call(
            abi.encodeCall(registry.adminReserveParty, (countryCode, partyId, operator))
        );
        assert(!success);
        vm.prank(SIGNER);
        (success, ) = address(registry).call(abi.encodeCall(registry.adminReserveNode, ("http://b", operator)));
        assert(!success);
    }
}

/// @dev Values that share a slot do not disturb each other, whatever the slot contains: storage is arbitrary here.
contract LayoutProofs is Scene {
    using PackedList for PackedList.List;
    using Words for uint256;

    PackedList.List private _list;

    function fromList(uint256[] calldata values) external pure returns (uint256) {
        return Bitmap.fromList(values, 256);
    }

    /// @dev Ids, node numbers and members, in more than one slot of each.
    function check_packedList(uint256 value) external {
        vm.setArbitraryStorage(address(this));
        neighboursStay(40, 12, value & (2 ** 40 - 1));
        neighboursStay(32, 9, value & (2 ** 32 - 1));
        neighboursStay(104, 5, value & (2 ** 104 - 1));
    }

    function neighboursStay(uint256 bits, uint256 count, uint256 value) private {
        uint256 spare = _list.slots[0] >> ((256 / bits) * bits);
        for (uint256 i = 0; i < count; ++i) {
            for (uint256 j = 0; j < count; ++j) {
                uint256 before = _list.get(bits, j);
                _list.set(bits, i, value);
                assert(_list.get(bits, j) == (i == j ? value : before));
            }
        }
        assert(_list.slots[0] >> ((256 / bits) * bits) == spare);
    }

    /// @dev The masks of a word share no bit: a field reads as written, and no other field changes.
    function check_masks(uint256 word, uint256 value) external pure {
        uint256[12] memory account = [
            Words.MEMBERSHIP,
            Words.FOUNDING_ID,
            Words.CURRENT_ID,
            Words.ID_COUNT,
            Words.CONTROLLED,
            Words.RUNS_NODE,
            Words.RETIRED,
            Words.HAS_HEIR,
            Words.NODE,
            Words.NONCE_COUNT,
            Words.TERM,
            0
        ];
        fieldsAreApart(word, value, account);
        fieldsAreApart(
            word,
            value,
            [
                Words.ACCOUNT,
                Words.PARTY_PLACE,
                Words.PARTY_NODE,
                Words.ROLES,
                Words.SENDER,
                Words.RECEIVER,
                Words.HAS_WEBSITE,
                0,
                0,
                0,
                0,
                0
            ]
        );
        fieldsAreApart(word, value, [Words.ACCOUNT, Words.HOST_NODE, Words.HOST_PLACE, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        fieldsAreApart(
            word,
            value,
            [Words.VERSION, Words.PLACE, Words.PERMISSIONS, Words.SHOWN_ID, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    function fieldsAreApart(uint256 word, uint256 value, uint256[12] memory masks) private pure {
        uint256 wrong = 0; // collected, because halmos counts each assertion in a loop as another iteration
        for (uint256 i = 0; i < 12 && masks[i] != 0; ++i) {
            uint256 changed = word.set(masks[i], value);
            unchecked {
                wrong |= (changed ^ (value * (masks[i] & (~masks[i] + 1)))) & masks[i];
            }
            for (uint256 j = 0; j < 12 && masks[j] != 0; ++j) if (i != j) wrong |= (changed ^ word) & masks[j];
        }
        assert(wrong == 0);
    }

    /// @dev An id without roles is not held, whatever account is stored, and nobody can write as its holder.
    function check_rolesOfZeroAreNeverHeld(bytes2 countryCode, bytes3 partyId, address holder) external {
        vm.setArbitraryStorage(address(registry));
        uint256 id = Words.joinId(countryCode, partyId);
        vm.store(address(registry), keccak256(abi.encode(id, PARTIES)), bytes32(uint256(uint160(holder))));
        assert(registry.partyOf(countryCode, partyId) == address(0));
        assert(registry.party(countryCode, partyId).party == address(0));
        assert(registry.reservationOf(countryCode, partyId) == holder);
        vm.prank(holder);
        (bool success, ) = address(registry).call(abi.encodeCall(registry.deletePartyOf, (countryCode, partyId)));
        assert(!success);
        vm.prank(holder);
        (success, ) = address(registry).call(
            abi.encodeCall(registry.setPartyModulesOf, (countryCode, partyId, small(0), small(0)))
        );
        assert(!success);
        vm.prank(holder);
        (success, ) = address(registry).call(abi.encodeCall(registry.setPartyWebsite, (countryCode, partyId, "")));
        assert(!success);
    }

    function check_bitmap(uint8 map) external view {
        assert(this.fromList(Bitmap.toList(map)) == map);
    }

    function check_nonceInRegistry(address who, uint256 newNonce) external {
        vm.setArbitraryStorage(address(registry));
        uint256 before = entryIn(address(registry), ACCOUNTS, who);
        vm.assume(uint160(entryIn(address(registry), CONTROLLERS, who)) != uint160(who)); // an invariant of every write
        vm.prank(who);
        (bool success, ) = address(registry).call(abi.encodeCall(registry.invalidateNonce, (newNonce)));
        if (!success) return;
        uint256 present = who == address(0) ? 0 : before.get(Words.NONCE);
        assert(newNonce > present && newNonce >> 32 == present >> 32);
        assert(!before.has(Words.CONTROLLED) || who == address(0));
        assert(
            entryIn(address(registry), ACCOUNTS, who) == before.set(Words.NONCE_COUNT, newNonce) || who == address(0)
        );
    }

    function check_nonceInPermissions(address who, uint256 newNonce) external {
        vm.assume(who != address(0));
        vm.setArbitraryStorage(address(permissions));
        uint256 before = entryIn(address(permissions), NONCE_COUNTS, who);
        vm.assume(before < 1 << 32);
        vm.prank(who);
        (bool success, ) = address(permissions).call(abi.encodeCall(permissions.invalidateNonce, (newNonce)));
        if (!success) return;
        assert(newNonce > before && newNonce < 1 << 32);
        assert(entryIn(address(permissions), NONCE_COUNTS, who) == newNonce);
    }

    /// @dev Account, places, roles and website stay; the two fields of modules become the sets. (There is only one role, to
    /// keep the event from needing 256 paths, and the node number has no node, so that no text is read.)
    function check_modulesInRegistry(address who, uint8 sender, uint8 receiver) external {
        few(sender, 16);
        few(receiver, 16);
        vm.assume(who != address(0));
        vm.setArbitraryStorage(address(registry));
        uint256 id = Words.joinId("DE", "ABC");
        uint256 account = entryIn(address(registry), ACCOUNTS, who);
        vm.assume(account.get(Words.CURRENT_ID) == id && account.get(Words.ID_COUNT) == 1);
        vm.store(address(registry), keccak256(abi.encode(uint256(1), DOMAINS)), 0);
        uint256 before = entryIn(address(registry), PARTIES, id);
        vm.assume(before.get(Words.ROLES) == 4 && before.get(Words.PARTY_NODE) == 1 && before.account() == who);
        vm.prank(who);
        (bool success, ) = address(registry).call(
            abi.encodeCall(registry.setPartyModules, (small(sender), small(receiver)))
        );
        if (!success) return;
        assert(sender < 16 && receiver < 16);
        uint256 expected = before.set(Words.SENDER, 1 << sender).set(Words.RECEIVER, 1 << receiver);
        assert(entryIn(address(registry), PARTIES, id) == expected);
        assert(entryIn(address(registry), ACCOUNTS, who) == account);
    }

    /// @dev The last entry of the list moves into the gap, with its number.
    function check_closingAGap(address first, address second, address third) external {
        vm.assume(isPerson(first) && isPerson(second) && isPerson(third));
        vm.assume(first != second && second != third && first != third);
        enrol(first, "http://1", "ONE");
        enrol(second, "http://2", "TWO");
        enrol(third, "http://3", "III");
        vm.prank(first);
        permissions.deleteService();
        vm.prank(first);
        registry.deleteParty();
        vm.prank(first);
        registry.deleteNode();
        assert(registry.membershipOf(first) == 0 && registry.membershipOf(second) == 2);
        assert(registry.membershipOf(third) == 3);
        address[] memory parties = registry.getParties();
        assert(parties.length == 2 && parties[0] == third && parties[1] == second);
        address[] memory operators = registry.getNodeOperators();
        assert(operators.length == 2 && operators[0] == third && operators[1] == second);
        vm.prank(third);
        permissions.deleteService();
        vm.prank(third);
        registry.deleteParty();
        vm.prank(third);
        registry.deleteNode();
        parties = registry.getParties();
        assert(parties.length == 1 && parties[0] == second && registry.partyOf("DE", "TWO") == second);
        operators = registry.getNodeOperators();
        assert(operators.length == 1 && operators[0] == second);
        assert(permissions.serviceVersion(second) == 1 && permissions.serviceCount() == 1);
    }
}
