"""The work of a page on its main thread, from the browser's own trace."""

import json
from typing import NamedTuple

CATEGORIES = [
    "toplevel",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "__metadata",
]
SCROLL = """
async ({ steps }) => {
  for (let step = 0; step < steps; step++) {
    const end = document.documentElement.scrollHeight - innerHeight;
    scrollTo(0, (end * (step % 20)) / 19);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}
"""


class Work(NamedTuple):
    """Processor time of the main thread in milliseconds, which does not depend on other load."""

    longest: float
    whole: float


def traced(browser, page, act):
    """Return the work that an action causes."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one["tdur"] / 1000
        for one in events
        if one.get("name") in {"RunTask", "ThreadControllerImpl::RunTask"}
        and (one["pid"], one["tid"]) in main
        and "tdur" in one
    ]
    assert tasks, "the browser traced no task"
    return Work(max(tasks), sum(tasks))


def scrolled(browser, page, steps=20):
    """Return the work of scrolling through a page, up and down."""
    return traced(browser, page, lambda: page.evaluate(SCROLL, {"steps": steps}))
