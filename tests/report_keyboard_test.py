#!/usr/bin/env python3
"""Uses a report's page by keyboard in headless Chromium: reaches everything with Tab, sorts a table, filters rows.

Usage: report_keyboard_test.py CHROMIUM PAGE
"""

import json
import os
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 60


class Browser:
    """Chromium's DevTools protocol over a pair of pipes: it reads file descriptor 3 and writes 4."""

    def __init__(self, chromium, profile):
        read_commands, self._commands = os.pipe()
        self._answers, write_answers = os.pipe()

        def place_pipes():
            # Out of the way first: either end may be 3 or 4 itself.
            commands, answers = os.dup(read_commands), os.dup(write_answers)
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        self._process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "--window-size=1280,900", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(read_commands)
        os.close(write_answers)
        self._buffer = b""
        self._number = 0
        self._session = None

    def call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _receive(self):
        while b"\0" not in self._buffer:
            block = os.read(self._answers, 1 << 16)
            if not block:
                raise RuntimeError("the browser is gone")
            self._buffer += block
        text, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(text)

    def open(self, url):
        page = next(target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        self.call("Page.navigate", url=url)
        give_up = time.monotonic() + TIMEOUT_S
        while not self.run("document.documentElement?.dataset.plotsDrawn"):
            if time.monotonic() > give_up:
                raise RuntimeError("the plots were not drawn")
            time.sleep(0.1)

    def run(self, script):
        """The value of an expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key, text="", **more):
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key], **more}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def close(self):
        self._session = None
        self.call("Browser.close")
        self._process.wait(timeout=TIMEOUT_S)


def check(holds, problem):
    if not holds:
        sys.exit(f"FAILED: {problem}")


REACHABLE = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')].filter(
    (element) => element.checkVisibility({visibilityProperty: true}))"""
# A scrolling box gets the focus only because of its tabindex, everything else by itself.
DESCRIBE = "document.activeElement.tagName + ' ' + (document.activeElement.id || document.activeElement.textContent).slice(0, 40)"


def check_tabbing(browser):
    browser.press("Tab")
    check(browser.run("document.activeElement.className") == "skip", "the first Tab does not reach the skip link")
    browser.press("Enter", text="\r")
    check(browser.run("location.hash") == "#main", "the skip link does not lead to the results")
    browser.run("document.activeElement.blur(), history.replaceState(null, '', ' '), scrollTo(0, 0)")
    expected = browser.run(f"window.reachable = {REACHABLE}; reachable.length")
    browser.run("window.reached = new Set(); document.querySelector('.skip').focus(); reached.add(document.activeElement)")
    without_outline = []
    for _ in range(expected - 1):
        browser.press("Tab")
        browser.run("reached.add(document.activeElement)")
        if browser.run("getComputedStyle(document.activeElement).outlineStyle") == "none":
            without_outline.append(browser.run(DESCRIBE))
    missed = browser.run("reachable.filter((element) => !reached.has(element))"
                         ".map((element) => element.tagName + ' ' + element.textContent.slice(0, 40))")
    check(not missed, f"{len(missed)} of {expected} elements are not reached with Tab: {missed[:5]}")
    check(not without_outline, f"the focus does not show on {without_outline[:5]}")
    return expected


def check_sorting(browser):
    tables = browser.run("document.querySelectorAll('table.results').length")
    check(tables > 0, "there is no table of results")
    values = ("[...table.tBodies[0].rows].map((row) => row.cells[1].dataset.value)"
              ".filter((value) => value !== undefined).map(Number)")
    rows = "[...table.tBodies[0].rows].map((row) => row.id).sort().join()"
    browser.run("window.table = [...document.querySelectorAll('table.results')]"
                ".reduce((a, b) => a.tBodies[0].rows.length > b.tBodies[0].rows.length ? a : b);"
                "table.tHead.rows[0].cells[1].querySelector('button').focus()")
    before = browser.run(rows)
    unsorted = browser.run(values)
    for key, text, order in (("Enter", "\r", "ascending"), (" ", " ", "descending")):
        browser.press(key, text=text)
        check(browser.run("table.tHead.rows[0].cells[1].getAttribute('aria-sort')") == order,
              f"{key!r} on a column's header does not sort it {order}")
        found = browser.run(values)
        check(found == sorted(unsorted, reverse=order == "descending"), f"the column is not {order}: {found[:5]}")
        check(browser.run(rows) == before, "sorting loses rows")
        check(browser.run("document.activeElement.tagName") == "BUTTON", "sorting takes the focus away")
    check(unsorted != sorted(unsorted), "the column that was sorted was so before")
    # Text sorts too, and one column at a time.
    browser.run("table.tHead.rows[0].cells[0].querySelector('button').focus()")
    browser.press("Enter", text="\r")
    check(browser.run("table.querySelectorAll('[aria-sort]').length") == 1, "two columns say that they are sorted")
    names = browser.run("[...table.tBodies[0].rows].map((row) => row.cells[0].textContent)")
    check(names == browser.run("[...table.tBodies[0].rows].map((row) => row.cells[0].textContent)"
                               ".sort(new Intl.Collator(undefined, {numeric: true, sensitivity: 'base'}).compare)"),
          "the names are not sorted")


def check_filter(browser):
    shown = "[...document.querySelectorAll('section[data-group] tbody tr')].filter((row) => row.checkVisibility())"
    everything = browser.run(f"{shown}.length")

    def announced(count):
        check(browser.run("document.getElementById('filter-shown').textContent") == f"{count} rows shown",
              f"the page does not say that {count} rows are shown")

    announced(everything)
    browser.run("document.getElementById('filter-words').focus()")
    browser.call("Input.insertText", text="PACED sst2")
    rows = browser.run(f"{shown}.map((row) => row.textContent.toLowerCase())")
    check(0 < len(rows) < everything, f"{len(rows)} of {everything} rows hold two words")
    check(all("paced" in row and "sst2" in row for row in rows), "a row is shown that lacks a word")
    announced(len(rows))
    check(browser.run("[...document.querySelectorAll('section[data-group]')].every((section) => "
                      "section.hidden === ![...section.querySelectorAll('tbody tr')].some((row) => !row.hidden))"),
          "a section without rows stays")
    browser.run("const words = document.getElementById('filter-words'); words.select()")
    browser.call("Input.insertText", text="no such words")
    announced(0)
    browser.run("document.getElementById('filter-words').select()")
    browser.call("Input.insertText", text=" ")
    announced(everything)
    browser.press("Tab")
    check(browser.run("document.activeElement.id") == "filter-group", "Tab does not lead to the choice of a group")
    browser.press("ArrowDown")
    group = browser.run("document.getElementById('filter-group').value")
    check(group != "", "an arrow key chooses no group")
    groups = browser.run(f"[...new Set({shown}.map((row) => row.closest('section').dataset.group))]")
    check(groups == [group], f"group {group} is chosen, and {groups} are shown")
    announced(browser.run(f"{shown}.length"))


def main():
    chromium, page = sys.argv[1:]
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(chromium, profile)
        browser.open("file://" + os.path.abspath(page))
        reached = check_tabbing(browser)
        check_sorting(browser)
        check_filter(browser)
        browser.close()
    print(f"keyboard: {reached} elements reached, sorting and filtering work")


if __name__ == "__main__":
    main()
