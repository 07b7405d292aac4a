// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Batches} from "./base/Batches.sol";
import {Imports} from "./base/Imports.sol";
import {SignedRequests} from "./base/SignedRequests.sol";
import {IPermissions} from "./interfaces/IPermissions.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {PackedList} from "./libraries/PackedList.sol";
import {Page} from "./libraries/Page.sol";
import {RequestHash} from "./libraries/RequestHash.sol";
import {TextRules} from "./libraries/TextRules.sol";
import {Words} from "./libraries/Words.sol";

/// @title OCN Permissions
/// @notice See {IPermissions}. {Words} shows the layout of the stored words.
contract Permissions is IPermissions, SignedRequests, Batches, Imports {
    using Bitmap for uint256[];
    using Bitmap for uint256;
    using PackedList for PackedList.List;
    using TextRules for string;
    using Words for uint256;

    /// @dev How a provider describes its service.
    struct Description {
        string name;
        string url;
    }

    uint256 private constant _PERMISSION_LIMIT = 64;

    /// @dev Stands in for a {Bitmap} of permissions: the user agrees to whatever the service needs.
    uint256 private constant _WHATEVER_IT_NEEDS = type(uint256).max;

    /// @dev Bits of a member (founding id and membership, {Words-MEMBER}) in a list, two to a slot; and the bits of slot 0
    /// that hold the number of entries.
    uint256 private constant _MEMBER_BITS = 104;
    uint256 private constant _LENGTH = ((1 << 48) - 1) << 208;

    /// @inheritdoc IPermissions
    IRegistry public immutable registry;

    /// @dev Number of an account's requests that took effect here or were skipped. The term is kept by the Registry.
    mapping(address account => uint256) private _nonceCounts;

    /**
     * @dev Services. `_offers[m]` has permissions exactly when `_providers` holds a member with membership m at the place
     * recorded in the offer; otherwise `_descriptions[m]` is empty. The version outlives the service, so that it never
     * repeats.
     */
    mapping(uint256 membership => uint256 word) private _offers;
    mapping(uint256 membership => Description) private _descriptions;
    PackedList.List private _providers;

    /**
     * @dev Agreements, by the user's membership u and the provider's p. `_consents[u][p]` is not zero exactly when
     * `_agreements[u]` holds a member with membership p at the place recorded in the consent.
     */
    mapping(uint256 user => mapping(uint256 provider => uint256 word)) private _consents;
    mapping(uint256 user => PackedList.List) private _agreements;

    /**
     * @param registry_ Registry whose parties offer and use services, and whose owner also owns this contract.
     * @param importOpen_ Whether the import is open until the owner closes it.
     */
    constructor(address registry_, bool importOpen_) SignedRequests("OCN Permissions") Imports(importOpen_) {
        if (registry_.code.length == 0) revert NotAContract(registry_);
        registry = IRegistry(registry_);
    }

    /// @inheritdoc IPermissions
    function setService(string calldata name, string calldata url, uint256[] calldata permissions) external {
        uint256 key = _keyOfSender();
        _requireOpen();
        _storeService(msg.sender, key, name, url, permissions);
    }

    /// @inheritdoc IPermissions
    function setServiceRaw(
        address provider,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.setService(provider, name, url, permissions, nonce, deadline);
        uint256 key = _useRequest(provider, nonce, deadline, requestHash, signature);
        _requireOpen();
        _storeService(provider, key, name, url, permissions);
    }

    /// @inheritdoc IPermissions
    function deleteService() external {
        _deleteService(msg.sender, _keyOfSender());
    }

    /// @inheritdoc IPermissions
    function deleteServiceRaw(address provider, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        bytes32 requestHash = RequestHash.deleteService(provider, nonce, deadline);
        _deleteService(provider, _useRequest(provider, nonce, deadline, requestHash, signature));
    }

    /// @inheritdoc IPermissions
    function pruneService(uint256 index) external {
        _requireOpen();
        uint256 count = _lengthOf(_providers);
        if (index >= count) revert IndexOutOfRange(index, count);
        uint256[] memory members = new uint256[](1);
        members[0] = _providers.get(_MEMBER_BITS, index);
        address provider = registry.accountsOf(members)[0];
        if (provider != address(0)) revert ServiceNotEnded(provider);
        uint256 membership = members[0].get(Words.MEMBERSHIP);
        _removeService(membership);
        delete _offers[membership];
        emit ServicePruned(index, membership);
    }

    /// @inheritdoc IPermissions
    function createAgreement(address provider) external {
        (uint256 userKey, uint256 providerKey) = _keysOfSenderAnd(provider);
        _requireOpen();
        _storeAgreement(msg.sender, provider, userKey, providerKey, _WHATEVER_IT_NEEDS);
    }

    /// @inheritdoc IPermissions
    function createAgreementTo(address provider, uint256[] calldata permissions) external {
        (uint256 userKey, uint256 providerKey) = _keysOfSenderAnd(provider);
        _requireOpen();
        _storeAgreement(msg.sender, provider, userKey, providerKey, permissions.fromList(_PERMISSION_LIMIT));
    }

    /// @inheritdoc IPermissions
    function createAgreementRaw(
        address user,
        address provider,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.createAgreement(user, provider, permissions, nonce, deadline);
        (uint256 userKey, uint256 providerKey) = _useRequestTo(user, provider, nonce, deadline, requestHash, signature);
        _requireOpen();
        _storeAgreement(user, provider, userKey, providerKey, permissions.fromList(_PERMISSION_LIMIT));
    }

    /// @inheritdoc IPermissions
    function revokeAgreement(address provider) external {
        (uint256 userKey, uint256 providerKey) = _keysOfSenderAnd(provider);
        _revokeAgreement(msg.sender, provider, userKey, providerKey);
    }

    /// @inheritdoc IPermissions
    function revokeAgreementRaw(
        address user,
        address provider,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.revokeAgreement(user, provider, nonce, deadline);
        (uint256 userKey, uint256 providerKey) = _useRequestTo(user, provider, nonce, deadline, requestHash, signature);
        _revokeAgreement(user, provider, userKey, providerKey);
    }

    /// @inheritdoc IPermissions
    function importServices(ServiceImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            ServiceImport calldata item = items[i];
            uint256 key = _keyOf(item.provider);
            if (_offerUnder(key).has(Words.PERMISSIONS)) revert ServiceExists(item.provider);
            _storeService(item.provider, key, item.name, item.url, item.permissions);
        }
    }

    /// @inheritdoc IPermissions
    function importAgreements(AgreementImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            AgreementImport calldata item = items[i];
            (uint256 userKey, uint256 providerKey) = _keysOf(item.user, item.provider);
            uint256 permissionMap = item.permissions.fromList(_PERMISSION_LIMIT);
            _storeAgreement(item.user, item.provider, userKey, providerKey, permissionMap);
        }
    }

    /// @inheritdoc IPermissions
    function getService(
        address provider
    )
        external
        view
        returns (
            bytes2 countryCode,
            bytes3 partyId,
            string memory name,
            string memory url,
            uint256[] memory permissions
        )
    {
        Service memory service = _serviceOf(provider);
        return (service.countryCode, service.partyId, service.name, service.url, service.permissions);
    }

    /// @inheritdoc IPermissions
    function getProviders() external view returns (address[] memory) {
        return _providersInForce(0, _lengthOf(_providers));
    }

    /// @inheritdoc IPermissions
    function providers(uint256 index) external view returns (address provider) {
        address[] memory list = _providersInForce(0, _lengthOf(_providers));
        if (index >= list.length) revert IndexOutOfRange(index, list.length);
        return list[index];
    }

    /// @inheritdoc IPermissions
    function serviceCount() external view returns (uint256) {
        return _lengthOf(_providers);
    }

    /// @inheritdoc IPermissions
    function services(uint256 offset, uint256 limit) external view returns (Service[] memory page) {
        address[] memory list = _providersInForce(offset, Page.size(offset, limit, _lengthOf(_providers)));
        page = new Service[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            page[i] = _serviceOf(list[i]);
        }
    }

    /// @inheritdoc IPermissions
    function serviceVersion(address provider) external view returns (uint256 version) {
        uint256 offer = _offerUnder(_keyOf(provider));
        if (offer.has(Words.PERMISSIONS)) version = offer.get(Words.VERSION);
    }

    /// @inheritdoc IPermissions
    function agreement(address user, address provider) external view returns (Agreement memory known) {
        (uint256 userKey, uint256 providerKey) = _keysOf(user, provider);
        uint256 consent = _consentUnder(userKey, providerKey);
        if (consent != 0) known.membership = userKey.get(Words.MEMBERSHIP);
        known.version = consent.get(Words.VERSION);
        known.active = _isActive(consent, providerKey);
    }

    /// @inheritdoc IPermissions
    function getUserAgreementsByAddress(address user) external view returns (address[] memory) {
        return _activeAgreements(user);
    }

    /// @inheritdoc IPermissions
    function getUserAgreementsByOcpi(bytes2 countryCode, bytes3 partyId) external view returns (address[] memory) {
        return _activeAgreements(registry.partyOf(countryCode, partyId));
    }

    /// @inheritdoc IPermissions
    function hasUserAgreementByAddress(address user, address provider) external view returns (bool) {
        return _hasAgreement(user, provider);
    }

    /// @inheritdoc IPermissions
    function hasUserAgreementByOcpi(bytes2 countryCode, bytes3 partyId, address provider) external view returns (bool) {
        return _hasAgreement(registry.partyOf(countryCode, partyId), provider);
    }

    function _nonceAndController(address account) internal view override returns (uint256 nonce, address controller) {
        uint256 key;
        (key, controller) = registry.keyOf(account);
        nonce = _nonceUnder(key, account);
    }

    function _setNonce(address account, uint256 nonce) internal override {
        _nonceCounts[account] = uint32(nonce);
    }

    function _requireOpen() internal view override(SignedRequests, Imports) {
        Imports._requireOpen();
    }

    function _requireOwner() internal view override {
        if (msg.sender != registry.owner()) revert Ownable.OwnableUnauthorizedAccount(msg.sender);
    }

    /// @dev Anybody may close the import once the Registry has no owner; otherwise it would stay open for ever.
    function _requireCloser() internal view override {
        if (registry.owner() != address(0)) _requireOwner();
    }

    /// @dev Uses up a request of this account and returns the account's key.
    function _useRequest(
        address account,
        uint256 nonce,
        uint256 deadline,
        bytes32 requestHash,
        bytes calldata signature
    ) private returns (uint256 key) {
        address controller;
        (key, controller) = registry.keyOf(account);
        _useSignature(account, controller, _nonceUnder(key, account), nonce, deadline, requestHash, signature);
    }

    /// @dev Uses up a request of the user and returns the keys of user and provider.
    function _useRequestTo(
        address user,
        address provider,
        uint256 nonce,
        uint256 deadline,
        bytes32 requestHash,
        bytes calldata signature
    ) private returns (uint256 userKey, uint256 providerKey) {
        address controller;
        (userKey, providerKey, controller) = registry.keysOf(user, provider);
        _useSignature(user, controller, _nonceUnder(userKey, user), nonce, deadline, requestHash, signature);
    }

    function _storeService(
        address provider,
        uint256 key,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions
    ) private {
        uint256 membership = key.get(Words.MEMBERSHIP);
        if (membership == 0) revert PartyNotFound(provider);
        name.requireName();
        if (bytes(url).length != 0) url.requireUrl();
        uint256 permissionMap = permissions.fromList(_PERMISSION_LIMIT);
        if (permissionMap == 0) revert NoPermissions();
        _storeOffer(key, permissionMap);
        _descriptions[membership].name = name;
        _descriptions[membership].url = url;
        emit ServiceUpdate(name, url, permissionMap.toList(), provider);
    }

    /// @dev Lists the service of the member with this key, or gives it a new version if the permissions change.
    function _storeOffer(uint256 key, uint256 permissionMap) private {
        uint256 offer = _offerUnder(key);
        uint256 present = offer.get(Words.PERMISSIONS);
        if (present == 0) offer = offer.set(Words.PLACE, _push(_providers, key));
        // Checked in 32 bits: a version that wrapped around would bring old agreements back.
        if (present != permissionMap) offer = offer.set(Words.VERSION, uint32(offer.get(Words.VERSION)) + 1);
        offer = offer.set(Words.PERMISSIONS, permissionMap).set(Words.SHOWN_ID, key.get(Words.CURRENT_ID));
        _offers[key.get(Words.MEMBERSHIP)] = offer;
    }

    function _deleteService(address provider, uint256 key) private {
        uint256 membership = key.get(Words.MEMBERSHIP);
        if (!_offers[membership].has(Words.PERMISSIONS)) revert ServiceNotFound(provider);
        _removeService(membership);
        emit ServiceUpdate("", "", new uint256[](0), provider);
    }

    /// @dev Removes the service of this membership; the last in the list takes its place. The version is kept.
    function _removeService(uint256 membership) private {
        uint256 offer = _offers[membership];
        uint256 place = offer.get(Words.PLACE);
        uint256 moved = _pop(_providers, place);
        if (moved != membership) _offers[moved] = _offers[moved].set(Words.PLACE, place);
        _offers[membership] = offer & Words.VERSION;
        delete _descriptions[membership];
    }

    /// @dev `permissions` is the {Bitmap} that the user agrees to, or `_WHATEVER_IT_NEEDS`.
    function _storeAgreement(
        address user,
        address provider,
        uint256 userKey,
        uint256 providerKey,
        uint256 permissions
    ) private {
        uint256 membership = userKey.get(Words.MEMBERSHIP);
        if (membership == 0) revert PartyNotFound(user);
        uint256 offer = _offerUnder(providerKey);
        uint256 needed = offer.get(Words.PERMISSIONS);
        if (needed == 0) revert ServiceNotFound(provider);
        if (permissions != needed && permissions != _WHATEVER_IT_NEEDS) {
            revert PermissionsDiffer(provider, needed.toList());
        }
        uint256 version = offer.get(Words.VERSION);
        uint256 consent = _consentUnder(userKey, providerKey);
        if (consent.get(Words.VERSION) == version) revert AgreementExists(user, provider);
        if (consent == 0) consent = consent.set(Words.PLACE, _push(_agreements[membership], providerKey));
        _consents[membership][providerKey.get(Words.MEMBERSHIP)] = consent.set(Words.VERSION, version);
        emit AgreementMade(user, provider, version, needed.toList());
    }

    function _revokeAgreement(address user, address provider, uint256 userKey, uint256 providerKey) private {
        uint256 consent = _consentUnder(userKey, providerKey);
        if (consent == 0) revert AgreementNotFound(user, provider);
        mapping(uint256 provider => uint256 word) storage consents = _consents[userKey.get(Words.MEMBERSHIP)];
        uint256 membership = providerKey.get(Words.MEMBERSHIP);
        uint256 place = consent.get(Words.PLACE);
        uint256 moved = _pop(_agreements[userKey.get(Words.MEMBERSHIP)], place);
        if (moved != membership) consents[moved] = consents[moved].set(Words.PLACE, place);
        delete consents[membership];
        emit AgreementRevoked(user, provider);
    }

    /// @dev Appends the member with this key to a list and returns its place.
    function _push(PackedList.List storage list, uint256 key) private returns (uint256 place) {
        place = _lengthOf(list);
        list.set(_MEMBER_BITS, place, key & Words.MEMBER);
        list.slots[0] = list.slots[0].set(_LENGTH, place + 1);
    }

    /// @dev Removes the member at this place from a list, puts the last one there and returns its membership.
    function _pop(PackedList.List storage list, uint256 place) private returns (uint256 membership) {
        uint256 lastPlace = _lengthOf(list) - 1;
        uint256 last = list.get(_MEMBER_BITS, lastPlace);
        if (place != lastPlace) list.set(_MEMBER_BITS, place, last);
        list.set(_MEMBER_BITS, lastPlace, 0);
        list.slots[0] = list.slots[0].set(_LENGTH, lastPlace);
        return last.get(Words.MEMBERSHIP);
    }

    function _lengthOf(PackedList.List storage list) private view returns (uint256) {
        return list.slots[0].get(_LENGTH);
    }

    /// @dev Returns the sender's key; reverts if the sender has a controller.
    function _keyOfSender() private view returns (uint256 key) {
        address controller;
        (key, controller) = registry.keyOf(msg.sender);
        _requireOwn(controller);
    }

    /// @dev Returns the keys of sender and provider; reverts if the sender has a controller.
    function _keysOfSenderAnd(address provider) private view returns (uint256 userKey, uint256 providerKey) {
        address controller;
        (userKey, providerKey, controller) = registry.keysOf(msg.sender, provider);
        _requireOwn(controller);
    }

    function _keyOf(address account) private view returns (uint256 key) {
        // Reads do not need the controller.
        // slither-disable-next-line unused-return
        (key, ) = registry.keyOf(account);
    }

    function _keysOf(address user, address provider) private view returns (uint256 userKey, uint256 providerKey) {
        // slither-disable-next-line unused-return
        (userKey, providerKey, ) = registry.keysOf(user, provider);
    }

    /// @dev The next nonce of the account with this key.
    function _nonceUnder(uint256 key, address account) private view returns (uint256) {
        return (key.get(Words.TERM) << 32) | _nonceCounts[account];
    }

    /// @dev The offer of the membership in this key; it has no permissions if there is no service.
    function _offerUnder(uint256 key) private view returns (uint256) {
        return _offers[key.get(Words.MEMBERSHIP)];
    }

    /// @dev The consent of the membership in one key to the service of the other; zero if there is none.
    function _consentUnder(uint256 userKey, uint256 providerKey) private view returns (uint256) {
        return _consents[userKey.get(Words.MEMBERSHIP)][providerKey.get(Words.MEMBERSHIP)];
    }

    /// @dev Whether a consent is to the present version of the service of the member with this key.
    function _isActive(uint256 consent, uint256 providerKey) private view returns (bool) {
        uint256 offer = _offerUnder(providerKey);
        return consent != 0 && offer.has(Words.PERMISSIONS) && consent.get(Words.VERSION) == offer.get(Words.VERSION);
    }

    function _hasAgreement(address user, address provider) private view returns (bool) {
        (uint256 userKey, uint256 providerKey) = _keysOf(user, provider);
        return _isActive(_consentUnder(userKey, providerKey), providerKey);
    }

    function _activeAgreements(address user) private view returns (address[] memory list) {
        uint256 userKey = _keyOf(user);
        PackedList.List storage agreements = _agreements[userKey.get(Words.MEMBERSHIP)];
        uint256[] memory members = new uint256[](_lengthOf(agreements));
        uint256 active = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            uint256 member = agreements.get(_MEMBER_BITS, i);
            if (_isActive(_consentUnder(userKey, member), member)) members[active++] = member;
        }
        _shorten(members, active);
        return _accountsOf(members);
    }

    /// @dev The providers in `size` slots from `offset` whose service is in force.
    function _providersInForce(uint256 offset, uint256 size) private view returns (address[] memory list) {
        uint256[] memory members = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) {
            members[i] = _providers.get(_MEMBER_BITS, offset + i);
        }
        return _accountsOf(members);
    }

    /// @dev The accounts of these members, without those whose membership has ended.
    function _accountsOf(uint256[] memory members) private view returns (address[] memory list) {
        list = registry.accountsOf(members);
        uint256 found = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] != address(0)) list[found++] = list[i];
        }
        // In assembly because a list in memory can't be made shorter otherwise.
        assembly ("memory-safe") {
            mstore(list, found)
        }
    }

    function _serviceOf(address provider) private view returns (Service memory service) {
        uint256 key = _keyOf(provider);
        uint256 offer = _offerUnder(key);
        if (!offer.has(Words.PERMISSIONS)) return service;
        (service.countryCode, service.partyId) = Words.splitId(offer.get(Words.SHOWN_ID));
        if (registry.partyOf(service.countryCode, service.partyId) != provider) {
            (service.countryCode, service.partyId) = Words.splitId(key.get(Words.CURRENT_ID));
        }
        Description storage description = _descriptions[key.get(Words.MEMBERSHIP)];
        service.provider = provider;
        service.name = description.name;
        service.url = description.url;
        service.permissions = offer.get(Words.PERMISSIONS).toList();
        service.version = offer.get(Words.VERSION);
    }

    /// @dev In assembly because a list in memory can't be made shorter otherwise.
    function _shorten(uint256[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
