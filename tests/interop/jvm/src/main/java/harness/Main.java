package harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers jobs, a line of JSON each, with a line of JSON each: {"value": ...} or {"error": ...}. */
public final class Main {
    private static final ObjectMapper JSON = Notary.MAPPER;

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                answer.putPOJO("value", done(JSON.readTree(line)));
            } catch (Exception error) {
                answer.put("error", String.valueOf(error));
            }
            answers.println(JSON.writeValueAsString(answer));
        }
    }

    private static Object done(JsonNode job) throws IOException {
        switch (job.get("do").asText()) {
            case "verify": // null, or why the message is refused
                return Notary.verify(Notary.read(job.get("header").asText()), Notary.values(job));
            case "relay": // the body as the node sends it on
                return JSON.writeValueAsString(Notary.values(job).body());
            case "sign": {
                Notary.Values values = Notary.values(job);
                return sent(values, Notary.sign(values, job.get("key").asText(), List.of()));
            }
            case "rewrite": {
                Notary.Signature before = Notary.read(job.get("header").asText());
                Map<String, Object> old = new LinkedHashMap<>();
                Notary.Values values = Notary.changed(job, old);
                List<Notary.Rewrite> rewrites = new ArrayList<>(before.rewrites());
                rewrites.add(new Notary.Rewrite(old, before.hash(), before.rsv(), before.signatory()));
                return sent(values, Notary.sign(values, job.get("key").asText(), rewrites));
            }
            case "texts": {
                List<Object> texts = new ArrayList<>();
                for (JsonNode literal : job.get("literals")) {
                    texts.add(Notary.text(literal.asText(), "float".equals(job.get("type").asText())
                        ? Float.class : Object.class));
                }
                return texts;
            }
            default:
                throw new IOException("no such job");
        }
    }

    private static Map<String, Object> sent(Notary.Values values, Notary.Signature signature) throws IOException {
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("headers", values.headers());
        sent.put("body", JSON.writeValueAsString(values.body()));
        sent.put("header", Notary.write(signature));
        return sent;
    }
}
