"""The errors of the contracts, one class for each, with the error's arguments as fields.

A class is found by its `signature`, as the contract's ABI writes it. The fields are in the order of
the arguments. A test compares the classes with the ABI, both ways.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, dataclass_transform

from ocn_registry.errors import Reverted
from ocn_registry.foreign.text import shown
from ocn_registry.foreign.times import date


@dataclass(eq=False)
@dataclass_transform(eq_default=False)
class ContractError(Reverted):
    """An error that a contract declares; `says` is its message, with the fields filled in."""

    says: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Make the class a dataclass."""
        super().__init_subclass__()
        dataclass(eq=False)(cls)

    def __post_init__(self) -> None:
        """Write the message, and keep the values where exceptions keep theirs."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        self.args = tuple(values.values())
        texts = {name: shown(value, public=True) for name, value in values.items()}
        if isinstance(deadline := values.get("deadline"), int):
            texts["deadline"] = date(deadline)
        self._message = self.says.format(**texts)

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12
        """Return the message."""
        return self._message


# Signed requests and batches: ISignedRequests.sol, IBatches.sol.


class SignatureExpired(ContractError):
    """The block's time is later than the request's deadline."""

    signature = "SignatureExpired(uint256)"
    says = "the request was valid until {deadline}: prepare and sign a new one"
    deadline: int


class InvalidNonce(ContractError):
    """The request does not carry the account's next nonce."""

    signature = "InvalidNonce(address,uint256)"
    says = (
        "the next nonce of {account} is {expected}: the request was used or cancelled, or comes "
        "too early; check the current entries, then sign a new one if you still want the change"
    )
    account: str
    expected: int


class InvalidSignature(ContractError):
    """The signature is not the signer's signature of this request."""

    signature = "InvalidSignature(address)"
    says = "the signature is not that of {signer} for this request, chain and contract: sign again"
    signer: str


class NotController(ContractError):
    """The account has a controller, and only that can act for it."""

    signature = "NotController(address,address)"
    says = (
        "only its controller {controller} can act for {account}: have the controller sign a "
        "request, which anyone can submit"
    )
    account: str
    controller: str


class NonceOutOfRange(ContractError):
    """The nonce can't be raised to this value."""

    signature = "NonceOutOfRange(uint256,uint256,uint256)"
    says = "the nonce can't be raised to {new_nonce}: give one from {lowest} to {highest}"
    new_nonce: int
    lowest: int
    highest: int


class NestedBatch(ContractError):
    """An item of a batch is itself a batch."""

    signature = "NestedBatch(uint256)"
    says = "item {index} of the batch is itself a batch: give its items instead"
    index: int


# Values, in either contract: IEntryErrors.sol.


class TextTooLong(ContractError):
    """A text is longer than the contract takes."""

    signature = "TextTooLong(uint256,uint256)"
    says = "a text is {length} bytes long and {limit} are allowed: shorten it"
    length: int
    limit: int


class InvalidUrl(ContractError):
    """A URL breaks the contract's rule."""

    signature = "InvalidUrl(uint256)"
    says = (
        "the URL is not allowed at byte {position}: write it as http:// or https://, then small "
        "letters, digits and - . _ ~ : / % [ ], with no / or . at the end"
    )
    position: int


class InvalidName(ContractError):
    """A name is not valid UTF-8, or holds a character that is not allowed."""

    signature = "InvalidName(uint256)"
    says = (
        "the name is not valid UTF-8, or has a control character or one that changes the direction "
        "of writing, at byte {position}: remove it"
    )
    position: int


class ValueOutOfRange(ContractError):
    """A role, module or permission does not exist."""

    signature = "ValueOutOfRange(uint256,uint256)"
    says = "{value} is not a valid role, module or permission here: use a number below {limit}"
    value: int
    limit: int


class ZeroAddress(ContractError):
    """The zero address can't be an account, an operator or the new account of a move."""

    signature = "ZeroAddress()"
    says = "the zero address can't be an account or an operator: give another"


class PartyNotFound(ContractError):
    """The account holds no id."""

    signature = "PartyNotFound(address)"
    says = "no party is listed for {party}: register it first"
    party: str


# Nodes and parties: IRegistry.sol.


