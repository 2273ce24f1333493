"""The page in a real browser without a window: open, search, decide, save, reload; and who is let in."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from patentmetrics.cli.lexicon_workbench import command
from patentmetrics.lexicon.format import read_lexicon_file
from patentmetrics.workbench.decisions import (
    Decisions,
    HitJudgement,
    TermDecision,
    decided,
    decisions_path,
    read_decisions,
    write_decisions,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("nicegui", reason='the extra is not installed: pip install "patentmetrics[workbench]"')

# no window, no net, no profile of anybody's
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WAIT = 60_000  # milliseconds until a test gives up: machines are shared

LEXICON = """\
# Read before you change it.
id: mine
version: "1.0"
title_en: Mine
title_zh: 我的
language: zh
source: own
licence: MIT
match: substring
levels: [dimension]
groups:
  - dimension: data
    dimension_zh: 数据
    terms:
      - 大数据  # the classic
      # to be discussed
      - 数据要素
  - dimension: intelligence
    dimension_zh: 智能
    terms:
      - 人工智能
      - term: 算法
        note: mind 预算法
"""
MARKUP = "<img src=x onerror=\"document.title='taken over'\"><script>document.title='taken over'</script>"
TEXTS = ["发展大数据和数字经济。修建公路。", "人工智能带动数字经济。养殖生猪。", "种植水稻。" * 9] * 3
PLACES = ["上海", "南京", "厦门", "宁波", "成都", "无锡", "杭州", "桂林", "武汉"]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A workbench that runs."""

    process: subprocess.Popen[str]
    port: int
    lexicon: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def decisions(self) -> Decisions:
        return read_decisions(decisions_path(self.lexicon, coder="An"))


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("workbench")
    reports = folder / "reports"
    reports.mkdir()
    for place, text in zip(PLACES, TEXTS, strict=True):
        (reports / f"{place}_2024.txt").write_text(text, "utf-8")
    (reports / "济南_2024.txt").write_text(f"执行预算法。改进算法。{MARKUP}算法与<b>量子</b>。", "utf-8")
    lexicon = folder / "mine.yml"
    lexicon.write_text(LEXICON, "utf-8")
    port = free_port()
    # the library of the page behaves otherwise where it believes itself under test
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    code = "from patentmetrics.cli.lexicon_workbench import command; command()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            str(reports),
            str(lexicon),
            "--coder",
            "An",
            "--no-open",
            "--port",
            str(port),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )
    running = Server(process=process, port=port, lexicon=lexicon)
    try:
        wait_for(running)
        yield running
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(server: Server) -> None:
    end = time.monotonic() + WAIT / 1000
    while time.monotonic() < end and server.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        time.sleep(0.1)
    server.process.kill()
    pytest.fail(f"the workbench did not start: {server.process.stdout.read()}")


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[Page]:
    browsers = [
        found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))
    ]
    if not browsers:
        pytest.skip("no chromium is on the path, so the page is not driven")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as playwright:
        # its profile is new and goes with it
        browser = playwright.chromium.launch(executable_path=browsers[0], args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(WAIT)
        yield page
        browser.close()


def at(name: str) -> str:
    return f"[data-name={name}]"


def read(page: Page, text: str) -> None:
    page.fill(at("search"), text)
    page.press(at("search"), "Enter")
    page.locator(at("term"), has_text=text).wait_for()


def choose(page: Page, name: str, label: str) -> None:
    page.locator("label", has=page.locator(at(name))).click()
    page.get_by_role("option", name=label, exact=True).click()


def texts(page: Page, selector: str) -> list[str]:
    return [one.strip() for one in page.locator(selector).all_inner_texts()]


@pytest.mark.slow
def test_a_researcher_curates_a_lexicon_on_the_page(server: Server, page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.partition("//")[2].partition("/")[0]))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    before = server.lexicon.read_text("utf-8")

    # open: candidates are found, and one is read
    page.goto(server.address)
    page.locator(f"{at('candidates')} tbody tr", has_text="数字经济").click()
    page.locator(at("term"), has_text="数字经济").wait_for()
    assert page.locator(at("line")).count() == 6
    assert "Hits 9 → 9" in page.inner_text(at("counts"))

    # without a reason nothing is rejected
    page.click(at("reject"))
    page.locator(".q-notification", has_text="needs a reason").wait_for()
    page.locator(".q-notification button").first.click()

    # accept it: what that changes is seen at once, and kept at once
    choose(page, "group", "data")
    page.fill(at("reason"), "an economy of data")
    page.fill(at("date"), "2026-01-31")
    page.click(at("accept"))
    page.locator(at("decided"), has_text="accepted").wait_for()
    assert "Hits 9 → 15, in 7 → 7 documents" in page.inner_text(at("counts"))
    accepted = TermDecision(
        kind="accept", term="数字经济", group=("data",), reason="an economy of data", date="2026-01-31"
    )
    assert server.decisions().terms == {"数字经济": accepted}
    page.click(at("tab-coverage"))
    page.locator(f"{at('coverage')} tbody tr").first.wait_for()
    assert texts(page, f"{at('coverage')} tbody tr:nth-child(1) td")[:4] == [
        "Whole lexicon",
        "9",
        "15",
        "+6",
    ]

    # search any text; markup in a document is text
    read(page, "量子")
    assert "not in the lexicon" in page.inner_text(at("standing"))
    assert "<b>" in page.inner_text(at("line"))
    assert page.locator(f"{at('line')} b, {at('line')} img").count() == 0

    # mark a false hit: it shows as precision of its term
    read(page, "算法")
    assert page.locator(at("line")).first.inner_text().split("\n")[:2] == ["执行预", "算法"]
    page.locator(f"{at('line')} {at('not-meant')}").first.click()
    page.locator(f"{at('line')}.pm-not-meant").wait_for()
    page.click(at("rest"))
    page.locator(at("summary"), has_text="of 3 judged, 2 are meant (precision 67%)").wait_for()
    assert sorted(one.meant for one in server.decisions().hits.values()) == [False, True, True]
    page.click(at("tab-terms"))
    row = page.locator(f"{at('terms')} tbody tr", has_text="算法")
    row.locator("td", has_text="67%").wait_for()

    # move a term, with a reason; take it back
    read(page, "数据要素")
    choose(page, "group", "intelligence")
    page.fill(at("reason"), "tried")
    page.click(at("move"))
    page.locator(at("decided"), has_text="moved").wait_for()
    page.click(at("withdraw"))
    page.locator(at("decided")).wait_for(state="detached")

    # in Chinese, and reloaded: all is still there
    read(page, "算法")
    page.click(at("language"))
    page.wait_for_url("**/zh?term=*")
    page.reload()
    page.locator(f"{at('line')}.pm-not-meant").wait_for()
    assert page.title() == "词典工作台"
    assert "命中 9 → 15" in page.inner_text(at("counts"))

    # save under the version that is offered: the file differs in the new term's lines
    page.click(at("tab-decisions"))
    page.locator(at("will-change"), has_text="1").wait_for()
    assert page.input_value(at("version")) == "1.1"
    page.click(at("save"))
    page.locator(".q-notification", has_text="已保存").wait_for()
    after = server.lexicon.read_text("utf-8")
    changed = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    assert [line for line in list(changed)[2:] if not line.startswith("@@")] == [
        '-version: "1.0"',
        '+version: "1.1"',
        '+      - term: "数字经济"',
        '+        added: "2026-01-31"',
        '+        note: "an economy of data"',
    ]
    assert "命中 15 → 15" in page.inner_text(at("counts"))

    # reload: the term is in the lexicon
    page.goto(f"{server.address}/en?term=数字经济")
    page.locator(at("standing"), has_text="in the lexicon: data").wait_for()
    assert page.locator(at("line")).count() == 6

    # another coder's decisions lie beside the lexicon: the agreement is shown
    hits = list(server.decisions().hits.values())
    theirs = [HitJudgement(term=one.term, document=one.document, begin=one.begin, meant=True) for one in hits]
    other = decided(Decisions(lexicon="mine", coder="Bo"), *theirs)
    write_decisions(other, decisions_path(server.lexicon, coder="Bo"))
    page.click(at("tab-agreement"))
    page.locator(f"{at('disagreements')} tbody tr", has_text="not meant").wait_for()
    rows = texts(page, f"{at('agreement')} tbody tr:nth-child(3) td")
    assert rows == ["Hit is meant", "3", "67%", "0.00", "0", "0"]

    assert page.title() == "Lexicon workbench"
    assert hosts == {f"127.0.0.1:{server.port}"}
    assert errors == []
    assert read_lexicon_file(server.lexicon).version == "1.1"


