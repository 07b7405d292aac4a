"""The page's copy of the registry, in Node.js, with a simulated node."""

from pages_in_node import run_in_node

from ocn_registry.explorer.files import PAGE

OPERATOR, MOVED, PARTY = (f"0x{digit * 40}" for digit in "123")


def test_history_begun_by_one_view_is_kept_when_the_view_is_left():
    program = """await (async () => {
        const answers = [];
        const backwards = () => new Promise((resolve) => answers.push(resolve));
        const past = new page.Past({
            backwards, block: { number: 0 }, parties: new Map(),
            network: { registry: "0x1", permissions: "0x2", startBlock: 0 },
        });
        const left = new AbortController();
        const first = past.page({ limit: 10 }, left.signal).catch((error) => error.name);
        const second = past.page({ limit: 10 }).catch((error) => error.name);
        left.abort();
        answers[0]({ logs: [], before: { number: 0 } });
        await first;
        return await second;
    })()"""
    wanted = {"complete": True, "before": None, "events": []}
    assert run_in_node("chain/past.js", program) == wanted


def test_agreements_that_could_not_be_read_are_read_again():
    program = """await (async () => {
        let fails = true;
        const backwards = async () => {
            if (fails) throw new Error("away");
            return { logs: [] };
        };
        const agreed = new page.Agreed({
            backwards, block: { number: 1 }, services: new Map(),
            network: { registry: "0x1", permissions: "0x2", startBlock: 0 },
        });
        const first = await agreed.count(10).catch((error) => error.message);
        fails = false;
        return [first, await agreed.count(10).catch((error) => error.message)];
    })()"""
    assert run_in_node("chain/agreed.js", program) == ["away", 0]


def test_parties_at_a_node_follow_its_operator_to_a_new_key():
    program = """await (async () => {
        const { hashOf } = await import(given.keccak);
        const word = (address) => `0x${address.slice(2).padStart(64, "0")}`;
        const block = (number) => ({
            number: `0x${number}`, hash: `0x${`${number}`.repeat(64)}`, timestamp: "0x1",
        });
        let head = 1;
        const moved = {
            address: "0x1", data: "0x",
            topics: [
                hashOf("AccountMoved(address,address)"), word(given.operator), word(given.moved),
            ],
        };
        const ask = async (method, [first]) => {
            if (method === "eth_chainId") return "0x1";
            if (method === "eth_getBlockByNumber")
                return block(first === "latest" ? head : Number(first));
            if (method === "eth_getLogs") return [moved];
            throw new Error(method);
        };
        class Made extends page.Replica {
            async view(name, values) {
                const operator = head === 1 ? given.operator : given.moved;
                const party = [given.party, "DE", "ABC", [], [], [], operator, "", 1, true, ""];
                const one = values[0] === operator;
                return {
                    nodeCount: [1], partyCount: [1], serviceCount: [0],
                    nodes: [[[operator, "https://node.example"]]], parties: [[party]],
                    getNode: [one ? "https://node.example" : ""], partiesOf: [[]],
                    getService: ["", "", "", "", []], serviceVersion: [0],
                }[name];
            }
        }
        const askTogether = (questions) => Promise.all(questions.map((one) => ask(...one)));
        const nodes = { ask, askTogether };
        const replica = new Made(nodes, { chainId: 1, registry: "0x1", permissions: "0x2" });
        await replica.look();
        head = 2;
        await replica.look();
        const { operator } = replica.parties.get("DEABC");
        return [replica.block.number, [...replica.nodes.keys()], operator];
    })()"""
    keccak = (PAGE / "js" / "chain" / "keccak.js").as_uri()
    given = {"operator": OPERATOR, "moved": MOVED, "party": PARTY, "keccak": keccak}
    assert run_in_node("chain/replica.js", program, given) == [2, [MOVED], MOVED]


NODES = """await (async () => {
    const { RpcError } = await import(given.rpc);
    const hashOf = (number, branch) => `0x${number > 1 ? branch : 1}${`${number}`.repeat(63)}`;
    const block = (number, branch) => ({
        number: `0x${number}`, hash: hashOf(number, branch), timestamp: "0x1",
        parentHash: hashOf(number - 1, branch),
    });
    // A chain, and the state of another node behind the same URL.
    const current = { head: 2, branch: 1 };
    const late = { head: 2, branch: 1 };
    const answered = (node, method, [first]) => {
        if (method === "eth_chainId") return "0x1";
        if (method === "eth_getLogs" && !first.blockHash) return [`${node.branch}-${node.head}`];
        if (method === "eth_getLogs" || method === "eth_getBlockByHash") {
            const hash = first.blockHash ?? first;
            const number = Number(hash[3]);
            const named = block(number, node.branch);
            const there = number <= node.head && named.hash === hash;
            if (method === "eth_getBlockByHash") return there ? named : null;
            if (!there) throw new RpcError({ message: "unknown block" });
            return [`${hash[2]}-${hash[3]}`];
        }
        const number = first === "latest" ? node.head : Number(first);
        return number > node.head ? null : block(number, number > 1 ? node.branch : 1);
    };
    let turn = () => current;
    const ask = async (method, params) => answered(turn(method), method, params);
    const askTogether = async (questions) => {
        if (!given.together) throw new RpcError({});
        const node = turn(questions[0][0]);
        return questions.map((one) => answered(node, ...one));
    };
    const reads = [];
    class Seen extends page.Replica {
        async view(name) { return name.endsWith("Count") ? [0] : [[]]; }
        onChange = (logs) => reads.push(logs);
    }
    const nodes = { ask, askTogether };
    const replica = new Seen(nodes, { chainId: 1, registry: "0x1", permissions: "0x2" });
    await replica.ready;
    Object.assign(current, given.next);
    turn = (method) => (given.mixed && method === "eth_getLogs" ? late : current);
    await replica.look();
    const first = [replica.block.number, ...reads];
    turn = () => current;
    await replica.look();
    return [first, [replica.block.number, replica.block.hash[2], ...reads]];
})()"""


