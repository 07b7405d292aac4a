"""A snapshot contains all listed entries, and its file is read strictly."""

import hashlib
import json
from dataclasses import replace

import pytest
from rehearsal_v1 import URL

from ocn_registry import InvalidInput, Module, Node, PartyId, migration
from ocn_registry.migration import Kind, SourceAgreement, Why
from ocn_registry.models import ZERO_ADDRESS


def test_entries_are_in_the_order_of_the_lists(taken, old, who):
    assert taken.nodes == old.nodes()
    assert taken.nodes[0] == Node(operator=who.node.address, domain=URL)
    assert tuple(party for party in taken.parties if party.current) == old.parties()
    assert taken.services == old.services()
    emsp = taken.parties[1]
    assert (emsp.modules_sender, emsp.modules_receiver) == ((Module.TOKENS,), (Module.CDRS,))
    assert old.node(who.moved.address).domain == "https://new.example"


def test_earlier_ids_that_still_route_are_further_ids_of_their_account(taken, old, who):
    former, current = (one for one in taken.parties if one.address == who.renamed.address)
    assert (former.id, current.id) == (PartyId("DE", "AAA"), PartyId("DE", "BBB"))
    assert (former.current, current.current) == (False, True)
    assert replace(former, id=current.id) == current


def test_consents_are_read_from_the_events(taken, who):
    def consent(user, provider, *permissions, changed=False):
        return SourceAgreement(
            user=user.address,
            provider=provider.address,
            permissions=permissions,
            changed_since=changed,
        )

    assert set(taken.agreements) == {
        consent(who.emsp, who.provider, 1, 3),
        consent(who.cpo, who.changer, 1, changed=True),
        consent(who.emsp, who.changer, 1, changed=True),
        consent(who.provider, who.changer, 1, 2),
        consent(who.emsp, who.cpo, 7),
        consent(who.emsp, who.stranded, 1),
    }


def test_entries_that_readers_ignore_are_reported_too(taken, who):
    result = {(one.kind, one.subject, one.why) for one in taken.odd}
    assert result == {
        (Kind.NODE, "https://evil.example", Why.ZERO_ADDRESS),
        (Kind.PARTY, ZERO_ADDRESS, Why.ZERO_ADDRESS),
        (Kind.SERVICE, ZERO_ADDRESS, Why.ZERO_ADDRESS),
        (Kind.NODE, "https://old.example", Why.STALE_URL),
        (Kind.AGREEMENT, f"{who.cpo.address} with {who.provider.address}", Why.REVOKED),
        (Kind.AGREEMENT, f"{who.cpo.address} with {who.leaver.address}", Why.SERVICE_ENDED),
        (Kind.AGREEMENT, f"{who.emsp.address} with {who.leaver.address}", Why.SERVICE_ENDED),
    }


def test_earlier_block_is_read_as_it_was(old, who):
    first = migration.snapshot(old, block=5)
    assert first.block.number == 5
    assert len(first.nodes) == 1
    with pytest.raises(InvalidInput, match="no block"):
        migration.snapshot(old, block=10_000)


def test_file_is_read_back_as_saved(taken, tmp_path):
    path = tmp_path / "registry.json"
    path.write_text("something else")
    digest = migration.save(taken, path)
    assert path.read_text().isascii()
    assert "\x1b" not in path.read_text()
    assert migration.load(path) == taken
    assert digest == migration.digest_of(migration.load(path))
    assert [file.name for file in tmp_path.iterdir()] == ["registry.json"]
    assert digest != migration.digest_of(replace(taken, nodes=()))


def _without(fields):
    del fields["nodes"]


def _address(fields):
    fields["nodes"][0]["operator"] = "0x12"


def _role(fields):
    fields["parties"][0]["roles"] = [8]


def _fraction(fields):
    fields["block"]["number"] = 1.5


def _flag(fields):
    fields["chainId"] = True


def _changed(fields):
    fields["nodes"][0]["url"] += "x"


def _format(fields):
    fields["format"] = "\x1b[31m"


@pytest.mark.parametrize("change", [_without, _address, _role, _fraction, _flag, _changed, _format])
def test_file_that_was_changed_is_refused(taken, change):
    fields = json.loads(migration.to_json(taken))
    change(fields)
    with pytest.raises(InvalidInput) as raised:
        migration.from_json(json.dumps(fields))
    assert "\x1b" not in str(raised.value)


def test_file_with_additional_keys_is_refused(taken):
    fields = json.loads(migration.to_json(taken))
    del fields["digest"]
    fields["nodes"][0]["more"] = 1
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    fields["digest"] = hashlib.sha256(canonical).hexdigest()
    with pytest.raises(InvalidInput, match="more"):
        migration.from_json(json.dumps(fields))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"a":1,"a":2}'])
def test_file_of_something_else_is_refused(content):
    with pytest.raises(InvalidInput):
        migration.from_json(content)


def test_missing_file_is_refused(taken, tmp_path):
    with pytest.raises(InvalidInput, match="there is no snapshot"):
        migration.load(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match="written"):
        migration.save(taken, tmp_path / "no folder" / "registry.json")
