// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBatches} from "./IBatches.sol";
import {IEntryErrors} from "./IEntryErrors.sol";
import {IImports} from "./IImports.sol";
import {ISignedRequests} from "./ISignedRequests.sol";

/**
 * @title OCN Registry: who runs which node, and which party is reached through which node
 * @notice An *operator* is an address that runs a node; its *domain* is the node's URL. A *party* is an address that
 * holds one OCPI id (country code and party id), has roles and modules, and is reached through its operator's node.
 *
 * - Whoever comes first gets an id or a URL. A listing is no proof of identity.
 * - Sets (roles, modules) may come in any order and with repetitions; every view and event tells them in ascending
 *   order, each value once.
 * - What is absent reads as the zero address, 0, the empty text and the empty list. No view reverts for it.
 * - Each *listing* of a party has a number of its own, from one counter that begins at 1. Updates of roles, modules
 *   and operator keep it. Who leaves and comes back, or takes another id, gets a new number and starts afresh:
 *   modules, services and agreements of the earlier listing have ended.
 * - The state can be rebuilt from the events alone (nonces and a pending owner aside). New entries go to the end of
 *   their list; an entry that leaves is replaced by the last of its list; an update keeps its place. A change of id
 *   is a deletion and a new listing, and emits both events.
 *
 * The order of checks and the form of signatures of the functions that end in `Raw` stand in {ISignedRequests}. What
 * holds while entries of an earlier registry are being copied stands in {IImports}. The ownership is handed over in two
 * steps (OpenZeppelin's `Ownable2Step`: `transferOwnership`, `pendingOwner`, `acceptOwnership`), and
 * `renounceOwnership` reverts with {IImports-ImportStillOpen} while the import is open.
 */
interface IRegistry is ISignedRequests, IBatches, IImports, IEntryErrors {
    /// @notice OCPI 2.2 roles. A function takes and gives them as numbers, so that it can name the one that is wrong.
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

    /// @notice OCPI 2.2 modules with a sender and a receiver interface.
    enum Module {
        cdrs,
        chargingprofiles,
        commands,
        locations,
        sessions,
        tariffs,
        tokens
    }

    /// @notice A node as it is listed.
    struct Node {
        /// Address that runs the node.
        address operator;
        /// URL of the node, by the rule of {IEntryErrors}.
        string domain;
    }

    /// @notice A party as it is listed.
    struct Party {
        /// Address that holds the id.
        address party;
        /// Two letters A-Z (ISO 3166-1 alpha-2), ASCII.
        bytes2 countryCode;
        /// Three characters A-Z, 0-9 (ISO 15118), ASCII.
        bytes3 partyId;
        /// Values of {Role}, at least one.
        uint8[] roles;
        /// Values of {Module} whose sender interface the party has.
        uint8[] modulesSender;
        /// Values of {Module} whose receiver interface the party has.
        uint8[] modulesReceiver;
        /// Address of the operator whose node the party is reached through.
        address operator;
        /// URL of that node; empty while the operator runs none: the party can't be reached.
        string operatorDomain;
        /// Number of the listing.
        uint256 listing;
    }

    /// @notice A party to import; the fields are those of {Party}.
    struct PartyImport {
        address party;
        bytes2 countryCode;
        bytes3 partyId;
        uint8[] roles;
        uint8[] modulesSender;
        uint8[] modulesReceiver;
        /// Any address but zero: it may have left already.
        address operator;
    }

    /// @notice `operator` now runs the node at `domain`; it runs none when `domain` is empty.
    event OperatorUpdate(address indexed operator, string domain);

    /**
     * @notice The full new state of a party. A zero `operatorAddress`, with empty lists, says that `partyAddress` has
     * left and its id is free.
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

    /// @notice The zero address can't be an operator or a party.
    error ZeroAddress();

    /// @notice `domain` is listed for `operator`: choose another, or have that operator free it.
    error DomainTaken(string domain, address operator);

    /// @notice `operator` runs no node: there is none to take off, and a party has to name an operator that runs one.
    error NodeNotFound(address operator);

    /// @notice `operator` has a node already; an import does not overwrite.
    error NodeExists(address operator);

    /// @notice A country code is two letters A-Z.
    error InvalidCountryCode(bytes2 countryCode);

    /// @notice A party id is three characters A-Z or 0-9.
    error InvalidPartyId(bytes3 partyId);

    /// @notice A party has at least one role.
    error NoRoles();

    /// @notice The id is held by `party`: choose another, or have that party free it.
    error PartyIdTaken(bytes2 countryCode, bytes3 partyId, address party);

    /// @notice No party is listed under this id.
    error PartyIdNotFound(bytes2 countryCode, bytes3 partyId);

    /// @notice The address holds an id already; an import does not overwrite.
    error PartyExists(address party);

    /**
     * @notice Lists the caller's node, or changes its URL and frees the old one.
     * @dev Requirements: `domain` is a URL by the rule of {IEntryErrors} ({TextTooLong}, {InvalidUrl}) and not listed
     * for another operator ({DomainTaken}). Emits {OperatorUpdate}, also when the URL is the same.
     * @param domain URL of the node.
     */
    function setNode(string calldata domain) external;

