// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Batches} from "./base/Batches.sol";
import {Imports} from "./base/Imports.sol";
import {SignedRequests} from "./base/SignedRequests.sol";
import {IPermissions} from "./interfaces/IPermissions.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISignedRequests} from "./interfaces/ISignedRequests.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Page} from "./libraries/Page.sol";
import {RequestHash} from "./libraries/RequestHash.sol";
import {TextRules} from "./libraries/TextRules.sol";

/// @title OCN Permissions
/// @notice See {IPermissions}.
contract Permissions is IPermissions, SignedRequests, Batches, Imports {
    using Bitmap for uint256[];
    using Bitmap for uint256;
    using TextRules for string;

    /**
     * @dev What is known of an address, in one slot, bytes counted from the low-order end:
     *
     *   bytes | 0-3   | 4-7                  | 8-11            | 12-15         | 16-23           | 24-31
     *         | nonce | number of agreements | service version | service index | service listing | permissions
     *
     * The first two belong to the address as signer and user, the rest to it as provider. The permissions are a
     * {Bitmap}; the address has a service, in force or ended, exactly when that is not zero. Its version outlives the
     * service, so that it never repeats.
     */
    struct Account {
        uint32 nonce;
        uint32 agreementCount;
        uint32 version;
        uint32 index;
        uint64 listing;
        uint64 permissions;
    }

    /// @dev What a provider says of its service.
    struct Description {
        string name;
        string url;
    }

    /**
     * @dev An agreement, in one slot, bytes counted from the low-order end:
     *
     *   bytes | 0-7             | 8-11               | 12-15                    | 16-31
     *         | user's listing  | service's version  | place in the user's list | zero
     *
     * It exists exactly when the version is not zero.
     */
    struct Consent {
        uint64 listing;
        uint32 version;
        uint32 index;
    }

    uint256 private constant _PERMISSION_LIMIT = 64;

    /// @dev In place of a {Bitmap} of permissions that a user agrees to.
    uint256 private constant _WHATEVER_IT_NEEDS = type(uint256).max;

    /// @inheritdoc IPermissions
    IRegistry public immutable registry;

    mapping(address account => Account) private _accounts;

    /// @dev Providers. An address p has a service exactly when `_providers[_accounts[p].index] == p`, and
    /// `_descriptions[p]` is empty when it has none.
    address[] private _providers;
    mapping(address provider => Description) private _descriptions;

    /// @dev Agreements. `_consents[u][p]` exists exactly when `_consentedTo[u][_consents[u][p].index] == p`, and
    /// `_consentedTo[u]` holds `_accounts[u].agreementCount` addresses.
    mapping(address user => mapping(address provider => Consent)) private _consents;
    mapping(address user => mapping(uint256 index => address)) private _consentedTo;

    /**
     * @param registry_ Contract whose parties offer and use services, and whose owner is the owner here.
     * @param importOpen_ Whether the import is open until the owner closes it.
     */
    constructor(address registry_, bool importOpen_) SignedRequests("OCN Permissions") Imports(importOpen_) {
        if (registry_.code.length == 0) revert NotAContract(registry_);
        registry = IRegistry(registry_);
    }

    /// @inheritdoc IPermissions
    function setService(string calldata name, string calldata url, uint256[] calldata permissions) external {
        _setService(msg.sender, name, url, permissions);
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
        _useRequest(provider, nonce, deadline, requestHash, signature);
        _setService(provider, name, url, permissions);
    }

    /// @inheritdoc IPermissions
    function deleteService() external {
        _deleteService(msg.sender);
    }

    /// @inheritdoc IPermissions
    function deleteServiceRaw(address provider, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        _useRequest(provider, nonce, deadline, RequestHash.deleteService(provider, nonce, deadline), signature);
        _deleteService(provider);
    }

    /// @inheritdoc IPermissions
    function createAgreement(address provider) external {
        _agree(msg.sender, provider);
    }

    /// @inheritdoc IPermissions
    function createAgreementTo(address provider, uint256[] calldata permissions) external {
        _agreeTo(msg.sender, provider, permissions);
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
        _useRequest(user, nonce, deadline, requestHash, signature);
        _agreeTo(user, provider, permissions);
    }

    /// @inheritdoc IPermissions
    function revokeAgreement(address provider) external {
        _revokeAgreement(msg.sender, provider);
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
        _useRequest(user, nonce, deadline, requestHash, signature);
        _revokeAgreement(user, provider);
    }

    /// @inheritdoc IPermissions
    function importServices(ServiceImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            ServiceImport calldata item = items[i];
            (uint256 version, ) = _serviceInForce(item.provider);
            if (version != 0) revert ServiceExists(item.provider);
            _storeService(item.provider, item.name, item.url, item.permissions);
        }
    }

    /// @inheritdoc IPermissions
    function importAgreements(AgreementImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            AgreementImport calldata item = items[i];
            _storeAgreement(item.user, item.provider, item.permissions.fromList(_PERMISSION_LIMIT));
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
        return _providersInForce(0, _providers.length);
    }

    /// @inheritdoc IPermissions
    function providers(uint256 index) external view returns (address provider) {
        address[] memory list = _providersInForce(0, _providers.length);
        if (index >= list.length) revert IndexOutOfRange(index, list.length);
        return list[index];
    }

    /// @inheritdoc IPermissions
    function serviceCount() external view returns (uint256) {
        return _providers.length;
    }

    /// @inheritdoc IPermissions
    function services(uint256 offset, uint256 limit) external view returns (Service[] memory page) {
        address[] memory list = _providersInForce(offset, Page.size(offset, limit, _providers.length));
        page = new Service[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            page[i] = _serviceOf(list[i]);
        }
    }

    /// @inheritdoc IPermissions
    function serviceVersion(address provider) external view returns (uint256 version) {
        (version, ) = _serviceInForce(provider);
    }

    /// @inheritdoc IPermissions
    function agreement(address user, address provider) external view returns (Agreement memory) {
        Consent memory consent = _consents[user][provider];
        return
            Agreement({
                listing: consent.listing,
                version: consent.version,
                active: _isActive(consent, registry.listingOf(user), provider)
            });
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

    /// @inheritdoc ISignedRequests
    function nonces(address account) public view override(ISignedRequests, SignedRequests) returns (uint256) {
        return _accounts[account].nonce;
    }

    function _setNonce(address account, uint32 nonce) internal override {
        _accounts[account].nonce = nonce;
    }

    function _requireOpen() internal view override(SignedRequests, Imports) {
        Imports._requireOpen();
    }

    function _requireOwner() internal view override {
        if (msg.sender != registry.owner()) revert Ownable.OwnableUnauthorizedAccount(msg.sender);
    }

    function _setService(
        address provider,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions
    ) private {
        _requireOpen();
        _storeService(provider, name, url, permissions);
    }

    function _storeService(
        address provider,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions
    ) private {
        uint64 listing = uint64(_requireListing(provider));
        name.requireName();
        if (bytes(url).length != 0) url.requireUrl();
        uint64 permissionMap = uint64(permissions.fromList(_PERMISSION_LIMIT));
        if (permissionMap == 0) revert NoPermissions();
        Account memory account = _accounts[provider];
        if (account.permissions == 0) {
            account.index = uint32(_providers.length);
            _providers.push(provider);
        }
        if (account.permissions != permissionMap || account.listing != listing) {
            ++account.version;
            account.permissions = permissionMap;
            account.listing = listing;
            _accounts[provider] = account;
        }
        _descriptions[provider].name = name;
        _descriptions[provider].url = url;
        emit ServiceUpdate(name, url, uint256(permissionMap).toList(), provider);
    }

    function _deleteService(address provider) private {
        Account memory account = _accounts[provider];
        if (account.permissions == 0) revert ServiceNotFound(provider);
        address last = _providers[_providers.length - 1];
        if (last != provider) {
            _providers[account.index] = last;
            _accounts[last].index = account.index;
        }
        _providers.pop();
        account.index = 0;
        account.listing = 0;
        account.permissions = 0;
        _accounts[provider] = account;
        delete _descriptions[provider];
        emit ServiceUpdate("", "", new uint256[](0), provider);
    }

    function _agree(address user, address provider) private {
        _requireOpen();
        _storeAgreement(user, provider, _WHATEVER_IT_NEEDS);
    }

    function _agreeTo(address user, address provider, uint256[] calldata permissions) private {
        _requireOpen();
        _storeAgreement(user, provider, permissions.fromList(_PERMISSION_LIMIT));
    }

    /// @dev `permissions` is the {Bitmap} that the user agrees to, or `_WHATEVER_IT_NEEDS`.
    function _storeAgreement(address user, address provider, uint256 permissions) private {
        (uint256 listing, uint256 providerListing) = registry.listingsOf(user, provider);
        if (listing == 0) revert PartyNotFound(user);
        (uint256 version, uint256 needed) = _serviceUnder(providerListing, provider);
        if (version == 0) revert ServiceNotFound(provider);
        if (permissions != needed && permissions != _WHATEVER_IT_NEEDS) {
            revert PermissionsDiffer(provider, needed.toList());
        }
        Consent storage consent = _consents[user][provider];
        (uint256 agreedVersion, uint256 index) = (consent.version, consent.index);
        if (agreedVersion == version && consent.listing == listing) revert AgreementExists(user, provider);
        if (agreedVersion == 0) {
            index = _accounts[user].agreementCount++;
            _consentedTo[user][index] = provider;
        }
        (consent.listing, consent.version, consent.index) = (uint64(listing), uint32(version), uint32(index));
        emit AgreementMade(user, provider, version, needed.toList());
    }

    function _revokeAgreement(address user, address provider) private {
        Consent memory consent = _consents[user][provider];
        if (consent.version == 0) revert AgreementNotFound(user, provider);
        delete _consents[user][provider];
        mapping(uint256 index => address) storage list = _consentedTo[user];
        uint32 lastIndex = --_accounts[user].agreementCount;
        if (consent.index != lastIndex) {
            address last = list[lastIndex];
            list[consent.index] = last;
            _consents[user][last].index = consent.index;
        }
        delete list[lastIndex];
        emit AgreementRevoked(user, provider);
    }

    function _requireListing(address party) private view returns (uint256 listing) {
        listing = registry.listingOf(party);
        if (listing == 0) revert PartyNotFound(party);
    }

    /// @dev Version and permissions of the provider's service; both zero unless it has one, and still the listing under
    /// which it was set.
    function _serviceInForce(address provider) private view returns (uint256 version, uint256 permissions) {
        return _serviceUnder(registry.listingOf(provider), provider);
    }

    function _serviceUnder(
        uint256 listing,
        address provider
    ) private view returns (uint256 version, uint256 permissions) {
        Account storage account = _accounts[provider];
        (version, permissions) = (account.version, account.permissions);
        if (permissions == 0 || account.listing != listing) return (0, 0);
    }

    /// @dev `userListing` is the present listing of the user that gave the consent.
    function _isActive(Consent memory consent, uint256 userListing, address provider) private view returns (bool) {
        if (consent.version == 0 || consent.listing != userListing) return false;
        (uint256 version, ) = _serviceInForce(provider);
        return consent.version == version;
    }

    function _hasAgreement(address user, address provider) private view returns (bool) {
        return user != address(0) && _isActive(_consents[user][provider], registry.listingOf(user), provider);
    }

    function _activeAgreements(address user) private view returns (address[] memory list) {
        if (user == address(0)) return list;
        list = new address[](_accounts[user].agreementCount);
        uint256 userListing = registry.listingOf(user);
        uint256 size = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            address provider = _consentedTo[user][i];
            if (_isActive(_consents[user][provider], userListing, provider)) list[size++] = provider;
        }
        _shorten(list, size);
    }

    /// @dev The providers in `size` slots from `offset` whose service is in force.
    function _providersInForce(uint256 offset, uint256 size) private view returns (address[] memory list) {
        list = new address[](size);
        uint256 found = 0;
        for (uint256 i = 0; i < size; ++i) {
            address provider = _providers[offset + i];
            (uint256 version, ) = _serviceInForce(provider);
            if (version != 0) list[found++] = provider;
        }
        _shorten(list, found);
    }

    function _serviceOf(address provider) private view returns (Service memory service) {
        (uint256 version, uint256 permissions) = _serviceInForce(provider);
        if (version == 0) return service;
        (service.countryCode, service.partyId) = registry.partyIdOf(provider);
        service.provider = provider;
        service.name = _descriptions[provider].name;
        service.url = _descriptions[provider].url;
        service.permissions = permissions.toList();
        service.version = version;
    }

    /// @dev In assembly because a list in memory can't be made shorter otherwise, and a second one of the right
    /// length would ask the Registry about every entry once more.
    function _shorten(address[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
