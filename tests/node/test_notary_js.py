"""Parties that sign and verify with the npm package `@shareandcharge/ocn-notary`."""

import asyncio
import json
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60

PROGRAM = """
const Notary = require("@shareandcharge/ocn-notary").default;
let input = "";
process.stdin.setEncoding("utf8").on("data", (part) => (input += part)).on("end", async () => {
  const { message, key, header } = JSON.parse(input);
  if (key) {
    const notary = new Notary();
    await notary.sign(message, key);
    process.stdout.write(JSON.stringify(await notary.serialize()));
  } else {
    const verdict = (await Notary.deserialize(header)).verify(message);
    process.stdout.write(JSON.stringify(verdict.isValid || verdict.error));
  }
});
"""


async def javascript(**job):
    """Sign (with a key) or verify (a header) with the package."""
    done = await asyncio.create_subprocess_exec(
        "node",
        "-e",
        PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    async with asyncio.timeout(TIMEOUT_S):
        out, _ = await done.communicate(json.dumps(job).encode())
    return json.loads(out)


def key_of(network, place):
    return network.devnet.accounts[place].private_key


def test_command_signed_by_javascript_is_taken_and_verified_by_javascript_at_its_end(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        message = msp.message(cpo.id, msp.command())
        signature = await javascript(message=message.root(), key=key_of(network, 3))
        outcome = await msp.start_session(cpo.id, message=message, signature=signature)
        assert (outcome.http_status, outcome.status) == (200, 1000)
        got = await cpo.got.get()
        # With the rewrite of the node on its way.
        header = got.headers["OCN-Signature"]
        assert got.signed.original.signatory == msp.signer.address
        assert await javascript(message=got.message.root(), header=header) is True

    play(scene)


def test_copy_for_a_service_is_verified_by_javascript(play):
    async def scene(network):
        cpo, service = network.cpo, network.service
        await network.write("create_agreement", service.signer.address, signer=cpo.signer)
        assert (await cpo.put_session(network.msp.id)).status == 1000
        got = await service.got.get()
        header = got.headers["OCN-Signature"]
        assert await javascript(message=got.message.root(), header=header) is True

    play(scene)


def test_signature_of_a_stranger_by_javascript_is_refused(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo
        message = msp.message(cpo.id, msp.command())
        signature = await javascript(message=message.root(), key=key_of(network, 6))
        outcome = await msp.start_session(cpo.id, message=message, signature=signature)
        assert (outcome.http_status, outcome.status) == (400, 2001)
        assert cpo.got.empty()

    play(scene)


def test_answer_signed_by_javascript_is_passed_on(play):
    async def scene(network):
        msp, cpo = network.msp, network.cpo

        async def answer(_got):
            body = {"status_code": 1000, "data": {"result": "ACCEPTED", "timeout": 30}}
            message = {"headers": {}, "body": body}
            signature = await javascript(message=message, key=key_of(network, 4))
            return web.json_response({**body, "ocn_signature": signature})

        cpo.answer = answer
        outcome = await msp.start_session(cpo.id)
        assert outcome.body["data"] == {"result": "ACCEPTED", "timeout": 30}

    play(scene)
