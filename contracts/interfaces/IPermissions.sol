// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBatches} from "./IBatches.sol";
import {IEntryErrors} from "./IEntryErrors.sol";
import {IImports} from "./IImports.sol";
import {IRegistry} from "./IRegistry.sol";
import {ISignedRequests} from "./ISignedRequests.sol";

/**
 * @title OCN Permissions: which services exist, and who agreed to them
 * @notice A *provider* is a party that offers a service and names the permissions the service needs. A *user* is a party
 * that agreed to it: nodes then forward the user's messages to the provider as the permissions allow. All ids of an
 * account share its service and its agreements.
 *
 * Permissions: 0 everything; 1 / 2 every module's sender / receiver interface; then the sender / receiver interface
 * of one module each: 3/4 locations, 5/6 sessions, 7/8 cdrs, 9/10 tariffs, 11/12 tokens, 13/14 commands,
 * 15/16 chargingprofiles. Values from 17 to 63 are reserved for later use and match nothing today.
 *
 * - Services and agreements are tied to membership numbers of the Registry: they follow an account that is moved to a new
 *   key, and end with the membership. Once ended, they are absent from every view.
 * - A service has a *version*. It changes whenever the set of permissions changes, and whenever a service is set where
 *   there was none. A change of name or URL keeps it. Within a membership, versions count up from 1 and never repeat.
 * - A service is shown under the id that was the provider's current one when the service was last set or, if the
 *   provider no longer holds that id, under the present current one.
 * - An agreement ties the user's membership to the provider's and to one version of the service. It is *active* while
 *   all three stay the same; after that, only a new agreement can replace it.
 * - Permissions are accepted in any order and with repetitions; views and events return them in ascending order, each
 *   once.
 * - Absent entries read as the zero address, 0, the empty text and the empty list.
 * - The state can be rebuilt from the events of both contracts alone (except nonces). A new service goes to the end of
 *   the list of services, and a new agreement to the end of its user's list. If one is deleted, pruned or revoked, the
 *   last takes its place; if it is set or made again, it keeps its place. A service that has ended keeps its place until
 *   it is pruned, and an agreement whose provider's membership has ended until it is revoked.
 *
 * The order of checks and the form of signatures of the functions that end in `Raw` are described in {ISignedRequests},
 * and the rules while entries of an earlier registry are copied in {IImports}. Controllers, terms of nonces and the owner
 * are those of the Registry. If its ownership is renounced while the import is open here, nobody can import any more, and
 * anybody can close the import.
 */
interface IPermissions is ISignedRequests, IBatches, IImports, IEntryErrors {
    /// @notice A service in force.
    struct Service {
        /// Account that offers it.
        address provider;
        /// Two letters A-Z, ASCII.
        bytes2 countryCode;
        /// Three characters A-Z, 0-9, ASCII.
        bytes3 partyId;
        /// Name, by the rule of {IEntryErrors}; may be empty.
        string name;
        /// Where to read more, a URL by the rule of {IEntryErrors}; may be empty.
        string url;
        /// Permissions that the service needs, at least one.
        uint256[] permissions;
        /// Version that an agreement binds to.
        uint256 version;
    }

    /// @notice An agreement as it was made.
    struct Agreement {
        /// Membership number of the user; 0 when there is none.
        uint256 membership;
        /// Version of the service that was agreed to; 0 when there is none.
        uint256 version;
        /// Whether the service still has that version.
        bool active;
    }

    /// @notice A service to import; the fields are those of {Service}.
    struct ServiceImport {
        address provider;
        string name;
        string url;
        uint256[] permissions;
    }

    /// @notice An agreement to import.
    struct AgreementImport {
        /// Account that agrees.
        address user;
        /// Account that offers the service.
        address provider;
        /// Permissions that are agreed to: the service's set.
        uint256[] permissions;
    }

    /// @notice The full new state of the service of `provider`; it was deleted if `permissions` is empty.
    event ServiceUpdate(string name, string url, uint256[] permissions, address provider);

    /// @notice `user` agreed to `permissions`, which version `version` of the service of `provider` needs.
    event AgreementMade(address indexed user, address indexed provider, uint256 version, uint256[] permissions);

    /// @notice `user` revoked its agreement with `provider`.
    event AgreementRevoked(address indexed user, address indexed provider);

    /// @notice The slot at `index` of a service that ended with `membership` is gone; the last slot took its place.
    event ServicePruned(uint256 index, uint256 membership);

