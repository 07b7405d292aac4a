// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBatches} from "./IBatches.sol";
import {IEntryErrors} from "./IEntryErrors.sol";
import {IImports} from "./IImports.sol";
import {ISignedRequests} from "./ISignedRequests.sol";

/**
 * @title OCN Registry: who runs which node, and which party is reached through which node
 * @notice An *account* is an address. It can run one node and hold up to 64 OCPI ids (country code and party id). An
 * account that runs a node is an *operator*; its *domain* is the node's URL. An account with an id is a *party*; each of
 * its ids has its own roles, modules, operator and website.
 *
 * - Ids and URLs belong to whoever comes first, unless the owner has reserved them. A listing does not prove identity.
 * - Sets (roles, modules) are accepted in any order and with repetitions; every view and event returns them in ascending
 *   order, each value once.
 * - Absent entries read as the zero address, 0, the empty text and the empty list. No view reverts for them.
 * - An account's entries are tied to numbers that are never reused, so that its key can change ({moveAccount}). The
 *   *membership* number lasts from the account's first id until its last one is gone; services and agreements
 *   ({IPermissions}) are tied to it. A party that leaves and comes back gets a new number and starts afresh. The URL and
 *   the attached parties are tied to the *node number*, which an account keeps when it removes its node.
 * - The *current* id of an account is the one of its last full {PartyUpdate}. Functions and views of version 1 that do
 *   not name an id refer to this one.
 * - The functions and views of version 1 show only the roles and modules that version 1 had, 0 to 6. The others, and the
 *   events, show all.
 *
 * The state can be rebuilt from the events alone (except nonces and a pending owner):
 *
 * - Membership numbers count from 1: an account without an id takes the next number with its first id. Node numbers
 *   likewise: an account without one takes the next when it lists a node, or when an imported party names it.
 * - New entries go to the end of their list, of nodes or of parties; a removed entry is replaced by the last of its list;
 *   an updated entry keeps its place. Reservations are not in these lists.
 * - Each account has a list of its *other* ids. A further id becomes the current one, and the former current id goes to
 *   the end of that list. When one of the others becomes current, the former current id takes its place. When one of the
 *   others is removed, the last takes its place. When the current id is removed, the last of the others leaves the list
 *   and becomes current, and a full {PartyUpdate} of it follows.
 *
 * The order of checks and the form of signatures of the functions that end in `Raw` are described in {ISignedRequests},
 * and the rules while entries of an earlier registry are copied in {IImports}. Ownership is transferred in two steps
 * (OpenZeppelin's `Ownable2Step`: `transferOwnership`, `pendingOwner`, `acceptOwnership`), and
 * `renounceOwnership` reverts with {IImports-ImportStillOpen} while the import is open.
 */
interface IRegistry is ISignedRequests, IBatches, IImports, IEntryErrors {
    /// @notice OCPI 2.2 roles. Functions accept and return them as numbers, so that an error can name an invalid one; 7
    /// is unused.
    enum Role {
        /// Charge point operator.
        CPO,
        /// E-mobility service provider.
        EMSP,
        /// Roaming hub.
        HUB,
        /// National access point.
        NAP,
        /// Navigation service provider.
        NSP,
        /// Any other role.
        OTHER,
        /// Smart charging service provider.
        SCSP
    }

    /// @notice OCPI 2.2 modules with a sender and a receiver interface. OCPI 2.3 adds three that version 1 has no number
    /// for: 7 payments, 8 bookings, 9 invoicereconciliation; 10 to 15 are unused.
    enum Module {
        cdrs,
        chargingprofiles,
        commands,
        locations,
        sessions,
        tariffs,
        tokens
    }

    /// @notice A listed node.
    struct Node {
        /// Account that runs the node.
        address operator;
        /// URL of the node, by the rule of {IEntryErrors}.
        string domain;
    }

    /// @notice A listed party, under one of its ids.
    struct Party {
        /// Account that holds the id.
        address party;
        /// Two letters A-Z (ISO 3166-1 alpha-2), ASCII.
        bytes2 countryCode;
        /// Three characters A-Z, 0-9 (ISO 15118), ASCII.
        bytes3 partyId;
        /// Values of {Role}, below 8, at least one.
        uint8[] roles;
        /// Values of {Module}, below 16, whose sender interface the party has.
        uint8[] modulesSender;
        /// Values of {Module}, below 16, whose receiver interface the party has.
        uint8[] modulesReceiver;
        /// Account of the operator whose node the party is reached through.
        address operator;
        /// URL of that node; empty while the operator runs none, and then the party can't be reached.
        string operatorDomain;
        /// Membership number of the account.
        uint256 membership;
        /// Whether this is the account's current id.
        bool current;
        /// Website of the party, a URL by the rule of {IEntryErrors}; may be empty.
        string website;
    }

