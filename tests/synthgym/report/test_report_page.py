"""The page: self-contained, legible at any width, and never a way out for what a model wrote."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import simulated_study as simulated

from synthgym.errors import LogError, MissingExtraError
from synthgym.report import analyse, write_report
from synthgym.report.page import render

for extra in ("altair", "vl_convert", "jinja2", "scipy"):
    pytest.importorskip(extra)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def study_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = simulated.shared_study(tmp_path_factory.getbasetemp())
    return write_report(study, tmp_path_factory.mktemp("page") / "study.html")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = simulated.hostile_run(tmp_path_factory.mktemp("hostile") / "run")
    return write_report(run)


def without_bundle(page: str) -> str:
    """The page without the charting library."""
    scripts = re.findall(r"<script>.*?</script>", page, re.DOTALL)
    return page.replace(max(scripts, key=len), "")


def specs(page: str) -> list[dict[str, Any]]:
    """The chart specifications in a page."""
    found = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


def test_the_parts_stand_in_order(study_page: Path) -> None:
    page = study_page.read_text()
    order = [page.index(f'<section id="{name}"') for name in
             ("findings", "runs", "learning", "shortcut", "loops", "rollouts", "provenance")]  # fmt: skip
    assert order == sorted(order)
    assert len(specs(page)) == 2 + 4 + 4
    assert 5e5 < study_page.stat().st_size < 2e6


def test_nothing_is_loaded_from_elsewhere(study_page: Path) -> None:
    page = without_bundle(study_page.read_text())
    assert not re.findall(r"\b(?:src|href|srcset|action)\s*=", page)
    assert not re.findall(r"@import|url\(|<link|<iframe|<base", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    text = json.dumps(specs(study_page.read_text()))
    assert "http" not in text.replace("https://vega.github.io/schema/", "")


def test_charts_name_their_axes_and_dash_the_controls(study_page: Path) -> None:
    sampled = specs(study_page.read_text())[0]
    line = next(layer for layer in sampled["layer"] if layer["mark"]["type"] == "line")["encoding"]
    assert (line["x"]["title"], line["y"]["title"]) == ("training rollouts", "accuracy (share right)")
    dashes = dict(
        zip(line["strokeDash"]["scale"]["domain"], line["strokeDash"]["scale"]["range"], strict=True)
    )
    assert dashes["binary"] == dashes["token"] == [1, 0]
    assert dashes["random"] != [1, 0] != dashes["shuffled"]
    assert sampled["width"] == "container"
    assert any(layer["mark"]["type"] == "area" for layer in sampled["layer"])


def test_every_figure_says_how_to_read_it(study_page: Path) -> None:
    page = study_page.read_text()
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 3 and all("How to read it" in figure for figure in figures)
    titles = [html.unescape(title) for title in re.findall(r"<h3>(.*?)</h3>", page)]
    assert titles[0].startswith("The finer signal taught faster on chain_sum")
    assert "took over at step" in titles[1] and titles[2].startswith("The open loop moved pass@8")


def test_what_a_model_wrote_stays_text(hostile_page: Path) -> None:
    page = without_bundle(hostile_page.read_text())
    assert "<img" not in page
    assert len(re.findall(r"<script(?! type=\"application/json\">)", page)) == 1  # the one that draws
    assert "document.title=&#39;pwned&#39;" in page
    assert (
        "49"
        not in html.unescape(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)).split("{{ 7*7 }}")[0][
            -20:
        ]
    )
    assert "{{ 7*7 }}" in html.unescape(page)
    shown = html.unescape(page)
    assert "\\x1b[31m\\x00\\u2028\\u202e\\ud800" in shown
    assert not set("\x00\x1b\u2028\u202e") & set(page)


def test_credits_shade_the_characters(study_page: Path) -> None:
    page = study_page.read_text()
    assert '<span class="c" style="--c:1" title="credit 1.0">8-2⏎\n=6</span>' in page
    assert re.search(
        r'<span class="c zero" style="--c:0" title="credit 0.00">=7</span><span class="c end zero"', page
    )


def test_a_report_with_nothing_in_it_is_still_a_page(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(json.dumps({"study": "quickstart", "cells": []}))
    page = write_report(tmp_path).read_text()
    assert "Nothing can be said yet" in page and "vegaEmbed" not in page


def test_the_page_is_the_same_each_time(hostile_page: Path) -> None:
    assert render(analyse(hostile_page.parent)) == hostile_page.read_text()


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(json.dumps({"study": "q", "cells": []}))
    with pytest.raises(LogError, match="cannot write the report"):
        write_report(tmp_path, tmp_path / "nowhere" / "report.html")


@pytest.mark.parametrize("module", ["altair", "jinja2", "vl_convert", "scipy"])
def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    run = simulated.hostile_run(tmp_path / "run")
    monkeypatch.setitem(sys.modules, module, None)
    for name in ("synthgym.report.charts", "synthgym.report.tables"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    from synthgym.report.html import _bundle

    _bundle.cache_clear()
    with pytest.raises(MissingExtraError, match=rf"{module} is not installed.*synthgym\[report\]"):
        write_report(run)


def test_reading_the_package_imports_nothing_heavy() -> None:
    code = "import sys, synthgym.report; print(sorted({'altair', 'jinja2', 'vl_convert', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SCRIPT = """
const told = {};
for (const frame of document.querySelectorAll('iframe')) {
  const page = frame.contentDocument, view = frame.contentWindow;
  let tips = 0, images = 0;
  for (const mark of page.querySelectorAll('.chart svg path[aria-roledescription="point"], .chart .mark-symbol path')) {
    const box = mark.getBoundingClientRect();
    const at = {bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2};
    mark.dispatchEvent(new view.PointerEvent('pointermove', at));
    mark.dispatchEvent(new view.MouseEvent('mousemove', at));
    const tip = page.getElementById('vg-tooltip-element');
    tips += tip && tip.textContent.includes('accuracy') ? 1 : 0;
    images += tip ? tip.querySelectorAll('img, script').length : 0;
  }
  told[frame.id] = {
    width: page.documentElement.scrollWidth, given: frame.clientWidth, title: page.title,
    charts: page.querySelectorAll('.chart').length, drawn: page.querySelectorAll('.chart svg.marks').length,
    failed: page.querySelectorAll('.chart.failed').length, tips, images,
    requests: view.performance.getEntriesByType('resource').length,
  };
}
document.title = JSON.stringify(told);
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_a_browser_draws_it_at_any_width_and_is_not_taken_over(
    study_page: Path, hostile_page: Path, tmp_path: Path
) -> None:
    frames = [("narrow", 390, study_page), ("wide", 1280, study_page), ("hostile", 390, hostile_page)]
    body = "".join(
        f'<iframe id="{name}" style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(page.read_text())}">'
        "</iframe>"
        for name, width, page in frames
    )
    harness = tmp_path / "harness.html"
    harness.write_text(
        f"<!doctype html><meta charset=utf-8>{body}<script>setTimeout(() => {{{SCRIPT}}}, 6000)</script>"
    )
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=9000",
        "--dump-dom", harness.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    found = re.search(r"<title>(\{.*?\})</title>", done.stdout)
    assert found, done.stderr[-500:]
    told = json.loads(html.unescape(found[1]))
    for name, width, _ in frames:
        frame = told[name]
        assert frame["width"] <= frame["given"] == width, f"{name} scrolls sideways"
        assert frame["drawn"] == frame["charts"] > 0 and frame["failed"] == 0
        assert frame["tips"] > 0 and frame["images"] == 0
        assert frame["requests"] == 0
        assert frame["title"].endswith("· SynthGym")