def asked(server: Server, path: str = "/", **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(server.address + path, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_the_workbench_answers_this_machine_only_and_stops_at_ctrl_c(server: Server) -> None:
    assert asked(server) == 200
    assert asked(server, Host="evil.example") == 403
    assert asked(server, Origin="https://evil.example") == 403
    channel = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert asked(server, channel) == 200
    assert asked(server, channel, Origin="https://evil.example") == 403
    assert asked(server, "/../../mine.yml") == 404
    assert asked(server, "/docs") == 404
    # every address that begins with 127 is this machine; the page listens on one of them
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.2", server.port), timeout=5),
    ):
        pass

    # a second one on the same port is told so, before it reads a document
    taken = CliRunner().invoke(command, ["nowhere", "mine.yml", "--port", str(server.port), "--no-open"])
    assert taken.exit_code == 1
    assert "the port cannot be used" in taken.output
    assert "--port" in taken.output

    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=60)
    printed = server.process.stdout.read()
    assert server.process.returncode == 0, printed
    assert f"http://127.0.0.1:{server.port}/" in printed
    assert "Ctrl-C" in printed
    assert printed.splitlines()[-1] == "stopped"
    assert "Traceback" not in printed


def test_without_the_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nicegui", None)
    shown = CliRunner().invoke(command, ["nowhere", "mine.yml"])
    assert shown.exit_code == 1
    assert 'pip install "patentmetrics[workbench]"' in shown.output


def test_of_a_lexicon_that_ships_a_copy_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    port = str(free_port())
    arguments = ["nowhere", "science_attention_zhang2026", "--no-open", "--port", port]
    shown = CliRunner().invoke(command, arguments)
    assert shown.exit_code == 1  # there is no such corpus
    assert "copied to science_attention_zhang2026.yml" in shown.output
    copy = tmp_path / "science_attention_zhang2026.yml"
    copy.write_text(copy.read_text("utf-8").replace("院士", "院士们"), "utf-8")
    assert "is here already" in CliRunner().invoke(command, arguments).output
    assert "院士们" in copy.read_text("utf-8") or "院士" not in copy.read_text("utf-8")
