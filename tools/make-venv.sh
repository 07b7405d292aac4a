#!/bin/bash
# Make .venv from the Python given, and have each of its Pythons set the tools' environment (ocn_registry_dev_env.py).
set -euo pipefail
python=${1:-}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Python 3.11 or newer is needed${python:+; $python is not}. Name one: make PYTHON=/path/to/python3.11" >&2
  exit 1
fi
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then # none yet, or one whose Python has gone
  echo "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi
packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$PWD" "$PWD/tools" 'import ocn_registry_dev_env' >"$packages/ocn_registry_dev_env.pth"
# The commands of the package, which is installed nowhere here.
for command in ocn-registry:cli ocn-relay:relay.main; do
  printf '#!/bin/sh\nexec "%s/.venv/bin/python" -P -m ocn_registry.%s "$@"\n' "$PWD" "${command#*:}" >".venv/bin/${command%:*}"
  chmod +x ".venv/bin/${command%:*}"
done