    /// @notice A party to import; the fields are those of {Party}.
    struct PartyImport {
        address party;
        bytes2 countryCode;
        bytes3 partyId;
        uint8[] roles;
        uint8[] modulesSender;
        uint8[] modulesReceiver;
        /// Account of the operator; not zero, and need not run a node.
        address operator;
        string website;
    }

    /// @notice The consent of an account that is to become the new key of a moved account, or a controller.
    struct Acceptance {
        /// Present nonce of the accepting account, in the Registry.
        uint256 nonce;
        /// Last second, in Unix time, at which the acceptance is valid.
        uint256 deadline;
        /// Signature of the accepting account, see {ISignedRequests}.
        bytes signature;
    }

    /// @notice `operator` now runs the node at `domain`; it runs none when `domain` is empty.
    event OperatorUpdate(address indexed operator, string domain);

    /**
     * @notice The full new state of a party under one of its ids, which is now its current one. A zero
     * `operatorAddress`, with empty lists, means that `partyAddress` no longer holds this id and its website is removed.
     */
    event PartyUpdate(
        bytes2 countryCode,
        bytes3 partyId,
        address indexed partyAddress,
        uint8[] roles,
        uint8[] modulesSender,
        uint8[] modulesReceiver,
        address indexed operatorAddress
    );

    /// @notice The website of `party` under this id is now `website`; it has none when that is empty.
    event PartyWebsite(bytes2 countryCode, bytes3 partyId, address indexed party, string website);

    /**
     * @notice Everything that `account` had now belongs to `newAccount`: ids, membership, node number, node, controller.
     * `account` is retired. {OperatorUpdate} of both (if there is a node) and a full {PartyUpdate} of each id follow, the
     * other ids in the order of their list and the current one last. Only the account changes: all entries keep their
     * places in the lists, and the current id stays current.
     */
    event AccountMoved(address indexed account, address indexed newAccount);

    /// @notice From now on `controller` signs for `account`. If both are the same, the account has no controller.
    event ControllerSet(address indexed account, address indexed controller);

    /// @notice From now on only `holder` can list this id; if `holder` is zero, anyone can.
    event PartyReserved(bytes2 countryCode, bytes3 partyId, address indexed holder);

    /// @notice From now on only `operator` can list `domain`; if `operator` is zero, anyone can.
    event NodeReserved(string domain, address indexed operator);

    /// @notice The zero address can't be an account, an operator or the new account of a move.
    error ZeroAddress();

    /// @notice `domain` is listed for `operator`: choose another, or have that operator free it.
    error DomainTaken(string domain, address operator);

    /// @notice `domain` is reserved for `operator`: choose another, or ask the owner of the registry.
    error DomainReserved(string domain, address operator);

    /// @notice `operator` does not run a node: name an operator that runs one.
    error NodeNotFound(address operator);

    /// @notice `operator` already has a node, and an import does not overwrite.
    error NodeExists(address operator);

    /// @notice All `limit` node numbers are used.
    error TooManyNodes(uint256 limit);

    /// @notice A country code is two letters A-Z.
    error InvalidCountryCode(bytes2 countryCode);

    /// @notice A party id is three characters A-Z or 0-9.
    error InvalidPartyId(bytes3 partyId);

    /// @notice A party has at least one role.
    error NoRoles();

    /// @notice The id is held by `party`: choose another, or have that party free it.
    error PartyIdTaken(bytes2 countryCode, bytes3 partyId, address party);

    /// @notice The id is reserved for `holder`: choose another, or ask the owner of the registry.
    error PartyIdReserved(bytes2 countryCode, bytes3 partyId, address holder);

    /// @notice Nobody holds this id.
    error PartyIdNotFound(bytes2 countryCode, bytes3 partyId);

    /// @notice `account` holds `count` ids: use the function that names the id.
    error SeveralIds(address account, uint256 count);

    /// @notice `account` holds `limit` ids, the most that an account can hold.
    error TooManyIds(address account, uint256 limit);

