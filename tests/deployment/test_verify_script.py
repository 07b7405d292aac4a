"""Complete sources are submitted to Sourcify and the explorer, with stand-ins for both."""

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

ROOT = Path(__file__).parents[2]
RECORD = {
    "chainId": 73799,
    "registry": "0x" + "11" * 20,
    "contracts": {
        name: {
            "address": "0x" + digit * 40,
            "transaction": "0x" + digit * 64,
            "constructorArguments": "0x" + "00" * 64,
        }
        for name, digit in (("Registry", "1"), ("Permissions", "2"))
    },
}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location(
        "verify_script", ROOT / "tools/build/submit_sources.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def service():
    """Stand-in for both services, which first report that they are still working."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, status, content):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.asked.append((self.path, body))
            if server.refuses:
                self.answer(409, {"message": "already verified"})
            elif self.path.startswith("/v2/"):
                self.answer(202, {"verificationId": "one"})
            else:
                self.answer(200, {"status": "1", "result": "two"})

        def do_GET(self):
            if "/v2/contract/" in self.path or "action=getabi" in self.path:
                has = server.has_it
                status = {"match": "match" if has else None, "status": "1" if has else "0"}
                self.answer(200 if has else 404 if "/v2/" in self.path else 200, status)
                return
            server.looked += 1
            done = server.looked % 2 == 0
            if self.path.startswith("/v2/"):
                match = {"match": "exact_match"} if server.matches else None
                self.answer(200, {"isJobCompleted": done, "contract": match, "error": "no match"})
            else:
                result = "Pass - Verified" if done else "Pending in queue"
                self.answer(200, {"status": "1", "result": result})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.looked, server.refuses, server.matches = [], 0, False, True
    server.has_it = False
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def compiled(script, monkeypatch):
    """Skip the compile, which has its own test."""
    monkeypatch.setattr(script, "metadata_of", lambda *_: "{}")


def test_files_contain_all_sources_and_compile_to_the_published_code(script, tmp_path):
    paths = script.write_files(tmp_path)
    assert [path.name for path in paths] == [
        "Registry.input.json",
        "Registry.metadata.json",
        "Permissions.input.json",
        "Permissions.metadata.json",
    ]
    given, metadata = (json.loads(path.read_text()) for path in paths[:2])
    assert set(given["sources"]) == set(metadata["sources"])


@pytest.mark.usefixtures("compiled")
def test_both_services_get_each_contract(script, service):
    lines = script.submit(
        RECORD, sourcify=service.url, explorer=service.url, dry_run=False, pause_s=0
    )
    assert lines == [
        "Registry sourcify exact_match",
        "Registry explorer Pass - Verified",
        "Permissions sourcify exact_match",
        "Permissions explorer Pass - Verified",
    ]
    (path, body), (_, form) = service.asked[:2]
    assert path == "/v2/verify/73799/0x" + "1" * 40
    assert json.loads(body)["contractIdentifier"] == "contracts/Registry.sol:Registry"
    fields = parse_qs(form)
    assert fields["codeformat"] == ["solidity-standard-json-input"]
    assert json.loads(fields["sourceCode"][0]) == script.standard_input("Registry")


def test_verified_contracts_are_neither_compiled_nor_submitted_again(script, service, monkeypatch):
    monkeypatch.setattr(script, "metadata_of", None)
    service.has_it = True
    lines = script.submit(RECORD, sourcify=service.url, explorer=service.url, dry_run=False)
    assert lines[:2] == [
        "Registry sourcify match, already",
        "Registry explorer Pass - Verified, already",
    ]
    assert service.asked == []


@pytest.mark.usefixtures("compiled")
def test_late_verification_is_not_a_success(script, service, monkeypatch, tmp_path, capsys):
    record = tmp_path / "volta.json"
    record.write_text(json.dumps(RECORD))
    monkeypatch.setattr(script, "_TRIES", 0)
    urls = ["--sourcify", service.url, "--explorer", service.url]
    monkeypatch.setattr(script.sys, "argv", ["verify.py", "submit", str(record), *urls])
    assert script.main() == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 4
    assert all("is still working" in line for line in said)


@pytest.mark.usefixtures("compiled")
def test_dry_run_sends_nothing(script, service):
    script.submit(RECORD, sourcify=service.url, explorer=service.url, dry_run=True)
    assert service.asked == []


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("key", "value"), [("refuses", True), ("matches", False)])
def test_refusal_and_mismatch_are_reported(script, service, key, value):
    setattr(service, key, value)
    with pytest.raises(script.NotVerified, match=r"already verified|no match"):
        script.submit(RECORD, sourcify=service.url, explorer="", dry_run=False, pause_s=0)


def test_unfinished_record_is_refused(script):
    with pytest.raises(script.NotVerified, match="not finished"):
        script.submit({"contracts": {}}, sourcify="", explorer="", dry_run=True)


def test_other_sources_are_found(script):
    given = script.standard_input("Permissions")
    given["sources"]["contracts/Permissions.sol"]["content"] += "// changed\n"
    with pytest.raises(script.NotVerified, match="do not compile to the published"):
        script.metadata_of("Permissions", given)