class DomainTaken(ContractError):
    """The URL is listed for another operator."""

    signature = "DomainTaken(string,address)"
    says = (
        "the URL {domain} is listed for the operator {operator}: choose another, or have that "
        "operator free it"
    )
    domain: str
    operator: str


class DomainReserved(ContractError):
    """The owner of the registry has reserved the URL for another operator."""

    signature = "DomainReserved(string,address)"
    says = (
        "the URL {domain} is reserved for {operator}: choose another, or ask the owner of the "
        "registry"
    )
    domain: str
    operator: str


class TooManyNodes(ContractError):
    """The registry has given out all its node numbers."""

    signature = "TooManyNodes(uint256)"
    says = "the registry has listed {limit} nodes over time and can't list more: contact its owner"
    limit: int


class NodeNotFound(ContractError):
    """The account runs no node."""

    signature = "NodeNotFound(address)"
    says = "{operator} runs no node: name an operator that does, or have it list its node first"
    operator: str


class NodeExists(ContractError):
    """An import does not overwrite a node."""

    signature = "NodeExists(address)"
    says = "{operator} has a node already, and an import does not overwrite: leave it out"
    operator: str


class InvalidCountryCode(ContractError):
    """A country code is two letters A-Z."""

    signature = "InvalidCountryCode(bytes2)"
    says = "the country code is {country_code}: give two letters A-Z"
    country_code: str


class InvalidPartyId(ContractError):
    """A party id is three characters A-Z or 0-9."""

    signature = "InvalidPartyId(bytes3)"
    says = "the party id is {party_id}: give three characters A-Z or 0-9"
    party_id: str


class NoRoles(ContractError):
    """A party has at least one role."""

    signature = "NoRoles()"
    says = "a party needs at least one role: add one"


class PartyIdTaken(ContractError):
    """The id is held by another address."""

    signature = "PartyIdTaken(bytes2,bytes3,address)"
    says = (
        "the id {country_code} {party_id} is held by {party}: choose another, or have that party "
        "free it"
    )
    country_code: str
    party_id: str
    party: str


class PartyIdReserved(ContractError):
    """The owner of the registry has reserved the id for another account."""

    signature = "PartyIdReserved(bytes2,bytes3,address)"
    says = (
        "the id {country_code} {party_id} is reserved for {holder}: choose another, or ask the "
        "owner of the registry"
    )
    country_code: str
    party_id: str
    holder: str


class PartyIdNotFound(ContractError):
    """No party is listed under this id."""

    signature = "PartyIdNotFound(bytes2,bytes3)"
    says = "no party is listed under the id {country_code} {party_id}: check the id"
    country_code: str
    party_id: str


class SeveralIds(ContractError):
    """The account holds several ids, and the call names none of them."""

    signature = "SeveralIds(address,uint256)"
    says = "{account} holds {count} ids: name one of them (on the command line, -c CC PID)"
    account: str
    count: int


class TooManyIds(ContractError):
    """The account holds as many ids as an account can."""

    signature = "TooManyIds(address,uint256)"
    says = "{account} holds {limit} ids, the maximum: use another account for this one"
    account: str
    limit: int


# Keys and controllers: IRegistry.sol.


class AccountNotFound(ContractError):
    """The account has nothing to move."""

    signature = "AccountNotFound(address)"
    says = "{account} has no id, no node and no controller, so there is nothing to move"
    account: str


class AccountInUse(ContractError):
    """The new account of a move is not blank."""

    signature = "AccountInUse(address)"
    says = (
        "{account} has an id, a node or a controller, or was moved to another key before: move to "
        "a key that was never used in this registry"
    )
    account: str


class AccountRetired(ContractError):
    """The account was moved to another key, and can't list anything any more."""

    signature = "AccountRetired(address)"
    says = "{account} was moved to another key and can't list anything again: use the new key"
    account: str


class TooManyTerms(ContractError):
    """The account has changed its key or its controller as often as it can."""

    signature = "TooManyTerms(address,uint256)"
    says = (
        "{account} has changed its key or controller {limit} times, the maximum: move it to a new "
        "key"
    )
    account: str
    limit: int


# Services and agreements: IPermissions.sol.


