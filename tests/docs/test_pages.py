"""What the documentation shows is what there is: excerpts, links, commands, settings and generated pages."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tracker import app
from tracker.cli import app as commands
from tracker.config.load import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"]
FENCE = re.compile(r"(?:<!-- (\S+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


def name(path: Path) -> str:
    """How a test calls a page."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_excerpts(page: Path) -> None:
    """Every excerpt stands in the file that it names, word for word."""
    for source, _, text in FENCE.findall(page.read_text()):
        if source:
            assert text.rstrip("\n") in (ROOT / source).read_text()


@pytest.mark.parametrize("kind", ["column", "protocol", "driver"])
def test_pages_for_authors_show_what_is_tested(kind: str) -> None:
    """All Python and settings on these pages are excerpts of files that tests load."""
    fences = FENCE.findall((ROOT / "docs" / f"writing-a-{kind}.md").read_text())
    shown = [source for source, language, _ in fences if language in ("python", "toml")]
    assert shown
    assert all(source.startswith("tests/plugins/") for source in shown)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links(page: Path) -> None:
    """Every link to a file of ours, and to a heading in it, leads somewhere."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), target
        assert not heading or heading in headings(path), target


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files(page: Path) -> None:
    """Every file of the repository that a page names is there."""
    for path in re.findall(r"`((?:tracker|tests|docs|bench)/[\w./-]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands(page: Path) -> None:
    """Every `tracker` command that a page shows exists."""
    known = {command.name or str(getattr(command.callback, "__name__", "")) for command in commands.registered_commands}
    for fence in FENCE.findall(page.read_text()):
        if fence[1] == "sh":
            assert set(re.findall(r"(?:^|bin/|-u tracker |NAME )tracker ([a-z]+)", fence[2], re.MULTILINE)) <= known


@pytest.mark.parametrize("page", GENERATED)
def test_generated(page: str) -> None:
    """Generated pages are what the code says now; `python docs/generate.py` writes them."""
    assert (ROOT / "docs" / page).read_text() == GENERATED[page]()


@pytest.mark.parametrize("file", ["docs/examples/tracker.toml", "tests/plugins/tracker.toml"])
def test_example_settings(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker would start with the example settings."""
    monkeypatch.chdir(ROOT)
    settings = load(file=ROOT / file, environ={}, overrides={}).settings
    app.properties(settings, app.registry(settings))


def test_settings_on_pages() -> None:
    """Settings that pages show by themselves are valid."""
    for page in PAGES:
        for source, language, text in FENCE.findall(page.read_text()):
            if language == "toml" and not source:
                load(file=None, environ={}, overrides=flat(tomllib.loads(text)))


def flat(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Dotted keys of a nested table."""
    found: dict[str, object] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def readme_commands() -> list[str]:
    """The two commands that README begins with."""
    return [text.strip() for _, language, text in FENCE.findall((ROOT / "README.md").read_text()) if language == "sh"][
        :2
    ]


def test_readme_commands_are_one_line_each() -> None:
    """Each is pasted as one line."""
    assert ["\n" in command for command in readme_commands()] == [False, False]


def test_ci_runs_what_readme_says() -> None:
    """CI installs and tests as README's second command does, but for where the virtual environment is."""
    steps = [step.strip() for step in readme_commands()[1].replace(".venv", "VENV").split("&&")]
    script = (ROOT / ".ci" / "run").read_text().replace("$home/venv", "VENV").replace('"', "")
    script = script.replace("$python", "python3").replace(" --disable-pip-version-check", "")
    ends = ("", " </dev/null", " </dev/null 2>$home/errors | tee $home/output || {")
    assert [any(step + end in script.splitlines() for end in ends) for step in steps] == [True, True, True]


def test_ci_script_is_executable() -> None:
    """It can be run as it is, and bash can read it."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_constraints_pin_what_is_needed() -> None:
    """Every direct dependency, and nothing but names and versions, is in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", line)] == []
    assert {re.split(r"[<>=;\[ ]", need)[0].lower() for need in wanted} - pinned == set()


def test_python_of_readme() -> None:
    """README asks for the Python that the package asks for."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert f"Needs Python {wanted} or newer" in (ROOT / "README.md").read_text()
    assert sys.version_info >= tuple(map(int, wanted.split(".")))