    /// @notice `account` has nothing to move: it has no id, node number or controller.
    error AccountNotFound(address account);

    /// @notice `account` can't take over another account: it has an id, a node number or a controller, or is retired. Use
    /// a key that was never used here.
    error AccountInUse(address account);

    /// @notice `account` was moved to another key. It can't hold ids or run a node again: use the new key.
    error AccountRetired(address account);

    /// @notice `account` has changed its controller or key `limit` times and can't do so again: move it to a new key.
    error TooManyTerms(address account, uint256 limit);

    /**
     * @notice Lists the caller's node, or changes its URL and frees the old one.
     * @dev Requirements: the caller is not retired ({AccountRetired}); `domain` is a URL by the rule of {IEntryErrors}
     * ({TextTooLong}, {InvalidUrl}), not listed for another operator ({DomainTaken}) nor reserved for another
     * ({DomainReserved}); a node number is left ({TooManyNodes}). Emits {OperatorUpdate}, even if the URL stays the same.
     * @param domain URL of the node.
     */
    function setNode(string calldata domain) external;

    /**
     * @notice {setNode} by signed request `SetNode(address operator,string domain,uint256 nonce,uint256 deadline)`.
     * @param operator The account.
     * @param domain URL of the node.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function setNodeRaw(
        address operator,
        string calldata domain,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Removes the caller's node and frees its URL. Parties that are reached through it stay listed but can't be
     * reached until they choose another operator, or this one lists a node again.
     * @dev Requirements: the caller runs a node ({NodeNotFound}). Emits {OperatorUpdate} with an empty domain.
     */
    function deleteNode() external;

    /**
     * @notice {deleteNode} by signed request `DeleteNode(address operator,uint256 nonce,uint256 deadline)`.
     * @param operator The account.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function deleteNodeRaw(address operator, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /**
     * @notice Lists the caller under a further id, or changes the roles and operator of an id that it holds. The id
     * becomes the caller's current one. Its modules and website, and all other ids, stay as they are.
     * @dev Requirements, in this order: a well-formed id ({InvalidCountryCode}, {InvalidPartyId}); at least one role
     * ({NoRoles}), each below 8 ({ValueOutOfRange}); `operator` runs a node ({NodeNotFound}), unless it is this id's
     * operator already. For a further id: the caller is not retired ({AccountRetired}) and holds fewer than 64
     * ({TooManyIds}); nobody holds the id ({PartyIdTaken}), and it is not reserved for anyone else ({PartyIdReserved}).
     * Emits {PartyUpdate}. The operator need not agree: any party can name it.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param roles Values of {Role}.
     * @param operator Account of the operator whose node the party is reached through.
     */
    function setParty(bytes2 countryCode, bytes3 partyId, uint8[] calldata roles, address operator) external;

    /**
     * @notice {setParty} by signed request `SetParty(address party,string countryCode,string partyId,uint8[] roles,
     * address operator,uint256 nonce,uint256 deadline)`. The two strings are signed as text, two and three bytes long.
     * @param party The account.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param roles Values of {Role}; signed as given, in order and with repetitions.
     * @param operator Account of the operator whose node the party is reached through.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function setPartyRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata roles,
        address operator,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice {setPartyModulesOf} for the caller's current id.
     * @dev Requirements: the caller holds an id ({PartyNotFound}); each module is below 16 ({ValueOutOfRange}).
     * @param sender Values of {Module} whose sender interface the party has.
     * @param receiver Values of {Module} whose receiver interface the party has.
     */
    function setPartyModules(uint8[] calldata sender, uint8[] calldata receiver) external;

    /**
     * @notice Replaces the modules of one of the caller's ids, which becomes its current one. Empty lists remove them.
     * @dev Requirements: the id is held ({PartyIdNotFound}), by the caller ({PartyIdTaken}); each module is below 16
     * ({ValueOutOfRange}). The operator need not run a node any more. Emits {PartyUpdate}.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param sender Values of {Module} whose sender interface the party has.
     * @param receiver Values of {Module} whose receiver interface the party has.
     */
    function setPartyModulesOf(
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata sender,
        uint8[] calldata receiver
    ) external;