    /**
     * @notice {setNode} by signed request `SetNode(address operator,string domain,uint256 nonce,uint256 deadline)`.
     * @param operator The signer.
     * @param domain URL of the node.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See {ISignedRequests}.
     */
    function setNodeRaw(
        address operator,
        string calldata domain,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Takes the caller's node off the list and frees its URL. Parties that are reached through it stay listed
     * and can't be reached until they choose another operator, or this one lists a node again.
     * @dev Requirements: the caller runs a node ({NodeNotFound}). Emits {OperatorUpdate} with an empty domain.
     */
    function deleteNode() external;

    /**
     * @notice {deleteNode} by signed request `DeleteNode(address operator,uint256 nonce,uint256 deadline)`.
     * @param operator The signer.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See {ISignedRequests}.
     */
    function deleteNodeRaw(address operator, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /**
     * @notice Lists the caller as a party, or changes its id, roles or operator. Modules stay as they are unless the
     * id changes.
     * @dev Requirements: a well-formed id ({InvalidCountryCode}, {InvalidPartyId}) that nobody else holds
     * ({PartyIdTaken}); at least one role ({NoRoles}), each below 7 ({ValueOutOfRange}); `operator` runs a node
     * ({NodeNotFound}) unless it is the caller's operator already. Emits {PartyUpdate}; with another id, first
     * {PartyUpdate} for the id that is freed. The operator is not asked: any party can name it.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param roles Values of {Role}.
     * @param operator Address of the operator whose node the party is reached through.
     */
    function setParty(bytes2 countryCode, bytes3 partyId, uint8[] calldata roles, address operator) external;

    /**
     * @notice {setParty} by signed request `SetParty(address party,string countryCode,string partyId,uint8[] roles,
     * address operator,uint256 nonce,uint256 deadline)`; the two texts are signed as text, two and three bytes long.
     * @param party The signer.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param roles Values of {Role}; signed as given, in order and with repetitions.
     * @param operator Address of the operator whose node the party is reached through.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See {ISignedRequests}.
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
     * @notice Replaces the caller's modules. Empty lists take them off.
     * @dev Requirements: the caller is listed ({PartyNotFound}); each module is below 7 ({ValueOutOfRange}). It does
     * not matter whether the operator still runs a node. Emits {PartyUpdate}.
     * @param sender Values of {Module} whose sender interface the party has.
     * @param receiver Values of {Module} whose receiver interface the party has.
     */
    function setPartyModules(uint8[] calldata sender, uint8[] calldata receiver) external;

    /**
     * @notice {setPartyModules} by signed request `SetPartyModules(address party,uint8[] sender,uint8[] receiver,
     * uint256 nonce,uint256 deadline)`.
     * @param party The signer.
     * @param sender Values of {Module}; signed as given.
     * @param receiver Values of {Module}; signed as given.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See {ISignedRequests}.
     */
    function setPartyModulesRaw(
        address party,
        uint8[] calldata sender,
        uint8[] calldata receiver,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Takes the caller off the list, frees its id, and ends its listing with all that hangs on it.
     * @dev Requirements: the caller is listed ({PartyNotFound}). Emits {PartyUpdate} with a zero operator.
     */
    function deleteParty() external;

    /**
     * @notice {deleteParty} by signed request `DeleteParty(address party,uint256 nonce,uint256 deadline)`.
     * @param party The signer.
     * @param nonce The signer's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature See {ISignedRequests}.
     */
    function deletePartyRaw(address party, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /**
     * @notice {deleteNode} for another, by the owner of the registry.
     * @dev Requirements: the caller is the owner; `operator` runs a node ({NodeNotFound}).
     * @param operator Address of the operator.
     */
    function adminDeleteOperator(address operator) external;

    /**
     * @notice {deleteParty} for another, by the owner of the registry. In one {IBatches-tryMulticall} with the rightful
     * holder's signed request, this hands an id over in one step. (In a `multicall`, whoever holds the id could leave
     * first: then there is nothing to delete, and the whole batch is void.)
     * @dev Requirements: the caller is the owner; the id is held ({PartyIdNotFound}).
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     */
    function adminDeleteParty(bytes2 countryCode, bytes3 partyId) external;

    /**
     * @notice Lists nodes of an earlier registry.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); each operator is not zero ({ZeroAddress}) and has no node ({NodeExists}); each
     * domain keeps the rules of {setNode}. Emits {OperatorUpdate} for each.
     * @param items The nodes.
     */
    function importNodes(Node[] calldata items) external;

    /**
     * @notice Lists parties of an earlier registry.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); each party and its operator are not zero ({ZeroAddress}); no party holds an id
     * ({PartyExists}), nobody holds its id ({PartyIdTaken}); ids, roles and modules keep the rules of {setParty} and
     * {setPartyModules}. Emits {PartyUpdate} for each.
     * @param items The parties.
     */
    function importParties(PartyImport[] calldata items) external;

    /// @notice Who can delete nodes and parties and, while the import is open, import; zero when nobody can any more.
    /// @return Address of the owner.
    function owner() external view returns (address);

    /**
     * @notice The URL of an operator's node.
     * @param operator Address of the operator.
     * @return domain Empty when it runs none.
     */
    function getNode(address operator) external view returns (string memory domain);

    /**
     * @notice All operators that run a node, in the order of {nodes}. Use the pages of {nodes} for a large registry:
     * near 20,500 operators this outgrows a call of 50 million gas.
     * @return Addresses of the operators.
     */
    function getNodeOperators() external view returns (address[] memory);

    /// @notice How many nodes are listed.
    /// @return Length of the list that {nodes} pages through.
    function nodeCount() external view returns (uint256);

    /**
     * @notice A page of the list of nodes. All pages of one list are to be read at the same block.
     * @param offset Position of the first node of the page, from 0.
     * @param limit Greatest number of nodes on the page.
     * @return page The nodes; fewer than `limit` at the end of the list, none past it.
     */
    function nodes(uint256 offset, uint256 limit) external view returns (Node[] memory page);

    /**
     * @notice The operator of a party.
     * @param party Address of the party.
     * @return operator Address of its operator; zero when no such party is listed.
     * @return domain URL of the operator's node; empty when it runs none.
     */
    function getOperatorByAddress(address party) external view returns (address operator, string memory domain);

    /**
     * @notice The operator of the party with this id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return operator Address of its operator; zero when no such party is listed.
     * @return domain URL of the operator's node; empty when it runs none.
     */
    function getOperatorByOcpi(
        bytes2 countryCode,
        bytes3 partyId
    ) external view returns (address operator, string memory domain);

    /**
     * @notice All that is listed for a party's address; see {Party} for the fields.
     * @param partyAddress Address of the party.
     * @return countryCode Zero when no such party is listed, as everything that follows.
     * @return partyId Second half of the id.
     * @return modulesSender Modules with a sender interface.
     * @return modulesReceiver Modules with a receiver interface.
     * @return roles Roles.
     * @return operatorAddress Address of its operator.
     * @return operatorDomain URL of the operator's node; empty when it runs none.
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
     * @notice All that is listed under an id; see {Party} for the fields.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return partyAddress Zero when no such party is listed, as everything that follows.
     * @return roles Roles.
     * @return modulesSender Modules with a sender interface.
     * @return modulesReceiver Modules with a receiver interface.
     * @return operatorAddress Address of its operator.
     * @return operatorDomain URL of the operator's node; empty when it runs none.
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
     * @notice All listed parties, in the order of {parties}. Use the pages of {parties} for a large registry: near 14,500
     * parties this outgrows a call of 50 million gas.
     * @return Addresses of the parties.
     */
    function getParties() external view returns (address[] memory);

    /// @notice How many parties are listed.
    /// @return Length of the list that {parties} pages through.
    function partyCount() external view returns (uint256);

    /**
     * @notice A page of the list of parties. All pages of one list are to be read at the same block.
     * @param offset Position of the first party of the page, from 0.
     * @param limit Greatest number of parties on the page.
     * @return page The parties; fewer than `limit` at the end of the list, none past it.
     */
    function parties(uint256 offset, uint256 limit) external view returns (Party[] memory page);

    /**
     * @notice The number of a party's present listing.
     * @param party Address of the party.
     * @return The number; 0 when it is not listed.
     */
    function listingOf(address party) external view returns (uint256);

    /**
     * @notice {listingOf} for two parties in one call, which is what an agreement asks.
     * @param first Address of one party.
     * @param second Address of the other.
     * @return The number of the first; 0 when it is not listed.
     * @return The number of the second; 0 when it is not listed.
     */
    function listingsOf(address first, address second) external view returns (uint256, uint256);

    /**
     * @notice The id that an address holds.
     * @param party Address of the party.
     * @return countryCode Zero when it is not listed.
     * @return partyId Zero when it is not listed.
     */
    function partyIdOf(address party) external view returns (bytes2 countryCode, bytes3 partyId);

    /**
     * @notice The address that holds an id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return party Zero when nobody holds it.
     */
    function partyOf(bytes2 countryCode, bytes3 partyId) external view returns (address party);
}
