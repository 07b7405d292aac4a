#!/bin/bash
# Resolve requirements/*.txt and package-lock.json again. The locks name no registry and no local folder: they give name,
# version and hash, and the pip and npm of the user decide where packages come from.
set -euo pipefail
# --system-certs: as pip does, for machines behind a proxy with a certificate of its own. --no-build-isolation: where metadata has to be
# built, the tools are those of build.txt, which `make lock` has installed.
compile() {
  env -u PIP_FIND_LINKS .venv/bin/uv pip compile --quiet --no-config --system-certs --no-build-isolation --upgrade --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' "$@"
}
compile pyproject.toml --extra web3 --extra notary --extra relay --extra postgres requirements/dev.in --output-file requirements/dev.txt
compile pyproject.toml --constraint requirements/dev.txt --output-file requirements/runtime.txt
compile pyproject.toml --extra relay --extra postgres --constraint requirements/dev.txt --output-file requirements/relay.txt
for which in oldest newest; do
  compile pyproject.toml --extra web3 --extra notary requirements/compat-$which.in --output-file requirements/compat-$which.txt
done
compile requirements/docs.in --constraint requirements/dev.txt --output-file requirements/docs.txt
compile requirements/fuzz.in --output-file requirements/fuzz.txt
compile requirements/build.in --output-file requirements/build.txt
compile requirements/node.in --output-file requirements/node.txt
compile requirements/analysis.in --output-file requirements/analysis.txt
npm install --package-lock-only
