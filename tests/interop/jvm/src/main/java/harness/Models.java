package harness;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.DayOfWeek;
import java.util.List;
import java.util.Map;

/**
 * The bodies that the public Kotlin nodes read into classes of their own: which fields these have, and which of them
 * are 32-bit floats, integers or of an enumeration. Whatever else a body holds is lost when a node writes it again, and
 * a body with a value that an enumeration lacks is refused.
 */
final class Models {
    private Models() {}

    static final Map<String, Class<?>> BY_NAME = Map.ofEntries(
        Map.entry("Location", Location.class), Map.entry("Evse", Evse.class), Map.entry("Connector", Connector.class),
        Map.entry("Session", Session.class), Map.entry("ChargingPreferences", ChargingPreferences.class),
        Map.entry("CDR", Cdr.class), Map.entry("Tariff", Tariff.class), Map.entry("Token", Token.class),
        Map.entry("LocationReferences", LocationReferences.class), Map.entry("ReserveNow", ReserveNow.class),
        Map.entry("StartSession", StartSession.class), Map.entry("StopSession", StopSession.class),
        Map.entry("UnlockConnector", UnlockConnector.class), Map.entry("CancelReservation", CancelReservation.class),
        Map.entry("CommandResult", CommandResult.class), Map.entry("SetChargingProfile", SetChargingProfile.class),
        Map.entry("ActiveChargingProfile", ActiveChargingProfile.class),
        Map.entry("GenericChargingProfileResult", GenericChargingProfileResult.class),
        Map.entry("ClientInfo", ClientInfo.class), Map.entry("OcpiResponse", OcpiResponse.class));

