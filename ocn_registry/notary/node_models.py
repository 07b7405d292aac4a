"""What the public Kotlin nodes read of a body: fields, and which of them are 32-bit floats.

Such a node reads the body of a request into a class of its own and verifies what that class holds.
A field that the class lacks reads as nothing, and a 32-bit float has another text than the number
that was sent. PATCH requests and the `data` of responses are read into maps, which keep everything.

Source: `models/ocpi/*.kt` of energywebfoundation/ocn-node and olisystems/ocn-node-v2, as of
November 2026; a field counts where the newer of them has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ocn_registry.notary.paths import Path
    from ocn_registry.notary.values import Plain

# Name, then fields: `~` marks a 32-bit float, `:Name` the class that it holds, one or many.
_MODELS = """
Location country_code party_id id publish publish_allowed_to:PublishTokenType name address city
  postal_code state country coordinates:GeoLocation related_locations:AdditionalGeoLocation
  parking_type evses:Evse directions:DisplayText operator:BusinessDetails
  suboperator:BusinessDetails owner:BusinessDetails facilities time_zone opening_times:Hours
  charging_when_closed images:Image energy_mix:EnergyMix last_updated
Evse uid evse_id status status_schedule:StatusSchedule capabilities connectors:Connector floor_level
  coordinates:GeoLocation physical_reference directions:DisplayText parking_restrictions
  images:Image last_updated
Connector id standard format power_type max_voltage max_amperage max_electric_power tariff_ids
  terms_and_conditions last_updated
GeoLocation latitude longitude
AdditionalGeoLocation latitude longitude name:DisplayText
DisplayText language text
BusinessDetails name website logo:Image
Image url thumbnail category type width height
Hours twentyfourseven regular_hours:RegularHours exceptional_openings:ExceptionalPeriod
  exceptional_closings:ExceptionalPeriod
RegularHours weekday period_begin period_end
ExceptionalPeriod period_begin period_end
EnergyMix is_green_energy energy_sources:EnergySource environ_impact:EnvironmentalImpact
  supplier_name energy_product_name
EnergySource source percentage~
EnvironmentalImpact category amount~
StatusSchedule period_begin period_end status
PublishTokenType uid type visual_number issuer
Session country_code party_id id start_date_time end_date_time kwh~ cdr_token:CdrToken auth_method
  authorization_reference location_id evse_uid connector_id meter_id currency
  charging_periods:ChargingPeriod total_cost:Price status last_updated
CdrToken country_code party_id uid type contract_id
ChargingPeriod start_date_time dimensions:CdrDimension tariff_id
CdrDimension type volume~
Price excl_vat~ incl_vat~
ChargingPreferences profile_type departure_time energy_need~ discharge_allowed
CDR country_code party_id id start_date_time end_date_time session_id cdr_token:CdrToken auth_method
  authorization_reference cdr_location:CdrLocation meter_id currency tariffs:Tariff
  charging_periods:ChargingPeriod signed_data:SignedData total_cost:Price total_fixed_cost:Price
  total_energy~ total_energy_cost:Price total_time~ total_time_cost:Price total_parking_time~
  total_parking_cost:Price total_reservation_cost:Price remark invoice_reference_id credit
  credit_reference_id last_updated home_charging_compensation
CdrLocation id name address city postal_code country coordinates:GeoLocation evse_uid evse_id
  connector_id connector_standard connector_format connector_power_type
SignedData encoding_method encoding_method_version public_key signed_values:SignedValue url
SignedValue nature plain_data signed_data
Tariff country_code party_id id currency type tariff_alt_text:DisplayText tariff_alt_url
  min_price:Price max_price:Price elements:TariffElement start_date_time end_date_time
  energy_mix:EnergyMix last_updated
TariffElement price_components:PriceComponent restrictions:TariffRestrictions
PriceComponent type price~ vat~ step_size
TariffRestrictions start_time end_time start_date end_date min_kwh~ max_kwh~ min_current~
  max_current~ min_power~ max_power~ min_duration max_duration day_of_week reservation
