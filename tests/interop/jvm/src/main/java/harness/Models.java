package harness;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * The bodies that the public Kotlin nodes read into classes of their own: which fields these have, and which of them
 * are 32-bit floats or integers. Whatever else a body holds is lost when a node writes it again. Enumerations are text
 * here: a node refuses a value that it does not know, whoever signed it.
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

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Location(String country_code, String party_id, String id, boolean publish,
        List<PublishTokenType> publish_allowed_to, String name, String address, String city, String postal_code,
        String state, String country, GeoLocation coordinates, List<AdditionalGeoLocation> related_locations,
        String parking_type, List<Evse> evses, List<DisplayText> directions, BusinessDetails operator,
        BusinessDetails suboperator, BusinessDetails owner, List<String> facilities, String time_zone,
        Hours opening_times, String charging_when_closed, List<Image> images, EnergyMix energy_mix,
        String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Evse(String uid, String evse_id, String status, List<StatusSchedule> status_schedule,
        List<String> capabilities, List<Connector> connectors, String floor_level, GeoLocation coordinates,
        String physical_reference, List<DisplayText> directions, List<String> parking_restrictions,
        List<Image> images, String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Connector(String id, String standard, String format, String power_type, int max_voltage, int max_amperage,
        Integer max_electric_power, List<String> tariff_ids, String terms_and_conditions, String last_updated) {}

    record GeoLocation(String latitude, String longitude) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AdditionalGeoLocation(String latitude, String longitude, DisplayText name) {}

    record DisplayText(String language, String text) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record BusinessDetails(String name, String website, Image logo) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Image(String url, String thumbnail, String category, String type, Integer width, Integer height) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Hours(boolean twentyfourseven, List<RegularHours> regular_hours,
        List<ExceptionalPeriod> exceptional_openings, List<ExceptionalPeriod> exceptional_closings) {}

    record RegularHours(int weekday, String period_begin, String period_end) {}

    record ExceptionalPeriod(String period_begin, String period_end) {}

    record EnergyMix(boolean is_green_energy, List<EnergySource> energy_sources,
        List<EnvironmentalImpact> environ_impact, String supplier_name, String energy_product_name) {}

    record EnergySource(String source, float percentage) {}

    record EnvironmentalImpact(String category, float amount) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StatusSchedule(String period_begin, String period_end, String status) {}

    // The nodes' own name of the last one ends in a space.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record PublishTokenType(String uid, String type, String visual_number, String issuer,
        @JsonProperty("group_id ") String group_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Session(String country_code, String party_id, String id, String start_date_time, String end_date_time,
        float kwh, CdrToken cdr_token, String auth_method, String authorization_reference, String location_id,
        String evse_uid, String connector_id, String meter_id, String currency, List<ChargingPeriod> charging_periods,
        Price total_cost, String status, String last_updated) {}

    record CdrToken(String country_code, String party_id, String uid, String type, String contract_id) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ChargingPeriod(String start_date_time, List<CdrDimension> dimensions, String tariff_id) {}

    record CdrDimension(String type, float volume) {}

    record Price(float excl_vat, float incl_vat) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ChargingPreferences(String profile_type, String departure_time, Float energy_need,
        Boolean discharge_allowed) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Cdr(String country_code, String party_id, String id, String start_date_time, String end_date_time,
        String session_id, CdrToken cdr_token, String auth_method, String authorization_reference,
        CdrLocation cdr_location, String meter_id, String currency, List<Tariff> tariffs,
        List<ChargingPeriod> charging_periods, SignedData signed_data, Price total_cost, Price total_fixed_cost,
        float total_energy, Price total_energy_cost, float total_time, Price total_time_cost, Float total_parking_time,
        Price total_parking_cost, Price total_reservation_cost, String remark, String invoice_reference_id,
        Boolean credit, String credit_reference_id, String last_updated, Boolean home_charging_compensation) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CdrLocation(String id, String name, String address, String city, String postal_code, String country,
        GeoLocation coordinates, String evse_uid, String evse_id, String connector_id, String connector_standard,
        String connector_format, String connector_power_type) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SignedData(String encoding_method, Integer encoding_method_version, String public_key,
        List<SignedValue> signed_values, String url) {}

    record SignedValue(String nature, String plain_data, String signed_data) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Tariff(String country_code, String party_id, String id, String currency, String type,
        List<DisplayText> tariff_alt_text, String tariff_alt_url, Price min_price, Price max_price,
        List<TariffElement> elements, String start_date_time, String end_date_time, EnergyMix energy_mix,
        String last_updated) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TariffElement(List<PriceComponent> price_components, TariffRestrictions restrictions) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record PriceComponent(String type, float price, Float vat, int step_size) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TariffRestrictions(String start_time, String end_time, String start_date, String end_date, Float min_kwh,
        Float max_kwh, Float min_current, Float max_current, Float min_power, Float max_power, Integer min_duration,
        Integer max_duration, List<String> day_of_week, String reservation) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Token(String country_code, String party_id, String uid, String type, String contract_id,
        String visual_number, String issuer, String group_id, boolean valid, String whitelist, String language,
        String default_profile_type, EnergyContract energy_contract, String last_updated) {}

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
    record CommandResult(String result, DisplayText message) {}

    record SetChargingProfile(ChargingProfile charging_profile, String response_url) {}

    record ActiveChargingProfile(String start_date_time, ChargingProfile charging_profile) {}

    record GenericChargingProfileResult(String result, ActiveChargingProfile profile) {}

    record ChargingProfile(String start_date_time, Integer duration, String charging_rate_unit,
        Float min_charging_rate, List<ChargingProfilePeriod> charging_profile_period) {}

    record ChargingProfilePeriod(int start_period, float limit) {}

    record ClientInfo(String party_id, String country_code, String role, String status, String last_updated) {}

    // A response's data is read into maps, whatever it is.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OcpiResponse(int status_code, String status_message, Object data, String timestamp) {}
}
