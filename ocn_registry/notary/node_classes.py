"""The classes into which the public Kotlin nodes parse a body, as data: fields and enumerations.

Source: `models/ocpi/*.kt` of energywebfoundation/ocn-node and olisystems/ocn-node-v2, as of
November 2026; a field counts where the newer of them has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Name, then fields. After a field's name: `!` if a body without it is refused, `*` for a list, `~`
# for a 32-bit float, `#` for a 32-bit integer, `?` for true or false, `=Name` for an enumeration,
# `:Name` for a class, `:Any` for anything.
_CLASSES = """
Location country_code! party_id! id! publish? publish_allowed_to*:PublishTokenType name address!
  city! postal_code state country! coordinates!:GeoLocation
  related_locations*:AdditionalGeoLocation parking_type=ParkingType evses*:Evse
  directions*:DisplayText operator:BusinessDetails suboperator:BusinessDetails
  owner:BusinessDetails facilities*=Facility time_zone opening_times:Hours charging_when_closed
  images*:Image energy_mix:EnergyMix last_updated!
Evse uid! evse_id status!=EvseStatus status_schedule*:StatusSchedule capabilities*=Capability
  connectors!*:Connector floor_level coordinates:GeoLocation physical_reference
  directions*:DisplayText parking_restrictions*=ParkingRestriction images*:Image last_updated!
Connector id! standard!=ConnectorType format!=ConnectorFormat power_type!=PowerType max_voltage#
  max_amperage# max_electric_power# tariff_ids* terms_and_conditions last_updated!
GeoLocation latitude! longitude!
AdditionalGeoLocation latitude! longitude! name:DisplayText
DisplayText language! text!
BusinessDetails name! website logo:Image
Image url! thumbnail category!=ImageCategory type! width# height#
Hours twentyfourseven? regular_hours*:RegularHours exceptional_openings*:ExceptionalPeriod
  exceptional_closings*:ExceptionalPeriod
RegularHours weekday# period_begin! period_end!
ExceptionalPeriod period_begin! period_end!
EnergyMix is_green_energy? energy_sources*:EnergySource environ_impact*:EnvironmentalImpact
  supplier_name energy_product_name
EnergySource source!=EnergySourceCategory percentage~
EnvironmentalImpact category!=EnvironmentalImpactCategory amount~
StatusSchedule period_begin! period_end status!=EvseStatus
PublishTokenType uid type=TokenType visual_number issuer
Session country_code! party_id! id! start_date_time! end_date_time kwh~ cdr_token!:CdrToken
  auth_method!=AuthMethod authorization_reference location_id! evse_uid! connector_id! meter_id
  currency! charging_periods*:ChargingPeriod total_cost:Price status!=SessionStatus last_updated!
CdrToken country_code party_id uid! type!=TokenType contract_id!
ChargingPeriod start_date_time! dimensions!*:CdrDimension tariff_id
CdrDimension type!=CdrDimensionType volume~
Price excl_vat~ incl_vat~
ChargingPreferences profile_type!=ProfileType departure_time energy_need~ discharge_allowed?
CDR country_code! party_id! id! start_date_time! end_date_time! session_id cdr_token!:CdrToken
  auth_method!=AuthMethod authorization_reference cdr_location!:CdrLocation meter_id currency!
  tariffs*:Tariff charging_periods!*:ChargingPeriod signed_data:SignedData total_cost!:Price
  total_fixed_cost:Price total_energy~ total_energy_cost:Price total_time~ total_time_cost:Price
  total_parking_time~ total_parking_cost:Price total_reservation_cost:Price remark
  invoice_reference_id credit? credit_reference_id last_updated! home_charging_compensation?
CdrLocation id! name address! city! postal_code! country! coordinates!:GeoLocation evse_uid!
  evse_id! connector_id! connector_standard!=ConnectorType connector_format!=ConnectorFormat
  connector_power_type!=PowerType
SignedData encoding_method! encoding_method_version# public_key signed_values!*:SignedValue url!
SignedValue nature! plain_data! signed_data!
Tariff country_code! party_id! id! currency! type=TariffType tariff_alt_text*:DisplayText
  tariff_alt_url min_price:Price max_price:Price elements!*:TariffElement start_date_time
  end_date_time energy_mix:EnergyMix last_updated!
TariffElement price_components!*:PriceComponent restrictions:TariffRestrictions
PriceComponent type!=TariffDimensionType price~ vat~ step_size#
TariffRestrictions start_time end_time start_date end_date min_kwh~ max_kwh~ min_current~
  max_current~ min_power~ max_power~ min_duration# max_duration# day_of_week*=DayOfWeek
  reservation=ReservationRestrictionType
Token country_code! party_id! uid! type!=TokenType contract_id! visual_number issuer! group_id
  valid? whitelist!=WhitelistType language default_profile_type=ProfileType
  energy_contract:EnergyContract last_updated!
EnergyContract supplier_name! contract_id
LocationReferences location_id! evse_uids* connector_ids*
ReserveNow response_url! token!:Token expiry_date! reservation_id! location_id! evse_uid
  authorization_reference
