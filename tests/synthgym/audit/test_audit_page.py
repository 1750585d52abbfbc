"""The page and the command: self-contained, and never a way out for what a model wrote."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simulated_logs as simulated

from synthgym.audit import audit, write_page
from synthgym.audit.told import text
from synthgym.cli import main
from synthgym.report.html import save

for extra in ("altair", "vl_convert", "jinja2", "scipy"):
    pytest.importorskip(extra)
HOSTILE = (
    "</script><img src=x onerror=\"document.title='pwned'\"> {{ 7*7 }} ' + alert(1) + ' \x1b[31m\u202e\ud800"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = simulated.hacked(simulated.PLANTS[4], np.random.default_rng(1), steps=30, onset=12).rows
    return simulated.write(rows, tmp_path_factory.mktemp("log") / "log.jsonl")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows: list[dict[str, Any]] = []
    for row in simulated.hacked(simulated.PLANTS[4], np.random.default_rng(2), steps=30, onset=12).rows:
        put = row["completion"].replace("#!", HOSTILE)
        rows.append(row | {"completion": put, "prompt": row["prompt"] + HOSTILE, "run": f"<b>{HOSTILE}</b>"})
    return simulated.write(rows, tmp_path_factory.mktemp("hostile") / "<i>log.jsonl")


def without_bundle(page: str) -> str:
    scripts = re.findall(r"<script>.*?</script>", page, re.DOTALL)
    return page.replace(max(scripts, key=len), "") if scripts else page


def test_the_page_has_its_parts_and_loads_nothing(log: Path, tmp_path: Path) -> None:
    page = without_bundle(write_page(audit(log), tmp_path / "page.html").read_text())
    order = [
        page.index(f'<section id="{name}"')
        for name in ("findings", "bits", "rewards", "suspects", "features")
    ]
    assert order == sorted(order)
    specs = [
        json.loads(spec)
        for spec in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    ]
    assert len(specs) == 3 and page.count("How to read it") == 3
    assert not re.findall(r"\b(?:src|href|srcset|action)\s*=|@import|url\(|<link|<iframe|<base", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "took over at step 12" in page and "no feature of this log exceeds by chance" in page


def test_what_a_model_wrote_stays_text(hostile: Path, tmp_path: Path) -> None:
    found = audit(hostile)
    assert found.suspects
    page = without_bundle(write_page(found, tmp_path / "page.html").read_text())
    assert "<img" not in page and "<b>" not in page.replace("<b>bits</b>", "").replace(
        "<b>null</b>", ""
    ).replace("<b>z</b>", "")
    assert "{{ 7*7 }}" in html.unescape(page)
    assert len(re.findall(r"<script(?! type=\"application/json\">)", page)) == 1
    assert not set("\x1b\u202e") & set(page)
    for spec in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL):
        told = json.loads(spec)
        told.pop("datasets", None)
        for layer in told["layer"]:  # texts of the log are data, and nothing else
            layer.pop("data", None)
        assert "alert" not in json.dumps(told)
    assert not set("\x1b\u202e") & set(text(found))


def test_the_command_prints_its_findings_and_writes_the_page(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(log)]) == 0
    out = capsys.readouterr().out
    assert "Paid beyond truth" in out and "took over at step 12" in out and "bits" in out
    page = log.with_name("log.jsonl.audit.html")
    assert page.exists() and str(page) in out


def test_the_command_as_json(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(log), "--json", "--out", str(tmp_path / "a.html")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["suspects"] and found["rollouts"] == 30 * 64
    first = next(one for one in found["features"] if one["name"] == found["suspects"][0])
    assert first["verdict"] == "paid" and first["onset"]["step"] == 12 and first["bits"]["low"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{}", "--reward-field", "rewrd"], "did you mean reward"),
        (["{}x"], "no log"),
        (["{}", "--acept-at", "1"], "did you mean --accept-at"),
        (["{}", "--accept-at", "nan"], "is not a finite number"),
        (["{}", "--seed", "-1"], "is not a whole number >= 0"),
        (["{}", "--out", "{}.no/a.html"], "there is no folder"),
        (["{}", "--out", "."], "is a folder; give a file in it"),
        (["{}", "--out", "{}"], "is no page of HTML; give another name"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str], said: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *(word.format(log) for word in words)]) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) == 1


def test_of_a_page_whose_writing_is_interrupted_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    (tmp_path / "page.html").write_text("the page before")
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save("the page", tmp_path / "page.html")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [
        ("page.html", "the page before")
    ]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no browser")
def test_the_charts_draw_in_a_browser(hostile: Path, tmp_path: Path) -> None:
    page = write_page(audit(hostile), tmp_path / "page.html")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=9000",
        "--dump-dom",
    ]
    dom = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120).stdout
    assert dom.count("<svg") >= 3 and 'class="chart failed"' not in dom
    assert "<title>pwned" not in dom