    /** What a body is refused without: Kotlin's constructors take no null for it, and Jackson has no default. */
    static final Map<Class<?>, String> REQUIRED = Map.ofEntries(
        Map.entry(Location.class, "country_code party_id id address city country coordinates last_updated"),
        Map.entry(Evse.class, "uid status connectors last_updated"),
        Map.entry(Connector.class, "id standard format power_type last_updated"),
        Map.entry(GeoLocation.class, "latitude longitude"),
        Map.entry(AdditionalGeoLocation.class, "latitude longitude"),
        Map.entry(DisplayText.class, "language text"),
        Map.entry(BusinessDetails.class, "name"),
        Map.entry(Image.class, "url category type"),
        Map.entry(RegularHours.class, "period_begin period_end"),
        Map.entry(ExceptionalPeriod.class, "period_begin period_end"),
        Map.entry(EnergySource.class, "source"),
        Map.entry(EnvironmentalImpact.class, "category"),
        Map.entry(StatusSchedule.class, "period_begin status"),
        Map.entry(Session.class,
            "country_code party_id id start_date_time cdr_token auth_method location_id evse_uid connector_id "
            + "currency status last_updated"),
        Map.entry(CdrToken.class, "uid type contract_id"),
        Map.entry(ChargingPeriod.class, "start_date_time dimensions"),
        Map.entry(CdrDimension.class, "type"),
        Map.entry(ChargingPreferences.class, "profile_type"),
        Map.entry(Cdr.class,
            "country_code party_id id start_date_time end_date_time cdr_token auth_method cdr_location currency "
            + "charging_periods total_cost last_updated"),
        Map.entry(CdrLocation.class,
            "id address city postal_code country coordinates evse_uid evse_id connector_id connector_standard "
            + "connector_format connector_power_type"),
        Map.entry(SignedData.class, "encoding_method signed_values url"),
        Map.entry(SignedValue.class, "nature plain_data signed_data"),
        Map.entry(Tariff.class, "country_code party_id id currency elements last_updated"),
        Map.entry(TariffElement.class, "price_components"),
        Map.entry(PriceComponent.class, "type"),
        Map.entry(Token.class, "country_code party_id uid type contract_id issuer whitelist last_updated"),
        Map.entry(EnergyContract.class, "supplier_name"),
        Map.entry(LocationReferences.class, "location_id"),
        Map.entry(ReserveNow.class, "response_url token expiry_date reservation_id location_id"),
        Map.entry(StartSession.class, "response_url token location_id"),
        Map.entry(StopSession.class, "response_url session_id"),
        Map.entry(UnlockConnector.class, "response_url location_id evse_uid connector_id"),
        Map.entry(CancelReservation.class, "response_url reservation_id"),
        Map.entry(CommandResult.class, "result"),
        Map.entry(SetChargingProfile.class, "charging_profile response_url"),
        Map.entry(ActiveChargingProfile.class, "start_date_time charging_profile"),
        Map.entry(GenericChargingProfileResult.class, "result"),
        Map.entry(ChargingProfile.class, "charging_rate_unit"),
        Map.entry(ClientInfo.class, "party_id country_code role status last_updated"));

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Location(String country_code, String party_id, String id, boolean publish,
        List<PublishTokenType> publish_allowed_to, String name, String address, String city, String postal_code,
        String state, String country, GeoLocation coordinates, List<AdditionalGeoLocation> related_locations,
        ParkingType parking_type, List<Evse> evses, List<DisplayText> directions, BusinessDetails operator,
        BusinessDetails suboperator, BusinessDetails owner, List<Facility> facilities, String time_zone,
        Hours opening_times, String charging_when_closed, List<Image> images, EnergyMix energy_mix,
        String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Evse(String uid, String evse_id, EvseStatus status, List<StatusSchedule> status_schedule,
        List<Capability> capabilities, List<Connector> connectors, String floor_level, GeoLocation coordinates,
        String physical_reference, List<DisplayText> directions, List<ParkingRestriction> parking_restrictions,
        List<Image> images, String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Connector(String id, ConnectorType standard, ConnectorFormat format, PowerType power_type, int max_voltage,
        int max_amperage, Integer max_electric_power, List<String> tariff_ids, String terms_and_conditions, String last_updated) {}

    record GeoLocation(String latitude, String longitude) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AdditionalGeoLocation(String latitude, String longitude, DisplayText name) {}

    record DisplayText(String language, String text) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record BusinessDetails(String name, String website, Image logo) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Image(String url, String thumbnail, ImageCategory category, String type, Integer width, Integer height) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Hours(boolean twentyfourseven, List<RegularHours> regular_hours,
        List<ExceptionalPeriod> exceptional_openings, List<ExceptionalPeriod> exceptional_closings) {}

    record RegularHours(int weekday, String period_begin, String period_end) {}

    record ExceptionalPeriod(String period_begin, String period_end) {}

    record EnergyMix(boolean is_green_energy, List<EnergySource> energy_sources,
        List<EnvironmentalImpact> environ_impact, String supplier_name, String energy_product_name) {}

    record EnergySource(EnergySourceCategory source, float percentage) {}

    record EnvironmentalImpact(EnvironmentalImpactCategory category, float amount) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StatusSchedule(String period_begin, String period_end, EvseStatus status) {}

    // The nodes' own name of the last one ends in a space.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record PublishTokenType(String uid, TokenType type, String visual_number, String issuer,
        @JsonProperty("group_id ") String group_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Session(String country_code, String party_id, String id, String start_date_time, String end_date_time,
        float kwh, CdrToken cdr_token, AuthMethod auth_method, String authorization_reference, String location_id,
        String evse_uid, String connector_id, String meter_id, String currency, List<ChargingPeriod> charging_periods,
        Price total_cost, SessionStatus status, String last_updated) {}

    record CdrToken(String country_code, String party_id, String uid, TokenType type, String contract_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ChargingPeriod(String start_date_time, List<CdrDimension> dimensions, String tariff_id) {}

    record CdrDimension(CdrDimensionType type, float volume) {}

    record Price(float excl_vat, float incl_vat) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ChargingPreferences(ProfileType profile_type, String departure_time, Float energy_need,
        Boolean discharge_allowed) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Cdr(String country_code, String party_id, String id, String start_date_time, String end_date_time,
        String session_id, CdrToken cdr_token, AuthMethod auth_method, String authorization_reference,
        CdrLocation cdr_location, String meter_id, String currency, List<Tariff> tariffs,
        List<ChargingPeriod> charging_periods, SignedData signed_data, Price total_cost, Price total_fixed_cost,
        float total_energy, Price total_energy_cost, float total_time, Price total_time_cost, Float total_parking_time,
        Price total_parking_cost, Price total_reservation_cost, String remark, String invoice_reference_id,
        Boolean credit, String credit_reference_id, String last_updated, Boolean home_charging_compensation) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CdrLocation(String id, String name, String address, String city, String postal_code, String country,
        GeoLocation coordinates, String evse_uid, String evse_id, String connector_id, ConnectorType connector_standard,
        ConnectorFormat connector_format, PowerType connector_power_type) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SignedData(String encoding_method, Integer encoding_method_version, String public_key,
        List<SignedValue> signed_values, String url) {}

    record SignedValue(String nature, String plain_data, String signed_data) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Tariff(String country_code, String party_id, String id, String currency, TariffType type,
        List<DisplayText> tariff_alt_text, String tariff_alt_url, Price min_price, Price max_price,
        List<TariffElement> elements, String start_date_time, String end_date_time, EnergyMix energy_mix,
        String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TariffElement(List<PriceComponent> price_components, TariffRestrictions restrictions) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record PriceComponent(TariffDimensionType type, float price, Float vat, int step_size) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TariffRestrictions(String start_time, String end_time, String start_date, String end_date, Float min_kwh,
        Float max_kwh, Float min_current, Float max_current, Float min_power, Float max_power, Integer min_duration,
        Integer max_duration, List<DayOfWeek> day_of_week, ReservationRestrictionType reservation) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Token(String country_code, String party_id, String uid, TokenType type, String contract_id,
        String visual_number, String issuer, String group_id, boolean valid, WhitelistType whitelist, String language,
        ProfileType default_profile_type, EnergyContract energy_contract, String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record EnergyContract(String supplier_name, String contract_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record LocationReferences(String location_id, List<String> evse_uids, List<String> connector_ids) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ReserveNow(String response_url, Token token, String expiry_date, String reservation_id, String location_id,
        String evse_uid, String authorization_reference) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StartSession(String response_url, Token token, String location_id, String evse_uid, String connector_id,
        String authorization_reference) {}

    record StopSession(String response_url, String session_id) {}

    record UnlockConnector(String response_url, String location_id, String evse_uid, String connector_id) {}

    record CancelReservation(String response_url, String reservation_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CommandResult(CommandResultType result, DisplayText message) {}

    record SetChargingProfile(ChargingProfile charging_profile, String response_url) {}

    record ActiveChargingProfile(String start_date_time, ChargingProfile charging_profile) {}

    record GenericChargingProfileResult(ChargingProfileResultType result, ActiveChargingProfile profile) {}

    record ChargingProfile(String start_date_time, Integer duration, ChargingRateUnit charging_rate_unit,
        Float min_charging_rate, List<ChargingProfilePeriod> charging_profile_period) {}

    record ChargingProfilePeriod(int start_period, float limit) {}

    record ClientInfo(String party_id, String country_code, Role role, ConnectionStatus status, String last_updated) {}

    // A response's data is read into maps, whatever it is.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OcpiResponse(int status_code, String status_message, Object data, String timestamp) {}

    enum CommandResultType { ACCEPTED, CANCELED_RESERVATION, EVSE_OCCUPIED, EVSE_INOPERATIVE, FAILED, NOT_SUPPORTED,
        REJECTED, TIMEOUT, UNKNOWN_RESERVATION }
    enum ChargingProfileResultType { ACCEPTED, REJECTED, UNKNOWN }
    enum Facility { HOTEL, RESTAURANT, CAFE, MALL, SUPERMARKET, SPORT, RECREATION_AREA, NATURE, MUSEUM,
        BIKE_SHARING, BUS_STOP, TAXI_STAND, TRAM_STOP, METRO_STATION, TRAIN_STATION, AIRPORT, PARKING_LOT,
        CARPOOL_PARKING, FUEL_STATION, WIFI }
    enum EnergySourceCategory { NUCLEAR, GENERAL_FOSSIL, COAL, GAS, GENERAL_GREEN, SOLAR, WIND, WATER }
    enum EnvironmentalImpactCategory { NUCLEAR_WASTE, CARBON_DIOXIDE }
    enum EvseStatus { AVAILABLE, BLOCKED, CHARGING, INOPERATIVE, OUTOFORDER, PLANNED, REMOVED, RESERVED, UNKNOWN }
    enum Capability { CHARGING_PROFILE_CAPABLE, CHARGING_PREFERENCES_CAPABLE, CHIP_CARD_SUPPORT,
        CONTACTLESS_CARD_SUPPORT, CREDIT_CARD_PAYABLE, DEBIT_CARD_PAYABLE, PED_TERMINAL, REMOTE_START_STOP_CAPABLE,
        RESERVABLE, RFID_READER, START_SESSION_CONNECTOR_REQUIRED, TOKEN_GROUP_CAPABLE, UNLOCK_CAPABLE }
    enum ParkingRestriction { EV_ONLY, PLUGGED, DISABLED, CUSTOMERS, MOTORCYCLES }
    enum ConnectorType { CHADEMO, DOMESTIC_A, DOMESTIC_B, DOMESTIC_C, DOMESTIC_D, DOMESTIC_E, DOMESTIC_F,
        DOMESTIC_G, DOMESTIC_H, DOMESTIC_I, DOMESTIC_J, DOMESTIC_K, DOMESTIC_L, IEC_60309_2_single_16,
        IEC_60309_2_three_16, IEC_60309_2_three_32, IEC_60309_2_three_64, IEC_62196_T1, IEC_62196_T1_COMBO,
        IEC_62196_T2, IEC_62196_T2_COMBO, IEC_62196_T3A, IEC_62196_T3C, PANTOGRAPH_BOTTOM_UP, PANTOGRAPH_TOP_DOWN,
        TESLA_R, TESLA_S }
    enum ConnectorFormat { SOCKET, CABLE }
    enum PowerType { AC_1_PHASE, AC_3_PHASE, DC }
    enum ParkingType { ALONG_MOTORWAY, PARKING_GARAGE, PARKING_LOT, ON_DRIVEWAY, ON_STREET, UNDERGROUND_GARAGE }
    enum TariffType { AD_HOC_PAYMENT, PROFILE_CHEAP, PROFILE_FAST, PROFILE_GREEN, REGULAR }
    enum TariffDimensionType { ENERGY, FLAT, PARKING_TIME, TIME }
    enum ReservationRestrictionType { RESERVATION, RESERVATION_EXPIRES }
    enum TokenType { AD_HOC_USER, APP_USER, OTHER, RFID }
    enum WhitelistType { ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER }
    enum ProfileType { CHEAP, FAST, GREEN, REGULAR }
    enum SessionStatus { ACTIVE, COMPLETED, INVALID, PENDING, RESERVATION }
    enum CdrDimensionType { CURRENT, ENERGY, ENERGY_EXPORT, ENERGY_IMPORT, MAX_CURRENT, MIN_CURRENT, MAX_POWER,
        MIN_POWER, PARKING_TIME, POWER, RESERVATION_TIME, STATE_OF_CHARGE, TIME }
    enum AuthMethod { AUTH_REQUEST, COMMAND, WHITELIST }
    enum ImageCategory { CHARGER, ENTRANCE, LOCATION, NETWORK, OPERATOR, OTHER, OWNER }
    enum ChargingRateUnit { W, A }
    enum Role { CPO, EMSP, HUB, NAP, NSP, OTHER, SCSP }
    enum ConnectionStatus { CONNECTED, OFFLINE, PLANNED, SUSPENDED }
}
