package examples;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Address;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.Utf8String;
import org.web3j.abi.datatypes.generated.Bytes2;
import org.web3j.abi.datatypes.generated.Bytes3;
import org.web3j.abi.datatypes.generated.Uint8;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.request.Transaction;
import org.web3j.protocol.http.HttpService;

/** Reads a party: RPC_URL=... REGISTRY=0x... java -cp 'target/classes:target/dependency/*' examples.ReadParty DE ABC */
public final class ReadParty {
    private static final List<String> ROLES = List.of("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP");

    public static void main(String[] arguments) throws Exception {
        Function function = new Function(
            "getPartyDetailsByOcpi",
            List.of(new Bytes2(bytes(arguments[0])), new Bytes3(bytes(arguments[1]))),
            List.of(
                new TypeReference<Address>() {},
                new TypeReference<DynamicArray<Uint8>>() {}, // roles
                new TypeReference<DynamicArray<Uint8>>() {}, // modules, sender interface
                new TypeReference<DynamicArray<Uint8>>() {}, // modules, receiver interface
                new TypeReference<Address>() {},
                new TypeReference<Utf8String>() {}));
        Web3j web3 = Web3j.build(new HttpService(System.getenv("RPC_URL")));
        Transaction call = Transaction.createEthCallTransaction(
            null, System.getenv("REGISTRY"), FunctionEncoder.encode(function));
        String answer = web3.ethCall(call, DefaultBlockParameterName.LATEST).send().getValue();
        web3.shutdown();

        List<Type> party = FunctionReturnDecoder.decode(answer, function.getOutputParameters());
        if (party.get(0).equals(Address.DEFAULT)) {
            System.out.println("no such party");
            return;
        }
        System.out.println("party " + party.get(0));
        for (Type role : ((DynamicArray<?>) party.get(1)).getValue()) {
            System.out.println("role " + ROLES.get(((Uint8) role).getValue().intValue()));
        }
        System.out.println("operator " + party.get(4));
        System.out.println("url " + party.get(5)); // empty: the operator runs no node, the party can't be reached
    }

    private static byte[] bytes(String text) {
        return text.toUpperCase().getBytes(StandardCharsets.US_ASCII);
    }
}