Token country_code party_id uid type contract_id visual_number issuer group_id valid whitelist
  language default_profile_type energy_contract:EnergyContract last_updated
EnergyContract supplier_name contract_id
ReserveNow response_url token:Token expiry_date reservation_id location_id evse_uid
  authorization_reference
StartSession response_url token:Token location_id evse_uid connector_id authorization_reference
StopSession response_url session_id
UnlockConnector response_url location_id evse_uid connector_id
CancelReservation response_url reservation_id
SetChargingProfile charging_profile:ChargingProfile response_url
ActiveChargingProfile start_date_time charging_profile:ChargingProfile
ChargingProfile start_date_time duration charging_rate_unit min_charging_rate~
  charging_profile_period:ChargingProfilePeriod
ChargingProfilePeriod start_period limit~
ClientInfo party_id country_code role status last_updated
Response status_code status_message data timestamp
"""
# A body is an object of the first kind of which it has all these fields.
_KINDS = {
    "Response": {"status_code", "timestamp"},
    "CDR": {"cdr_token", "cdr_location"},
    "Session": {"cdr_token", "kwh"},
    "Tariff": {"elements", "currency"},
    "Location": {"coordinates", "publish"},
    "Evse": {"uid", "connectors"},
    "Connector": {"standard", "power_type"},
    "Token": {"uid", "whitelist"},
    "ReserveNow": {"response_url", "token", "reservation_id"},
    "StartSession": {"response_url", "token"},
    "StopSession": {"response_url", "session_id"},
    "UnlockConnector": {"response_url", "connector_id"},
    "CancelReservation": {"response_url", "reservation_id"},
    "SetChargingProfile": {"response_url", "charging_profile"},
    "ActiveChargingProfile": {"start_date_time", "charging_profile"},
    "ChargingPreferences": {"profile_type"},
    "ClientInfo": {"country_code", "party_id", "role", "status"},
}


def _models() -> tuple[dict[str, dict[str, str]], frozenset[str]]:
    models: dict[str, dict[str, str]] = {}
    floats: set[str] = set()
    for line in _MODELS.replace("\n  ", " ").strip().splitlines():
        name, *fields = line.split()
        models[name] = {}
        for field in fields:
            key, _, held = field.partition(":")
            if key.endswith("~"):
                key = key[:-1]
                floats.add(key)
            models[name][key] = held
    return models, frozenset(floats)


MODELS, FLOAT_FIELDS = _models()


def is_float_field(path: Path, *, response: bool) -> bool:
    """Return whether a node holds what stands there as a 32-bit float, by its name.

    Args:
        path: Where a value of the message stands.
        response: Whether the message is a response, whose data nodes read into maps.
    """
    return not response and path[0] == "body" and path[-1] in FLOAT_FIELDS


def is_response(root: dict[str, Plain]) -> bool:
    """Return whether a message has the body of an OCPI response."""
    return kind_of(root.get("body")) == "Response"


def kind_of(body: Plain) -> str | None:
    """Return the kind of object that a body is; `None` for one that nodes have no class for."""
    if not isinstance(body, dict):
        return None
    return next((kind for kind, fields in _KINDS.items() if fields <= body.keys()), None)


def unknown_fields(root: dict[str, Plain]) -> Iterator[tuple[Path, str]]:
    """Walk the fields of a body that the nodes' classes lack: path, and the name of the class."""
    body = root.get("body")
    kind = kind_of(body)
    if kind is not None:
        yield from _unknown(body, kind, ("body",))


def _unknown(value: Plain, kind: str, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, kind, (*path, index))
    elif isinstance(value, dict):
        fields = MODELS[kind]
        for key, item in value.items():
            if key not in fields:
                if item not in (None, "", [], {}):
                    yield (*path, key), kind
            elif fields[key]:
                yield from _unknown(item, fields[key], (*path, key))
