#!/bin/bash
# Install the package as users do, and run what users of web3 do, the guides and the examples there: beside the oldest and the newest
# web3 that it allows, and on each newer Python that pyproject.toml names and this machine has. Each environment is made once, and
# again when its lock has changed.
set -euo pipefail
anvil=$(.venv/bin/python -c 'from ocn_registry.deploy.anvil import find_anvil; print(find_anvil())')
for each in oldest:.venv/bin/python newest:.venv/bin/python newest:python3.12 newest:python3.13; do
  which=${each%:*} python=${each#*:}
  if ! "$python" --version >/dev/null 2>&1; then
    echo "compat: $python is not on this machine, so the package was not tried on it"
    continue
  fi
  folder=.cache/compat/$which-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') lock=requirements/compat-$which.txt
  if ! cmp --quiet "$lock" "$folder/lock"; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --require-hashes --only-binary :all: --requirement "$lock"
    cp "$lock" "$folder/lock"
  fi
  "$folder/bin/python" -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
  echo "compat: $("$folder/bin/python" -c 'import platform; from importlib.metadata import version as v; print("Python", platform.python_version(), "web3", v("web3"), "eth-account", v("eth-account"))')"
  # The installed package, not the checkout's: so no plugin of the checkout, and the folder is not on the path.
  OCN_ANVIL=$anvil "$folder/bin/pytest" --quiet --override-ini addopts='--import-mode=importlib' \
    tests/faults/test_web3.py tests/client/test_main_job.py tests/client/test_memory.py tests/e2e/test_guides.py \
    tests/unit/test_models.py tests/unit/test_http_transport.py tests/unit/test_errors.py
done