    /// @notice There is no contract at the address passed for the Registry.
    error NotAContract(address registry);

    /// @notice A service needs at least one permission.
    error NoPermissions();

    /// @notice `provider` does not offer a service.
    error ServiceNotFound(address provider);

    /// @notice The membership under which `provider` offers its service has not ended: only `provider` can delete it.
    error ServiceNotEnded(address provider);

    /// @notice `provider` already offers a service, and an import does not overwrite.
    error ServiceExists(address provider);

    /// @notice The service of `provider` needs `permissions`, not those that were agreed to: review them, then agree to
    /// these.
    error PermissionsDiffer(address provider, uint256[] permissions);

    /// @notice `user` already has an active agreement with `provider`: there is nothing to do.
    error AgreementExists(address user, address provider);

    /// @notice `user` has no agreement with `provider` between their present memberships, not even one that has ended.
    error AgreementNotFound(address user, address provider);

    /// @notice The list has `length` entries, and none at `index`.
    error IndexOutOfRange(uint256 index, uint256 length);

    /**
     * @notice Offers the caller's service, or changes it.
     * @dev Requirements: the caller holds an id ({PartyNotFound}); `name` and `url` keep the rules of
     * {IEntryErrors} ({TextTooLong}, {InvalidName}, {InvalidUrl}); at least one permission ({NoPermissions}), each
     * below 64 ({ValueOutOfRange}). Emits {ServiceUpdate}. Another set of permissions ends all agreements.
     * @param name Name of the service; may be empty.
     * @param url Where to read more; may be empty.
     * @param permissions Permissions that the service needs.
     */
    function setService(string calldata name, string calldata url, uint256[] calldata permissions) external;

    /**
     * @notice {setService} by signed request `SetService(address provider,string name,string url,
     * uint256[] permissions,uint256 nonce,uint256 deadline)`.
     * @param provider The account.
     * @param name Name of the service; may be empty.
     * @param url Where to read more; may be empty.
     * @param permissions Permissions that the service needs; signed as given.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function setServiceRaw(
        address provider,
        string calldata name,
        string calldata url,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Deletes the caller's service and ends all agreements to it.
     * @dev Requirements: the caller offers a service ({ServiceNotFound}). Emits {ServiceUpdate} with no permissions.
     */
    function deleteService() external;

    /**
     * @notice {deleteService} by signed request `DeleteService(address provider,uint256 nonce,uint256 deadline)`.
     * @param provider The account.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function deleteServiceRaw(address provider, uint256 nonce, uint256 deadline, bytes calldata signature) external;

    /**
     * @notice Clears the slot of a service that has ended with its membership. Anybody can call this.
     * @dev Requirements: the import is closed ({IImports-ImportStillOpen}); the slot exists ({IndexOutOfRange}); its
     * service has ended ({ServiceNotEnded}). Emits {ServicePruned}. The last slot takes the place of the cleared one.
     * @param index Slot in the list of {services}, from 0.
     */
    function pruneService(uint256 index) external;

    /**
     * @notice The caller agrees to the service of `provider` as it is when the transaction runs. {createAgreementTo} is
     * safer: the provider can't change the permissions in between.
     * @dev Requirements: the caller holds an id ({PartyNotFound}); `provider` offers a service
     * ({ServiceNotFound}); there is no active agreement between them ({AgreementExists}). Emits {AgreementMade}.
     * @param provider Account that offers the service.
     */
    function createAgreement(address provider) external;

    /**
     * @notice The caller agrees to the service of `provider` if it needs exactly these permissions.
     * @dev Requirements: those of {createAgreement}, and the permissions are the service's ({PermissionsDiffer}).
     * @param provider Account that offers the service.
     * @param permissions Permissions that are agreed to: the service's set, in any order.
     */
    function createAgreementTo(address provider, uint256[] calldata permissions) external;

    /**
     * @notice {createAgreementTo} by signed request `CreateAgreement(address user,address provider,
     * uint256[] permissions,uint256 nonce,uint256 deadline)`.
     * @param user The account.
     * @param provider Account that offers the service.
     * @param permissions Permissions that are agreed to; signed as given.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function createAgreementRaw(
        address user,
        address provider,
        uint256[] calldata permissions,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice The caller revokes its agreement with `provider`, active or not.
     * @dev Requirements: the agreement exists ({AgreementNotFound}). Emits {AgreementRevoked}.
     * @param provider Account that offers or offered the service.
     */
    function revokeAgreement(address provider) external;

