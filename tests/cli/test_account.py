"""The life of an account on the command line: several ids, a new key, a controller, leaving."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from ocn_registry import (
    CreateAgreement,
    KeySigner,
    Module,
    PartyId,
    Role,
    SetParty,
    SetPartyWebsite,
    SetService,
)

WEBSITE = "https://www.example.org"
ABC, DEF = PartyId("DE", "ABC"), PartyId("DE", "DEF")


@pytest.fixture
def deployment(devnet):
    return devnet.deployment()


@pytest.fixture
def with_two_ids(client, listed_node, cpo):
    for one in (ABC, DEF):
        wanted = SetParty(
            country_code=one.country_code,
            party_id=one.party_id,
            roles=[Role.CPO],
            operator=listed_node.address,
        )
        client.send(wanted, signer=cpo)
    return cpo


@pytest.fixture
def with_everything(client, with_two_ids, listed_node, provider):
    """List two ids, a website, a node with a party, a service, and an agreement each way."""
    client.set_node("https://cpo.example.org", signer=with_two_ids)
    client.send(
        SetPartyWebsite(country_code="DE", party_id="ABC", website=WEBSITE), signer=with_two_ids
    )
    client.set_party("DE", "SRV", [Role.SCSP], with_two_ids.address, signer=provider)
    for signer, other in ((provider, with_two_ids), (with_two_ids, provider)):
        client.send(SetService(name="Routes", permissions=[1]), signer=signer)
        if client.service(other.address):
            for user, offers in ((signer, other), (other, signer)):
                agreed = CreateAgreement(provider=offers.address, permissions=[1])
                client.send(agreed, signer=user)
    return with_two_ids


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text("a passphrase\n")
    return file


@pytest.fixture
def stored(tmp_path, secret):
    """Write a key to a keystore, and return its reference for the command line."""

    def store(signer, name):
        signer.to_keystore(tmp_path / name, lambda: "a passphrase")
        return f"keystore:{tmp_path / name}"

    return store


@pytest.fixture
def cold():
    """Make the key of a controller, which has no money."""
    return KeySigner.generate()


@pytest.fixture
def env(cold):
    """Put the cold key into an environment variable."""
    return {"COLD": "0x" + cold._key.secret.hex()}


@pytest.fixture
def controlled(done, with_two_ids, keys, env, spender):
    """Return an account whose controller is the cold key."""
    words = ("env:COLD", "-s", keys[with_two_ids.address], "-x", keys[spender.address], "-y")
    done("identity", "controller", *words, **env)
    return with_two_ids


def test_a_key_is_rotated_to_one_that_is_made_and_everything_moves(
    client, command, with_everything, keys, spender, secret, tmp_path
):
    old, new = with_everything.address, tmp_path / "new.json"
    before = client.identity.holdings(old)
    words = ("identity", "rotate", "--make", new, "-s", keys[old], "-x", keys[spender.address])
    finished = command(*words, "-y", "--passphrase-file", secret)
    assert finished.returncode == 0, finished.stderr
    output = json.loads(finished.stdout)
    signer = KeySigner.from_keystore(new, lambda: "a passphrase")
    (state,) = output["state"]
    assert (output["signers"], output["spender"]) == ([old], spender.address)
    assert [f"{one['countryCode']} {one['partyId']}" for one in state["parties"]] == [
        str(one.id) for one in before.parties
    ]
    assert state["account"] == signer.address
    assert state["node"]["url"] == "https://cpo.example.org"
    assert state["service"]["name"] == "Routes"
    assert len(state["agreements"]) == 1
    for moved in (
        "moves     DE DEF, DE ABC",
        "moves     the node https://cpo.example.org, with 1 party reached through it",
        "moves     its service 'Routes', with all agreements to it",
        "moves     1 agreement that it has made",
        f"ends      the account {old}: it can never list anything here again",
        f"sign with {signer.address} from now on",
    ):
        assert moved in finished.stderr
    assert client.identity.holdings(signer.address).parties != ()
    assert client.route("DE", "SRV").domain == "https://cpo.example.org"
    again = command(*words[:2], "--make", tmp_path / "third.json", *words[4:], "-y")
    assert again.returncode == 4
    assert not (tmp_path / "third.json").exists()


def test_a_key_is_rotated_to_one_that_is_given_and_the_old_key_pays(
    client, done, with_two_ids, keys, stored, secret
):
    new = KeySigner.generate()
    words = ("--to", stored(new, "new"), "--new-passphrase-file", secret)
    output = json.loads(
        done("identity", "rotate", *words, "-s", keys[with_two_ids.address], "--yes")
    )
    assert output["spender"] == with_two_ids.address
    assert len(client.parties_of(new.address)) == 2


@pytest.mark.parametrize("how", ["--make", "--to"])
def test_a_repeated_rotation_sends_nothing(
    client, command, with_two_ids, keys, spender, stored, secret, how
):
    new = KeySigner.generate()
    reference = stored(new, "new")
    client.identity.rotate(new, signer=with_two_ids, spender=spender)
    named = reference.removeprefix("keystore:") if how == "--make" else reference
    words = (how, named, "-s", keys[with_two_ids.address], "-x", keys[spender.address], "-y")
    finished = command("identity", "rotate", *words, "--passphrase-file", secret)
    assert finished.returncode == 0, finished.stderr
    output = json.loads(finished.stdout)
    assert (output["status"], output["state"][0]["account"]) == ("unchanged", new.address)
    assert output["accounts"] == output["signers"] == [with_two_ids.address]
    assert len(output["state"][0]["parties"]) == 2
    assert "there is nothing left to move" in finished.stderr


def test_an_operator_without_a_node_moves_its_waiting_parties_to_a_new_key(
    client, command, listed_node, keys, env, cold, emsp
):
    client.set_party("DE", "EMS", [Role.EMSP], listed_node.address, signer=emsp)
    client.delete_node(signer=listed_node)
    words = ("identity", "rotate", "--to", "env:COLD", "-s", keys[listed_node.address], "-y")
    finished = command(*words, **env)
    assert finished.returncode == 0, finished.stderr
    assert "moves     1 party that can't be reached until it has a node" in finished.stderr
    assert client.party("DE", "EMS").operator == cold.address


def test_a_controller_takes_over_the_account_and_is_no_longer_one(
    client, command, controlled, env, cold, keys, spender
):
    words = ("--to", "env:COLD", "-a", controlled.address, "--controller", "env:COLD", "-y")
    finished = command("identity", "rotate", *words, "-x", keys[spender.address], **env)
    assert finished.returncode == 0, finished.stderr
    assert "ends      its controller: the new key is the controller's own" in finished.stderr
    assert "which stays" not in finished.stderr
    assert f"sign with {cold.address} from now on" in finished.stderr
    assert client.controller_of(cold.address) == cold.address
    assert len(client.parties_of(cold.address)) == 2


def test_a_dry_run_of_a_rotation_makes_no_key(client, done, with_two_ids, keys, secret, tmp_path):
    words = ("--make", tmp_path / "new.json", "-s", keys[with_two_ids.address], "--dry-run")
    assert json.loads(done("identity", "rotate", *words))["status"] == "dry run"
    assert not (tmp_path / "new.json").exists()
    assert len(client.parties_of(with_two_ids.address)) == 2


def test_an_existing_key_is_not_overwritten(client, command, with_two_ids, keys, stored, secret):
    path = stored(KeySigner.generate(), "there").removeprefix("keystore:")
    words = ("--make", path, "-s", keys[with_two_ids.address], "--passphrase-file", secret)
    finished = command("identity", "rotate", *words, "--yes")
    assert finished.returncode == 2
    assert f"--to keystore:{path}" in finished.stderr
    assert len(client.parties_of(with_two_ids.address)) == 2


def test_nothing_is_rotated_unless_somebody_agrees(client, command, with_two_ids, keys, env):
    words = ("--to", "env:COLD", "-s", keys[with_two_ids.address])
    finished = command("identity", "rotate", *words, **env)
    assert finished.returncode == 2
    assert "--yes" in finished.stderr
    assert len(client.parties_of(with_two_ids.address)) == 2


def test_an_account_without_entries_can_not_be_rotated(client, command, keys, cpo, tmp_path):
    words = ("--make", tmp_path / "new.json", "-s", keys[cpo.address], "--yes")
    finished = command("identity", "rotate", *words)
    assert finished.returncode == 4
    assert not (tmp_path / "new.json").exists()


def test_a_lost_key_is_replaced_by_the_controller(
    client, command, controlled, keys, env, cold, spender
):
    new = KeySigner.generate()
    words = ("--to", "env:NEW", "-a", controlled.address, "--controller", "env:COLD")
    variables = env | {"NEW": "0x" + new._key.secret.hex()}
    paid = ("-x", keys[spender.address], "-y")
    finished = command("identity", "rotate", *words, *paid, **variables)
    assert finished.returncode == 0, finished.stderr
    (state,) = json.loads(finished.stdout)["state"]
    assert state["controller"] == cold.address == client.controller_of(new.address)
    assert f"moves     its controller {cold.address}, which stays" in finished.stderr
    said = f"sign OCN messages with {new.address} from now on; {cold.address} stays controller"
    assert said in finished.stderr
    assert len(client.parties_of(new.address)) == 2


# Each write, and how its effect is seen.
WRITES = (
    (("set-node", "https://cpo.example.org"), lambda client, who: client.node(who)),
    (
        ("set-website", WEBSITE, "-c", "DE", "ABC", "--yes"),
        lambda client, _: client.party("DE", "ABC").website,
    ),
    (("set-party-modules", "--si", "cdrs"), lambda client, who: client.party(who).modules_sender),
    (("set-service", "-p", "FORWARD_ALL"), lambda client, who: client.service(who)),
    (
        ("delete-party", "-c", "DE", "DEF"),
        lambda client, who: len(client.parties_of(who)) == 1,
    ),
)


@pytest.mark.parametrize("raw", [False, True])
def test_a_controller_signs_every_write_of_its_account(
    client, fresh, command, controlled, keys, env, cold, spender, raw
):
    fresh.request("anvil_setBalance", cold.address, hex(10**18))
    who = ("-a", controlled.address, "--controller", "env:COLD")
    who += ("-x", keys[spender.address]) if raw else ()
    for (direct, *words), seen in WRITES:
        name = f"{direct}-raw" if raw else direct
        finished = command(name, *words, *who, **env)
        assert finished.returncode == 0, finished.stderr
        output = json.loads(finished.stdout)
        assert (output["accounts"], output["signers"]) == ([controlled.address], [cold.address])
        assert output["spender"] == (spender.address if raw else cold.address)
        assert seen(client, controlled.address)
        assert json.loads(command(name, *words, *who, **env).stdout or "{}").get("status") in {
            "unchanged",
            None,
        }


@pytest.mark.parametrize("by", ["flag", "variable", "settings"])
def test_a_controller_is_named_by_flag_variable_or_settings(
    client, command, controlled, keys, env, emsp, spender, tmp_path, by
):
    words = ["set-node-raw", "https://cpo.example.org", "-x", keys[spender.address]]
    variables = env | {"HOT": keys[controlled.address]}
    if by == "flag":
        words += ["-s", "env:HOT", "--controller", "env:COLD"]
    elif by == "variable":
        words += ["-s", "env:HOT"]
        variables["OCN_CONTROLLER"] = "env:COLD"
    else:
        folder = tmp_path / "config" / "ocn-registry"
        folder.mkdir(parents=True)
        (folder / "settings.toml").write_text('signer = "env:HOT"\ncontroller = "env:COLD"\n')
        variables["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    finished = command(*words, **variables)
    assert finished.returncode == 0, finished.stderr
    assert client.node(controlled.address).domain == "https://cpo.example.org"
    if by == "settings":  # with another signer, its controller does not apply
        words[1:2] = ["https://e.example.org", "-s", keys[emsp.address]]
        finished = command(*words, **variables)
        assert finished.returncode == 0, finished.stderr
        assert client.node(emsp.address).domain == "https://e.example.org"


def test_the_accounts_own_key_is_refused_with_its_controller_named(command, controlled, keys, cold):
    finished = command("set-node", "https://cpo.example.org", "-s", keys[controlled.address])
    assert finished.returncode == 4
    assert cold.address in finished.stderr
    assert "--controller KEY" in finished.stderr


def test_a_plan_tells_signer_and_entry_once_for_several_changes_and_for_whom_a_controller_signs(
    command, controlled, listed_node, keys, env, cold, spender
):
    words = ("register", "-c", "DE", "NEW", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs")
    who = ("-a", controlled.address, "--controller", "env:COLD", "-x", keys[spender.address])
    finished = command(*words, "--website", WEBSITE, *who, "--dry-run", **env)
    assert finished.returncode == 0, finished.stderr
    plan = [line[:10].strip() for line in finished.stderr.splitlines()]
    assert (plan.count("signer"), plan.count("change"), plan.count("now")) == (1, 3, 1)
    line = f"signer    {cold.address}, the controller of {controlled.address}"
    assert line in finished.stderr.splitlines()
    preview = json.loads(finished.stdout)
    assert preview["accounts"] == [controlled.address] * 3
    assert preview["signers"] == [cold.address] * 3


def test_a_submitted_request_without_its_controllers_signature_names_the_way(
    travelling, command, controlled, keys, spender
):
    account = controlled.address
    file = travelling("prepare", "set-node", "https://cpo.example.org", "-a", account)
    file = travelling("sign", file, "--yes", SIGNER=keys[account])
    finished = command("request", "submit", file, "--yes", "-x", keys[spender.address])
    assert finished.returncode == 4
    assert "request sign FILE --controller KEY" in finished.stderr


def test_a_controller_needs_an_account(command, env):
    finished = command("set-node", "https://cpo.example.org", "--controller", "env:COLD", **env)
    assert finished.returncode == 2
    assert "--account" in finished.stderr


def test_the_keystore_of_a_controlled_account_is_not_opened(
    client, done, controlled, stored, env, spender, keys
):
    hot = stored(controlled_key(keys, controlled), "hot")
    words = ("set-node-raw", "https://cpo.example.org", "-s", hot, "--controller", "env:COLD")
    done(*words, "-x", keys[spender.address], **env)
    assert client.node(controlled.address).domain == "https://cpo.example.org"


def controlled_key(keys, who):
    return KeySigner.from_key(keys[who.address])


def test_a_controller_is_replaced_and_the_plan_says_whose_signature_ends(
    client, command, controlled, keys, env, cold, spender, emsp
):
    words = ("identity", "controller", keys[emsp.address], "-a", controlled.address)
    finished = command(*words, "--controller", "env:COLD", "-x", keys[spender.address], "-y", **env)
    assert finished.returncode == 0, finished.stderr
    ends = f"ends      the signature of {cold.address}: only the controller's counts from now on"
    assert ends in finished.stderr
    assert client.controller_of(controlled.address) == emsp.address


def test_a_controller_is_removed_by_itself_and_again_nothing_is_sent(
    client, command, controlled, keys, env, cold, spender
):
    words = ("identity", "controller", "none", "-a", controlled.address)
    words += ("--controller", "env:COLD", "-x", keys[spender.address], "--yes")
    finished = command(*words, **env)
    ends = f"ends      the signature of {cold.address}: the account's own counts again from now on"
    assert ends in finished.stderr
    output = json.loads(finished.stdout)
    assert output["state"] == [{"account": controlled.address, "controller": None}]
    assert client.controller_of(controlled.address) == controlled.address
    assert json.loads(command(*words, **env).stdout)["status"] == "unchanged"


def test_a_controller_cancels_what_its_account_signed(client, done, controlled, keys, env, spender):
    before = client.nonce(controlled.address)
    words = ("-a", controlled.address, "--controller", "env:COLD", "-x", keys[spender.address])
    done("request", "cancel", *words, "-y", **env)
    assert client.nonce(controlled.address) > before


def test_info_shows_all_ids_of_an_account_and_its_controller(done, controlled, cold):
    output = json.loads(done("info", "-a", controlled.address, "--json"))
    assert output["controller"] == cold.address
    ids = [output["party"], *output["otherParties"]]
    assert [(one["countryCode"], one["partyId"]) for one in ids] == [("DE", "DEF"), ("DE", "ABC")]


def test_a_stolen_key_of_a_controlled_account_is_refused_with_the_name_of_its_controller(
    command, controlled, cold, keys, spender, secret, tmp_path
):
    account, new = controlled.address, tmp_path / "new.json"
    signs = ("-s", keys[account], "-x", keys[spender.address], "-y")
    words = ("identity", "rotate", "--make", new, "--passphrase-file", secret)
    finished = command(*words, *signs)
    assert finished.returncode == 4
    assert f"only its controller {cold.address} can act for {account}" in finished.stderr
    assert not new.exists()
    finished = command("delete-party-raw", "-c", "DE", "ABC", *signs)
    assert finished.returncode == 4
    assert f"the request of {account} carries the signature of {account}" in finished.stderr
    assert f"with the key of {cold.address}, its controller" in finished.stderr


def test_an_address_in_place_of_a_controllers_key_is_refused_with_advice(
    command, with_two_ids, keys
):
    safe = KeySigner.generate().address
    finished = command("identity", "controller", safe, "-s", keys[with_two_ids.address])
    assert finished.returncode == 2
    assert f"request prepare set-controller {safe}" in finished.stderr


@pytest.mark.parametrize("first", ["account", "new key"])
def test_a_move_is_signed_on_two_machines_in_either_order(
    client, travelling, done, with_two_ids, keys, spender, first
):
    new = KeySigner.generate()
    account = with_two_ids.address
    file = travelling("prepare", "move-account", new.address, "-a", account)
    signers = [{"SIGNER": keys[account]}, {"SIGNER": "0x" + new._key.secret.hex()}]
    for variables in signers if first == "account" else reversed(signers):
        file = travelling("sign", file, "--yes", **variables)
    (shown,) = json.loads(done("request", "show", file))
    assert (shown["signed"], shown["acceptance"]["signed"]) == (True, True)
    assert shown["acceptance"]["account"] == new.address
    done("request", "verify", file)
    done("request", "submit", file, "--yes", "-x", keys[spender.address])
    assert len(client.parties_of(new.address)) == 2


def test_a_move_that_only_one_signed_is_not_sent(
    client, travelling, command, with_two_ids, keys, spender
):
    new = KeySigner.generate()
    file = travelling("prepare", "move-account", new.address, "-a", with_two_ids.address)
    file = travelling("sign", file, "--yes", SIGNER=keys[with_two_ids.address])
    finished = command("request", "submit", file, "--yes", "-x", keys[spender.address])
    assert finished.returncode == 2
    assert "has not accepted" in finished.stderr
    assert len(client.parties_of(with_two_ids.address)) == 2


def test_a_controller_signs_a_request_that_was_prepared(
    client, travelling, done, controlled, keys, env, spender
):
    file = travelling("prepare", "set-node", "https://cpo.example.org", "-a", controlled.address)
    file = travelling("sign", file, "--controller", "env:COLD", "--yes", **env)
    done("request", "submit", file, "--yes", "-x", keys[spender.address])
    assert client.node(controlled.address).domain == "https://cpo.example.org"


def test_signatures_of_wallets_are_added_to_their_part(
    client, travelling, done, with_two_ids, keys, spender, cold
):

    def signature(document, key):
        whole = {name: document[name] for name in document if name != "acceptance"}
        signed = Account.from_key(key).sign_message(encode_typed_data(full_message=whole))
        return "0x" + signed.signature.hex().removeprefix("0x")

    account = with_two_ids.address
    file = travelling("prepare", "set-controller", cold.address, "-a", account)
    document = json.loads(file.read_text())
    by_account = signature(document, keys[account])
    by_controller = signature(document["acceptance"], cold._key.secret)
    file = travelling("sign", file, "--signature", by_account)
    file = travelling("sign", file, "--signature", by_controller, "--acceptance")
    done("request", "submit", file, "--yes", "-x", keys[spender.address])
    assert client.controller_of(account) == cold.address


def test_requests_of_a_whole_registration_are_prepared_in_one_go(
    client, done, command, listed_node, keys, cpo, spender, tmp_path
):
    wanted = ("-c", "de", "abc", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs")
    words = (*wanted, "--website", WEBSITE, "-a", cpo.address)
    refused = command("request", "prepare", "register", *words)
    assert refused.returncode == 2
    assert "--folder" in refused.stderr
    done("request", "prepare", "register", *words, "--folder", tmp_path / "asked")
    files = sorted((tmp_path / "asked").iterdir())
    names = ["1-SetParty.json", "2-SetPartyModules.json", "3-SetPartyWebsite.json"]
    assert [file.name for file in files] == names
    signing = ("--folder", tmp_path / "signed", "--yes")
    done("request", "sign", *files, *signing, SIGNER=keys[cpo.address])
    signed = sorted((tmp_path / "signed").iterdir())
    done("request", "submit", *signed, "--yes", "-x", keys[spender.address])
    party = client.party("DE", "ABC")
    assert (party.modules_sender, party.website) == ((Module.CDRS,), WEBSITE)


@pytest.mark.parametrize("paid", ["by the party", "by a spender"])
def test_a_party_is_registered_whole_in_one_transaction_and_again_nothing_is_sent(
    client, done, listed_node, keys, cpo, spender, paid
):
    words = ["-c", "DE", "ABC", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs"]
    words += ["--website", WEBSITE, "-s", keys[cpo.address], "-y"]
    words += ["-x", keys[spender.address]] if paid == "by a spender" else []
    output = json.loads(done("register", *words))
    assert len(output["hashes"]) == 1
    assert output["spender"] == (spender.address if paid == "by a spender" else cpo.address)
    party = client.party("DE", "ABC")
    assert (party.modules_sender, party.website) == ((Module.CDRS,), WEBSITE)
    assert json.loads(done("register", *words))["status"] == "unchanged"


@pytest.fixture
def credentials(tmp_path):
    """Write an OCPI credentials object like a node sends it."""

    def write(*roles, **whole):
        file = tmp_path / "credentials.json"
        file.write_text(json.dumps({"token": "a secret", "roles": roles} | whole))
        return file

    return write


def role_of(country_code, party_id, role, **details):
    found = {"country_code": country_code, "party_id": party_id, "role": role}
    return found | {"business_details": {"name": "Example"} | details}


@pytest.mark.parametrize("paid", ["by the party", "by a spender"])
def test_every_id_of_an_ocpi_credentials_object_is_registered_in_one_transaction(
    client, command, listed_node, keys, cpo, spender, credentials, paid
):
    file = credentials(
        role_of("DE", "ABC", "CPO", website="https://WWW.example.org/"),
        role_of("de", "abc", "EMSP"),
        role_of("DE", "DEF", "NSP", website="https://www.example.org/über?x=1"),
    )
    words = ["register", "--from-credentials", file, "-o", listed_node.address, "--si", "cdrs"]
    words += ["-s", keys[cpo.address], "-y"]
    words += ["-x", keys[spender.address]] if paid == "by a spender" else []
    finished = command(*words)
    assert finished.returncode == 0, finished.stderr
    assert len(json.loads(finished.stdout)["hashes"]) == 1
    assert "the website of DE DEF is left out" in finished.stderr
    assert "a secret" not in finished.stdout + finished.stderr
    abc, other = client.party("DE", "ABC"), client.party("DE", "DEF")
    assert (abc.roles, abc.website) == ((Role.CPO, Role.EMSP), WEBSITE)
    assert (other.roles, other.website) == ((Role.NSP,), None)
    assert abc.modules_sender == other.modules_sender == (Module.CDRS,)
    again = command(*words)
    assert json.loads(again.stdout)["status"] == "unchanged"


OF_2_1_1 = {
    "url": "https://example.org/ocpi/versions",
    "token": "a secret",
    "business_details": {"name": "Example", "website": "https://www.example.org"},
    "country_code": "de",
    "party_id": "abc",
}
OF_2_3_0 = {
    "token": "a secret",
    "url": "https://example.org/ocpi/versions",
    "hub_party_id": "DEHUB",
    "roles": [
        {
            "role": "CPO",
            "business_details": {"name": "Example", "website": "https://www.example.org"},
            "party_id": "ABC",
            "country_code": "DE",
        },
        {
            "role": "CPO",
            "business_details": {"name": "Example"},
            "party_id": "ABC",
            "country_code": "DE",
        },
    ],
}


def in_envelope(whole):
    return {"status_code": 1000, "timestamp": "2026-11-28T12:00:00Z", "data": whole}


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (OF_2_1_1, ("-r", "CPO")),
        (in_envelope(OF_2_1_1), ("-r", "CPO")),
        (OF_2_3_0, ()),
        (in_envelope(OF_2_3_0), ()),
        (OF_2_3_0["roles"], ()),
    ],
    ids=["2.1.1", "2.1.1 as a response", "2.3.0", "2.3.0 as a response", "only the roles"],
)
def test_credentials_of_every_version_are_registered_and_again_nothing_is_written(
    client, command, listed_node, keys, cpo, tmp_path, whole, words
):
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(whole), encoding="utf-8-sig")
    words = ("register", "--from-credentials", file, "-o", listed_node.address, *words)
    for status in ("done", "unchanged"):
        finished = command(*words, "-s", keys[cpo.address], "-y")
        assert finished.returncode == 0, finished.stderr
        assert json.loads(finished.stdout).get("status", "done") == status
    party = client.party("DE", "ABC")
    assert (party.roles, party.website) == ((Role.CPO,), WEBSITE)


@pytest.mark.parametrize(
    ("whole", "words", "says"),
    [
        (OF_2_1_1, (), "name no role"),
        (OF_2_3_0, ("-r", "CPO"), "leave the roles out"),
        ({"roles": [role_of("DE", "ABC", "PTP")]}, (), "OTHER stands for"),
    ],
    ids=["no role", "roles twice", "a role without a number"],
)
def test_roles_come_from_the_credentials_or_from_the_user(
    command, listed_node, keys, cpo, tmp_path, whole, words, says
):
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(whole))
    words = ("register", "--from-credentials", file, "-o", listed_node.address, *words)
    finished = command(*words, "-s", keys[cpo.address], "-y")
    assert finished.returncode == 2, finished.stderr
    assert says in finished.stderr


def test_ids_that_the_credentials_do_not_name_stay(
    client, command, with_two_ids, listed_node, keys, credentials
):
    file = credentials(role_of("DE", "XYZ", "CPO"))
    words = ("register", "--from-credentials", file, "-o", listed_node.address)
    finished = command(*words, "-s", keys[with_two_ids.address], "-y")
    assert finished.returncode == 0, finished.stderr
    assert "adds      DE XYZ; DE DEF, DE ABC stay" in finished.stderr
    assert len(client.parties_of(with_two_ids.address)) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{}", "no roles"),
        ('{"roles": []}', "no roles"),
        ('{"roles": {}}', "no roles"),
        ('{"roles": [1]}', "not a role"),
        ('{"roles": [{"country_code": 1, "party_id": "ABC", "role": "CPO"}]}', "no country_code"),
        ('{"roles": [{"country_code": "DE", "party_id": "ABC", "role": "cpo"}]}', "not a valid"),
        ('{"roles": [{"country_code": "DEU", "party_id": "ABC", "role": "CPO"}]}', "'DEU'"),
        ("null", "not a JSON object"),
        ("[" * 50_000, "not valid JSON"),
        ("{" * 70_000, "longer than"),
    ],
)
def test_invalid_credentials_object_is_refused_in_one_line(
    command, listed_node, keys, cpo, tmp_path, content, says
):
    file = tmp_path / "odd.json"
    file.write_text(content)
    words = ("register", "--from-credentials", file, "-o", listed_node.address)
    finished = command(*words, "-s", keys[cpo.address], "-y")
    assert finished.returncode == 2, finished.stderr
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("-c", "DE", "ABC", "--from-credentials", "x.json"),
        ("--from-credentials", "x.json", "--website", WEBSITE),
        ("-c", "DE", "ABC"),
        ("-r", "CPO"),
    ],
)
def test_credentials_exclude_the_options_that_they_replace(command, listed_node, keys, cpo, words):
    finished = command("register", *words, "-o", listed_node.address, "-s", keys[cpo.address])
    assert finished.returncode == 2


def test_a_further_id_is_registered_and_the_others_stay(
    client, command, with_two_ids, listed_node, keys
):
    words = ("-c", "DE", "XYZ", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs")
    finished = command("register", *words, "-s", keys[with_two_ids.address], "-y")
    assert finished.returncode == 0, finished.stderr
    assert "adds      DE XYZ; DE DEF, DE ABC stay" in finished.stderr
    current, *others = [str(one.id) for one in client.parties_of(with_two_ids.address)]
    assert (current, set(others)) == ("DE XYZ", {"DE DEF", "DE ABC"})
    assert client.party("DE", "DEF").modules_sender == ()


def test_leaving_gives_up_everything_and_again_nothing_is_sent(
    client, command, with_everything, keys, spender
):
    words = ("leave", "-s", keys[with_everything.address], "-x", keys[spender.address], "-y")
    tried = json.loads(command(*words, "--dry-run").stdout)
    finished = command(*words)
    assert finished.returncode == 0, finished.stderr
    output = json.loads(finished.stdout)
    assert int(output["costWei"]) <= int(tried["mostCostWei"])
    assert len(output["hashes"]) == 2
    for ended in ("the id DE ABC", "the id DE DEF", "its service", "the URL", "access to 1 party"):
        assert f"ends      {ended}" in finished.stderr
    (state,) = output["state"]
    assert (state["parties"], state["node"], state["service"]) == ([], None, None)
    gone = client.identity.holdings(with_everything.address)
    assert (gone.parties, gone.node, gone.service, gone.agreements) == ((), None, None, ())
    assert json.loads(command(*words).stdout)["status"] == "unchanged"


def test_a_controller_leaves_for_its_account(client, done, controlled, keys, env, spender):
    words = ("-a", controlled.address, "--controller", "env:COLD", "-x", keys[spender.address])
    done("leave", *words, "--yes", **env)
    assert client.parties_of(controlled.address) == ()


def test_an_account_is_shown_with_all_its_ids(done, with_two_ids):
    output = json.loads(done("get-party", "-a", with_two_ids.address))
    assert (output["partyId"], [one["partyId"] for one in output["otherParties"]]) == (
        "DEF",
        ["ABC"],
    )
    assert "otherParties" not in json.loads(done("get-party", "-c", "DE", "ABC"))


def test_a_keystore_shows_its_address_without_a_passphrase(done, stored, cold, tmp_path):
    path = stored(cold, "cold").removeprefix("keystore:")
    assert done("identity", "show", path) == f"{cold.address}\n"
    assert json.loads(done("identity", "show", path, "--json")) == {"address": cold.address}


class TestFirstGeneration:
    @pytest.fixture
    def deployment(self, devnet):
        return devnet.v1_deployment()

    @pytest.mark.usefixtures("listed_parties")
    def test_unsupported_rotation_is_refused_before_a_key_is_made(
        self, command, keys, cpo, tmp_path
    ):
        for words in (
            ("identity", "rotate", "--make", tmp_path / "new.json"),
            ("identity", "controller", "none"),
        ):
            finished = command(*words, "-s", keys[cpo.address], "--yes")
            assert finished.returncode == 2
            assert "first generation" in finished.stderr
        assert not (tmp_path / "new.json").exists()

    @pytest.mark.parametrize("raw", [False, True])
    def test_controllers_are_refused(self, command, listed_node, cpo, spender, env, raw):
        words = ("-c", "DE", "ABC", "-r", "CPO", "-o", listed_node.address, "-a", cpo.address)
        paid = ("-x", f"0x{spender._key.secret.hex()}") if raw else ()
        name = "set-party-raw" if raw else "set-party"
        finished = command(name, *words, "--controller", "env:COLD", *paid, "-y", **env)
        assert finished.returncode == 2
        assert "each account signs for itself" in finished.stderr

    @pytest.mark.parametrize("what", [("-c", "DE", "ABC"), ("--url", "https://node.example.org")])
    def test_reservations_are_refused_without_a_plan(self, command, operator, cpo, keys, what):
        words = ("owner", "reserve", cpo.address, *what, "--reason", "stolen", "--yes")
        finished = command(*words, "-s", keys[operator.address])
        assert finished.returncode == 2
        assert "have the owner delete the entry" in finished.stderr
        assert "change" not in finished.stderr

    def test_a_party_leaves_step_by_step(self, client, done, keys, listed_service):
        output = json.loads(done("leave", "-s", keys[listed_service.address], "--yes"))
        assert len(output["hashes"]) == 2
        assert client.parties_of(listed_service.address) == ()

    def test_a_party_is_registered_by_one_write_after_the_other(
        self, client, command, listed_node, keys, cpo
    ):
        words = ("-c", "DE", "ABC", "-r", "CPO", "-o", listed_node.address, "--si", "cdrs")
        finished = command("register", *words, "-s", keys[cpo.address], "-y")
        assert finished.returncode == 0, finished.stderr
        assert client.party("DE", "ABC").modules_sender == (Module.CDRS,)
