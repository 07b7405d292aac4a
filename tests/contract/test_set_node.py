"""setNode and setNodeRaw: who runs which node, and that an URL belongs to one operator."""

import pytest
from kit.contract import event, reverts

URL = "https://node.example.com/ocn"
OTHER_URL = "https://other.example.com"


def test_node_is_listed_and_announced(write, registry, operator):
    receipt = write("SetNode", operator, URL)

    assert receipt.events == (event("OperatorUpdate", operator, URL),)
    assert registry.getNode(operator) == URL
    assert registry.getNodeOperators() == (operator.address,)
    assert registry.nodeCount() == 1
    assert registry.nodes(0, 10) == ((operator.address, URL),)


def test_url_of_another_operator_is_refused(write, registry, operator, other_operator):
    write("SetNode", operator, URL)

    with reverts("DomainTaken", URL, operator):
        write("SetNode", other_operator, URL)

    assert registry.getNode(other_operator) == ""
