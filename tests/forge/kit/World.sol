// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPermissions} from "../../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../../contracts/interfaces/ISignedRequests.sol";
import {Requests} from "./Requests.sol";

/**
 * @dev Nine people act at random, and a second bookkeeping predicts whether each call is accepted and what every view
 * returns afterwards. It keeps plain lists, searches them from end to end, and renames every entry when an account moves.
 * It shares neither mappings nor bitmaps nor numbers with the contracts.
 */
contract World is Requests {
    struct NodeEntry {
        address operator;
        string url;
    }

    struct PartyEntry {
        address party;
        bytes5 id;
        uint256 roles;
        uint256 sender;
        uint256 receiver;
        address operator;
        string website;
    }

    struct ServiceEntry {
        address provider;
        uint256 membership;
        bytes5 shown;
        string name;
        string url;
        uint256 needed;
        uint256 version;
    }

    struct AgreementEntry {
        uint256 provider;
        uint256 version;
    }

    struct Account {
        uint256 membership;
        /// The current id first, then the others.
        bytes5[] ids;
        bool hadNode;
        bool retired;
        address controller;
        uint256 term;
    }

    struct Sent {
        address target;
        bytes data;
    }

    uint256 private constant NONE = type(uint256).max;
    uint256 private constant MOST_PEOPLE = 16;

    NodeEntry[] private _nodes;
    PartyEntry[] private _parties;
    ServiceEntry[] private _services;
    mapping(address account => Account) private _accounts;
    mapping(uint256 user => AgreementEntry[]) private _agreements;
    mapping(uint256 provider => uint256) private _versions;
    mapping(address target => mapping(address signer => uint256)) private _counts;
    mapping(bytes5 id => address) private _reservedIds;
    mapping(bytes32 url => address) private _reservedUrls;
    uint256 private _memberships;
    Sent[] private _sent;
    uint256 private _lot;

    address[] private _people = [operator, otherOperator, cpo, emsp, hub, stranger];
    string[] private _urls = [
        "https://a.example.org",
        "http://[2001:db8::1]:8080/ocn",
        "https://thirty-one-bytes.abc.de",
        "https://a-rather-long-name-that-takes-more-than-two-slots-of-storage.example.org/and/a/path",
        "https://a.example.org/",
        "HTTPS://a.example.org"
    ];
    bytes5[] private _ids = [
        bytes5("DECPO"),
        "DEMSP",
        "DE123",
        "FRCPO",
        "FRA1B",
        "NLZZZ",
        "NL000",
        "AAAAA",
        "ZZ9Z9",
        "BEABC",
        "BEABD",
        "BEABE",
        "deCPO",
        "DE-CP",
        0x0000000000
    ];
    uint256 private constant GOOD_IDS = 12;

    constructor() {
        setUp();
        _people.push(account("seventh"));
        _people.push(account("eighth"));
        _people.push(account("ninth"));
    }

    /// @dev Drawn as often as listed here.
    function actions() external pure returns (bytes4[] memory list) {
        list = new bytes4[](34);
        list[0] = list[1] = list[2] = this.setNode.selector;
        list[3] = this.deleteNode.selector;
        list[4] = list[5] = list[6] = list[7] = this.setParty.selector;
        (list[8], list[9]) = (this.setPartyModules.selector, this.deleteParty.selector);
        (list[10], list[11]) = (this.adminDeleteOperator.selector, this.adminDeleteParty.selector);
        list[12] = list[13] = list[14] = this.setService.selector;
        (list[15], list[16]) = (this.deleteService.selector, this.createAgreement.selector);
        list[17] = list[18] = list[19] = this.createAgreementTo.selector;
        list[20] = this.revokeAgreement.selector;
        (list[21], list[22], list[23]) = (this.invalidateNonce.selector, this.wait.selector, this.sendAgain.selector);
        (list[24], list[25]) = (this.setPartyWebsite.selector, this.adminReserveNode.selector);
        (list[26], list[27]) = (this.adminReserveParty.selector, this.pruneService.selector);
        (list[28], list[29], list[30]) = (this.move.selector, this.move.selector, this.setController.selector);
        (list[31], list[32], list[33]) = (this.setParty.selector, this.deleteParty.selector, this.setParty.selector);
    }

    /// @dev The source of {draw}, in one action.
    modifier by(uint256 lot) {
        _lot = lot;
        _;
    }

    // --- actions: nodes

    function setNode(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetNode, anybody());
        uint256 url = draw(9) < 8 ? draw(4) : draw(_urls.length);
        r.url = _urls[url];
        uint256 host = nodeAt(r.url);
        address reserved = _reservedUrls[keccak256(bytes(r.url))];
        bool ok = url < 4 && (host == NONE || _nodes[host].operator == r.signer) && !_accounts[r.signer].retired;
        if (!act(r, ok && (reserved == address(0) || reserved == r.signer))) return;
        delete _reservedUrls[keccak256(bytes(r.url))];
        _accounts[r.signer].hadNode = true;
        uint256 node = nodeOf(r.signer);
        if (node == NONE) _nodes.push(NodeEntry(r.signer, r.url));
        else _nodes[node].url = r.url;
    }

    function deleteNode(uint256 lot) external by(lot) {
        Request memory r = request(Kind.DeleteNode, anyOperator());
        if (act(r, nodeOf(r.signer) != NONE)) removeNode(r.signer);
    }

    function adminDeleteOperator(uint256 lot) external by(lot) {
        address operator_ = anyOperator();
        bytes memory data = abi.encodeCall(IRegistry.adminDeleteOperator, (operator_));
        bool byOwner = draw(2) == 0;
        bool ok = byOwner && nodeOf(operator_) != NONE;
        call(byOwner ? owner : operator_, address(registry), data, ok);
        if (ok) removeNode(operator_);
    }

    function adminReserveNode(uint256 lot) external by(lot) {
        uint256 url = draw(_urls.length);
        address holder = draw(3) == 0 ? address(0) : anybody();
        bool byOwner = draw(4) != 0;
        bytes memory data = abi.encodeCall(IRegistry.adminReserveNode, (_urls[url], holder));
        bool ok = byOwner && url < 4;
        call(byOwner ? owner : holder, address(registry), data, ok);
        if (!ok) return;
        uint256 host = nodeAt(_urls[url]);
        if (host != NONE && (holder == address(0) || _nodes[host].operator == holder)) return;
        if (host != NONE) removeNode(_nodes[host].operator);
        _reservedUrls[keccak256(bytes(_urls[url]))] = holder;
    }

    // --- parties

    function setParty(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetParty, anybody());
        Account storage account_ = _accounts[r.signer];
        bytes5 wanted = draw(9) < 8 ? _ids[draw(GOOD_IDS)] : _ids[draw(_ids.length)];
        if (account_.ids.length != 0 && draw(3) == 0) wanted = account_.ids[draw(account_.ids.length)];
        (r.countryCode, r.partyId) = (bytes2(wanted), bytes3(wanted << 16));
        r.list = someOf(8);
        uint256 at = partyWith(wanted);
        bool held = at != NONE && _parties[at].party == r.signer;
        uint256 choice = draw(20);
        if (choice == 0) r.other = address(0);
        else if (choice < 4 || _nodes.length == 0) r.other = anybody();
        else if (choice < 7 && at != NONE) r.other = _parties[at].operator;
        else r.other = _nodes[draw(_nodes.length)].operator;
        bool ok = isId(wanted) && r.list.length != 0 && setOf(r.list) < 256 && (at == NONE || held);
        ok = ok && (nodeOf(r.other) != NONE || (held && _parties[at].operator == r.other));
        address reserved = _reservedIds[wanted];
        ok = ok && (held || ((reserved == address(0) || reserved == r.signer) && !account_.retired));
        if (!act(r, ok)) return;
        if (!held) {
            at = _parties.length;
            _parties.push();
            (_parties[at].party, _parties[at].id) = (r.signer, wanted);
            delete _reservedIds[wanted];
            if (account_.ids.length == 0) account_.membership = ++_memberships;
            account_.ids.push(wanted);
        }
        makeCurrent(account_, wanted);
        (_parties[at].roles, _parties[at].operator) = (setOf(r.list), r.other);
    }

    function setPartyModules(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetPartyModules, anybody());
        bytes5 id = anyIdFor(r);
        (r.list, r.list2) = (someOf(16), someOf(16));
        uint256 at = partyWith(id);
        bool ok = at != NONE && _parties[at].party == r.signer;
        if (!act(r, ok && setOf(r.list) < 65_536 && setOf(r.list2) < 65_536)) return;
        (_parties[at].sender, _parties[at].receiver) = (setOf(r.list), setOf(r.list2));
        makeCurrent(_accounts[r.signer], id);
    }

    function setPartyWebsite(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetPartyWebsite, anybody());
        bytes5 id = anyIdFor(r);
        uint256 url = draw(_urls.length + 1);
        r.url = url == 0 ? "" : _urls[url - 1];
        uint256 at = partyWith(id);
        bool ok = at != NONE && _parties[at].party == r.signer && url < 5;
        if (act(r, ok)) _parties[at].website = r.url;
    }

    function deleteParty(uint256 lot) external by(lot) {
        Request memory r = request(Kind.DeleteParty, anyParty());
        uint256 at = partyWith(anyIdFor(r));
        if (act(r, at != NONE && _parties[at].party == r.signer)) removeParty(at);
    }

    function adminDeleteParty(uint256 lot) external by(lot) {
        bytes5 wanted = _ids[draw(_ids.length)];
        uint256 at = partyWith(wanted);
        bytes memory data = abi.encodeCall(IRegistry.adminDeleteParty, (bytes2(wanted), bytes3(wanted << 16)));
        bool byOwner = draw(2) == 0;
        bool ok = byOwner && at != NONE;
        call(byOwner ? owner : anybody(), address(registry), data, ok);
        if (ok) removeParty(at);
    }

    function adminReserveParty(uint256 lot) external by(lot) {
        bytes5 wanted = _ids[draw(_ids.length)];
        address holder = draw(3) == 0 ? address(0) : anybody();
        bool byOwner = draw(4) != 0;
        bytes memory data = abi.encodeCall(IRegistry.adminReserveParty, (bytes2(wanted), bytes3(wanted << 16), holder));
        bool ok = byOwner && isId(wanted);
        call(byOwner ? owner : holder, address(registry), data, ok);
        if (!ok) return;
        uint256 at = partyWith(wanted);
        if (at != NONE && (holder == address(0) || _parties[at].party == holder)) return;
        if (at != NONE) removeParty(at);
        _reservedIds[wanted] = holder;
    }

    // --- accounts

    function move(uint256 lot) external by(lot) {
        Request memory r = request(Kind.MoveAccount, draw(3) == 0 ? anybody() : anyParty());
        bool fresh = draw(4) != 0 && _people.length < MOST_PEOPLE;
        r.other = fresh ? account(string(abi.encodePacked("key ", uint8(48 + _people.length)))) : anybody();
        if (!act(r, hasSomething(r.signer) && !hasSomething(r.other) && !_accounts[r.other].retired)) return;
        if (fresh) _people.push(r.other);
        ++_counts[address(registry)][r.other]; // its acceptance
        Account storage old = _accounts[r.signer];
        Account storage next = _accounts[r.other];
        (next.membership, next.hadNode, next.ids) = (old.membership, old.hadNode, old.ids);
        next.controller = old.controller == r.other ? address(0) : old.controller;
        ++next.term;
        (old.membership, old.hadNode, old.controller, old.retired) = (0, false, address(0), true);
        delete old.ids;
        for (uint256 i = 0; i < _nodes.length; ++i) {
            if (_nodes[i].operator == r.signer) _nodes[i].operator = r.other;
        }
        for (uint256 i = 0; i < _parties.length; ++i) {
            if (_parties[i].operator == r.signer) _parties[i].operator = r.other;
            if (_parties[i].party == r.signer) _parties[i].party = r.other;
        }
        for (uint256 i = 0; i < _services.length; ++i) {
            if (_services[i].provider == r.signer) _services[i].provider = r.other;
        }
    }

    function setController(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetController, anybody());
        uint256 choice = draw(6);
        if (choice == 0) r.other = address(0);
        else if (choice == 1) r.other = r.signer;
        else if (choice == 2) r.other = anybody();
        else r.other = cold;
        bool isNone = r.other == address(0) || r.other == r.signer;
        if (!act(r, isNone || _accounts[r.other].controller == address(0))) return;
        if (!isNone) ++_counts[address(registry)][r.other]; // its acceptance
        _accounts[r.signer].controller = isNone ? address(0) : r.other;
        ++_accounts[r.signer].term;
    }

    function invalidateNonce(uint256 lot) external by(lot) {
        Kind kind = draw(2) == 0 ? Kind.PermissionsInvalidateNonce : Kind.RegistryInvalidateNonce;
        Request memory r = request(kind, anybody());
        r.newNonce = r.nonce + (draw(4) == 0 ? 65_530 + draw(10) : draw(3));
        bool ok = r.newNonce > r.nonce && r.newNonce <= r.nonce + 65_536;
        if (act(r, ok)) _counts[targetOf(kind)][r.signer] = r.newNonce % (1 << 32);
    }

    function wait(uint256 lot) external by(lot) {
        vm.warp(block.timestamp + draw(1800));
    }

    /// @dev A request never takes effect twice.
    function sendAgain(uint256 lot) external by(lot) {
        if (_sent.length == 0) return;
        Sent memory sent = _sent[draw(_sent.length)];
        call(spender, sent.target, sent.data, false);
    }

    // --- services and agreements

    function setService(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetService, anyParty());
        uint256 text = draw(12);
        r.name =
            text == 0
                ? ""
                : text == 1
                    ? unicode"Zürich – 充電"
                    : text == 2
                        ? "bad\n"
                        : "Service";
        uint256 url = draw(9) < 8 ? draw(4) : draw(_urls.length);
        bool noUrl = draw(3) == 0;
        r.url = noUrl ? "" : _urls[url];
        uint256 membership = _accounts[r.signer].membership;
        uint256 at = serviceOf(membership);
        r.list = at != NONE && draw(3) == 0 ? membersOf(_services[at].needed) : someOf(draw(2) == 0 ? 2 : 64);
        bool ok = membership != 0 && text != 2 && (noUrl || url < 4);
        if (!act(r, ok && r.list.length != 0 && setOf(r.list) < 1 << 64)) return;
        if (at == NONE) {
            at = _services.length;
            _services.push();
            (_services[at].provider, _services[at].membership) = (r.signer, membership);
        }
        ServiceEntry storage service = _services[at];
        (service.name, service.url, service.shown) = (r.name, r.url, _accounts[r.signer].ids[0]);
        if (service.needed != setOf(r.list)) {
            service.version = ++_versions[membership];
            service.needed = setOf(r.list);
        }
    }

    function deleteService(uint256 lot) external by(lot) {
        Request memory r = request(Kind.DeleteService, anyProvider());
        uint256 at = serviceOf(_accounts[r.signer].membership);
        if (act(r, at != NONE)) removeService(at);
    }

    function pruneService(uint256 lot) external by(lot) {
        uint256 at = draw(_services.length + 2);
        for (uint256 i = 0; i < _services.length && draw(2) == 0; ++i) if (!inForce(i)) at = i;
        bool ok = at < _services.length && !inForce(at);
        call(anybody(), address(permissions), abi.encodeCall(IPermissions.pruneService, (at)), ok);
        if (ok) removeService(at);
    }

    function createAgreement(uint256 lot) external by(lot) {
        (address user, address other) = (anyParty(), anyProvider());
        bool ok = mayAgree(user, other) && _accounts[user].controller == address(0);
        call(user, address(permissions), abi.encodeCall(IPermissions.createAgreement, (other)), ok);
        if (ok) agree(user, other);
    }

    function createAgreementTo(uint256 lot) external by(lot) {
        Request memory r = request(Kind.CreateAgreement, anyParty());
        r.other = anyProvider();
        uint256 at = serviceOf(_accounts[r.other].membership);
        r.list = at == NONE || draw(6) == 0 ? someOf(64) : membersOf(_services[at].needed);
        bool ok = mayAgree(r.signer, r.other) && setOf(r.list) == _services[at].needed;
        if (act(r, ok)) agree(r.signer, r.other);
    }

    function revokeAgreement(uint256 lot) external by(lot) {
        Request memory r = request(Kind.RevokeAgreement, anyParty());
        AgreementEntry[] storage list = _agreements[_accounts[r.signer].membership];
        r.other = anybody();
        if (draw(5) != 0 && list.length != 0) r.other = memberWith(list[draw(list.length)].provider);
        uint256 at = agreementOf(r.signer, r.other);
        if (!act(r, at != NONE)) return;
        list[at] = list[list.length - 1];
        list.pop();
    }

    // --- direct or signed

    /// @dev By a direct call or a signed request; if anyone but the controller signs, it is rejected.
    function act(Request memory r, bool ok) private returns (bool) {
        address controller = controllerOf(r.signer);
        bool isOwn = controller == r.signer;
        bool signed = draw(isOwn ? 3 : 8) < (isOwn ? 1 : 7);
        address target = targetOf(r.kind);
        r.deadline = block.timestamp + 60;
        address signer = isOwn || draw(6) != 0 ? controller : r.signer;
        ok = ok && (signed ? signer == controller : isOwn);
        bytes memory data = signed ? callOf(r, signatureOf(signer, digestOf(r))) : directCallOf(r);
        call(signed ? spender : r.signer, target, data, ok);
        if (signed && ok) {
            ++_counts[target][r.signer];
            _sent.push(Sent(target, data));
        }
        return ok;
    }

    function call(address sender, address target, bytes memory data, bool ok) private {
        (bool success, bytes memory result) = tryAs(sender, target, data);
        if (ok && !success) vm.assertEq(result, "", "refused what is right");
        vm.assertEq(success, ok, ok ? "refused what is right" : "accepted what is wrong");
    }

    /// @dev Chooses between the function that names an id and the one for the current id, if both apply.
    function directCallOf(Request memory r) private view returns (bytes memory) {
        bytes5[] storage ids = _accounts[r.signer].ids;
        bool isCurrent = ids.length != 0 && ids[0] == bytes5(bytes.concat(r.countryCode, r.partyId));
        if (r.kind == Kind.SetNode) return abi.encodeCall(IRegistry.setNode, (r.url));
        if (r.kind == Kind.DeleteNode) return abi.encodeCall(IRegistry.deleteNode, ());
        if (r.kind == Kind.SetParty)
            return abi.encodeCall(IRegistry.setParty, (r.countryCode, r.partyId, r.list, r.other));
        if (r.kind == Kind.SetPartyModules) {
            if (isCurrent) return abi.encodeCall(IRegistry.setPartyModules, (r.list, r.list2));
            return abi.encodeCall(IRegistry.setPartyModulesOf, (r.countryCode, r.partyId, r.list, r.list2));
        }
        if (r.kind == Kind.SetPartyWebsite)
            return abi.encodeCall(IRegistry.setPartyWebsite, (r.countryCode, r.partyId, r.url));
        if (r.kind == Kind.DeleteParty) {
            if (isCurrent && ids.length == 1) return abi.encodeCall(IRegistry.deleteParty, ());
            return abi.encodeCall(IRegistry.deletePartyOf, (r.countryCode, r.partyId));
        }
        if (r.kind == Kind.MoveAccount) return abi.encodeCall(IRegistry.moveAccount, (r.other, acceptanceOf(r)));
        if (r.kind == Kind.SetController) return abi.encodeCall(IRegistry.setController, (r.other, acceptanceOf(r)));
        if (r.kind == Kind.SetService) return abi.encodeCall(IPermissions.setService, (r.name, r.url, words(r.list)));
        if (r.kind == Kind.DeleteService) return abi.encodeCall(IPermissions.deleteService, ());
        if (r.kind == Kind.CreateAgreement)
            return abi.encodeCall(IPermissions.createAgreementTo, (r.other, words(r.list)));
        if (r.kind == Kind.RevokeAgreement) return abi.encodeCall(IPermissions.revokeAgreement, (r.other));
        return abi.encodeCall(ISignedRequests.invalidateNonce, (r.newNonce));
    }

    // --- random choices

    /// @dev A number below `limit`.
    function draw(uint256 limit) private returns (uint256) {
        _lot = uint256(keccak256(abi.encode(_lot)));
        return _lot % limit;
    }

    function anybody() private returns (address) {
        return _people[draw(_people.length)];
    }

    /// @dev Mostly a listed party.
    function anyParty() private returns (address) {
        return draw(8) == 0 || _parties.length == 0 ? anybody() : _parties[draw(_parties.length)].party;
    }

    /// @dev Mostly an operator with a node.
    function anyOperator() private returns (address) {
        return draw(4) == 0 || _nodes.length == 0 ? anybody() : _nodes[draw(_nodes.length)].operator;
    }

    /// @dev Mostly a provider, with its service in force or not.
    function anyProvider() private returns (address) {
        return draw(8) == 0 || _services.length == 0 ? anybody() : _services[draw(_services.length)].provider;
    }

    /// @dev Sets the id of the request: mostly one that its account holds.
    function anyIdFor(Request memory r) private returns (bytes5 id) {
        bytes5[] storage ids = _accounts[r.signer].ids;
        id = ids.length == 0 || draw(9) == 0 ? _ids[draw(_ids.length)] : ids[draw(ids.length)];
        (r.countryCode, r.partyId) = (bytes2(id), bytes3(id << 16));
    }

    /// @dev Up to three values, with repetitions, mostly below `limit`.
    function someOf(uint256 limit) private returns (uint8[] memory list) {
        list = new uint8[](draw(9) == 0 ? 0 : 1 + draw(3));
        for (uint256 i = 0; i < list.length; ++i) list[i] = uint8(draw(draw(20) == 0 ? limit + 1 : limit));
    }

    // --- the second bookkeeping

    function isId(bytes5 id) private view returns (bool) {
        for (uint256 i = 0; i < GOOD_IDS; ++i) if (_ids[i] == id) return true;
        return false;
    }

    function setOf(uint8[] memory list) private pure returns (uint256 set) {
        for (uint256 i = 0; i < list.length; ++i) set |= 2 ** list[i];
    }

    function membersOf(uint256 set) private pure returns (uint8[] memory list) {
        bytes memory members;
        for (uint8 i = 0; set != 0; ++i) {
            if (set % 2 == 1) members = bytes.concat(members, bytes1(i));
            set /= 2;
        }
        return u8s(members);
    }

    function controllerOf(address who) private view returns (address) {
        address named = _accounts[who].controller;
        return named == address(0) ? who : named;
    }

    function hasSomething(address who) private view returns (bool) {
        Account storage account_ = _accounts[who];
        return account_.ids.length != 0 || account_.hadNode || account_.controller != address(0);
    }

    function nodeOf(address who) private view returns (uint256) {
        for (uint256 i = 0; i < _nodes.length; ++i) if (_nodes[i].operator == who) return i;
        return NONE;
    }

    function nodeAt(string memory url) private view returns (uint256) {
        for (uint256 i = 0; i < _nodes.length; ++i)
            if (keccak256(bytes(_nodes[i].url)) == keccak256(bytes(url))) return i;
        return NONE;
    }

    function urlOf(address who) private view returns (string memory) {
        uint256 at = nodeOf(who);
        return at == NONE ? "" : _nodes[at].url;
    }

    function removeNode(address who) private {
        _nodes[nodeOf(who)] = _nodes[_nodes.length - 1];
        _nodes.pop();
    }

    function partyWith(bytes5 id) private view returns (uint256) {
        for (uint256 i = 0; i < _parties.length; ++i) if (_parties[i].id == id) return i;
        return NONE;
    }

    /// @dev The entry of an account's current id.
    function currentOf(address who) private view returns (uint256) {
        return _accounts[who].ids.length == 0 ? NONE : partyWith(_accounts[who].ids[0]);
    }

    /// @dev The former current id takes the place of the one that becomes current, or the last place if that one is new.
    function makeCurrent(Account storage account_, bytes5 id) private {
        uint256 at = 0;
        while (account_.ids[at] != id) ++at;
        (account_.ids[0], account_.ids[at]) = (id, account_.ids[0]);
    }

    function removeParty(uint256 at) private {
        Account storage account_ = _accounts[_parties[at].party];
        bytes5 id = _parties[at].id;
        uint256 place = 0;
        while (account_.ids[place] != id) ++place;
        account_.ids[place] = account_.ids[account_.ids.length - 1];
        account_.ids.pop();
        if (account_.ids.length == 0) account_.membership = 0;
        _parties[at] = _parties[_parties.length - 1];
        _parties.pop();
    }

    function memberWith(uint256 membership) private view returns (address) {
        for (uint256 i = 0; i < _people.length; ++i)
            if (_accounts[_people[i]].membership == membership && membership != 0) return _people[i];
        return address(0);
    }

    function serviceOf(uint256 membership) private view returns (uint256) {
        for (uint256 i = 0; i < _services.length; ++i)
            if (_services[i].membership == membership && membership != 0) return i;
        return NONE;
    }

    function inForce(uint256 at) private view returns (bool) {
        return memberWith(_services[at].membership) != address(0);
    }

    function removeService(uint256 at) private {
        _services[at] = _services[_services.length - 1];
        _services.pop();
    }

    function versionUnder(uint256 membership) private view returns (uint256) {
        uint256 at = serviceOf(membership);
        return at == NONE ? 0 : _services[at].version;
    }

    function agreementOf(address user, address provider) private view returns (uint256) {
        AgreementEntry[] storage list = _agreements[_accounts[user].membership];
        uint256 membership = _accounts[provider].membership;
        for (uint256 i = 0; i < list.length; ++i) if (list[i].provider == membership && membership != 0) return i;
        return NONE;
    }

    function isActive(AgreementEntry storage entry) private view returns (bool) {
        return memberWith(entry.provider) != address(0) && entry.version == versionUnder(entry.provider);
    }

    function isActive(address user, address provider) private view returns (bool) {
        uint256 at = agreementOf(user, provider);
        return at != NONE && isActive(_agreements[_accounts[user].membership][at]);
    }

    function mayAgree(address user, address provider) private view returns (bool) {
        Account storage account_ = _accounts[user];
        return
            account_.membership != 0 && versionUnder(_accounts[provider].membership) != 0 && !isActive(user, provider);
    }

    function agree(address user, address provider) private {
        uint256 membership = _accounts[provider].membership;
        AgreementEntry[] storage list = _agreements[_accounts[user].membership];
        AgreementEntry memory entry = AgreementEntry(membership, versionUnder(membership));
        uint256 at = agreementOf(user, provider);
        if (at == NONE) list.push(entry);
        else list[at] = entry;
    }

    // --- the expected result of every view

    function compareNodes() external view {
        IRegistry.Node[] memory expected = new IRegistry.Node[](_nodes.length);
        address[] memory operators = new address[](_nodes.length);
        for (uint256 i = 0; i < _nodes.length; ++i) {
            operators[i] = _nodes[i].operator;
            expected[i] = IRegistry.Node(operators[i], _nodes[i].url);
        }
        vm.assertEq(registry.nodeCount(), _nodes.length, "nodeCount");
        vm.assertEq(registry.getNodeOperators(), operators, "getNodeOperators");
        vm.assertEq(abi.encode(registry.nodes(0, type(uint256).max)), abi.encode(expected), "nodes");
        for (uint256 i = 0; i < _people.length; ++i) {
            vm.assertEq(registry.getNode(_people[i]), urlOf(_people[i]), "getNode");
        }
        vm.assertEq(registry.getNode(address(0)), "", "getNode(0)");
        for (uint256 i = 0; i < _urls.length; ++i) {
            address reserved = _reservedUrls[keccak256(bytes(_urls[i]))];
            vm.assertEq(registry.nodeReservationOf(_urls[i]), reserved, "nodeReservationOf");
        }
    }

    function compareParties() external view {
        IRegistry.Party[] memory expected = new IRegistry.Party[](_parties.length);
        address[] memory list = new address[](_people.length);
        uint256 members = 0;
        for (uint256 i = 0; i < _parties.length; ++i) {
            expected[i] = expectedParty(i);
            if (expected[i].current) list[members++] = _parties[i].party;
        }
        assembly ("memory-safe") {
            mstore(list, members)
        }
        vm.assertEq(registry.partyCount(), _parties.length, "partyCount");
        vm.assertEq(registry.getParties(), list, "getParties");
        vm.assertEq(abi.encode(registry.parties(0, type(uint256).max)), abi.encode(expected), "parties");
        uint256 half = _parties.length / 2;
        vm.assertEq(abi.encode(registry.parties(half, 2)), abi.encode(part(expected, half, 2)), "page of parties");
        for (uint256 i = 0; i < _people.length; ++i) compareAccount(_people[i]);
        for (uint256 i = 0; i < _ids.length; ++i) compareId(_ids[i]);
        compareAccount(address(0));
        compareAccount(cold);
    }

    function expectedParty(uint256 at) private view returns (IRegistry.Party memory p) {
        if (at == NONE) return p;
        PartyEntry storage entry = _parties[at];
        (p.party, p.operator, p.operatorDomain) = (entry.party, entry.operator, urlOf(entry.operator));
        (p.countryCode, p.partyId, p.website) = (bytes2(entry.id), bytes3(entry.id << 16), entry.website);
        (p.roles, p.modulesSender) = (membersOf(entry.roles), membersOf(entry.sender));
        p.modulesReceiver = membersOf(entry.receiver);
        p.membership = _accounts[entry.party].membership;
        p.current = _accounts[entry.party].ids[0] == entry.id;
    }

    /// @dev The same, with only the roles and modules of version 1.
    function asV1(uint256 at) private view returns (IRegistry.Party memory p) {
        p = expectedParty(at);
        if (at == NONE) return p;
        p.roles = membersOf(_parties[at].roles % 128);
        p.modulesSender = membersOf(_parties[at].sender % 128);
        p.modulesReceiver = membersOf(_parties[at].receiver % 128);
    }

    function part(
        IRegistry.Party[] memory list,
        uint256 from,
        uint256 limit
    ) private pure returns (IRegistry.Party[] memory page) {
        page = new IRegistry.Party[](list.length - from < limit ? list.length - from : limit);
        for (uint256 i = 0; i < page.length; ++i) page[i] = list[from + i];
    }

    function compareAccount(address who) private view {
        IRegistry.Party memory p = asV1(currentOf(who));
        bytes memory answer = told(address(registry), abi.encodeCall(IRegistry.getPartyDetailsByAddress, (who)));
        bytes memory expected = abi.encode(
            p.countryCode,
            p.partyId,
            p.modulesSender,
            p.modulesReceiver,
            p.roles,
            p.operator,
            p.operatorDomain
        );
        vm.assertEq(answer, expected, "getPartyDetailsByAddress");
        answer = told(address(registry), abi.encodeCall(IRegistry.getOperatorByAddress, (who)));
        vm.assertEq(answer, abi.encode(p.operator, p.operatorDomain), "getOperatorByAddress");
        Account storage account_ = _accounts[who];
        vm.assertEq(registry.membershipOf(who), account_.membership, "membershipOf");
        vm.assertEq(registry.controllerOf(who), controllerOf(who), "controllerOf");
        IRegistry.Party[] memory own = new IRegistry.Party[](account_.ids.length);
        for (uint256 i = 0; i < own.length; ++i) own[i] = expectedParty(partyWith(account_.ids[i]));
        vm.assertEq(abi.encode(registry.partiesOf(who)), abi.encode(own), "partiesOf");
        compareKeys(who);
    }

    function compareKeys(address who) private view {
        (uint256 key, address controller) = registry.keyOf(who);
        vm.assertEq(controller, controllerOf(who), "controller in keyOf");
        (uint256 first, uint256 second, address controllerOfFirst) = registry.keysOf(who, cpo);
        (uint256 keyOfCpo, ) = registry.keyOf(cpo);
        vm.assertTrue(first == key && second == keyOfCpo && controllerOfFirst == controller, "keysOf");
        Account storage account_ = _accounts[who];
        vm.assertEq(key % (1 << 64), account_.membership, "membership in the key");
        vm.assertEq(key >> 224, account_.term, "term in the key");
        vm.assertEq((key << 32) >> 176, 0, "what is not the key's");
        bytes5 current = account_.ids.length == 0 ? bytes5(0) : account_.ids[0];
        vm.assertEq(bytes5(uint40(key >> 104)), current, "current id in the key");
        uint256[] memory keys = new uint256[](2);
        (keys[0], keys[1]) = (key, key ^ (1 << 63)); // and a membership that never existed
        address[] memory found = registry.accountsOf(keys);
        vm.assertEq(found[0], account_.membership == 0 ? address(0) : who, "accountsOf");
        vm.assertEq(found[1], address(0), "accountsOf a membership that never was");
    }

    function compareId(bytes5 id) private view {
        uint256 at = partyWith(id);
        IRegistry.Party memory p = asV1(at);
        (bytes2 countryCode, bytes3 partyId) = (bytes2(id), bytes3(id << 16));
        bytes memory question = abi.encodeCall(IRegistry.getPartyDetailsByOcpi, (countryCode, partyId));
        bytes memory expected = abi.encode(
            p.party,
            p.roles,
            p.modulesSender,
            p.modulesReceiver,
            p.operator,
            p.operatorDomain
        );
        vm.assertEq(told(address(registry), question), expected, "getPartyDetailsByOcpi");
        question = abi.encodeCall(IRegistry.getOperatorByOcpi, (countryCode, partyId));
        vm.assertEq(told(address(registry), question), abi.encode(p.operator, p.operatorDomain), "getOperatorByOcpi");
        vm.assertEq(registry.partyOf(countryCode, partyId), p.party, "partyOf");
        vm.assertEq(abi.encode(registry.party(countryCode, partyId)), abi.encode(expectedParty(at)), "party");
        vm.assertEq(registry.reservationOf(countryCode, partyId), _reservedIds[id], "reservationOf");
        address[] memory agreed = p.party == address(0) ? addresses() : activeOf(p.party);
        vm.assertEq(permissions.getUserAgreementsByOcpi(countryCode, partyId), agreed, "getUserAgreementsByOcpi");
        bool has = p.party != address(0) && isActive(p.party, cpo);
        vm.assertEq(permissions.hasUserAgreementByOcpi(countryCode, partyId, cpo), has, "hasUserAgreementByOcpi");
    }

    function compareServices() external view {
        uint256 size = 0;
        for (uint256 i = 0; i < _services.length; ++i) if (inForce(i)) ++size;
        IPermissions.Service[] memory expected = new IPermissions.Service[](size);
        address[] memory list = new address[](size);
        for (uint256 i = _services.length; i > 0; --i) {
            if (!inForce(i - 1)) continue;
            expected[--size] = expectedService(_services[i - 1].provider);
            list[size] = _services[i - 1].provider;
        }
        vm.assertEq(permissions.serviceCount(), _services.length, "serviceCount");
        vm.assertEq(permissions.getProviders(), list, "getProviders");
        vm.assertEq(abi.encode(permissions.services(0, type(uint256).max)), abi.encode(expected), "services");
        for (uint256 i = 0; i < list.length; ++i) vm.assertEq(permissions.providers(i), list[i], "providers");
        for (uint256 i = 0; i < _people.length; ++i) compareService(_people[i]);
        compareService(address(0));
        // Page by page, the list is the same.
        uint256 found = 0;
        for (uint256 offset = 0; offset < _services.length; offset += 2) {
            IPermissions.Service[] memory page = permissions.services(offset, 2);
            for (uint256 i = 0; i < page.length; ++i) {
                vm.assertEq(abi.encode(page[i]), abi.encode(expected[found++]), "page of services");
            }
        }
        vm.assertEq(found, expected.length, "pages of services");
    }

    function expectedService(address who) private view returns (IPermissions.Service memory s) {
        uint256 at = serviceOf(_accounts[who].membership);
        if (at == NONE) return s;
        ServiceEntry storage entry = _services[at];
        uint256 party = partyWith(entry.shown);
        bytes5 id = party != NONE && _parties[party].party == who ? entry.shown : _accounts[who].ids[0];
        (s.provider, s.countryCode, s.partyId) = (who, bytes2(id), bytes3(id << 16));
        (s.name, s.url, s.permissions, s.version) = (
            entry.name,
            entry.url,
            words(membersOf(entry.needed)),
            entry.version
        );
    }

    function compareService(address who) private view {
        IPermissions.Service memory s = expectedService(who);
        bytes memory answer = told(address(permissions), abi.encodeCall(IPermissions.getService, (who)));
        vm.assertEq(answer, abi.encode(s.countryCode, s.partyId, s.name, s.url, s.permissions), "getService");
        vm.assertEq(permissions.serviceVersion(who), s.version, "serviceVersion");
    }

    function compareAgreements() external view {
        for (uint256 i = 0; i < _people.length; ++i) {
            address user = _people[i];
            vm.assertEq(permissions.getUserAgreementsByAddress(user), activeOf(user), "getUserAgreementsByAddress");
            for (uint256 j = 0; j < _people.length; ++j) compareAgreement(user, _people[j]);
        }
        vm.assertEq(permissions.getUserAgreementsByAddress(address(0)), addresses(), "agreements of nobody");
    }

    function compareAgreement(address user, address provider) private view {
        uint256 at = agreementOf(user, provider);
        IPermissions.Agreement memory expected;
        if (at != NONE) {
            uint256 membership = _accounts[user].membership;
            uint256 version = _agreements[membership][at].version;
            expected = IPermissions.Agreement(membership, version, isActive(user, provider));
        }
        vm.assertEq(abi.encode(permissions.agreement(user, provider)), abi.encode(expected), "agreement");
        vm.assertEq(
            permissions.hasUserAgreementByAddress(user, provider),
            expected.active,
            "hasUserAgreementByAddress"
        );
    }

    function activeOf(address user) private view returns (address[] memory list) {
        AgreementEntry[] storage entries = _agreements[_accounts[user].membership];
        uint256 size = 0;
        for (uint256 i = 0; i < entries.length; ++i) if (isActive(entries[i])) ++size;
        list = new address[](size);
        for (uint256 i = entries.length; i > 0; --i) {
            if (isActive(entries[i - 1])) list[--size] = memberWith(entries[i - 1].provider);
        }
    }

    function compareNonces() external view {
        for (uint256 i = 0; i < _people.length; ++i) compareNonce(_people[i]);
        compareNonce(cold);
        vm.assertEq(registry.nonces(spender) + permissions.nonces(spender), 0, "nonce of the spender");
    }

    function compareNonce(address who) private view {
        uint256 term = _accounts[who].term << 32;
        vm.assertEq(registry.nonces(who), term + _counts[address(registry)][who], "nonce");
        vm.assertEq(permissions.nonces(who), term + _counts[address(permissions)][who], "nonce in Permissions");
    }

    function told(address target, bytes memory question) private view returns (bytes memory answer) {
        bool success;
        (success, answer) = target.staticcall(question);
        vm.assertTrue(success, "a view reverts");
    }

    // --- invariants of the contracts' own storage, without the second bookkeeping

    /// @dev An id has one account and an account one current id; no account is listed twice; the zero address never is.
    function checkIds() external view {
        IRegistry.Party[] memory list = registry.parties(0, type(uint256).max);
        vm.assertEq(list.length, registry.partyCount(), "count of parties");
        for (uint256 i = 0; i < list.length; ++i) {
            IRegistry.Party memory p = list[i];
            vm.assertTrue(p.party != address(0) && p.operator != address(0), "the zero address is listed");
            vm.assertTrue(p.roles.length != 0, "a party without a role");
            vm.assertEq(registry.partyOf(p.countryCode, p.partyId), p.party, "id -> account");
            vm.assertEq(registry.reservationOf(p.countryCode, p.partyId), address(0), "listed and reserved");
            vm.assertTrue(p.membership != 0 && p.membership <= _memberships, "a membership that nobody counted");
            uint256 current = p.current ? 1 : 0;
            for (uint256 j = 0; j < list.length; ++j) {
                if (i == j) continue;
                bool same = list[j].party == p.party;
                vm.assertEq(list[j].membership == p.membership, same, "an account has one membership");
                vm.assertTrue(list[j].countryCode != p.countryCode || list[j].partyId != p.partyId, "an id twice");
                if (same && list[j].current) ++current;
            }
            vm.assertEq(current, 1, "an account has one current id");
            bytes memory answer = told(address(registry), abi.encodeCall(IRegistry.partiesOf, (p.party)));
            IRegistry.Party[] memory own = abi.decode(answer, (IRegistry.Party[]));
            vm.assertTrue(own.length <= 64 && own[0].current, "the current id first");
        }
        vm.assertEq(registry.partyOf(0, 0), address(0), "the zero id");
    }

    /// @dev A URL has one operator and an operator one URL.
    function checkUrls() external view {
        IRegistry.Node[] memory list = registry.nodes(0, type(uint256).max);
        vm.assertEq(list.length, registry.nodeCount(), "count of nodes");
        for (uint256 i = 0; i < list.length; ++i) {
            vm.assertTrue(list[i].operator != address(0), "the zero address runs a node");
            vm.assertEq(registry.getNode(list[i].operator), list[i].domain, "operator -> URL");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(list[j].operator != list[i].operator, "an operator twice");
                vm.assertTrue(keccak256(bytes(list[j].domain)) != keccak256(bytes(list[i].domain)), "a URL twice");
            }
        }
    }

    /// @dev An active agreement has a listed user, a service in force and their membership numbers, and is returned once.
    function checkAgreements() external view {
        for (uint256 i = 0; i < _people.length; ++i) {
            address user = _people[i];
            address[] memory list = permissions.getUserAgreementsByAddress(user);
            for (uint256 j = 0; j < list.length; ++j) {
                IPermissions.Agreement memory agreed = permissions.agreement(user, list[j]);
                vm.assertTrue(agreed.active, "returned, and not active");
                vm.assertEq(agreed.membership, registry.membershipOf(user), "the user's membership");
                vm.assertEq(agreed.version, permissions.serviceVersion(list[j]), "the service's version");
                vm.assertTrue(agreed.membership != 0 && agreed.version != 0, "active without membership or service");
                vm.assertTrue(registry.membershipOf(list[j]) != 0, "the provider is not a party");
                for (uint256 k = 0; k < j; ++k) vm.assertTrue(list[k] != list[j], "a provider twice");
            }
        }
    }
}
