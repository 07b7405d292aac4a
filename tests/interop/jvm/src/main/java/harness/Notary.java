package harness;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.DocumentContext;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.Option;
import com.jayway.jsonpath.ParseContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.brotli.dec.BrotliInputStream;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Hash;
import org.web3j.crypto.Keys;
import org.web3j.crypto.Sign;
import org.web3j.utils.Numeric;

/** Signs and verifies as the notary of the public Kotlin nodes does: by what Jackson and JsonPath make of a body. */
final class Notary {
    static final ObjectMapper MAPPER = new ObjectMapper()
        .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
        .setAnnotationIntrospector(new Required());
    private static final ParseContext PATHS =
        JsonPath.using(Configuration.defaultConfiguration().addOptions(Option.SUPPRESS_EXCEPTIONS));

    /** Makes required what is required of the nodes' classes. */
    private static final class Required extends JacksonAnnotationIntrospector {
        @Override
        public Boolean hasRequiredMarker(AnnotatedMember member) {
            String names = Models.REQUIRED.get(member.getDeclaringClass());
            if (names == null || !(member instanceof AnnotatedParameter)) {
                return super.hasRequiredMarker(member);
            }
            int index = ((AnnotatedParameter) member).getIndex();
            String name = member.getDeclaringClass().getRecordComponents()[index].getName();
            return List.of(names.split(" ")).contains(name);
        }
    }

    /** What is signed, as a node holds it: the body is of a class of the node's, or maps. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Values(Map<String, Object> headers, Map<String, Object> params, Object body) {}

    record Rewrite(Map<String, Object> rewrittenFields, String hash, String rsv, String signatory) {}

    record Signature(List<String> fields, String hash, String rsv, String signatory, List<Rewrite> rewrites) {}

    private Notary() {}

    static Signature read(String header) throws IOException {
        byte[] packed = Base64.getDecoder().decode(header);
        boolean gzip = packed[0] == 0x1f && (packed[1] & 0xff) == 0x8b;
        InputStream bytes = new ByteArrayInputStream(packed);
        try (InputStream text = gzip ? new GZIPInputStream(bytes) : new BrotliInputStream(bytes)) {
            return MAPPER.readValue(text, Signature.class);
        }
    }

    static String write(Signature signature) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(MAPPER.writeValueAsBytes(signature));
        }
        return Base64.getEncoder().encodeToString(packed.toByteArray());
    }

    /** Returns the reason for which a node refuses the message, or null. */
    static String verify(Signature signature, Values values) throws IOException {
        DocumentContext document = PATHS.parse(MAPPER.writeValueAsString(values));
        StringBuilder message = new StringBuilder();
        for (String field : signature.fields()) {
            message.append((Object) document.read(field.toLowerCase()));
        }
        if (!signature.hash().equals(Hash.sha3String(message.toString()))) {
            return "Request has been modified.";
        }
        if (!sameAddress(signature.signatory(), signer(signature.hash(), signature.rsv()))) {
            return "Signatories do not match.";
        }
        List<Rewrite> rewrites = signature.rewrites();
        for (int index = rewrites.size() - 1; index >= 0; index--) {
            Rewrite rewrite = rewrites.get(index);
            rewrite.rewrittenFields().forEach(document::set);
            StringBuilder before = new StringBuilder();
            for (String field : signature.fields()) {
                Object value = document.read(field.toLowerCase());
                if (value != null) {
                    before.append(value);
                }
            }
            if (!rewrite.hash().equals(Hash.sha3String(before.toString()))) {
                return "Rewrite " + index + ": stashed values do not match original.";
            }
            if (!sameAddress(rewrite.signatory(), signer(rewrite.hash(), rewrite.rsv()))) {
                return "Rewrite " + index + ": signatory of stashed rewrite incorrect.";
            }
            document = PATHS.parse(MAPPER.writeValueAsString(MAPPER.readValue(document.jsonString(), Values.class)));
        }
        return null;
    }

    static Signature sign(Values values, String key, List<Rewrite> rewrites) throws IOException {
        List<String> fields = new ArrayList<>();
        StringBuilder message = new StringBuilder();
        walk("$", MAPPER.readValue(MAPPER.writeValueAsString(values), Map.class), fields, message);
        String hash = Hash.sha3String(message.toString());
        Credentials credentials = Credentials.create(key);
        Sign.SignatureData data =
            Sign.signPrefixedMessage(hash.getBytes(StandardCharsets.UTF_8), credentials.getEcKeyPair());
        String rsv = "0x" + hex(data.getR()) + hex(data.getS()) + hex(data.getV());
        return new Signature(fields, hash, rsv, credentials.getAddress(), rewrites);
    }

    private static void walk(String path, Object value, List<String> fields, StringBuilder message) {
        if (value == null || value.equals("")) {
            return;
        }
        if (value instanceof Collection<?> items) {
            int index = 0;
            for (Object item : items) {
                walk(path + "[" + index++ + "]", item, fields, message);
            }
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((name, item) -> walk(path + "['" + name + "']", item, fields, message));
        } else {
            fields.add(path);
            message.append(value);
        }
    }

    /** Returns the values as a node has them after a change, and what it puts in the old ones' place. */
    static Values changed(JsonNode job, Map<String, Object> old) throws IOException {
        DocumentContext document = PATHS.parse(MAPPER.writeValueAsString(values(job)));
        map(job.get("changes")).forEach((path, value) -> {
            old.put(path, document.read(path));
            document.set(path, value);
        });
        Values changed = MAPPER.readValue(document.jsonString(), Values.class);
        return new Values(changed.headers(), changed.params(), MAPPER.convertValue(changed.body(), model(job)));
    }

    static Values values(JsonNode job) throws IOException {
        Object body = job.hasNonNull("body") ? MAPPER.readValue(job.get("body").asText(), model(job)) : null;
        return new Values(map(job.get("headers")), map(job.get("params")), body);
    }

    private static Class<?> model(JsonNode job) {
        return job.hasNonNull("model") ? Models.BY_NAME.get(job.get("model").asText()) : Object.class;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(JsonNode node) {
        return node == null || node.isNull() ? null : MAPPER.convertValue(node, LinkedHashMap.class);
    }

    /** Returns what a verifier appends for a JSON literal. */
    static String text(String literal, Class<?> type) throws IOException {
        Map<String, Object> holder = new LinkedHashMap<>();
        holder.put("value", MAPPER.readValue(literal, type));
        Object value = PATHS.parse(MAPPER.writeValueAsString(holder)).read("$['value']");
        return String.valueOf(value);
    }

    private static String signer(String text, String rsv) {
        byte[] bytes = Numeric.hexStringToByteArray(rsv);
        Sign.SignatureData data = new Sign.SignatureData(
            bytes[64], Arrays.copyOfRange(bytes, 0, 32), Arrays.copyOfRange(bytes, 32, 64));
        try {
            return Keys.getAddress(Sign.signedPrefixedMessageToKey(text.getBytes(StandardCharsets.UTF_8), data));
        } catch (java.security.SignatureException error) {
            return "";
        }
    }

    private static boolean sameAddress(String one, String other) {
        return Numeric.cleanHexPrefix(one).equalsIgnoreCase(Numeric.cleanHexPrefix(other));
    }

    private static String hex(byte[] bytes) {
        return Numeric.toHexStringNoPrefix(bytes);
    }
}
