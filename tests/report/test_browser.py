"""Pages are opened in a real browser."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from typing import NamedTuple

import pytest

from neuropil.report import write_comparison

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(
    BROWSER is None and "CI" not in os.environ, reason="no Chromium on this machine"
)

PROBE = """<script>addEventListener("load", () => {
  const found = document.createElement("pre");
  found.id = "probe";
  found.textContent = JSON.stringify({
    widths: [...document.images].map(image => image.naturalWidth),
    strips: [...document.querySelectorAll("svg")].map(strip => strip.getBoundingClientRect().width),
    requests: performance.getEntriesByType("resource").map(entry => entry.name)
      .filter(name => !name.startsWith("data:")),
    overflow: document.documentElement.scrollWidth - innerWidth,
  });
  document.body.append(found);
})</script>"""


class Seen(NamedTuple):
    widths: list[int]
    strips: list[float]
    requests: list[str]
    overflow: int
    console: list[str]


def look(page, folder, width=1200) -> Seen:
    """Open a page and report pictures, requests and console messages."""
    copy = folder / f"probe-{width}.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", PROBE + "</body>"))
    assert BROWSER is not None, "CI provides Chromium"
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", f"--user-data-dir={folder / f'profile-{width}'}",
         f"--window-size={width},900", "--enable-logging=stderr",
         "--virtual-time-budget=4000", "--dump-dom", copy.as_uri()],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen(**json.loads(unescape(found[1])), console=console)


def test_the_report_shows_every_picture_and_asks_nothing_of_the_network(whole, tmp_path):
    seen = look(whole[0] / "report.html", tmp_path)
    assert len(seen.widths) == 9
    assert min(seen.widths) > 0
    assert len(seen.strips) == 3
    assert min(seen.strips) > 200
    assert seen.requests == []
    assert seen.console == []
    assert (whole[0] / "report.html").stat().st_size < 3e6


def test_the_comparison_too(fake_run, tmp_path):
    page = write_comparison([fake_run("a"), fake_run("b", seed=1)], tmp_path / "compare.html")
    seen = look(page, tmp_path)
    assert len(seen.widths) == 1
    assert min(seen.widths) > 0
    assert seen.requests == []
    assert seen.console == []


def test_the_page_fits_a_narrow_screen(whole, tmp_path):
    assert look(whole[0] / "report.html", tmp_path, width=500).overflow <= 0


def test_the_look_itself_sees_what_is_wrong(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        '<!doctype html><body><img src="data:image/svg+xml,%3Csvg"><img src="http://127.0.0.1:9/x">'
        "<script>console.error('something broke')</script></body>"
    )
    seen = look(page, tmp_path)
    assert seen.widths == [0, 0]
    assert seen.requests == ["http://127.0.0.1:9/x"]
    assert "something broke" in seen.console[0]