    /**
     * @notice {setPartyModulesOf} by signed request `SetPartyModules(address party,string countryCode,string partyId,
     * uint8[] sender,uint8[] receiver,uint256 nonce,uint256 deadline)`.
     * @param party The account.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param sender Values of {Module}; signed as given.
     * @param receiver Values of {Module}; signed as given.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function setPartyModulesRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint8[] calldata sender,
        uint8[] calldata receiver,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Sets or removes the website of one of the caller's ids. The website is removed with the id and survives a
     * move. The current id stays the same.
     * @dev Requirements: the id is held ({PartyIdNotFound}), by the caller ({PartyIdTaken}); `website` is empty or a URL
     * by the rule of {IEntryErrors} ({TextTooLong}, {InvalidUrl}). Emits {PartyWebsite}.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param website URL; empty to remove it.
     */
    function setPartyWebsite(bytes2 countryCode, bytes3 partyId, string calldata website) external;

    /**
     * @notice {setPartyWebsite} by signed request `SetPartyWebsite(address party,string countryCode,string partyId,
     * string website,uint256 nonce,uint256 deadline)`.
     * @param party The account.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param website URL; empty to remove it.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function setPartyWebsiteRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        string calldata website,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice {deletePartyOf} for the caller's only id.
     * @dev Requirements: the caller holds an id ({PartyNotFound}), and only one ({SeveralIds}).
     */
    function deleteParty() external;

    /**
     * @notice Gives up one of the caller's ids. Giving up the last one ends the membership, its service and all its
     * agreements.
     * @dev Requirements: the id is held ({PartyIdNotFound}), by the caller ({PartyIdTaken}). Emits {PartyUpdate} with a
     * zero operator and, if the id was the current one of several, a full {PartyUpdate} of the id that is now current.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     */
    function deletePartyOf(bytes2 countryCode, bytes3 partyId) external;

    /**
     * @notice {deletePartyOf} by signed request `DeleteParty(address party,string countryCode,string partyId,
     * uint256 nonce,uint256 deadline)`.
     * @param party The account.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function deletePartyRaw(
        address party,
        bytes2 countryCode,
        bytes3 partyId,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Gives everything that the caller has to a new key: ids, membership, node number, node and controller.
     * Attached parties, the service and agreements follow by number. The caller is retired for good. Reservations and
     * the ownership of the registry do not move. The term of the new account rises.
     * @dev Requirements, in this order: `newAccount` is not zero ({ZeroAddress}); its acceptance is in time
     * ({SignatureExpired}), and has its nonce ({InvalidNonce}) and its own signature ({InvalidSignature}); the caller
     * has something ({AccountNotFound}); `newAccount` has nothing and is not retired ({AccountInUse}), and has a term
     * left ({TooManyTerms}). Emits {AccountMoved} and the events described there. The cost grows with the number of the
     * account's ids.
     * @param newAccount The account of the new key.
     * @param acceptance The new account's signature under `AcceptAccount(address newAccount,address account,
     * uint256 nonce,uint256 deadline)`. It is ignored when `newAccount` is the sender.
     */
    function moveAccount(address newAccount, Acceptance calldata acceptance) external;

    /**
     * @notice {moveAccount} by signed request `MoveAccount(address account,address newAccount,uint256 nonce,
     * uint256 deadline)`.
     * @param account The account.
     * @param newAccount The account of the new key.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     * @param acceptance As for {moveAccount}.
     */
    function moveAccountRaw(
        address account,
        address newAccount,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Acceptance calldata acceptance
    ) external;

    /**
     * @notice Names a controller for the caller's account, which then signs every write about it, here and in
     * Permissions, including moves and cancellations; the account's own key can only sign messages off chain. A lost
     * controller freezes the account: name a Safe with several keys. To replace a controller, use a signed request. The
     * term of the account rises, which voids everything signed before.
     * @dev Requirements, in this order: `controller` has no controller itself ({NotController}); its acceptance is in
     * time ({SignatureExpired}), and has its nonce ({InvalidNonce}) and its own signature ({InvalidSignature}); the
     * account has a term left ({TooManyTerms}). Emits {ControllerSet}. A controller keeps its power whatever happens to
     * its own account.
     * @param controller The controller; zero or the account itself for none.
     * @param acceptance The controller's signature under `AcceptController(address controller,address account,
     * uint256 nonce,uint256 deadline)`. It is ignored when the account is to have none.
     */
    function setController(address controller, Acceptance calldata acceptance) external;

    /**
     * @notice {setController} by signed request `SetController(address account,address controller,uint256 nonce,
     * uint256 deadline)`, signed by the present controller.
     * @param account The account.
     * @param controller The controller; zero or the account itself for none.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     * @param acceptance As for {setController}.
     */
    function setControllerRaw(
        address account,
        address controller,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature,
        Acceptance calldata acceptance
    ) external;