RPC = (PAGE / "js" / "chain" / "rpc.js").as_uri()


def looks(**given):
    """Return the state of a page after two polls: its block and the reported logs."""
    return run_in_node("chain/replica.js", NODES, {"rpc": RPC, **given})


def test_logs_of_a_lagging_node_are_not_trusted_to_be_complete():
    first, second = looks(next={"head": 3}, together=True, mixed=True)
    assert first == [2]
    assert second == [3, "1", ["1-3"]]


def test_logs_of_a_branch_that_other_nodes_left_are_not_read():
    first, second = looks(next={"head": 3, "branch": 2}, together=True, mixed=True)
    assert first == [2]
    assert second == [3, "2", None]  # everything was read again


def test_nodes_without_batches_are_asked_by_block_hash():
    first, second = looks(next={"head": 4}, together=False, mixed=False)
    assert first == [4, ["1-3", "1-4"]]
    assert second == [4, "1", ["1-3", "1-4"]]


def test_a_lagging_node_without_batches_is_not_trusted():
    first, second = looks(next={"head": 3}, together=False, mixed=True)
    assert first == [2]
    assert second == [3, "1", ["1-3"]]


def test_replaced_blocks_are_noticed_with_nodes_without_batches():
    first, _ = looks(next={"head": 3, "branch": 2}, together=False, mixed=False)
    assert first == [3, None]  # everything was read again


BACKWARDS = """await (async () => {
    const block = (number, branch = 1) => ({
        number: `0x${number}`, hash: `0x${branch}${`${number}`.repeat(63)}`, timestamp: "0x1",
    });
    // In turn: a node with the whole chain, one that lags, and one on an abandoned branch.
    const asked = [];
    const askTogether = async (questions) => {
        const node = given.nodes[asked.length % given.nodes.length];
        asked.push(node);
        return questions.map(([method, [first]]) => {
            if (method === "eth_getLogs") return [node];
            const number = Number(first);
            if (node === "lags" && number > 1) return null;
            return block(number, node === "left" && number > 1 ? 2 : 1);
        });
    };
    const replica = new page.Replica(
        { askTogether, ask: async () => { throw new Error("away"); } },
        { chainId: 1, registry: "0x1", permissions: "0x2" },
    );
    await replica.ready.catch(() => null);
    const end = { number: 3, hash: block(3).hash };
    const found = await replica.backwards(end, 2, [{}]).catch((error) => error.code);
    return [found.logs ?? found, found.before?.number ?? null, asked.length];
})()"""


def backwards(*nodes):
    return run_in_node("chain/replica.js", BACKWARDS, {"nodes": nodes})


def test_the_history_is_read_from_a_node_that_has_the_block_it_ends_with():
    assert backwards("whole") == [["whole"], 1, 1]
    assert backwards("lags", "left", "whole") == [["whole"], 1, 3]


def test_a_history_known_only_to_lagging_nodes_is_an_error():
    assert backwards("lags", "left") == ["chain_unavailable", None, 3]


LATEST = """await (async () => {
    const { hashOf } = await import(given.keccak);
    const { RpcError } = await import(given.rpc);
    const word = (digits) => digits.padStart(64, "0");
    // Each block has one event: a node of the operator whose number is the block's.
    const logOf = (number) => ({
        address: "0x1", blockNumber: `0x${number.toString(16)}`, logIndex: "0x0",
        topics: [hashOf("OperatorUpdate(address,string)"), `0x${word(number.toString(16))}`],
        data: `0x${word("20")}${word("1")}${"61".padEnd(64, "0")}`,
    });
    let asked = 0;
    const backwards = async ({ number }, from) => {
        if (from < given.kept) throw new RpcError({ message: "pruned" });
        asked = from;
        const numbers = Array.from({ length: number - from + 1 }, (_, at) => from + at);
        return { logs: numbers.map(logOf), before: { number: from - 1, hash: "" } };
    };
    const past = new page.Past({
        backwards, block: { number: 40 }, contractOf: () => "registry",
        network: { registry: "0x1", permissions: "0x2", startBlock: 1 },
    });
    const address = (number) => `0x${number.toString(16).padStart(40, "0")}`;
    const wanted = new Map(given.wanted.map((one) => [address(one), one]));
    const { latest, complete } = await past.latest("nodes", wanted, given.count);
    return [[...latest.keys()].map(Number), complete, asked];
})()"""


def latest(*wanted, count=10, kept=1):
    keccak = (PAGE / "js" / "chain" / "keccak.js").as_uri()
    given = {"wanted": wanted, "count": count, "kept": kept, "keccak": keccak, "rpc": RPC}
    return run_in_node("chain/past.js", LATEST, given)


def test_the_history_is_read_only_as_far_back_as_a_sorted_page_needs():
    found, complete, asked = latest(39, 38, 3, count=2)
    assert (found, complete) == ([39, 38], True)
    assert asked > 3
    assert latest(2, 39, 3, count=3)[:2] == [[39, 3, 2], True]


def test_entries_without_known_events_keep_their_order_in_a_sorted_list():
    found, complete, _ = latest(39, 3, kept=20)
    assert (found, complete) == ([39], False)
