// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {Batches} from "./base/Batches.sol";
import {Imports} from "./base/Imports.sol";
import {SignedRequests} from "./base/SignedRequests.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {PackedList} from "./libraries/PackedList.sol";
import {Page} from "./libraries/Page.sol";
import {RequestHash} from "./libraries/RequestHash.sol";
import {TextRules} from "./libraries/TextRules.sol";
import {Words} from "./libraries/Words.sol";

/// @title OCN Registry
/// @notice See {IRegistry}. {Words} shows the layout of the stored words.
contract Registry is IRegistry, Ownable2Step, SignedRequests, Batches, Imports {
    using Bitmap for uint8[];
    using Bitmap for uint256[];
    using Bitmap for uint256;
    using PackedList for PackedList.List;
    using TextRules for string;
    using TextRules for bytes2;
    using TextRules for bytes3;
    using Words for uint256;

    uint256 private constant _ROLE_LIMIT = 8;
    uint256 private constant _MODULE_LIMIT = 16;
    uint256 private constant _MAX_IDS = 64;
    uint256 private constant _LAST_NODE = (1 << 30) - 1;
    uint256 private constant _LAST_TERM = type(uint16).max;

    /// @dev Roles and modules 0 to 6, the only ones that version 1 had and that its views show.
    uint256 private constant _KNOWN_TO_V1 = (1 << 7) - 1;
    uint256 private constant _ALL = type(uint256).max;

    /// @dev Bits of an entry in the lists of ids and of node numbers.
    uint256 private constant _ID_BITS = 40;
    uint256 private constant _NODE_BITS = 32;

    /// @dev The newest membership and node numbers, and the lengths of both lists. They share a slot with the flags of
    /// {Imports}.
    uint64 private _lastMembership;
    uint32 private _lastNode;
    uint32 private _partyCount;
    uint32 private _nodeCount;

    /**
     * @dev Accounts. `_controllers[a]` is not zero exactly when the word of a is marked as controlled, and is never a.
     * A retired account holds no id and has no node number.
     */
    mapping(address account => uint256 word) private _accounts;
    mapping(address account => address) private _controllers;

    /**
     * @dev Parties. For every account a and id x: `_parties[x]` has roles and names a exactly when x is the current id of
     * a, or one of the `id count - 1` in `_otherIds[membership of a]`; then `_ids` holds x at the place recorded in
     * `_parties[x]`, and `_websites[x]` is not empty exactly when `_parties[x]` is marked so. `_ids` holds
     * `_partyCount` ids.
     */
    mapping(uint256 id => uint256 word) private _parties;
    mapping(uint256 id => string) private _websites;
    PackedList.List private _ids;
    mapping(uint256 membership => PackedList.List) private _otherIds;

    /**
     * @dev A membership belongs to the holder of its founding id, if that account has this membership number; otherwise
     * to the heir. The heir is not zero exactly when its account is marked so: it gave up its founding id and kept others.
     */
    mapping(uint256 membership => address) private _heirs;

    /**
     * @dev Nodes. For every node number n and URL u that is not empty: `_domains[n]` is u exactly when `_hosts` has n
     * under the hash of u; then `_nodes` holds n at the place recorded in `_hosts`, and the account recorded there has n
     * and is marked as running it. `_left[n]` is the account that has n while it runs no node. `_nodes` holds
     * `_nodeCount` numbers.
     */
    mapping(uint256 node => string) private _domains;
    mapping(bytes32 domainHash => uint256 word) private _hosts;
    mapping(uint256 node => address) private _left;
    PackedList.List private _nodes;

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
        _requireSender();
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
        _requireSender();
        _deleteNode(msg.sender);
    }

    /// @inheritdoc IRegistry
    function deleteNodeRaw(address operator, uint256 nonce, uint256 deadline, bytes calldata signature) external {
        _useRequest(operator, nonce, deadline, RequestHash.deleteNode(operator, nonce, deadline), signature);
        _deleteNode(operator);
    }

    /// @inheritdoc IRegistry
    function setParty(bytes2 countryCode, bytes3 partyId, uint8[] calldata roles, address operator) external {
        _requireSender();
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
        _requireSender();
        _requireOpen();
        uint256 word = _accounts[msg.sender];
        if (!word.has(Words.ID_COUNT)) revert PartyNotFound(msg.sender);
        _storeModules(msg.sender, word.get(Words.CURRENT_ID), sender, receiver);
    }

    /// @inheritdoc IRegistry
    function setPartyModulesOf(
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata sender,
        uint8[] calldata receiver
    ) external {
        _requireSender();
        _setPartyModulesOf(msg.sender, countryCode, partyId, sender, receiver);
    }

    /// @inheritdoc IRegistry
    function setPartyModulesRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata sender,
        uint8[] calldata receiver,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.setPartyModules(
            party,
            countryCode,
            partyId,
            sender.asWords(),
            receiver.asWords(),
            nonce,
            deadline
        );
        _useRequest(party, nonce, deadline, requestHash, signature);
        _setPartyModulesOf(party, countryCode, partyId, sender, receiver);
    }

    /// @inheritdoc IRegistry
    function setPartyWebsite(bytes2 countryCode, bytes3 partyId, string calldata website) external {
        _requireSender();
        _setPartyWebsite(msg.sender, countryCode, partyId, website);
    }

    /// @inheritdoc IRegistry
    function setPartyWebsiteRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        string calldata website,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.setPartyWebsite(party, countryCode, partyId, website, nonce, deadline);
        _useRequest(party, nonce, deadline, requestHash, signature);
        _setPartyWebsite(party, countryCode, partyId, website);
    }

    /// @inheritdoc IRegistry
    function deleteParty() external {
        _requireSender();
        uint256 word = _accounts[msg.sender];
        uint256 count = word.get(Words.ID_COUNT);
        if (count == 0) revert PartyNotFound(msg.sender);
        if (count > 1) revert SeveralIds(msg.sender, count);
        _removeId(msg.sender, word.get(Words.CURRENT_ID));
    }

    /// @inheritdoc IRegistry
    function deletePartyOf(bytes2 countryCode, bytes3 partyId) external {
        _requireSender();
        _removeId(msg.sender, _requireHeld(msg.sender, countryCode, partyId));
    }

    /// @inheritdoc IRegistry
    function deletePartyRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 requestHash = RequestHash.deleteParty(party, countryCode, partyId, nonce, deadline);
        _useRequest(party, nonce, deadline, requestHash, signature);
        _removeId(party, _requireHeld(party, countryCode, partyId));
    }

    /// @inheritdoc IRegistry
    function moveAccount(address newAccount, Acceptance calldata acceptance) external {
        _requireSender();
        _moveAccount(msg.sender, newAccount, acceptance);
    }

    /// @inheritdoc IRegistry
    function moveAccountRaw(
        address account,
        address newAccount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Acceptance calldata acceptance
    ) external {
        bytes32 requestHash = RequestHash.moveAccount(account, newAccount, nonce, deadline);
        _useRequest(account, nonce, deadline, requestHash, signature);
        _moveAccount(account, newAccount, acceptance);
    }

    /// @inheritdoc IRegistry
    function setController(address controller, Acceptance calldata acceptance) external {
        _requireSender();
        _setController(msg.sender, controller, acceptance);
    }

    /// @inheritdoc IRegistry
    function setControllerRaw(
        address account,
        address controller,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Acceptance calldata acceptance
    ) external {
        bytes32 requestHash = RequestHash.setController(account, controller, nonce, deadline);
        _useRequest(account, nonce, deadline, requestHash, signature);
        _setController(account, controller, acceptance);
    }

    /// @inheritdoc IRegistry
    function adminDeleteOperator(address operator) external onlyOwner {
        _deleteNode(operator);
    }

    /// @inheritdoc IRegistry
    function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external onlyOwner {
        address account = partyOf(countryCode, partyId);
        if (account == address(0)) revert PartyIdNotFound(countryCode, partyId);
        _removeId(account, Words.joinId(countryCode, partyId));
    }

    /// @inheritdoc IRegistry
    function adminReserveParty(bytes2 countryCode, bytes3 partyId, address holder) external onlyOwner {
        uint256 id = _requireId(countryCode, partyId);
        uint256 entry = _parties[id];
        if (entry.account() == holder) return;
        if (entry.has(Words.ROLES)) {
            if (holder == address(0)) return;
            _removeId(entry.account(), id);
        }
        _parties[id] = uint160(holder);
        emit PartyReserved(countryCode, partyId, holder);
    }

    /// @inheritdoc IRegistry
    function adminReserveNode(string calldata domain, address operator) external onlyOwner {
        domain.requireUrl();
        bytes32 domainHash = keccak256(bytes(domain));
        uint256 host = _hosts[domainHash];
        if (host.account() == operator) return;
        if (host.has(Words.HOST_NODE)) {
            if (operator == address(0)) return;
            _deleteNode(host.account());
        }
        _hosts[domainHash] = uint160(operator);
        emit NodeReserved(domain, operator);
    }

    /// @inheritdoc IRegistry
    function importNodes(Node[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            Node calldata item = items[i];
            if (_accounts[item.operator].has(Words.RUNS_NODE)) revert NodeExists(item.operator);
            _storeNode(item.operator, item.domain);
        }
    }

    /// @inheritdoc IRegistry
    function importParties(PartyImport[] calldata items) external {
        _requireImport(items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            PartyImport calldata item = items[i];
            if (item.operator == address(0)) revert ZeroAddress();
            uint256 id = _requireId(item.countryCode, item.partyId);
            uint256 entry = uint256(0)
                .set(Words.ROLES, _requireRoles(item.roles))
                .set(Words.SENDER, _requireModules(item.modulesSender))
                .set(Words.RECEIVER, _requireModules(item.modulesReceiver))
                .set(Words.PARTY_NODE, _nodeNumberOf(item.operator));
            _addId(item.party, id, entry);
            _emitUpdate(id, item.operator);
            if (bytes(item.website).length != 0) _storeWebsite(id, item.website);
        }
    }

    /**
     * @inheritdoc Ownable
     * @dev Reverts while the import is open, since nobody could close it then.
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
        return _domains[_wordOf(operator).get(Words.NODE)];
    }

    /// @inheritdoc IRegistry
    function getNodeOperators() external view returns (address[] memory operators) {
        operators = new address[](_nodeCount);
        for (uint256 i = 0; i < operators.length; ++i) {
            (operators[i], ) = _operatorOf(_nodes.get(_NODE_BITS, i));
        }
    }

    /// @inheritdoc IRegistry
    function nodeCount() external view returns (uint256) {
        return _nodeCount;
    }

    /// @inheritdoc IRegistry
    function nodes(uint256 offset, uint256 limit) external view returns (Node[] memory page) {
        page = new Node[](Page.size(offset, limit, _nodeCount));
        for (uint256 i = 0; i < page.length; ++i) {
            (page[i].operator, page[i].domain) = _operatorOf(_nodes.get(_NODE_BITS, offset + i));
        }
    }

    /// @inheritdoc IRegistry
    function getOperatorByAddress(address party) external view returns (address operator, string memory domain) {
        return _operatorOf(_parties[_currentId(party)].get(Words.PARTY_NODE));
    }

    /// @inheritdoc IRegistry
    function getOperatorByOcpi(
        bytes2 countryCode,
        bytes3 partyId
    ) external view returns (address operator, string memory domain) {
        return _operatorOf(_parties[Words.joinId(countryCode, partyId)].get(Words.PARTY_NODE));
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
        Party memory entry = _party(_currentId(partyAddress), _KNOWN_TO_V1);
        return (
            entry.countryCode,
            entry.partyId,
            entry.modulesSender,
            entry.modulesReceiver,
            entry.roles,
            entry.operator,
            entry.operatorDomain
        );
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
        Party memory entry = _party(Words.joinId(countryCode, partyId), _KNOWN_TO_V1);
        return (
            entry.party,
            entry.roles,
            entry.modulesSender,
            entry.modulesReceiver,
            entry.operator,
            entry.operatorDomain
        );
    }

    /// @inheritdoc IRegistry
    function getParties() external view returns (address[] memory accounts) {
        uint256 count = _partyCount;
        accounts = new address[](count);
        uint256 found = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 id = _ids.get(_ID_BITS, i);
            address account = _parties[id].account();
            if (_currentId(account) == id) accounts[found++] = account;
        }
        // In assembly because a list in memory can't be made shorter otherwise.
        assembly ("memory-safe") {
            mstore(accounts, found)
        }
    }

    /// @inheritdoc IRegistry
    function partyCount() external view returns (uint256) {
        return _partyCount;
    }

    /// @inheritdoc IRegistry
    function parties(uint256 offset, uint256 limit) external view returns (Party[] memory page) {
        page = new Party[](Page.size(offset, limit, _partyCount));
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _party(_ids.get(_ID_BITS, offset + i), _ALL);
        }
    }

    /// @inheritdoc IRegistry
    function partiesOf(address account) external view returns (Party[] memory list) {
        uint256 word = _wordOf(account);
        PackedList.List storage others = _otherIds[word.get(Words.MEMBERSHIP)];
        list = new Party[](word.get(Words.ID_COUNT));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = _party(i == 0 ? word.get(Words.CURRENT_ID) : others.get(_ID_BITS, i - 1), _ALL);
        }
    }

    /// @inheritdoc IRegistry
    function party(bytes2 countryCode, bytes3 partyId) external view returns (Party memory) {
        return _party(Words.joinId(countryCode, partyId), _ALL);
    }

    /// @inheritdoc IRegistry
    function membershipOf(address account) external view returns (uint256) {
        return _wordOf(account).get(Words.MEMBERSHIP);
    }

    /// @inheritdoc IRegistry
    function reservationOf(bytes2 countryCode, bytes3 partyId) external view returns (address holder) {
        uint256 entry = _parties[Words.joinId(countryCode, partyId)];
        if (!entry.has(Words.ROLES)) holder = entry.account();
    }

    /// @inheritdoc IRegistry
    function nodeReservationOf(string calldata domain) external view returns (address operator) {
        uint256 host = _hosts[keccak256(bytes(domain))];
        if (!host.has(Words.HOST_NODE)) operator = host.account();
    }

    /// @inheritdoc IRegistry
    function keyOf(address account) external view returns (uint256 key, address controller) {
        return (_wordOf(account) & Words.KEY, controllerOf(account));
    }

    /// @inheritdoc IRegistry
    function keysOf(
        address first,
        address second
    ) external view returns (uint256 firstKey, uint256 secondKey, address controller) {
        return (_wordOf(first) & Words.KEY, _wordOf(second) & Words.KEY, controllerOf(first));
    }

    /// @inheritdoc IRegistry
    function accountsOf(uint256[] calldata keys) external view returns (address[] memory accounts) {
        accounts = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 membership = keys[i].get(Words.MEMBERSHIP);
            address account = _parties[keys[i].get(Words.FOUNDING_ID)].account();
            bool isMember = membership != 0 && _wordOf(account).get(Words.MEMBERSHIP) == membership;
            accounts[i] = isMember ? account : _heirs[membership];
        }
    }

    /// @inheritdoc IRegistry
    function partyOf(bytes2 countryCode, bytes3 partyId) public view returns (address account) {
        uint256 entry = _parties[Words.joinId(countryCode, partyId)];
        if (entry.has(Words.ROLES)) account = entry.account();
    }

    /// @inheritdoc IRegistry
    function controllerOf(address account) public view returns (address controller) {
        return _wordOf(account).has(Words.CONTROLLED) ? _controllers[account] : account;
    }

    function _nonceAndController(address account) internal view override returns (uint256 nonce, address controller) {
        return (_wordOf(account).get(Words.NONCE), controllerOf(account));
    }

    function _setNonce(address account, uint256 nonce) internal override {
        _accounts[account] = _accounts[account].set(Words.NONCE, nonce);
    }

    function _requireOpen() internal view override(SignedRequests, Imports) {
        Imports._requireOpen();
    }

    function _requireOwner() internal view override {
        _checkOwner();
    }

    /// @dev Reverts unless the sender can write about its own account.
    function _requireSender() private view {
        _requireOwn(controllerOf(msg.sender));
    }

    /// @dev {SignedRequests-_useSignature} with the nonce and the controller that are stored here.
    function _useRequest(
        address account,
        uint256 nonce,
        uint256 deadline,
        bytes32 requestHash,
        bytes calldata signature
    ) private {
        (uint256 present, address controller) = _nonceAndController(account);
        _useSignature(account, controller, present, nonce, deadline, requestHash, signature);
    }

    /// @dev Uses up the acceptance; reverts unless the account itself (not its controller) signed it.
    function _useAcceptance(address account, bytes32 requestHash, Acceptance calldata acceptance) private {
        uint256 present = nonces(account);
        _useSignature(
            account,
            account,
            present,
            acceptance.nonce,
            acceptance.deadline,
            requestHash,
            acceptance.signature
        );
    }

    function _setNode(address operator, string calldata domain) private {
        _requireOpen();
        _storeNode(operator, domain);
    }

    function _storeNode(address operator, string calldata domain) private {
        if (operator == address(0)) revert ZeroAddress();
        uint256 word = _accounts[operator];
        if (word.has(Words.RETIRED)) revert AccountRetired(operator);
        domain.requireUrl();
        bytes32 domainHash = keccak256(bytes(domain));
        uint256 host = _hosts[domainHash];
        address holder = host.account();
        if (holder != operator && holder != address(0)) {
            if (host.has(Words.HOST_NODE)) revert DomainTaken(domain, holder);
            revert DomainReserved(domain, holder);
        }
        if (!host.has(Words.HOST_NODE)) {
            uint256 node;
            uint256 place;
            if (word.has(Words.RUNS_NODE)) {
                node = word.get(Words.NODE);
                bytes32 oldDomainHash = keccak256(bytes(_domains[node]));
                place = _hosts[oldDomainHash].get(Words.HOST_PLACE);
                delete _hosts[oldDomainHash];
            } else {
                node = word.get(Words.NODE);
                if (node == 0) node = _nextNode();
                else delete _left[node];
                place = _nodeCount++;
                _nodes.set(_NODE_BITS, place, node);
                _accounts[operator] = word.set(Words.NODE, node) | Words.RUNS_NODE;
            }
            _hosts[domainHash] = uint256(uint160(operator)).set(Words.HOST_NODE, node).set(Words.HOST_PLACE, place);
            _domains[node] = domain;
        }
        emit OperatorUpdate(operator, domain);
    }

    function _deleteNode(address operator) private {
        uint256 word = _accounts[operator];
        if (!word.has(Words.RUNS_NODE)) revert NodeNotFound(operator);
        _accounts[operator] = word ^ Words.RUNS_NODE;
        uint256 node = word.get(Words.NODE);
        _left[node] = operator;
        bytes32 domainHash = keccak256(bytes(_domains[node]));
        uint256 place = _hosts[domainHash].get(Words.HOST_PLACE);
        delete _hosts[domainHash];
        delete _domains[node];
        uint256 lastPlace = --_nodeCount;
        if (place != lastPlace) {
            uint256 last = _nodes.get(_NODE_BITS, lastPlace);
            _nodes.set(_NODE_BITS, place, last);
            bytes32 lastHash = keccak256(bytes(_domains[last]));
            _hosts[lastHash] = _hosts[lastHash].set(Words.HOST_PLACE, place);
        }
        _nodes.set(_NODE_BITS, lastPlace, 0);
        emit OperatorUpdate(operator, "");
    }

    function _setParty(
        address account,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata roles,
        address operator
    ) private {
        _requireOpen();
        uint256 id = _requireId(countryCode, partyId);
        uint256 roleMap = _requireRoles(roles);
        uint256 operatorWord = _accounts[operator];
        uint256 node = operatorWord.get(Words.NODE);
        uint256 entry = _parties[id];
        bool isHeld = entry.has(Words.ROLES) && entry.account() == account;
        bool staysWithOperator = isHeld && entry.get(Words.PARTY_NODE) == node;
        if (!staysWithOperator && !operatorWord.has(Words.RUNS_NODE)) revert NodeNotFound(operator);
        if (isHeld) {
            _parties[id] = entry.set(Words.ROLES, roleMap).set(Words.PARTY_NODE, node);
            _makeCurrent(account, id);
        } else {
            _addId(account, id, uint256(0).set(Words.ROLES, roleMap).set(Words.PARTY_NODE, node));
        }
        _emitUpdate(id, operator);
    }

    function _setPartyModulesOf(
        address account,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata sender,
        uint8[] calldata receiver
    ) private {
        _requireOpen();
        _storeModules(account, _requireHeld(account, countryCode, partyId), sender, receiver);
    }

    function _storeModules(address account, uint256 id, uint8[] calldata sender, uint8[] calldata receiver) private {
        uint256 entry = _parties[id].set(Words.SENDER, _requireModules(sender)).set(
            Words.RECEIVER,
            _requireModules(receiver)
        );
        _parties[id] = entry;
        _makeCurrent(account, id);
        _emitParty(id);
    }

    function _setPartyWebsite(address account, bytes2 countryCode, bytes3 partyId, string calldata website) private {
        _requireOpen();
        _storeWebsite(_requireHeld(account, countryCode, partyId), website);
    }

    function _storeWebsite(uint256 id, string calldata website) private {
        uint256 entry = _parties[id];
        uint256 hasWebsite = 0;
        if (bytes(website).length != 0) {
            website.requireUrl();
            hasWebsite = 1;
        }
        _parties[id] = entry.set(Words.HAS_WEBSITE, hasWebsite);
        _websites[id] = website;
        (bytes2 countryCode, bytes3 partyId) = Words.splitId(id);
        emit PartyWebsite(countryCode, partyId, entry.account(), website);
    }

    /// @dev Gives the account a further id that nobody holds; `entry` has roles, modules and node number.
    function _addId(address account, uint256 id, uint256 entry) private {
        if (account == address(0)) revert ZeroAddress();
        uint256 word = _accounts[account];
        if (word.has(Words.RETIRED)) revert AccountRetired(account);
        uint256 count = word.get(Words.ID_COUNT);
        if (count == _MAX_IDS) revert TooManyIds(account, _MAX_IDS);
        uint256 present = _parties[id];
        if (present != 0) {
            (bytes2 countryCode, bytes3 partyId) = Words.splitId(id);
            address holder = present.account();
            if (present.has(Words.ROLES)) revert PartyIdTaken(countryCode, partyId, holder);
            if (holder != account) revert PartyIdReserved(countryCode, partyId, holder);
        }
        uint256 place = _partyCount++;
        _ids.set(_ID_BITS, place, id);
        _parties[id] = entry.set(Words.ACCOUNT, uint160(account)).set(Words.PARTY_PLACE, place);
        if (count == 0) {
            word = word.set(Words.MEMBERSHIP, ++_lastMembership).set(Words.FOUNDING_ID, id);
        } else {
            _otherIds[word.get(Words.MEMBERSHIP)].set(_ID_BITS, count - 1, word.get(Words.CURRENT_ID));
        }
        _accounts[account] = word.set(Words.CURRENT_ID, id).set(Words.ID_COUNT, count + 1);
    }

    /// @dev Makes `id`, which the account holds, its current one; the former current id takes its place.
    function _makeCurrent(address account, uint256 id) private {
        uint256 word = _accounts[account];
        uint256 current = word.get(Words.CURRENT_ID);
        if (current != id) {
            PackedList.List storage others = _otherIds[word.get(Words.MEMBERSHIP)];
            others.set(_ID_BITS, others.find(_ID_BITS, id), current);
            _accounts[account] = word.set(Words.CURRENT_ID, id);
        }
    }

    /// @dev Frees `id`, which the account holds, and closes the gaps in both lists.
    function _removeId(address account, uint256 id) private {
        uint256 entry = _parties[id];
        delete _parties[id];
        if (entry.has(Words.HAS_WEBSITE)) delete _websites[id];
        uint256 lastPlace = --_partyCount;
        uint256 place = entry.get(Words.PARTY_PLACE);
        if (place != lastPlace) {
            uint256 last = _ids.get(_ID_BITS, lastPlace);
            _ids.set(_ID_BITS, place, last);
            _parties[last] = _parties[last].set(Words.PARTY_PLACE, place);
        }
        _ids.set(_ID_BITS, lastPlace, 0);
        (bytes2 countryCode, bytes3 partyId) = Words.splitId(id);
        uint8[] memory none = new uint8[](0);
        emit PartyUpdate(countryCode, partyId, account, none, none, none, address(0));
        _leaveId(account, id);
    }

    /// @dev Updates the account after it has given up `id`.
    function _leaveId(address account, uint256 id) private {
        uint256 word = _accounts[account];
        uint256 membership = word.get(Words.MEMBERSHIP);
        uint256 count = word.get(Words.ID_COUNT) - 1;
        if (count == 0) {
            if (word.has(Words.HAS_HEIR)) delete _heirs[membership];
            _accounts[account] = word & Words.WITHOUT_MEMBERSHIP;
            return;
        }
        if (id == word.get(Words.FOUNDING_ID)) {
            _heirs[membership] = account;
            word |= Words.HAS_HEIR;
        }
        PackedList.List storage others = _otherIds[membership];
        uint256 last = others.get(_ID_BITS, count - 1);
        bool wasCurrent = id == word.get(Words.CURRENT_ID);
        if (wasCurrent) word = word.set(Words.CURRENT_ID, last);
        else if (last != id) others.set(_ID_BITS, others.find(_ID_BITS, id), last);
        others.set(_ID_BITS, count - 1, 0);
        _accounts[account] = word.set(Words.ID_COUNT, count);
        if (wasCurrent) _emitParty(last);
    }

    function _moveAccount(address account, address newAccount, Acceptance calldata acceptance) private {
        _requireOpen();
        if (newAccount == address(0)) revert ZeroAddress();
        if (newAccount != msg.sender) {
            bytes32 requestHash = RequestHash.acceptAccount(newAccount, account, acceptance.nonce, acceptance.deadline);
            _useAcceptance(newAccount, requestHash, acceptance);
        }
        uint256 word = _accounts[account];
        if (!word.has(Words.BELONGINGS)) revert AccountNotFound(account);
        uint256 newWord = _accounts[newAccount];
        if (newWord.has(Words.BELONGINGS | Words.RETIRED)) revert AccountInUse(newAccount);
        _accounts[account] = (word & Words.NONCE) | Words.RETIRED;
        newWord = _inNextTerm(newAccount, newWord) | (word & ~(Words.NONCE | Words.RETIRED));
        if (word.has(Words.CONTROLLED)) {
            address controller = _controllers[account];
            delete _controllers[account];
            // A controller that takes the account over needs no controller: every account controls itself by default.
            if (controller == newAccount) newWord ^= Words.CONTROLLED;
            else _controllers[newAccount] = controller;
        }
        _accounts[newAccount] = newWord;
        if (word.has(Words.HAS_HEIR)) _heirs[word.get(Words.MEMBERSHIP)] = newAccount;
        emit AccountMoved(account, newAccount);
        if (word.has(Words.NODE)) _moveNode(account, newAccount, word);
        _moveIds(newAccount, word);
    }

    /// @dev Gives the node number of `account`, which had this word, to the new account.
    function _moveNode(address account, address newAccount, uint256 word) private {
        uint256 node = word.get(Words.NODE);
        if (word.has(Words.RUNS_NODE)) {
            string memory domain = _domains[node];
            bytes32 domainHash = keccak256(bytes(domain));
            _hosts[domainHash] = _hosts[domainHash].set(Words.ACCOUNT, uint160(newAccount));
            emit OperatorUpdate(account, "");
            emit OperatorUpdate(newAccount, domain);
        } else {
            _left[node] = newAccount;
        }
    }

    /// @dev Gives the ids of the account that had this word to the new account, the current one last.
    function _moveIds(address newAccount, uint256 word) private {
        PackedList.List storage others = _otherIds[word.get(Words.MEMBERSHIP)];
        uint256 count = word.get(Words.ID_COUNT);
        for (uint256 i = 1; i <= count; ++i) {
            uint256 id = i == count ? word.get(Words.CURRENT_ID) : others.get(_ID_BITS, i - 1);
            _parties[id] = _parties[id].set(Words.ACCOUNT, uint160(newAccount));
            _emitParty(id);
        }
    }

    function _setController(address account, address controller, Acceptance calldata acceptance) private {
        _requireOpen();
        if (controller == address(0)) controller = account;
        if (controller != account) {
            address itsController = controllerOf(controller);
            if (itsController != controller) revert NotController(controller, itsController);
            bytes32 requestHash = RequestHash.acceptController(
                controller,
                account,
                acceptance.nonce,
                acceptance.deadline
            );
            _useAcceptance(controller, requestHash, acceptance);
        }
        uint256 word = _inNextTerm(account, _accounts[account]);
        if (controller != account) {
            word |= Words.CONTROLLED;
            _controllers[account] = controller;
        } else if (word.has(Words.CONTROLLED)) {
            word ^= Words.CONTROLLED;
            delete _controllers[account];
        }
        _accounts[account] = word;
        emit ControllerSet(account, controller);
    }

    /// @dev The word of `account` in the next term of its nonce.
    function _inNextTerm(address account, uint256 word) private pure returns (uint256) {
        uint256 term = word.get(Words.TERM);
        if (term == _LAST_TERM) revert TooManyTerms(account, _LAST_TERM);
        return word.set(Words.TERM, term + 1);
    }

    /// @dev The node number of `operator`, whether it runs a node or not.
    function _nodeNumberOf(address operator) private returns (uint256 node) {
        uint256 word = _accounts[operator];
        node = word.get(Words.NODE);
        if (node == 0) {
            node = _nextNode();
            _left[node] = operator;
            _accounts[operator] = word.set(Words.NODE, node);
        }
    }

    function _nextNode() private returns (uint256 node) {
        node = _lastNode;
        if (node == _LAST_NODE) revert TooManyNodes(_LAST_NODE);
        _lastNode = uint32(++node);
    }

    function _emitParty(uint256 id) private {
        (address operator, ) = _operatorOf(_parties[id].get(Words.PARTY_NODE));
        _emitUpdate(id, operator);
    }

    function _emitUpdate(uint256 id, address operator) private {
        uint256 entry = _parties[id];
        (bytes2 countryCode, bytes3 partyId) = Words.splitId(id);
        emit PartyUpdate(
            countryCode,
            partyId,
            entry.account(),
            entry.get(Words.ROLES).toUint8List(),
            entry.get(Words.SENDER).toUint8List(),
            entry.get(Words.RECEIVER).toUint8List(),
            operator
        );
    }

    /// @dev The party under this id, all empty when nobody holds it; only roles and modules in `shown` are included.
    function _party(uint256 id, uint256 shown) private view returns (Party memory entry) {
        uint256 word = _parties[id];
        if (!word.has(Words.ROLES)) return entry;
        uint256 accountWord = _accounts[word.account()];
        entry.party = word.account();
        (entry.countryCode, entry.partyId) = Words.splitId(id);
        entry.roles = (word.get(Words.ROLES) & shown).toUint8List();
        entry.modulesSender = (word.get(Words.SENDER) & shown).toUint8List();
        entry.modulesReceiver = (word.get(Words.RECEIVER) & shown).toUint8List();
        (entry.operator, entry.operatorDomain) = _operatorOf(word.get(Words.PARTY_NODE));
        entry.membership = accountWord.get(Words.MEMBERSHIP);
        entry.current = accountWord.get(Words.CURRENT_ID) == id;
        if (word.has(Words.HAS_WEBSITE)) entry.website = _websites[id];
    }

    function _currentId(address account) private view returns (uint256) {
        return _wordOf(account).get(Words.CURRENT_ID);
    }

    /// @dev The word of an account. The zero address means "none": nothing is ever stored or read for it.
    function _wordOf(address account) private view returns (uint256 word) {
        if (account != address(0)) word = _accounts[account];
    }

    /// @dev The account that has this node number, and the URL of its node; empty while it runs none.
    function _operatorOf(uint256 node) private view returns (address operator, string memory domain) {
        domain = _domains[node];
        operator = bytes(domain).length == 0 ? _left[node] : _hosts[keccak256(bytes(domain))].account();
    }

    /// @dev Reverts unless the account holds this id.
    function _requireHeld(address account, bytes2 countryCode, bytes3 partyId) private view returns (uint256) {
        address holder = partyOf(countryCode, partyId);
        if (holder == address(0)) revert PartyIdNotFound(countryCode, partyId);
        if (holder != account) revert PartyIdTaken(countryCode, partyId, holder);
        return Words.joinId(countryCode, partyId);
    }

    function _requireId(bytes2 countryCode, bytes3 partyId) private pure returns (uint256) {
        if (!countryCode.isCountryCode()) revert InvalidCountryCode(countryCode);
        if (!partyId.isPartyId()) revert InvalidPartyId(partyId);
        return Words.joinId(countryCode, partyId);
    }

    function _requireRoles(uint8[] calldata roles) private pure returns (uint256) {
        if (roles.length == 0) revert NoRoles();
        return roles.asWords().fromList(_ROLE_LIMIT);
    }

    function _requireModules(uint8[] calldata modules) private pure returns (uint256) {
        return modules.asWords().fromList(_MODULE_LIMIT);
    }
}
