"""What a run of many tests shows: how far it is, which files it works on, and each failure at once."""

import shutil
import time
from pathlib import PurePath

import pytest

#: Seconds between two lines in a log; a terminal shows one line, which is redrawn.
BETWEEN_LINES = 15.0


class Progress:
    """A line with the per cent of tests that have run, in the place of pytest's dots."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._terminal = config.pluginmanager.get_plugin("terminalreporter")
        self._redrawn = self._terminal.isatty()
        self._started = self._shown = time.monotonic()
        self._running: dict[str, None] = {}
        self._failed: set[str] = set()
        self._done = 0
        self._ended = False

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self):
        """Leave out the dots: while tests run, none has a letter or a word."""
        category, letter, word = yield
        return (category, letter, word) if self._ended else (category, "", "")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = None
        self._show()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)
        self._done += 1
        self._show(at_once=self._done == self._session.testscollected)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
            self._tell(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tell(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        # The failures were shown; the summary names them.
        self._ended = True
        self._config.option.tbstyle = "no"

    def _tell(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        where = "" if report.when == "call" else f" ({report.when})"
        if self._redrawn:
            self._terminal.rewrite("", erase=True)
            self._terminal.rewrite("")
        self._terminal.write_sep("_", f"FAILED {report.nodeid}{where}", red=True, bold=True)
        self._terminal.write_line(report.longreprtext)
        for title, text in report.sections:
            self._terminal.write_sep("-", title)
            self._terminal.write_line(text.rstrip())
        self._show(at_once=True)

    def _show(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if self._redrawn:
            columns = shutil.get_terminal_size().columns
            self._terminal.rewrite(self._line(now)[: columns - 1], erase=True)
        elif at_once or now - self._shown >= BETWEEN_LINES:
            self._terminal.write_line(self._line(now))
            self._shown = now

    def _line(self, now: float) -> str:
        minutes, seconds = divmod(round(now - self._started), 60)
        failed = f", {len(self._failed)} failed" if self._failed else ""
        files = dict.fromkeys(PurePath(nodeid.partition("::")[0]).name for nodeid in self._running)
        tests = max(1, self._session.testscollected)
        share = f"{100 * self._done // tests:3d} % of {tests} tests{failed}, {minutes}:{seconds:02d}"
        return f"{share}  {' '.join(files)}"
