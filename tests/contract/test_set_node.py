"""setNode and setNodeRaw list nodes, and a URL belongs to one operator."""

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
    registry.setNode(URL, sender=operator)

    with reverts("DomainTaken", URL, operator):
        write("SetNode", other_operator, URL)

    assert registry.getNode(other_operator) == ""
    assert registry.getNodeOperators() == (operator.address,)


def test_url_of_another_operator_is_refused_in_an_update_too(
    write, registry, listed_node, operator, other_operator
):
    url = listed_node(operator)
    other_url = listed_node(other_operator)

    with reverts("DomainTaken", url, operator):
        write("SetNode", other_operator, url)

    assert registry.getNode(other_operator) == other_url


def test_same_url_again_succeeds_and_is_announced_again(write, registry, operator):
    registry.setNode(URL, sender=operator)

    receipt = write("SetNode", operator, URL)

    assert receipt.events == (event("OperatorUpdate", operator, URL),)
    assert registry.nodes(0, 10) == ((operator.address, URL),)


def test_update_replaces_the_url(write, registry, operator):
    registry.setNode(URL, sender=operator)

    receipt = write("SetNode", operator, OTHER_URL)

    assert receipt.events == (event("OperatorUpdate", operator, OTHER_URL),)
    assert registry.nodes(0, 10) == ((operator.address, OTHER_URL),)
    assert registry.nodeCount() == 1


def test_update_frees_the_old_url(write, registry, operator, other_operator):
    registry.setNode(URL, sender=operator)
    registry.setNode(OTHER_URL, sender=operator)

    write("SetNode", other_operator, URL)

    assert registry.getNode(operator) == OTHER_URL
    assert registry.getNode(other_operator) == URL


def test_update_keeps_the_place_in_the_list(
    write, registry, listed_node, operator, other_operator, third_operator
):
    for each in (operator, other_operator, third_operator):
        listed_node(each)

    write("SetNode", other_operator, URL + "/new")

    order = (operator.address, other_operator.address, third_operator.address)
    assert registry.getNodeOperators() == order
    registry.deleteNode(sender=other_operator)  # found at its place by its new URL
    assert registry.getNodeOperators() == (operator.address, third_operator.address)


def test_urls_are_compared_byte_for_byte(write, registry, operator, other_operator):
    registry.setNode("https://node.example.com", sender=operator)

    write("SetNode", other_operator, "https://node.example.com:443")

    assert registry.nodeCount() == 2


def test_two_operators_exchange_urls_in_three_steps(
    write, registry, listed_node, operator, other_operator
):
    url, other_url = listed_node(operator), listed_node(other_operator)

    write("SetNode", operator, "https://for-a-moment.example.com")
    write("SetNode", other_operator, url)
    write("SetNode", operator, other_url)

    assert registry.nodes(0, 10) == (
        (operator.address, other_url),
        (other_operator.address, url),
    )


def test_update_reaches_the_parties_of_the_operator(write, registry, listed_party, operator, cpo):
    party_id = listed_party(cpo)

    write("SetNode", operator, OTHER_URL)

    assert registry.getOperatorByAddress(cpo) == (operator.address, OTHER_URL)
    assert registry.getOperatorByOcpi(*party_id) == (operator.address, OTHER_URL)
    assert registry.getPartyDetailsByAddress(cpo).operatorDomain == OTHER_URL
    assert registry.getPartyDetailsByOcpi(*party_id).operatorDomain == OTHER_URL
    assert registry.parties(0, 1)[0].operatorDomain == OTHER_URL


def test_long_url_is_stored_whole_and_replaced_by_a_short_one(write, registry, operator):
    long_url = "https://" + "a" * 247
    write("SetNode", operator, long_url)
    assert registry.getNode(operator) == long_url

    write("SetNode", operator, URL)

    assert registry.getNode(operator) == URL


def test_one_url_can_be_listed_by_either_of_two_operators_in_turn(
    write, registry, operator, other_operator
):
    write("SetNode", operator, URL)
    registry.deleteNode(sender=operator)
    write("SetNode", other_operator, URL)

    with reverts("DomainTaken", URL, other_operator):
        write("SetNode", operator, URL)
