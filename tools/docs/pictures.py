"""The pictures of the documentation, drawn from text.

    python tools/docs/pictures.py            write docs/pictures/*.svg
    python tools/docs/pictures.py --check    compare with what is committed

A picture is a text below: `name | column row | lines of text` makes a box, `a -> b | words` an
arrow between two boxes, `a => b | words` a dashed one. The pictures need no script, no external
font and no network, and follow the reader's light or dark theme.
"""

from __future__ import annotations

import argparse
import html
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH, HEIGHT, GAP_X, GAP_Y, LINE = 212, 66, 116, 62, 17
TIP = 9  # of an arrow

PICTURES = {
    "actors": """
Who does what in the Open Charging Network's registry
owner | 1 0 | Deployer and owner\\nputs the contracts on a chain
party | 0 1 | Party\\nCPO, eMSP, ...\\nsigns with its key
sponsor | 0 2 | Spender or relay\\npays for the transaction
registry | 1 1 | Registry\\nnodes, parties
permissions | 1 2 | Permissions\\nservices, agreements
node | 2 1 | Node software\\nroutes OCPI messages
operator | 2 0 | Node operator\\nlists the node's URL
provider | 2 2 | Service provider\\noffers a service
owner -> registry | deploys
operator -> registry | lists a node
party -> sponsor | signed request
sponsor -> registry | transaction
provider -> permissions | lists a service
permissions -> registry | asks
node => registry | reads
""",
    "signed-request": """
The way of a signed request: the key and the money never meet
prepare | 0 0 | 1. Prepare\\nany machine with a network
sign | 1 0 | 2. Sign\\nwhere the key is,\\noffline if you like
verify | 2 0 | 3. Check\\ndeadline, nonce, signature
pay | 2 1 | 4. Send and pay\\na spender, or a relay
contract | 1 1 | 5. The contract checks\\nagain, and writes
result | 0 1 | 6. Everybody sees it\\nevents, lists, routes
prepare -> sign | request.json
sign -> verify | signed.json
verify -> pay | free so far
pay -> contract | transaction
contract -> result | events
""",
    "routes": """
A message from NL MSP to DE CPO, and its copy to a service
msp | 0 0 | NL MSP\\nsends a command
south | 1 0 | Node of NL MSP\\nasks the registry
north | 2 0 | Node of DE CPO\\nchecks who signed
cpo | 3 0 | DE CPO\\ngets the command
registry | 1 1 | Registry\\nDE CPO is at this node
permissions | 2 1 | Permissions\\nNL MSP agreed to SCP
scp | 0 1 | DE SCP\\ngets a copy
msp -> south | OCPI
south -> north | OCN, signed
north -> cpo | OCPI
south => registry | where to?
south => permissions | who else?
south -> scp | a copy
""",
    "keys": """
Whose signature counts for an account
messages | 0 0 | OCPI messages\\nsigned off the chain
key | 0 1 | The account's own key\\nhot, on a server
controller | 0 2 | Controller\\ncold key or Safe
account | 1 1 | Account\\nids, node, service, agreements
new | 2 1 | New key\\nafter a loss or a theft
chain | 1 2 | Registry\\nchecks who may write
key => messages | always
key -> account | while there is\\nno controller
controller -> account | once named
account -> new | a move takes\\neverything along
account -> chain | every write
""",
    "relay": """
A relay pays for others
party | 0 0 | Party\\nno money, only a key
api | 1 0 | Relay: accept\\nrules, quotas, receipt
store | 1 1 | Database\\nrequests, signed bytes
send | 2 0 | Relay: send\\nmany requests, one transaction
chain | 3 0 | Chain\\ntakes each request once
follow | 2 1 | Relay: follow\\nreads what was decided
party -> api | signed request
api -> store | committed first
store -> send | then sent
send -> chain | the same bytes\\nuntil decided
chain -> follow | blocks
follow -> store | done or failed
""",
}

STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2933}
.t{font-weight:600}.w{font-size:12px;fill:#52606d}
rect{fill:#f5f7fa;stroke:#0f766e;stroke-width:1.5}
path{fill:none;stroke:#52606d;stroke-width:1.5}
.d{stroke-dasharray:5 4}.h{fill:#52606d;stroke:none}.b{fill:#fff;stroke:none}
@media(prefers-color-scheme:dark){text{fill:#e4e7eb}.w{fill:#cbd2d9}rect{fill:#1f2933}
path{stroke:#cbd2d9}.h{fill:#cbd2d9}.b{fill:#12181f}}
"""


class Box(NamedTuple):
    """A box: its centre and its lines."""

    x: float
    y: float
    lines: list[str]


def drawings() -> dict[str, str]:
    """Return each picture as SVG, by its name."""
    return {name: drawn(text) for name, text in PICTURES.items()}


def drawn(text: str) -> str:
    """Return a picture as SVG."""
    title, *rows = text.strip().splitlines()
    boxes: dict[str, Box] = {}
    arrows: list[str] = []
    for row in rows:
        head, *parts = [part.strip() for part in row.split("|")]
        dashed = "=>" in head
        if not dashed and "->" not in head:
            column, line = map(int, parts[0].split())
            x = 16 + WIDTH / 2 + column * (WIDTH + GAP_X)
            y = 16 + HEIGHT / 2 + line * (HEIGHT + GAP_Y)
            boxes[head] = Box(x, y, parts[1].split("\\n"))
            continue
        start, _, end = head.partition("=>" if dashed else "->")
        arrows += arrow(boxes[start.strip()], boxes[end.strip()], parts[0], dashed=dashed)
    width = max(box.x for box in boxes.values()) + WIDTH / 2 + 16
    height = max(box.y for box in boxes.values()) + HEIGHT / 2 + 16
    drawn_boxes = [part for box in boxes.values() for part in drawn_box(box)]
    size = f"{width:g} {height:g}"
    name = html.escape(title)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img"',
            f'width="{width:g}" height="{height:g}" aria-label="{name}">',
            f"<title>{name}</title><style>{STYLE.strip()}</style>",
            *arrows,
            *drawn_boxes,
            "</svg>\n",
        ],
    )


def drawn_box(box: Box) -> list[str]:
    """Return the parts of a box."""
    x, y = box.x - WIDTH / 2, box.y - HEIGHT / 2
    return [
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        *lines_of(box.lines, box.x, box.y, ("t", "w")),
    ]


def lines_of(lines: list[str], x: float, y: float, kinds: tuple[str, str]) -> list[str]:
    """Return lines of text around a point; the first is a heading."""
    top = y + 4.5 - (len(lines) - 1) * LINE / 2
    return [
        f'<text class="{kinds[min(place, 1)]}" x="{x:g}" y="{top + place * LINE:g}" '
        f'text-anchor="middle">{html.escape(line)}</text>'
        for place, line in enumerate(lines)
    ]


def arrow(start: Box, end: Box, words: str, *, dashed: bool) -> list[str]:
    """Return the parts of an arrow, with its label in the middle."""
    (x1, y1), (x2, y2) = edge(start, end), edge(end, start)
    x, y, lines = (x1 + x2) / 2, (y1 + y2) / 2, words.split("\\n")
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    dx, dy = (x2 - x1) / length * TIP, (y2 - y1) / length * TIP
    left = f"{x2 - dx - dy / 2:.1f} {y2 - dy + dx / 2:.1f}"
    right = f"{x2 - dx + dy / 2:.1f} {y2 - dy - dx / 2:.1f}"
    kind = ' class="d"' if dashed else ""
    parts = [
        f'<path{kind} d="M{x1:g} {y1:g}L{x2 - dx:.1f} {y2 - dy:.1f}"/>',
        f'<path class="h" d="M{x2:g} {y2:g}L{left}L{right}Z"/>',
    ]
    wide, high = max(map(len, lines)) * 6.4 + 8, len(lines) * LINE
    if y1 == y2:  # labels are above horizontal arrows, and on any other
        y -= high / 2 + 3
    else:
        place = f'x="{x - wide / 2:g}" y="{y - high / 2:g}"'
        parts.append(f'<rect class="b" {place} width="{wide:g}" height="{high}"/>')
    return [*parts, *lines_of(lines, x, y, ("w", "w"))]


def edge(start: Box, end: Box) -> tuple[float, float]:
    """Return where an arrow leaves a box."""
    dx, dy = end.x - start.x, end.y - start.y
    if not dx or (abs(dy) > HEIGHT and abs(dx) <= abs(dy)):
        return start.x, start.y + (HEIGHT / 2 if dy > 0 else -HEIGHT / 2)
    if dy:
        share = min(1, (WIDTH / 2) / abs(dx) * abs(dy) / (HEIGHT / 2))
        return start.x + (WIDTH / 2 if dx > 0 else -WIDTH / 2), start.y + share * (
            HEIGHT / 3 if dy > 0 else -HEIGHT / 3
        )
    return start.x + (WIDTH / 2 if dx > 0 else -WIDTH / 2), start.y


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the pictures of the documentation.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    stale = False
    for name, drawing in drawings().items():
        path = FOLDER / f"{name}.svg"
        stale |= not path.exists() or path.read_text(encoding="utf-8") != drawing
        if not check:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(drawing, encoding="utf-8")
    if check and stale:
        print("docs/pictures differs from the drawings: run make generated", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
