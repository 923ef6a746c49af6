"""The documentation is complete, its links lead somewhere and its code runs."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

import neuropil
from neuropil.systems import CATALOGUE

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [page for page in PAGES if page.parent.name != "api"]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def short(page: Path) -> str:
    return str(page.relative_to(ROOT))


def python_blocks(text: str) -> list[tuple[int, str]]:
    """The line and source of every Python block of a page."""
    return [
        (text[: found.start(2)].count("\n"), found.group(2))
        for found in FENCE.finditer(text)
        if found.group(1) in {"python", "py", "python3"}
    ]


def public_names(room: ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(room).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


def documented_names(room: str, text: str) -> set[str]:
    return set(re.findall(rf"^::: neuropil\.{room}\.(\w+)$", text, re.MULTILINE))


def broken_links(page: Path, text: str) -> list[str]:
    prose = FENCE.sub("", text)
    targets = [one or other for one, other in LINK.findall(prose)]
    local = [target.split("#")[0] for target in targets if "://" not in target]
    return [target for target in local if target and not (page.parent / target).exists()]


@pytest.mark.parametrize("room", neuropil.__all__)
def test_every_public_name_is_in_the_api_pages(room: str):
    page = ROOT / "docs" / "api" / f"{room}.md"
    documented = documented_names(room, page.read_text(encoding="utf-8"))
    assert documented == public_names(importlib.import_module(f"neuropil.{room}"))


def test_every_published_system_is_listed():
    listed = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    assert [name for name in CATALOGUE if f"`{name}`" not in listed] == []


@pytest.mark.parametrize("room", neuropil.__all__)
def test_every_public_name_has_a_docstring_of_its_own(room: str):
    module = importlib.import_module(f"neuropil.{room}")
    silent = [
        name
        for name in public_names(module)
        if callable(value := getattr(module, name)) and not (value.__doc__ or "").strip()
    ]
    assert not silent


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_internal_links_lead_somewhere(page: Path):
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", GUIDES, ids=short)
def test_code_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for line, source in python_blocks(page.read_text(encoding="utf-8")):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)


def test_every_page_of_the_documentation_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    docs = ROOT / "docs"
    missing = [
        name
        for page in docs.rglob("*.md")
        if f" {(name := str(page.relative_to(docs)))}\n" not in navigation
    ]
    assert missing == []


def test_these_checks_can_fail(tmp_path):
    page = tmp_path / "page.md"
    text = "[a](nowhere.md) [b](page.md#x) ![c](gone.png)\n```python\nraise KeyError\n```\n"
    page.write_text(text)
    assert broken_links(page, text) == ["nowhere.md", "gone.png"]
    assert python_blocks(text) == [(2, "raise KeyError\n")]
    assert documented_names("core", "::: neuropil.core.Tick\n::: neuropil.cells.lif") == {"Tick"}
