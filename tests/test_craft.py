"""The repository itself: linters, types, layers, documentation, and what no file may hold."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tracker.metrics import new_metrics
from tracker.plugins import HOOKS

ROOT = Path(__file__).resolve().parents[1]
TOOLS = {
    "ruff check": ["ruff", "check", "--no-cache"],
    "ruff format": ["ruff", "format", "--check", "--no-cache"],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-cache"],
}
FORBIDDEN = tuple(
    "".join(parts)
    for parts in (
        ("py", "pi.org"), ("python", "hosted.org"), ("crates", ".io"), ("registry.npm", "js"), ("repo.mav", "en"),
        ("proxy.gol", "ang"), ("/wo", "rk/"), ("/ro", "ot/"), ("/tmp/", "venv"),
    )
)  # fmt: skip
"""Package registries, which everybody chooses for themselves, and places of one machine. In pieces, so that they are
not here either.
"""


@pytest.mark.parametrize("tool", TOOLS)
def test_tool(tool: str) -> None:
    """Linters, types and layers have nothing to say."""
    command, *options = TOOLS[tool]
    found = subprocess.run(
        [Path(sys.executable).with_name(command), *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_no_file_names_a_machine() -> None:
    """No file names a package registry or a place on somebody's machine."""
    found = [(str(path.relative_to(ROOT)), word) for path in tracked() for word in FORBIDDEN if word in text_of(path)]
    assert found == []


def test_every_test_says_what_it_tests() -> None:
    """Every test function has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in tracked()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_module_says_what_it_is_for() -> None:
    """Every module has a docstring."""
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix == ".py" and not ast.get_docstring(ast.parse(text_of(path)))
    ]
    assert silent == []


def test_every_metric_is_documented() -> None:
    """Every metric stands in the reference."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    names = {metric.name for metric in new_metrics().registry.collect()}
    assert names
    assert {name for name in names if not re.search(rf"`{name}(_total)?`", page)} == set()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_and_used(hook: str) -> None:
    """Every hook stands in the reference, and an example plugin implements it."""
    assert f"`{hook}()" in (ROOT / "docs" / "reference" / "hooks.md").read_text()
    assert any(f"def {hook}(" in path.read_text() for path in (ROOT / "tests" / "plugins").rglob("*.py"))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that Git keeps, or would keep with the next commit of everything."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


@cache
def text_of(path: Path) -> str:
    """The text of a file; bytes that are none are replaced."""
    return path.read_text(encoding="utf-8", errors="replace")
