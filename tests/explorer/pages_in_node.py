"""Runs functions of the page in Node.js."""

import json
import shutil
import subprocess

from ocn_registry.explorer.files import PAGE

# Browser functions that modules of the page use while they load.
BROWSER = "globalThis.addEventListener ??= () => {}; globalThis.dispatchEvent ??= () => {};"


def run_in_node(module, expression, value=None):
    """Evaluate an expression over a module, `page`, and a value, `given`."""
    program = (
        f"{BROWSER} const page = await import('{(PAGE / 'js' / module).as_uri()}'); "
        "const given = JSON.parse(await new Response(process.stdin).text()); "
        f"console.log(JSON.stringify({expression}))"
    )
    found = subprocess.run(
        [shutil.which("node"), "--input-type=module", "-e", program],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not found.returncode, found.stderr
    return json.loads(found.stdout)
