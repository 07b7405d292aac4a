"""Writes in separate processes that may be killed at any step; started by `world`.

Reads orders from standard input, one JSON object a line, forks a process for each (so that none has
to import anything), and answers with what it told: nothing, if it was killed. A step is a statement
of the database, or a request to a node: before it leaves, and when its answer is there.
"""

import json
import os
import signal
import sys

from ocn_registry import (
    HttpTransport,
    KeySigner,
    OcnRegistryError,
    RegistryClient,
    SqliteJournal,
    WriteOptions,
)
from ocn_registry.flows import confirmation
from ocn_registry.flows.sender import Sender
from ocn_registry.networks import from_json
from ocn_registry.protocol import journal_sqlite
from ocn_registry.protocol.effects import Local, Send


class Steps:
    """Counts steps, and ends the process at one of them as a power cut would."""

    def __init__(self, last):
        self.count = 0
        self._last = last

    def step(self, *_):
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def write(order, steps):
    """Carry out an order, and return the result."""
    FAULTS[order["fault"]]()
    confirmation._LOSS_S, confirmation._REFUSED_PATIENCE_S = 0.2, order["patience_s"]
    confirmation.LONGEST_POLL_S, confirmation._FIRST_REPEAT_S = (
        0.05,
        0.1,
    )  # blocks come quickly here
    connected = journal_sqlite._connected

    def traced(*given):
        db = connected(*given)
        db.set_trace_callback(steps.step)
        return db

    journal_sqlite._connected = traced

    class Transport(HttpTransport):
        def _post(self, *given):
            steps.step()
            reply = super()._post(*given)
            steps.step()
            return reply

    deployment = from_json(json.dumps(order["deployment"]))
    transport = Transport(order["urls"], chain_id=deployment.chain_id, timeout_s=2, retries=1)
    options = WriteOptions(
        timeout_s=order["patience_s"], confirmations=order["confirmations"], max_cost_wei=None
    )
    client = RegistryClient(
        deployment, transport, options=options, journal=SqliteJournal(order["journal"])
    )
    signer = KeySigner.from_key(order["key"])
    try:
        return {"done": client.set_node(order["url"], signer=signer).tx_hash}
    except OcnRegistryError as error:
        return {"error": type(error).__name__, "words": str(error)}


def journal_after_send():
    """Seed a fault: bytes are sent before they are in the journal."""
    keep, hand_over = Sender.keep, Sender.hand_over

    def nothing(_self, _entry, **_):
        yield from Local(lambda: None)

    def sent_first(self, entry, *, new):
        error = yield from hand_over(self, entry, new=new)
        yield from keep(self, entry)
        return error

    Sender.keep, Sender.hand_over = nothing, sent_first


def new_number_on_refusal():
    """Seed a fault: a node's message about a transaction is trusted."""

    def believing(self, entry, *, new):
        handover = yield from Send(entry.attempts[-1])
        if handover.error is not None:
            yield from self.remove(entry)
            raise handover.error

    Sender.hand_over = believing


FAULTS = {
    None: lambda: None,
    "journal after send": journal_after_send,
    "new number on refusal": new_number_on_refusal,
}


def main():
    KeySigner.generate()  # loads what signs, once for all
    for line in sys.stdin:
        order = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            steps = Steps(order["kill_at"])
            outcome = write(order, steps)
            os.write(writer, json.dumps(outcome | {"steps": steps.count}).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            outcome = pipe.read()
        os.waitpid(child, 0)
        sys.stdout.write((outcome.decode() or "null") + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
