package examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.DocumentContext;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.Option;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.brotli.dec.BrotliInputStream;
import org.web3j.crypto.Hash;
import org.web3j.crypto.Keys;
import org.web3j.crypto.Sign;
import org.web3j.utils.Numeric;

/**
 * Verifies a message that no node has changed, read from the standard input:
 * {"signature": "the header OCN-Signature", "message": {"headers": {...}, "params": {...}, "body": ...}}
 */
public final class VerifyMessage {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        JsonNode input = JSON.readTree(System.in);
        byte[] packed = Base64.getDecoder().decode(input.get("signature").asText());
        JsonNode signature = JSON.readTree(new BrotliInputStream(new ByteArrayInputStream(packed)));

        DocumentContext message = JsonPath
            .using(Configuration.defaultConfiguration().addOptions(Option.SUPPRESS_EXCEPTIONS))
            .parse(JSON.writeValueAsString(input.get("message")));
        StringBuilder text = new StringBuilder();
        for (JsonNode field : signature.get("fields")) {
            Object value = message.read(field.asText().toLowerCase());
            text.append(value == null ? "" : value);
        }
        String hash = Hash.sha3String(text.toString());
        if (!hash.equals(signature.get("hash").asText())) {
            System.out.println("refused: the message does not hold the values that were signed");
            return;
        }
        byte[] rsv = Numeric.hexStringToByteArray(signature.get("rsv").asText());
        Sign.SignatureData data =
            new Sign.SignatureData(rsv[64], Arrays.copyOfRange(rsv, 0, 32), Arrays.copyOfRange(rsv, 32, 64));
        String signer = "0x" + Keys.getAddress(
            Sign.signedPrefixedMessageToKey(hash.getBytes(StandardCharsets.US_ASCII), data));
        boolean named = signer.equalsIgnoreCase(signature.get("signatory").asText());
        // Whose address it is, the registry says: the party's, or its operator's.
        System.out.println(named ? "signed by " + Keys.toChecksumAddress(signer) : "refused: another key signed");
    }
}
