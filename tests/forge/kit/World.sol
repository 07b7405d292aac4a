// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPermissions} from "../../../contracts/interfaces/IPermissions.sol";
import {IRegistry} from "../../../contracts/interfaces/IRegistry.sol";
import {ISignedRequests} from "../../../contracts/interfaces/ISignedRequests.sol";
import {Requests} from "./Requests.sol";

/**
 * @dev Nine people do whatever comes to their minds, and a second bookkeeping says what must come of it: whether each call
 * is accepted, and what every view tells afterwards. It keeps plain lists and searches them from end to end, so that it
 * shares neither the contracts' mappings nor their bitmaps.
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
        uint256 listing;
    }

    struct ServiceEntry {
        address provider;
        string name;
        string url;
        uint256 needed;
        uint256 version;
        uint256 listing;
    }

    struct AgreementEntry {
        address provider;
        uint256 listing;
        uint256 version;
    }

    struct Sent {
        address target;
        bytes data;
    }

    uint256 private constant NONE = type(uint256).max;

    NodeEntry[] private _nodes;
    PartyEntry[] private _parties;
    ServiceEntry[] private _services;
    mapping(address user => AgreementEntry[]) private _agreements;
    mapping(address provider => uint256) private _versions;
    mapping(address target => mapping(address signer => uint256)) private _nonces;
    uint256 private _listings;
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
        "deCPO",
        "DE-CP",
        0x0000000000
    ];

    constructor() {
        setUp();
        _people.push(account("seventh"));
        _people.push(account("eighth"));
        _people.push(account("ninth"));
    }

    /// @dev Each as often as it stands here.
    function actions() external pure returns (bytes4[] memory list) {
        list = new bytes4[](24);
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
    }

    /// @dev What {draw} draws from, in one action.
    modifier by(uint256 lot) {
        _lot = lot;
        _;
    }

    // --- what people do

    function setNode(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetNode, anybody());
        uint256 url = draw(9) < 8 ? draw(4) : draw(_urls.length);
        r.url = _urls[url];
        uint256 host = nodeAt(r.url);
        if (!act(r, url < 4 && (host == NONE || _nodes[host].operator == r.signer))) return;
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

    function setParty(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetParty, anybody());
        uint256 at = partyOf(r.signer);
        uint256 id = draw(9) < 8 ? draw(9) : draw(_ids.length);
        bytes5 wanted = at != NONE && draw(3) == 0 ? _parties[at].id : _ids[id];
        (r.countryCode, r.partyId) = (bytes2(wanted), bytes3(wanted << 16));
        r.list = someOf(7);
        uint256 choice = draw(20);
        if (choice == 0) r.other = address(0);
        else if (choice < 4 || _nodes.length == 0) r.other = anybody();
        else if (choice < 7 && at != NONE) r.other = _parties[at].operator;
        else r.other = _nodes[draw(_nodes.length)].operator;
        uint256 holder = partyWith(wanted);
        bool ok = isId(wanted) && r.list.length != 0 && setOf(r.list) < 128 && (holder == NONE || holder == at);
        ok = ok && (nodeOf(r.other) != NONE || (at != NONE && _parties[at].operator == r.other));
        if (!act(r, ok)) return;
        if (at == NONE || _parties[at].id != wanted) {
            removeParty(at);
            at = _parties.length;
            _parties.push();
            (_parties[at].party, _parties[at].id, _parties[at].listing) = (r.signer, wanted, ++_listings);
        }
        (_parties[at].roles, _parties[at].operator) = (setOf(r.list), r.other);
    }

    function setPartyModules(uint256 lot) external by(lot) {
        Request memory r = request(Kind.SetPartyModules, anybody());
        (r.list, r.list2) = (someOf(7), someOf(7));
        uint256 at = partyOf(r.signer);
        if (!act(r, at != NONE && setOf(r.list) < 128 && setOf(r.list2) < 128)) return;
        (_parties[at].sender, _parties[at].receiver) = (setOf(r.list), setOf(r.list2));
    }

    function deleteParty(uint256 lot) external by(lot) {
        Request memory r = request(Kind.DeleteParty, anyParty());
        uint256 at = partyOf(r.signer);
        if (act(r, at != NONE)) removeParty(at);
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
        uint256 at = serviceOf(r.signer);
        r.list = at != NONE && draw(3) == 0 ? membersOf(_services[at].needed) : someOf(draw(2) == 0 ? 2 : 64);
        uint256 party = partyOf(r.signer);
        bool ok = party != NONE && text != 2 && (noUrl || url < 4);
        if (!act(r, ok && r.list.length != 0 && setOf(r.list) < 1 << 64)) return;
        if (at == NONE) {
            at = _services.length;
            _services.push();
            _services[at].provider = r.signer;
        }
        ServiceEntry storage service = _services[at];
        (service.name, service.url) = (r.name, r.url);
        if (service.needed != setOf(r.list) || service.listing != _parties[party].listing) {
            service.version = ++_versions[r.signer];
            (service.needed, service.listing) = (setOf(r.list), _parties[party].listing);
        }
    }

    function deleteService(uint256 lot) external by(lot) {
        Request memory r = request(Kind.DeleteService, anyProvider());
        uint256 at = serviceOf(r.signer);
        if (!act(r, at != NONE)) return;
        _services[at] = _services[_services.length - 1];
        _services.pop();
    }

    function createAgreement(uint256 lot) external by(lot) {
        (address user, address other) = (anyParty(), anyProvider());
        bool ok = mayAgree(user, other);
        call(user, address(permissions), abi.encodeCall(IPermissions.createAgreement, (other)), ok);
        if (ok) agree(user, other);
    }

    function createAgreementTo(uint256 lot) external by(lot) {
        Request memory r = request(Kind.CreateAgreement, anyParty());
        r.other = anyProvider();
        uint256 at = serviceOf(r.other);
        r.list = at == NONE || draw(6) == 0 ? someOf(64) : membersOf(_services[at].needed);
        bool ok = mayAgree(r.signer, r.other) && setOf(r.list) == _services[at].needed;
        if (act(r, ok)) agree(r.signer, r.other);
    }

    function revokeAgreement(uint256 lot) external by(lot) {
        Request memory r = request(Kind.RevokeAgreement, anyParty());
        AgreementEntry[] storage list = _agreements[r.signer];
        r.other = draw(5) != 0 && list.length != 0 ? list[draw(list.length)].provider : anybody();
        uint256 at = agreementOf(r.signer, r.other);
        if (!act(r, at != NONE)) return;
        list[at] = list[list.length - 1];
        list.pop();
    }

    function invalidateNonce(uint256 lot) external by(lot) {
        Kind kind = draw(2) == 0 ? Kind.PermissionsInvalidateNonce : Kind.RegistryInvalidateNonce;
        Request memory r = request(kind, anybody());
        r.newNonce = r.nonce + (draw(4) == 0 ? 65_530 + draw(10) : draw(3));
        bool ok = r.newNonce > r.nonce && r.newNonce <= r.nonce + 65_536;
        if (act(r, ok)) _nonces[targetOf(kind)][r.signer] = r.newNonce;
    }

    function wait(uint256 lot) external by(lot) {
        vm.warp(block.timestamp + draw(1800));
    }

    /// @dev Whatever took effect once never does again.
    function sendAgain(uint256 lot) external by(lot) {
        if (_sent.length == 0) return;
        Sent memory sent = _sent[draw(_sent.length)];
        call(spender, sent.target, sent.data, false);
    }

    function act(Request memory r, bool ok) private returns (bool) {
        bool signed = draw(3) == 0;
        address target = targetOf(r.kind);
        r.deadline = block.timestamp + 60;
        bytes memory data = signed ? callOf(r, signatureOf(r.signer, digestOf(r))) : directCallOf(r);
        call(signed ? spender : r.signer, target, data, ok);
        if (signed && ok) {
            _nonces[target][r.signer] = r.nonce + 1;
            _sent.push(Sent(target, data));
        }
        return ok;
    }

    function call(address sender, address target, bytes memory data, bool ok) private {
        (bool success, ) = tryAs(sender, target, data);
        vm.assertEq(success, ok, ok ? "refused what is right" : "accepted what is wrong");
    }

    function directCallOf(Request memory r) private pure returns (bytes memory) {
        if (r.kind == Kind.SetNode) return abi.encodeCall(IRegistry.setNode, (r.url));
        if (r.kind == Kind.DeleteNode) return abi.encodeCall(IRegistry.deleteNode, ());
        if (r.kind == Kind.SetParty)
            return abi.encodeCall(IRegistry.setParty, (r.countryCode, r.partyId, r.list, r.other));
        if (r.kind == Kind.SetPartyModules) return abi.encodeCall(IRegistry.setPartyModules, (r.list, r.list2));
        if (r.kind == Kind.DeleteParty) return abi.encodeCall(IRegistry.deleteParty, ());
        if (r.kind == Kind.SetService) return abi.encodeCall(IPermissions.setService, (r.name, r.url, words(r.list)));
        if (r.kind == Kind.DeleteService) return abi.encodeCall(IPermissions.deleteService, ());
        if (r.kind == Kind.CreateAgreement)
            return abi.encodeCall(IPermissions.createAgreementTo, (r.other, words(r.list)));
        if (r.kind == Kind.RevokeAgreement) return abi.encodeCall(IPermissions.revokeAgreement, (r.other));
        return abi.encodeCall(ISignedRequests.invalidateNonce, (r.newNonce));
    }

    // --- the second bookkeeping

    /// @dev A number below `limit`.
    function draw(uint256 limit) private returns (uint256) {
        _lot = uint256(keccak256(abi.encode(_lot)));
        return _lot % limit;
    }

    function anybody() private returns (address) {
        return _people[draw(_people.length)];
    }

    /// @dev Mostly a party that is listed.
    function anyParty() private returns (address) {
        return draw(8) == 0 || _parties.length == 0 ? anybody() : _parties[draw(_parties.length)].party;
    }

    /// @dev Mostly somebody who runs a node.
    function anyOperator() private returns (address) {
        return draw(4) == 0 || _nodes.length == 0 ? anybody() : _nodes[draw(_nodes.length)].operator;
    }

    /// @dev Mostly somebody with a service, in force or not.
    function anyProvider() private returns (address) {
        return draw(8) == 0 || _services.length == 0 ? anybody() : _services[draw(_services.length)].provider;
    }

    /// @dev Up to three values, with repetitions, mostly below `limit`.
    function someOf(uint256 limit) private returns (uint8[] memory list) {
        list = new uint8[](draw(9) == 0 ? 0 : 1 + draw(3));
        for (uint256 i = 0; i < list.length; ++i) list[i] = uint8(draw(draw(20) == 0 ? limit + 1 : limit));
    }

    function isId(bytes5 id) private view returns (bool) {
        for (uint256 i = 0; i < 9; ++i) if (_ids[i] == id) return true;
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

    function partyOf(address who) private view returns (uint256) {
        for (uint256 i = 0; i < _parties.length; ++i) if (_parties[i].party == who) return i;
        return NONE;
    }

    function partyWith(bytes5 id) private view returns (uint256) {
        for (uint256 i = 0; i < _parties.length; ++i) if (_parties[i].id == id) return i;
        return NONE;
    }

    function removeParty(uint256 at) private {
        if (at == NONE) return;
        _parties[at] = _parties[_parties.length - 1];
        _parties.pop();
    }

    function listingOf(address who) private view returns (uint256) {
        uint256 at = partyOf(who);
        return at == NONE ? 0 : _parties[at].listing;
    }

    function serviceOf(address who) private view returns (uint256) {
        for (uint256 i = 0; i < _services.length; ++i) if (_services[i].provider == who) return i;
        return NONE;
    }

    function versionOf(address who) private view returns (uint256) {
        uint256 at = serviceOf(who);
        return at == NONE || _services[at].listing != listingOf(who) ? 0 : _services[at].version;
    }

    function agreementOf(address user, address provider) private view returns (uint256) {
        for (uint256 i = 0; i < _agreements[user].length; ++i) if (_agreements[user][i].provider == provider) return i;
        return NONE;
    }

    function isActive(address user, uint256 at) private view returns (bool) {
        if (at == NONE) return false;
        AgreementEntry storage entry = _agreements[user][at];
        return entry.listing == listingOf(user) && entry.version == versionOf(entry.provider);
    }

    function mayAgree(address user, address provider) private view returns (bool) {
        return partyOf(user) != NONE && versionOf(provider) != 0 && !isActive(user, agreementOf(user, provider));
    }

    function agree(address user, address provider) private {
        uint256 at = agreementOf(user, provider);
        AgreementEntry memory entry = AgreementEntry(provider, listingOf(user), versionOf(provider));
        if (at == NONE) _agreements[user].push(entry);
        else _agreements[user][at] = entry;
    }

    // --- what every view must tell

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
    }

    function compareParties() external view {
        IRegistry.Party[] memory expected = new IRegistry.Party[](_parties.length);
        address[] memory list = new address[](_parties.length);
        for (uint256 i = 0; i < _parties.length; ++i) {
            list[i] = _parties[i].party;
            expected[i] = expectedParty(i);
        }
        vm.assertEq(registry.partyCount(), _parties.length, "partyCount");
        vm.assertEq(registry.getParties(), list, "getParties");
        vm.assertEq(abi.encode(registry.parties(0, type(uint256).max)), abi.encode(expected), "parties");
        uint256 half = _parties.length / 2;
        vm.assertEq(abi.encode(registry.parties(half, 2)), abi.encode(part(expected, half, 2)), "page of parties");
        for (uint256 i = 0; i < _people.length; ++i) compareParty(_people[i], expectedParty(partyOf(_people[i])));
        for (uint256 i = 0; i < _ids.length; ++i) compareId(_ids[i], expectedParty(partyWith(_ids[i])));
        compareParty(address(0), expectedParty(NONE));
    }

    function expectedParty(uint256 at) private view returns (IRegistry.Party memory p) {
        if (at == NONE) return p;
        PartyEntry storage entry = _parties[at];
        (p.party, p.operator, p.operatorDomain) = (entry.party, entry.operator, urlOf(entry.operator));
        (p.countryCode, p.partyId, p.listing) = (bytes2(entry.id), bytes3(entry.id << 16), entry.listing);
        (p.roles, p.modulesSender) = (membersOf(entry.roles), membersOf(entry.sender));
        p.modulesReceiver = membersOf(entry.receiver);
    }

    function part(
        IRegistry.Party[] memory list,
        uint256 from,
        uint256 limit
    ) private pure returns (IRegistry.Party[] memory page) {
        page = new IRegistry.Party[](list.length - from < limit ? list.length - from : limit);
        for (uint256 i = 0; i < page.length; ++i) page[i] = list[from + i];
    }

    function compareParty(address who, IRegistry.Party memory p) private view {
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
        vm.assertEq(registry.listingOf(who), p.listing, "listingOf");
        answer = told(address(registry), abi.encodeCall(IRegistry.listingsOf, (who, cpo)));
        vm.assertEq(answer, abi.encode(p.listing, listingOf(cpo)), "listingsOf");
        answer = told(address(registry), abi.encodeCall(IRegistry.partyIdOf, (who)));
        vm.assertEq(answer, abi.encode(p.countryCode, p.partyId), "partyIdOf");
    }

    function compareId(bytes5 id, IRegistry.Party memory p) private view {
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
        address[] memory agreed = p.party == address(0) ? addresses() : activeOf(p.party);
        vm.assertEq(permissions.getUserAgreementsByOcpi(countryCode, partyId), agreed, "getUserAgreementsByOcpi");
        bool has = p.party != address(0) && isActive(p.party, agreementOf(p.party, cpo));
        vm.assertEq(permissions.hasUserAgreementByOcpi(countryCode, partyId, cpo), has, "hasUserAgreementByOcpi");
    }

    function compareServices() external view {
        uint256 inForce = 0;
        for (uint256 i = 0; i < _services.length; ++i) if (versionOf(_services[i].provider) != 0) ++inForce;
        IPermissions.Service[] memory expected = new IPermissions.Service[](inForce);
        address[] memory list = new address[](inForce);
        for (uint256 i = _services.length; i > 0; --i) {
            if (versionOf(_services[i - 1].provider) == 0) continue;
            expected[--inForce] = expectedService(_services[i - 1].provider);
            list[inForce] = _services[i - 1].provider;
        }
        vm.assertEq(permissions.serviceCount(), _services.length, "serviceCount");
        vm.assertEq(permissions.getProviders(), list, "getProviders");
        vm.assertEq(abi.encode(permissions.services(0, type(uint256).max)), abi.encode(expected), "services");
        for (uint256 i = 0; i < list.length; ++i) vm.assertEq(permissions.providers(i), list[i], "providers");
        for (uint256 i = 0; i < _people.length; ++i) compareService(_people[i]);
        compareService(address(0));
        // Page by page it is the same list.
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
        if (versionOf(who) == 0) return s;
        ServiceEntry storage entry = _services[serviceOf(who)];
        bytes5 id = _parties[partyOf(who)].id;
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
            AgreementEntry storage entry = _agreements[user][at];
            expected = IPermissions.Agreement(entry.listing, entry.version, isActive(user, at));
        }
        vm.assertEq(abi.encode(permissions.agreement(user, provider)), abi.encode(expected), "agreement");
        vm.assertEq(
            permissions.hasUserAgreementByAddress(user, provider),
            expected.active,
            "hasUserAgreementByAddress"
        );
    }

    function activeOf(address user) private view returns (address[] memory list) {
        uint256 size = 0;
        for (uint256 i = 0; i < _agreements[user].length; ++i) if (isActive(user, i)) ++size;
        list = new address[](size);
        for (uint256 i = _agreements[user].length; i > 0; --i) {
            if (isActive(user, i - 1)) list[--size] = _agreements[user][i - 1].provider;
        }
    }

    function compareNonces() external view {
        for (uint256 i = 0; i < _people.length; ++i) {
            address who = _people[i];
            vm.assertEq(registry.nonces(who), _nonces[address(registry)][who], "nonce");
            vm.assertEq(permissions.nonces(who), _nonces[address(permissions)][who], "nonce in Permissions");
        }
        vm.assertEq(registry.nonces(spender) + permissions.nonces(spender), 0, "nonce of the spender");
    }

    function told(address target, bytes memory question) private view returns (bytes memory answer) {
        bool success;
        (success, answer) = target.staticcall(question);
        vm.assertTrue(success, "a view reverts");
    }

    // --- what must hold whatever happened: the contracts' own words, without the second bookkeeping

    /// @dev An id has one address and an address one id; nobody is listed twice; the zero address is nowhere.
    function checkIds() external view {
        IRegistry.Party[] memory list = registry.parties(0, type(uint256).max);
        vm.assertEq(list.length, registry.partyCount(), "count of parties");
        for (uint256 i = 0; i < list.length; ++i) {
            IRegistry.Party memory p = list[i];
            vm.assertTrue(p.party != address(0) && p.operator != address(0), "the zero address is listed");
            vm.assertTrue(p.roles.length != 0, "a party without a role");
            vm.assertEq(registry.partyOf(p.countryCode, p.partyId), p.party, "id -> address");
            (bytes2 countryCode, bytes3 partyId) = registry.partyIdOf(p.party);
            vm.assertTrue(countryCode == p.countryCode && partyId == p.partyId, "address -> id");
            vm.assertTrue(p.listing != 0 && p.listing <= _listings, "a listing that nobody counted");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(list[j].party != p.party, "an address twice");
                vm.assertTrue(list[j].listing != p.listing, "a listing twice");
            }
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

    /// @dev An active agreement has a listed user, a service in force, and their numbers; it is told once.
    function checkAgreements() external view {
        for (uint256 i = 0; i < _people.length; ++i) {
            address user = _people[i];
            address[] memory list = permissions.getUserAgreementsByAddress(user);
            for (uint256 j = 0; j < list.length; ++j) {
                IPermissions.Agreement memory agreed = permissions.agreement(user, list[j]);
                vm.assertTrue(agreed.active, "told, and not active");
                vm.assertEq(agreed.listing, registry.listingOf(user), "the user's listing");
                vm.assertEq(agreed.version, permissions.serviceVersion(list[j]), "the service's version");
                vm.assertTrue(agreed.listing != 0 && agreed.version != 0, "active without a listing or a service");
                vm.assertTrue(registry.listingOf(list[j]) != 0, "the provider is no party");
                for (uint256 k = 0; k < j; ++k) vm.assertTrue(list[k] != list[j], "a provider twice");
            }
        }
    }
}
