// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {Batches} from "./base/Batches.sol";
import {Imports} from "./base/Imports.sol";
import {SignedRequests} from "./base/SignedRequests.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISignedRequests} from "./interfaces/ISignedRequests.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {IdList} from "./libraries/IdList.sol";
import {Page} from "./libraries/Page.sol";
import {RequestHash} from "./libraries/RequestHash.sol";
import {TextRules} from "./libraries/TextRules.sol";

/// @title OCN Registry
/// @notice See {IRegistry}.
contract Registry is IRegistry, Ownable2Step, SignedRequests, Batches, Imports {
    using Bitmap for uint8[];
    using Bitmap for uint256[];
    using Bitmap for uint256;
    using IdList for IdList.List;
    using TextRules for string;
    using TextRules for bytes2;
    using TextRules for bytes3;

    /**
     * @dev What is known of an address, in one slot, bytes counted from the low-order end:
     *
     *   bytes | 0-4                       | 5     | 6              | 7                | 8-27     | 28-31
     *         | country code and party id | roles | sender modules | receiver modules | operator | nonce
     *
     * The three in the middle are {Bitmap}s. Everything but the nonce is zero when the address is no party.
     */
    struct Account {
        bytes5 id;
        uint8 roles;
        uint8 modulesSender;
        uint8 modulesReceiver;
        address operator;
        uint32 nonce;
    }

    /**
     * @dev Who holds an id, in one slot, bytes counted from the low-order end:
     *
     *   bytes | 0-19  | 20-23                        | 24-31
     *         | party | place in the list of parties | number of the listing
     */
    struct Holder {
        address party;
        uint32 index;
        uint64 listing;
    }

    /**
     * @dev Who runs the node at a URL, in one slot, bytes counted from the low-order end:
     *
     *   bytes | 0-19     | 20-31
     *         | operator | place in the list of operators
     */
    struct Host {
        address operator;
        uint96 index;
    }

    uint256 private constant _ROLE_LIMIT = uint256(type(Role).max) + 1;
    uint256 private constant _MODULE_LIMIT = uint256(type(Module).max) + 1;

    /// @dev Number of the newest listing. Shares its slot with `_partyCount` and with the import's gate.
    uint64 private _lastListing;

    uint32 private _partyCount;

    /**
     * @dev Parties. For every address p and id x that is not zero:
     * `_accounts[p].id == x` exactly when `_holders[x].party == p`, and then `_ids` holds x at `_holders[x].index`.
     * `_ids` holds `_partyCount` ids. Nothing is ever stored for the zero address or the zero id.
     */
    mapping(address account => Account) private _accounts;
    mapping(bytes5 id => Holder) private _holders;
    IdList.List private _ids;

    /**
     * @dev Nodes. For every address o and URL u that is not empty: `_domains[o]` is u exactly when
     * `_hosts[keccak256(u)].operator == o`, and then `_operators` holds o at `_hosts[keccak256(u)].index`.
     */
    mapping(address operator => string) private _domains;
    mapping(bytes32 domainHash => Host) private _hosts;
    address[] private _operators;

    /**
     * @param initialOwner Owner from the start; not zero.
     * @param importOpen_ Whether the import is open until the owner closes it.
     */
    constructor(
        address initialOwner,
        bool importOpen_
    ) Ownable(initialOwner) SignedRequests("OCN Registry") Imports(importOpen_) {}

    /// @inheritdoc IRegistry
    function setNode(string calldata domain) external {
        _setNode(msg.sender, domain);
    }

    /// @inheritdoc IRegistry
    function setNodeRaw(
        address operator,
        string calldata domain,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        _useRequest(operator, nonce, deadline, RequestHash.setNode(operator, domain, nonce, deadline), signature);
        _setNode(operator, domain);
    }

    /// @inheritdoc IRegistry
    function deleteNode() external {
        _deleteNode(msg.sender);
    }

    /// @inheritdoc IRegistry
    function deleteNodeRaw(address operator, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        _useRequest(operator, nonce, deadline, RequestHash.deleteNode(operator, nonce, deadline), signature);
        _deleteNode(operator);
    }

    /// @inheritdoc IRegistry
    function setParty(bytes2 countryCode, bytes3 partyId, uint8[] calldata roles, address operator) external {
        _setParty(msg.sender, countryCode, partyId, roles, operator);
    }

    /// @inheritdoc IRegistry
    function setPartyRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata roles,
        address operator,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.setParty(
            party,
            countryCode,
            partyId,
            roles.asWords(),
            operator,
            nonce,
            deadline
        );
        _useRequest(party, nonce, deadline, requestHash, signature);
        _setParty(party, countryCode, partyId, roles, operator);
    }

    /// @inheritdoc IRegistry
    function setPartyModules(uint8[] calldata sender, uint8[] calldata receiver) external {
        _setPartyModules(msg.sender, sender, receiver);
    }

    /// @inheritdoc IRegistry
    function setPartyModulesRaw(
        address party,
        uint8[] calldata sender,
        uint8[] calldata receiver,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.setPartyModules(party, sender.asWords(), receiver.asWords(), nonce, deadline);
        _useRequest(party, nonce, deadline, requestHash, signature);
        _setPartyModules(party, sender, receiver);
    }

    /// @inheritdoc IRegistry
    function deleteParty() external {
        _deleteParty(msg.sender);
    }

    /// @inheritdoc IRegistry
    function deletePartyRaw(address party, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        _useRequest(party, nonce, deadline, RequestHash.deleteParty(party, nonce, deadline), signature);
        _deleteParty(party);
    }

    /// @inheritdoc IRegistry
    function adminDeleteOperator(address operator) external onlyOwner {
        _deleteNode(operator);
    }

    /// @inheritdoc IRegistry
    function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external onlyOwner {
        address party = partyOf(countryCode, partyId);
        if (party == address(0)) revert PartyIdNotFound(countryCode, partyId);
        _deleteParty(party);
    }

    /// @inheritdoc IRegistry
    function importNodes(Node[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            Node calldata item = items[i];
            if (_runsNode(item.operator)) revert NodeExists(item.operator);
            _storeNode(item.operator, item.domain);
        }
    }

    /// @inheritdoc IRegistry
    function importParties(PartyImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            PartyImport calldata item = items[i];
            if (item.operator == address(0)) revert ZeroAddress();
            Account memory account = _accounts[item.party];
            if (account.id != 0) revert PartyExists(item.party);
            account.id = _requireId(item.countryCode, item.partyId);
            account.roles = _requireRoles(item.roles);
            account.modulesSender = _requireModules(item.modulesSender);
            account.modulesReceiver = _requireModules(item.modulesReceiver);
            account.operator = item.operator;
            _addListing(item.party, account.id);
            _storeParty(item.party, account);
        }
    }

    /**
     * @inheritdoc Ownable
     * @dev While the import is open nobody else could close it.
     */
    function renounceOwnership() public override onlyOwner {
        _requireOpen();
        super.renounceOwnership();
    }

    /// @inheritdoc IRegistry
    function owner() public view override(IRegistry, Ownable) returns (address) {
        return super.owner();
    }

    /// @inheritdoc IRegistry
    function getNode(address operator) external view returns (string memory domain) {
        return _domains[operator];
    }

    /// @inheritdoc IRegistry
    function getNodeOperators() external view returns (address[] memory) {
        return _operators;
    }

    /// @inheritdoc IRegistry
    function nodeCount() external view returns (uint256) {
        return _operators.length;
    }

    /// @inheritdoc IRegistry
    function nodes(uint256 offset, uint256 limit) external view returns (Node[] memory page) {
        page = new Node[](Page.size(offset, limit, _operators.length));
        for (uint256 i = 0; i < page.length; ++i) {
            address operator = _operators[offset + i];
            page[i] = Node({operator: operator, domain: _domains[operator]});
        }
    }

    /// @inheritdoc IRegistry
    function getOperatorByAddress(address party) external view returns (address operator, string memory domain) {
        operator = _accountOf(party).operator;
        domain = _domainOf(operator);
    }

    /// @inheritdoc IRegistry
    function getOperatorByOcpi(
        bytes2 countryCode,
        bytes3 partyId
    ) external view returns (address operator, string memory domain) {
        operator = _accountOf(partyOf(countryCode, partyId)).operator;
        domain = _domainOf(operator);
    }

    /// @inheritdoc IRegistry
    function getPartyDetailsByAddress(
        address partyAddress
    )
        external
        view
        returns (
            bytes2 countryCode,
            bytes3 partyId,
            uint8[] memory modulesSender,
            uint8[] memory modulesReceiver,
            uint8[] memory roles,
            address operatorAddress,
            string memory operatorDomain
        )
    {
        Account memory account = _accountOf(partyAddress);
        (countryCode, partyId) = _splitId(account.id);
        modulesSender = uint256(account.modulesSender).toUint8List();
        modulesReceiver = uint256(account.modulesReceiver).toUint8List();
        roles = uint256(account.roles).toUint8List();
        operatorAddress = account.operator;
        operatorDomain = _domainOf(account.operator);
    }

    /// @inheritdoc IRegistry
    function getPartyDetailsByOcpi(
        bytes2 countryCode,
        bytes3 partyId
    )
        external
        view
        returns (
            address partyAddress,
            uint8[] memory roles,
            uint8[] memory modulesSender,
            uint8[] memory modulesReceiver,
            address operatorAddress,
            string memory operatorDomain
        )
    {
        partyAddress = partyOf(countryCode, partyId);
        Account memory account = _accountOf(partyAddress);
        roles = uint256(account.roles).toUint8List();
        modulesSender = uint256(account.modulesSender).toUint8List();
        modulesReceiver = uint256(account.modulesReceiver).toUint8List();
        operatorAddress = account.operator;
        operatorDomain = _domainOf(account.operator);
    }

    /// @inheritdoc IRegistry
    function getParties() external view returns (address[] memory) {
        address[] memory list = new address[](_partyCount);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _holders[_ids.get(i)].party;
        }
        return list;
    }

    /// @inheritdoc IRegistry
    function partyCount() external view returns (uint256) {
        return _partyCount;
    }

    /// @inheritdoc IRegistry
    function parties(uint256 offset, uint256 limit) external view returns (Party[] memory page) {
        page = new Party[](Page.size(offset, limit, _partyCount));
        for (uint256 i = 0; i < page.length; ++i) {
            Holder memory holder = _holders[_ids.get(offset + i)];
            Account memory account = _accounts[holder.party];
            Party memory party = page[i];
            party.party = holder.party;
            (party.countryCode, party.partyId) = _splitId(account.id);
            party.roles = uint256(account.roles).toUint8List();
            party.modulesSender = uint256(account.modulesSender).toUint8List();
            party.modulesReceiver = uint256(account.modulesReceiver).toUint8List();
            party.operator = account.operator;
            party.operatorDomain = _domainOf(account.operator);
            party.listing = holder.listing;
        }
    }

    /// @inheritdoc IRegistry
    function listingOf(address party) external view returns (uint256) {
        return _listingOf(party);
    }

    /// @inheritdoc IRegistry
    function listingsOf(address first, address second) external view returns (uint256, uint256) {
        return (_listingOf(first), _listingOf(second));
    }

    /// @inheritdoc IRegistry
    function partyIdOf(address party) external view returns (bytes2 countryCode, bytes3 partyId) {
        return _splitId(_accountOf(party).id);
    }

    /// @inheritdoc IRegistry
    function partyOf(bytes2 countryCode, bytes3 partyId) public view returns (address party) {
        return _holders[_joinId(countryCode, partyId)].party;
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
        _checkOwner();
    }

    function _setNode(address operator, string calldata domain) private {
        _requireOpen();
        _storeNode(operator, domain);
    }

    function _storeNode(address operator, string calldata domain) private {
        if (operator == address(0)) revert ZeroAddress();
        domain.requireUrl();
        Host storage host = _hosts[keccak256(bytes(domain))];
        address holder = host.operator;
        if (holder != operator) {
            if (holder != address(0)) revert DomainTaken(domain, holder);
            host.operator = operator;
            if (_runsNode(operator)) {
                bytes32 oldDomainHash = _domainHash(operator);
                host.index = _hosts[oldDomainHash].index;
                delete _hosts[oldDomainHash];
            } else {
                host.index = uint96(_operators.length);
                _operators.push(operator);
            }
            _domains[operator] = domain;
        }
        emit OperatorUpdate(operator, domain);
    }

    function _deleteNode(address operator) private {
        if (!_runsNode(operator)) revert NodeNotFound(operator);
        bytes32 domainHash = _domainHash(operator);
        uint96 index = _hosts[domainHash].index;
        delete _hosts[domainHash];
        delete _domains[operator];
        address last = _operators[_operators.length - 1];
        if (last != operator) {
            _operators[index] = last;
            _hosts[_domainHash(last)].index = index;
        }
        _operators.pop();
        emit OperatorUpdate(operator, "");
    }

    function _setParty(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata roles,
        address operator
    ) private {
        _requireOpen();
        Account memory account = _accounts[party];
        bytes5 id = _requireId(countryCode, partyId);
        uint8 roleMap = _requireRoles(roles);
        bool staysWithOperator = account.id != 0 && account.operator == operator;
        if (!staysWithOperator && !_runsNode(operator)) revert NodeNotFound(operator);
        if (account.id != id) {
            if (account.id != 0) {
                _deleteParty(party);
                account = _accounts[party];
            }
            _addListing(party, id);
            account.id = id;
        }
        account.roles = roleMap;
        account.operator = operator;
        _storeParty(party, account);
    }

    function _setPartyModules(address party, uint8[] calldata sender, uint8[] calldata receiver) private {
        _requireOpen();
        Account memory account = _accounts[party];
        if (account.id == 0) revert PartyNotFound(party);
        account.modulesSender = _requireModules(sender);
        account.modulesReceiver = _requireModules(receiver);
        _storeParty(party, account);
    }

    function _storeParty(address party, Account memory account) private {
        _accounts[party] = account;
        (bytes2 countryCode, bytes3 partyId) = _splitId(account.id);
        emit PartyUpdate(
            countryCode,
            partyId,
            party,
            uint256(account.roles).toUint8List(),
            uint256(account.modulesSender).toUint8List(),
            uint256(account.modulesReceiver).toUint8List(),
            account.operator
        );
    }

    function _deleteParty(address party) private {
        Account memory account = _accounts[party];
        if (account.id == 0) revert PartyNotFound(party);
        _removeListing(account.id);
        _accounts[party] = Account(0, 0, 0, 0, address(0), account.nonce);
        (bytes2 countryCode, bytes3 partyId) = _splitId(account.id);
        uint8[] memory none = new uint8[](0);
        emit PartyUpdate(countryCode, partyId, party, none, none, none, address(0));
    }

    /// @dev Gives `id` to `party` under a new listing, at the end of the list.
    function _addListing(address party, bytes5 id) private {
        if (party == address(0)) revert ZeroAddress();
        Holder storage holder = _holders[id];
        if (holder.party != address(0)) {
            (bytes2 countryCode, bytes3 partyId) = _splitId(id);
            revert PartyIdTaken(countryCode, partyId, holder.party);
        }
        uint32 index = _partyCount++;
        uint64 listing = ++_lastListing;
        _ids.set(index, id);
        _holders[id] = Holder({party: party, index: index, listing: listing});
    }

    /// @dev Frees `id`, and closes the gap with the last of the list.
    function _removeListing(bytes5 id) private {
        uint32 index = _holders[id].index;
        delete _holders[id];
        uint32 lastIndex = --_partyCount;
        bytes5 last = _ids.get(lastIndex);
        if (last != id) {
            _ids.set(index, last);
            _holders[last].index = index;
        }
        _ids.set(lastIndex, 0);
    }

    function _accountOf(address party) private view returns (Account memory account) {
        if (party != address(0)) account = _accounts[party];
    }

    function _listingOf(address party) private view returns (uint256) {
        bytes5 id = _accounts[party].id;
        return id == 0 ? 0 : _holders[id].listing;
    }

    function _runsNode(address operator) private view returns (bool) {
        return bytes(_domains[operator]).length != 0;
    }

    function _domainOf(address operator) private view returns (string memory domain) {
        if (operator != address(0)) domain = _domains[operator];
    }

    function _domainHash(address operator) private view returns (bytes32) {
        return keccak256(bytes(_domains[operator]));
    }

    function _requireId(bytes2 countryCode, bytes3 partyId) private pure returns (bytes5) {
        if (!countryCode.isCountryCode()) revert InvalidCountryCode(countryCode);
        if (!partyId.isPartyId()) revert InvalidPartyId(partyId);
        return _joinId(countryCode, partyId);
    }

    function _requireRoles(uint8[] calldata roles) private pure returns (uint8) {
        if (roles.length == 0) revert NoRoles();
        return uint8(roles.asWords().fromList(_ROLE_LIMIT));
    }

    function _requireModules(uint8[] calldata modules) private pure returns (uint8) {
        return uint8(modules.asWords().fromList(_MODULE_LIMIT));
    }

    function _joinId(bytes2 countryCode, bytes3 partyId) private pure returns (bytes5) {
        return bytes5(countryCode) | (bytes5(partyId) >> 16);
    }

    function _splitId(bytes5 id) private pure returns (bytes2 countryCode, bytes3 partyId) {
        return (bytes2(id), bytes3(id << 16));
    }
}
