"""The rehearsal, in its small setting: straight and killed, it ends the same."""

import re
import sys
from pathlib import Path

import pytest

# Scripts and tools are not packages, so their folders are put on the path.
_ROOT = Path(__file__).resolve().parents[2]
for _folder in (_ROOT / "tools" / "rehearsal", _ROOT / "tools" / "build"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

import submit_sources  # noqa: E402
from rehearsal_line import Killer, Services  # noqa: E402

from ocn_registry.deploy.devnet import Devnet  # noqa: E402

# At the beginning of twelve steps; before and after the first change of six. Not after the offer:
# that is one transaction, which the next run's first step that sends hands over from the journal.
KILLS = 12 + 2 * 6 - 1


def test_rehearsal_ends_the_same_however_often_it_is_killed(start):
    program = start("tools/rehearsal/rehearsal.py", "--small")
    said = "".join(program.process.stdout)
    code, _, errors = program.finish()
    assert (code, errors) == (0, ""), said
    assert said.endswith(
        "both ended in the same state, with only the differences that the plan lists\n"
    )
    straight, killed = re.findall(r"state ([0-9a-f]{64})$", said, re.MULTILINE)
    assert straight == killed
    assert said.count("   killed ") == KILLS
    assert "nothing different but the 16 entries that the plan left out" in said
    assert "Registry sourcify exact_match" in said
    assert program.left_running() == []


@pytest.mark.parametrize("service", ["sourcify", "explorer"])
@pytest.mark.parametrize("wrong", ["nothing", "contract", "transaction", "chain"])
def test_stand_ins_take_only_what_is_on_the_chain(service, wrong, monkeypatch):
    monkeypatch.setattr(submit_sources, "metadata_of", lambda *_: "{}")  # compiled elsewhere
    with Devnet(import_open=True) as devnet:
        blocks = [devnet.request("eth_getBlockByNumber", hex(at), False) for at in (1, 2)]
        first, second = (block["transactions"][0] for block in blocks)
        known = {
            "Registry": {"address": devnet.registry_address, "transaction": first},
            "Permissions": {"address": devnet.permissions_address, "transaction": second},
        }
        for one in known.values():
            one["constructorArguments"] = "0x" + "00" * 64
        if wrong == "contract":
            known["Registry"]["address"] = devnet.permissions_address
        if wrong == "transaction":
            known["Registry"]["transaction"] = second
        record = {"chainId": 1 if wrong == "chain" else 31337, "contracts": known}
        record["registry"] = devnet.registry_address
        killer = Killer(armed=False, every=True)
        with Services(devnet.request, 31337, killer) as services:
            urls = {"sourcify": "", "explorer": "", service: services.url}

            def submitted():
                return submit_sources.submit(record, **urls, dry_run=False, pause_s=0.01)

            if wrong == "nothing" or (service == "explorer" and wrong != "contract"):
                assert len(submitted()) == 4
                assert len(services.verified) == 2
                assert any("already" in line for line in submitted())
                assert killer.done == 2
                return
            with pytest.raises(submit_sources.NotVerified):
                submitted()
            assert services.verified == set()