    /**
     * @notice {revokeAgreement} by signed request `RevokeAgreement(address user,address provider,uint256 nonce,
     * uint256 deadline)`.
     * @param user The account.
     * @param provider Account that offers or offered the service.
     * @param nonce The account's present nonce.
     * @param deadline Last second, in Unix time, at which the request is valid.
     * @param signature The controller's signature, see {ISignedRequests}.
     */
    function revokeAgreementRaw(
        address user,
        address provider,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice Lists services of an earlier registry.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); no provider offers a service ({ServiceExists}); the rules of {setService}. Emits
     * {ServiceUpdate} for each.
     * @param items The services.
     */
    function importServices(ServiceImport[] calldata items) external;

    /**
     * @notice Makes agreements of an earlier registry.
     * @dev Requirements: the caller is the owner; the import is open ({IImports-ImportNotOpen}); 100 items at most
     * ({IImports-BatchTooLarge}); the rules of {createAgreementTo}. Emits {AgreementMade} for each.
     * @param items The agreements.
     */
    function importAgreements(AgreementImport[] calldata items) external;

    /// @notice The Registry whose parties offer and use services.
    function registry() external view returns (IRegistry);

    /**
     * @notice The service of a provider; see {Service} for the fields.
     * @param provider Account that offers it.
     * @return countryCode First half of the id; this and all that follows is zero or empty if there is no such service.
     * @return partyId Second half of the id.
     * @return name Name.
     * @return url Where to read more.
     * @return permissions Permissions that the service needs.
     */
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
        );

    /**
     * @notice All providers whose service is in force, in the order of {services}. Use the pages of {services} for a large
     * registry, since each slot needs a lookup in the Registry.
     * @return Accounts of the providers.
     */
    function getProviders() external view returns (address[] memory);

    /**
     * @notice One entry of {getProviders}. It costs as much as the whole list.
     * @param index Position, from 0. Reverts past the end ({IndexOutOfRange}).
     * @return provider Account of the provider.
     */
    function providers(uint256 index) external view returns (address provider);

    /**
     * @notice The number of slots of {services}. A service that has ended with its membership keeps its slot
     * until somebody prunes it ({pruneService}).
     * @return Length of the list that {services} pages through.
     */
    function serviceCount() external view returns (uint256);

    /**
     * @notice A page of the list of services. Read all pages of one list at the same block.
     * @param offset First slot of the page, from 0.
     * @param limit Greatest number of slots that the page covers.
     * @return page The services in those slots, without those that have ended; none past {serviceCount}.
     */
    function services(uint256 offset, uint256 limit) external view returns (Service[] memory page);

    /**
     * @notice The version of a provider's service.
     * @param provider Account that offers it.
     * @return version The version; 0 if it offers none.
     */
    function serviceVersion(address provider) external view returns (uint256 version);

    /**
     * @notice The agreement between the present memberships of two accounts, active or not.
     * @param user Account that agreed.
     * @param provider Account that offers or offered the service.
     * @return The agreement; all zero if there is none, or it was revoked.
     */
    function agreement(address user, address provider) external view returns (Agreement memory);

    /**
     * @notice The providers with which a user has an active agreement, in the order of the user's list.
     * @param user Account that agreed.
     * @return Accounts of the providers.
     */
    function getUserAgreementsByAddress(address user) external view returns (address[] memory);

    /**
     * @notice {getUserAgreementsByAddress} of the party with this id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @return Accounts of the providers.
     */
    function getUserAgreementsByOcpi(bytes2 countryCode, bytes3 partyId) external view returns (address[] memory);

    /**
     * @notice Whether a user has an active agreement with a provider.
     * @param user Account that agreed.
     * @param provider Account that offers the service.
     * @return True if it has.
     */
    function hasUserAgreementByAddress(address user, address provider) external view returns (bool);

    /**
     * @notice {hasUserAgreementByAddress} of the party with this id.
     * @param countryCode Two letters A-Z, ASCII.
     * @param partyId Three characters A-Z or 0-9, ASCII.
     * @param provider Account that offers the service.
     * @return True if it has.
     */
    function hasUserAgreementByOcpi(bytes2 countryCode, bytes3 partyId, address provider) external view returns (bool);
}