    /**
     * @notice {deleteNode} for another account, by the owner of the registry.
     * @dev Requirements: the caller is the owner; `operator` runs a node ({NodeNotFound}).
     * @param operator Account of the operator.
     */
    function adminDeleteOperator(address operator) external;

    /**
     * @notice {deletePartyOf} for another account, by the owner of the registry. Anyone can list the id again; to give it
     * to its rightful holder, use {adminReserveParty}.
     * @dev Requirements: the caller is the owner; the id is held ({PartyIdNotFound}).
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     */
    function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external;

    /**
     * @notice Reserves an id: any other holder loses it, and only `holder` can list it. The reservation ends when `holder`
     * lists the id.
     * @dev Requirements: the caller is the owner; a well-formed id ({InvalidCountryCode}, {InvalidPartyId}). Emits the
     * events of {deletePartyOf} if another account held the id, then {PartyReserved}. Nothing changes, and nothing is
     * emitted, if `holder` already holds the id or has it reserved, or if there is no reservation to lift.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param holder Account that can list the id; zero to lift a reservation.
     */
    function adminReserveParty(bytes2 countryCode, bytes3 partyId, address holder) external;

    /**
     * @notice Reserves a URL: any other operator loses it, and only `operator` can list it. The reservation ends when
     * `operator` lists the URL.
     * @dev Requirements: the caller is the owner; `domain` is a URL by the rule of {IEntryErrors} ({TextTooLong},
     * {InvalidUrl}). Emits {OperatorUpdate} if another account ran a node there, then {NodeReserved}. Nothing changes,
     * and nothing is emitted, if `operator` already runs the node or has the URL reserved, or if there is no
     * reservation to lift.
     * @param domain URL of the node.
     * @param operator Account that can list the URL; zero to lift a reservation.
     */
    function adminReserveNode(string calldata domain, address operator) external;

    /**
     * @notice Lists nodes of an earlier registry.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); each operator is not zero ({ZeroAddress}) and runs no node ({NodeExists}); each
     * domain keeps the rules of {setNode}. Emits {OperatorUpdate} for each.
     * @param items The nodes.
     */
    function importNodes(Node[] calldata items) external;

    /**
     * @notice Lists parties of an earlier registry. An account can have several ids; the last one becomes current.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); each party and its operator are not zero ({ZeroAddress}); nobody holds the id, not
     * even the party itself ({PartyIdTaken}); ids, roles, modules and websites keep the rules of {setParty},
     * {setPartyModulesOf} and {setPartyWebsite}. Emits {PartyUpdate} for each, and {PartyWebsite} if it has one.
     * @param items The parties.
     */
    function importParties(PartyImport[] calldata items) external;

    /// @notice The account that can delete, reserve and, while the import is open, import; zero after renunciation.
    /// @return Address of the owner.
    function owner() external view returns (address);

    /**
     * @notice The URL of an operator's node.
     * @param operator Account of the operator.
     * @return domain The URL; empty if it runs none.
     */
    function getNode(address operator) external view returns (string memory domain);

    /**
     * @notice All operators that run a node, in the order of {nodes}. Use the pages of {nodes} for a large registry.
     * @return Accounts of the operators.
     */
    function getNodeOperators() external view returns (address[] memory);

    /// @notice How many nodes are listed.
    /// @return Length of the list that {nodes} pages through.
    function nodeCount() external view returns (uint256);

    /**
     * @notice A page of the list of nodes. Read all pages of one list at the same block.
     * @param offset Position of the first node of the page, from 0.
     * @param limit Greatest number of nodes on the page.
     * @return page The nodes; fewer than `limit` at the end of the list, none past it.
     */
    function nodes(uint256 offset, uint256 limit) external view returns (Node[] memory page);

    /**
     * @notice The operator of a party, under its current id.
     * @param party Account of the party.
     * @return operator Account of its operator; zero if no such party is listed.
     * @return domain URL of the operator's node; empty if it runs none.
     */
    function getOperatorByAddress(address party) external view returns (address operator, string memory domain);

    /**
     * @notice The operator of the party with this id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return operator Account of its operator; zero if no such party is listed.
     * @return domain URL of the operator's node; empty if it runs none.
     */
    function getOperatorByOcpi(
        bytes2 countryCode,
        bytes3 partyId
    ) external view returns (address operator, string memory domain);