class NotAContract(ContractError):
    """There is no contract at the address given for the Registry."""

    signature = "NotAContract(address)"
    says = "there is no contract at {registry}: give the address of the Registry"
    registry: str


class NoPermissions(ContractError):
    """A service needs at least one permission."""

    signature = "NoPermissions()"
    says = "a service needs at least one permission: add one"


class ServiceNotFound(ContractError):
    """The account offers no service."""

    signature = "ServiceNotFound(address)"
    says = "{provider} offers no service: check the address"
    provider: str


class ServiceNotEnded(ContractError):
    """The service is in force, so its slot can't be cleared."""

    signature = "ServiceNotEnded(address)"
    says = "the service of {provider} is in force: only {provider} can delete it"
    provider: str


class ServiceExists(ContractError):
    """An import does not overwrite a service."""

    signature = "ServiceExists(address)"
    says = "{provider} offers a service already, and an import does not overwrite: leave it out"
    provider: str


class PermissionsDiffer(ContractError):
    """The service needs other permissions than those agreed to."""

    signature = "PermissionsDiffer(address,uint256[])"
    says = (
        "the service of {provider} needs the permissions {permissions}, not those agreed to: check "
        "them, then agree to these"
    )
    provider: str
    permissions: tuple[int, ...]


class AgreementExists(ContractError):
    """There is an active agreement already."""

    signature = "AgreementExists(address,address)"
    says = "{user} has an active agreement with {provider}: there is nothing to do"
    user: str
    provider: str


class AgreementNotFound(ContractError):
    """There is no agreement, not even one that has ended."""

    signature = "AgreementNotFound(address,address)"
    says = "{user} has no agreement with {provider}: there is nothing to revoke"
    user: str
    provider: str


class IndexOutOfRange(ContractError):
    """The index is past the end of the list."""

    signature = "IndexOutOfRange(uint256,uint256)"
    says = "the list has {length} entries, and none at {index}"
    index: int
    length: int


# Import and owner: IImports.sol; Ownable.sol of OpenZeppelin Contracts 5.3.0.


class ImportStillOpen(ContractError):
    """The owner has not closed the import yet."""

    signature = "ImportStillOpen()"
    says = (
        "entries of an earlier registry are still being imported: try again once the import is "
        "closed"
    )


class ImportNotOpen(ContractError):
    """The import has ended for good."""

    signature = "ImportNotOpen()"
    says = "the import was closed for good, or never open: use the ordinary writes"


class BatchTooLarge(ContractError):
    """An import takes fewer items at a time."""

    signature = "BatchTooLarge(uint256,uint256)"
    says = "the batch has {length} items and {limit} are allowed: split it"
    length: int
    limit: int


class OwnableUnauthorizedAccount(ContractError):
    """The sender is neither the owner of the registry nor its pending owner."""

    signature = "OwnableUnauthorizedAccount(address)"
    says = "{account} does not own the registry: sign with the owner's key"
    account: str


class OwnableInvalidOwner(ContractError):
    """This address can't own the registry."""

    signature = "OwnableInvalidOwner(address)"
    says = "{owner} can't own the registry: give another address"
    owner: str


# Declared by OpenZeppelin's libraries; these contracts hardly ever raise them.


class InvalidShortString(ContractError):
    """A name in the contract's own code is stored incorrectly."""

    signature = "InvalidShortString()"
    says = "the contract's own name is stored incorrectly: please report it"


class StringTooLong(ContractError):
    """A name in the contract's own code is too long."""

    signature = "StringTooLong(string)"
    says = "the text {str} is too long for the contract: please report it"
    str: str


# Solidity's two built-in errors.


class RequireFailed(ContractError):
    """A contract reverted with a sentence. Ours never do, but a signer's contract may."""

    signature = "Error(string)"
    says = "the contract refused, saying {reason}"
    reason: str


class Panic(ContractError):
    """A contract failed where it never should."""

    signature = "Panic(uint256)"
    says = "the contract failed with panic code {code}: please report it with what you sent"
    code: int


ContractErrorClass = type[ContractError]


def contract_errors() -> tuple[ContractErrorClass, ...]:
    """Return all errors of the contracts, in the order of this module."""
    return tuple(ContractError.__subclasses__())