StartSession response_url! token!:Token location_id! evse_uid connector_id authorization_reference
StopSession response_url! session_id!
UnlockConnector response_url! location_id! evse_uid! connector_id!
CancelReservation response_url! reservation_id!
CommandResult result!=CommandResultType message:DisplayText
SetChargingProfile charging_profile!:ChargingProfile response_url!
ActiveChargingProfile start_date_time! charging_profile!:ChargingProfile
GenericChargingProfileResult result!=ChargingProfileResultType profile:ActiveChargingProfile
ChargingProfile start_date_time duration# charging_rate_unit!=ChargingRateUnit min_charging_rate~
  charging_profile_period*:ChargingProfilePeriod
ChargingProfilePeriod start_period# limit~
ClientInfo party_id! country_code! role!=Role status!=ConnectionStatus last_updated!
Response status_code# status_message data:Any timestamp
"""
ANY = "Any"
_ENUMS = """
Facility HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BIKE_SHARING
  BUS_STOP TAXI_STAND TRAM_STOP METRO_STATION TRAIN_STATION AIRPORT PARKING_LOT CARPOOL_PARKING
  FUEL_STATION WIFI
EnergySourceCategory NUCLEAR GENERAL_FOSSIL COAL GAS GENERAL_GREEN SOLAR WIND WATER
EnvironmentalImpactCategory NUCLEAR_WASTE CARBON_DIOXIDE
EvseStatus AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN
Capability CHARGING_PROFILE_CAPABLE CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT
  CONTACTLESS_CARD_SUPPORT CREDIT_CARD_PAYABLE DEBIT_CARD_PAYABLE PED_TERMINAL
  REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER START_SESSION_CONNECTOR_REQUIRED
  TOKEN_GROUP_CAPABLE UNLOCK_CAPABLE
ParkingRestriction EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES
ConnectorType CHADEMO DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G
  DOMESTIC_H DOMESTIC_I DOMESTIC_J DOMESTIC_K DOMESTIC_L IEC_60309_2_single_16 IEC_60309_2_three_16
  IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2
  IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN TESLA_R
  TESLA_S
ConnectorFormat SOCKET CABLE
PowerType AC_1_PHASE AC_3_PHASE DC
ParkingType ALONG_MOTORWAY PARKING_GARAGE PARKING_LOT ON_DRIVEWAY ON_STREET UNDERGROUND_GARAGE
TariffType AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR
TariffDimensionType ENERGY FLAT PARKING_TIME TIME
DayOfWeek MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY
ReservationRestrictionType RESERVATION RESERVATION_EXPIRES
TokenType AD_HOC_USER APP_USER OTHER RFID
WhitelistType ALWAYS ALLOWED ALLOWED_OFFLINE NEVER
ProfileType CHEAP FAST GREEN REGULAR
SessionStatus ACTIVE COMPLETED INVALID PENDING RESERVATION
CdrDimensionType CURRENT ENERGY ENERGY_EXPORT ENERGY_IMPORT MAX_CURRENT MIN_CURRENT MAX_POWER
  MIN_POWER PARKING_TIME POWER RESERVATION_TIME STATE_OF_CHARGE TIME
AuthMethod AUTH_REQUEST COMMAND WHITELIST
ImageCategory CHARGER ENTRANCE LOCATION NETWORK OPERATOR OTHER OWNER
ChargingRateUnit W A
Role CPO EMSP HUB NAP NSP OTHER SCSP
CommandResultType ACCEPTED CANCELED_RESERVATION EVSE_OCCUPIED EVSE_INOPERATIVE FAILED NOT_SUPPORTED
  REJECTED TIMEOUT UNKNOWN_RESERVATION
ChargingProfileResultType ACCEPTED REJECTED UNKNOWN
ConnectionStatus CONNECTED OFFLINE PLANNED SUSPENDED
"""


class Field(NamedTuple):
    """The type of a field of a class.

    Attributes:
        model: Name of the class; empty for others.
        enum: Name of the enumeration; empty for others.
        marks: The marks of the table.
    """

    model: str
    enum: str
    marks: str

    @property
    def is_list(self) -> bool:
        """Whether it is a list of such values."""
        return "*" in self.marks

    @property
    def is_float(self) -> bool:
        """Whether it is a 32-bit float."""
        return "~" in self.marks

    @property
    def is_int(self) -> bool:
        """Whether it is a 32-bit integer."""
        return "#" in self.marks

    @property
    def is_bool(self) -> bool:
        """Whether it is true or false."""
        return "?" in self.marks

    @property
    def is_required(self) -> bool:
        """Whether nodes refuse a body without it."""
        return "!" in self.marks


def _table(text: str) -> Iterator[list[str]]:
    return map(str.split, text.replace("\n  ", " ").strip().splitlines())


def _field(written: str) -> tuple[str, Field]:
    key, _, model = written.partition(":")
    key, _, enum = key.partition("=")
    name = key.rstrip("!*~#?")
    return name, Field(model, enum, key[len(name) :])


CLASSES = {name: dict(map(_field, fields)) for name, *fields in _table(_CLASSES)}
ENUMS = {name: frozenset(values) for name, *values in _table(_ENUMS)}
FLOAT_FIELDS = frozenset(
    name for fields in CLASSES.values() for name, field in fields.items() if field.is_float
)