    /**
     * @notice A party under its current id, as version 1 showed it; see {Party} for the fields.
     * @param partyAddress Account of the party.
     * @return countryCode First half of the id; this and all that follows is zero if no such party is listed.
     * @return partyId Second half of the id.
     * @return modulesSender Modules 0 to 6 with a sender interface.
     * @return modulesReceiver Modules 0 to 6 with a receiver interface.
     * @return roles Roles 0 to 6.
     * @return operatorAddress Account of its operator.
     * @return operatorDomain URL of the operator's node; empty if it runs none.
     */
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
        );

    /**
     * @notice The party with this id, as version 1 showed it; see {Party} for the fields.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return partyAddress Account of the party; this and all that follows is zero if no such party is listed.
     * @return roles Roles 0 to 6.
     * @return modulesSender Modules 0 to 6 with a sender interface.
     * @return modulesReceiver Modules 0 to 6 with a receiver interface.
     * @return operatorAddress Account of its operator.
     * @return operatorDomain URL of the operator's node; empty if it runs none.
     */
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
        );

    /**
     * @notice All accounts with an id, each once, at the place of its current id in the list of {parties}. Use the pages
     * of {parties} for a large registry.
     * @return Accounts of the parties.
     */
    function getParties() external view returns (address[] memory);

    /// @notice How many ids are listed.
    /// @return Length of the list that {parties} pages through.
    function partyCount() external view returns (uint256);

    /**
     * @notice A page of the list of parties, one for each id. Read all pages of one list at the same block.
     * @param offset Position of the first party of the page, from 0.
     * @param limit Greatest number of parties on the page.
     * @return page The parties; fewer than `limit` at the end of the list, none past it.
     */
    function parties(uint256 offset, uint256 limit) external view returns (Party[] memory page);

    /**
     * @notice All ids of one account as parties, the current one first, then the others in the order of their list.
     * @param account The account.
     * @return The parties; none if it holds no id.
     */
    function partiesOf(address account) external view returns (Party[] memory);

    /**
     * @notice The party with this id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return The party; all zero and empty if nobody holds the id.
     */
    function party(bytes2 countryCode, bytes3 partyId) external view returns (Party memory);

    /**
     * @notice The account that holds an id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return account The account; zero if nobody holds it.
     */
    function partyOf(bytes2 countryCode, bytes3 partyId) external view returns (address account);

    /**
     * @notice The number of an account's present membership.
     * @param account The account.
     * @return The number; 0 if it holds no id.
     */
    function membershipOf(address account) external view returns (uint256);

    /**
     * @notice The account that an id is reserved for.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return holder The account; zero if the id is not reserved, or is held.
     */
    function reservationOf(bytes2 countryCode, bytes3 partyId) external view returns (address holder);

    /**
     * @notice The operator that a URL is reserved for.
     * @param domain URL of a node.
     * @return operator The operator; zero if the URL is not reserved, or a node is listed there.
     */
    function nodeReservationOf(string calldata domain) external view returns (address operator);

    /**
     * @notice The account whose signature counts for an account.
     * @param account The account.
     * @return controller The controller; the account itself if it has named none.
     */
    function controllerOf(address account) external view returns (address controller);

    /**
     * @notice What Permissions needs to know about an account, in one word, low bits first: membership number (64 bits),
     * founding id (40), current id (40), 80 zero bits, term (16), 16 zero bits. An id is the five bytes of country code
     * and party id. The *founding id* is the one that a membership began with.
     * @param account The account.
     * @return key The word.
     * @return controller As {controllerOf}.
     */
    function keyOf(address account) external view returns (uint256 key, address controller);

    /**
     * @notice {keyOf} for two accounts in one call, as an agreement needs.
     * @param first The account whose controller is wanted.
     * @param second The other account.
     * @return firstKey The first account's word.
     * @return secondKey The second account's word.
     * @return controller As {controllerOf}, of the first account.
     */
    function keysOf(
        address first,
        address second
    ) external view returns (uint256 firstKey, uint256 secondKey, address controller);

    /**
     * @notice The accounts that have these memberships now, even if they have been moved to new keys since.
     * @param keys Words of {keyOf}; only membership number and founding id are used.
     * @return accounts The accounts; zero for each membership that has ended.
     */
    function accountsOf(uint256[] calldata keys) external view returns (address[] memory accounts);
}
