#!/bin/bash
# Install the package as users do, beside the oldest and the newest web3 that it allows, and run what users of web3 do, the guides
# and the examples there. Each Python is made once, and anew when its lock has changed.
set -euo pipefail
for which in oldest newest; do
  folder=.cache/compat/$which lock=requirements/compat-$which.txt
  if ! cmp --quiet "$lock" "$folder/lock"; then
    rm -rf "$folder"
    .venv/bin/python -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --require-hashes --only-binary :all: --requirement "$lock"
    cp "$lock" "$folder/lock"
  fi
  "$folder/bin/python" -m pip install --quiet --no-deps --no-build-isolation --force-reinstall .
  echo "compat: $("$folder/bin/python" -c 'from importlib.metadata import version as v; print("web3", v("web3"), "eth-account", v("eth-account"))')"
  # The installed package, not the checkout's: so no plugin of the checkout, and the folder is not on the path.
  OCN_ANVIL=$(.venv/bin/python -c 'from ocn_registry.deploy.anvil import find_anvil; print(find_anvil())') \
    "$folder/bin/pytest" --quiet --override-ini addopts='--import-mode=importlib' \
    tests/faults/test_web3.py tests/client/test_main_job.py tests/client/test_memory.py tests/e2e/test_guides.py
done
