"""deleteNode, deleteNodeRaw and adminDeleteOperator: an operator can always leave."""

import pytest
from kit.contract import event, reverts

URL = "https://node.example.com/ocn"


@pytest.fixture(params=["direct", "raw", "by the owner"])
def delete_node(request, signed_request, registry, spender, owner):
    """Delete a node in each of the three ways."""

    def delete_node(operator):
        if request.param == "raw":
            return signed_request("DeleteNode", operator).send(spender)
        if request.param == "direct":
            return registry.deleteNode(sender=operator)
        return registry.adminDeleteOperator(operator, sender=owner)

    return delete_node


def test_deleted_node_leaves_every_list_and_emits_an_event(
    delete_node, registry, listed_node, operator
):
    listed_node(operator)

    receipt = delete_node(operator)

    assert receipt.events == (event("OperatorUpdate", operator, ""),)
    assert registry.getNode(operator) == ""
    assert registry.getNodeOperators() == ()
    assert registry.nodeCount() == 0
    assert registry.nodes(0, 10) == ()


def test_account_without_a_node_can_not_delete_one(
    delete_node, listed_node, operator, other_operator
):
    listed_node(other_operator)

    with reverts("NodeNotFound", operator):
        delete_node(operator)


def test_node_is_deleted_once(delete_node, listed_node, operator):
    listed_node(operator)
    delete_node(operator)

    with reverts("NodeNotFound", operator):
        delete_node(operator)


def test_url_is_free_afterwards(delete_node, registry, listed_node, operator, other_operator):
    url = listed_node(operator)

    delete_node(operator)
    registry.setNode(url, sender=other_operator)

    assert registry.nodes(0, 10) == ((other_operator.address, url),)


def test_operator_can_come_back_at_the_end_of_the_list(
    delete_node, registry, listed_node, operator, other_operator
):
    url, other_url = listed_node(operator), listed_node(other_operator)

    delete_node(operator)
    registry.setNode(url, sender=operator)

    assert registry.nodes(0, 10) == (
        (other_operator.address, other_url),
        (operator.address, url),
    )


@pytest.mark.parametrize(
    ("leaving", "left"),
    [(0, [3, 1, 2]), (1, [0, 3, 2]), (2, [0, 1, 3]), (3, [0, 1, 2])],
    ids=["first", "second", "third", "last"],
)
def test_last_of_the_list_moves_into_the_gap(
    delete_node, registry, operator, other_operator, third_operator, stranger, leaving, left
):
    people = [operator, other_operator, third_operator, stranger]
    for number, person in enumerate(people):
        registry.setNode(f"https://node-{number}.example.com", sender=person)

    delete_node(people[leaving])

    expected = [(people[n].address, f"https://node-{n}.example.com") for n in left]
    assert registry.nodes(0, 10) == tuple(expected)
    assert registry.getNodeOperators() == tuple(address for address, _ in expected)
    for person in [people[n] for n in left]:  # each is found at its place
        registry.deleteNode(sender=person)
    assert registry.nodes(0, 10) == ()


def test_parties_of_the_operator_stay_listed_and_are_unreachable(
    delete_node, registry, listed_party, operator, cpo
):
    party_id = listed_party(cpo)

    delete_node(operator)

    assert registry.getParties() == (cpo.address,)
    assert registry.getOperatorByAddress(cpo) == (operator.address, "")
    assert registry.getOperatorByOcpi(*party_id) == (operator.address, "")
    assert registry.getPartyDetailsByAddress(cpo).operatorAddress == operator.address
    assert registry.getPartyDetailsByAddress(cpo).operatorDomain == ""
    assert registry.getPartyDetailsByOcpi(*party_id).operatorDomain == ""
    assert registry.parties(0, 10)[0].operatorDomain == ""


def test_parties_are_reachable_again_when_the_operator_comes_back(
    delete_node, registry, listed_party, operator, cpo
):
    listed_party(cpo)
    delete_node(operator)

    registry.setNode(URL, sender=operator)

    assert registry.getOperatorByAddress(cpo) == (operator.address, URL)


def test_listings_of_parties_continue(delete_node, registry, listed_party, operator, cpo):
    listed_party(cpo)
    listing = registry.membershipOf(cpo)

    delete_node(operator)

    assert registry.membershipOf(cpo) == listing


@pytest.mark.parametrize("caller", ["operator", "stranger", "spender"])
def test_only_the_owner_deletes_for_another(registry, listed_node, roles, other_operator, caller):
    listed_node(other_operator)

    with reverts("OwnableUnauthorizedAccount", roles[caller]):
        registry.adminDeleteOperator(other_operator, sender=roles[caller])

    assert registry.nodeCount() == 1


def test_long_url_leaves_nothing_behind(delete_node, registry, operator):
    registry.setNode("https://" + "a" * 247, sender=operator)

    delete_node(operator)

    assert registry.getNode(operator) == ""
    registry.setNode(URL, sender=operator)
    assert registry.getNode(operator) == URL
