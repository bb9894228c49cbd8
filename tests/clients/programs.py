"""Other people's programs as clients: Node, Python and Chromium, each a process of its own that ends within a while."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

NODE_MODULES = os.environ.get("NODE_MODULES_FOR_TESTS", "")
"""The folder that `install` filled with what `package.json` names. Tests of clients that are not there are skipped."""
DRIVERS = Path(__file__).with_name("drivers")
PATIENCE = 60
"""Seconds a program may take on a busy machine; most take one."""
CHROMIUM = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Without a window, and without any request but those of the page."""

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")


def needs_npm(package: str) -> pytest.MarkDecorator:
    """Skip where Node or the package is absent."""
    is_there = shutil.which("node") is not None and NODE_MODULES and (Path(NODE_MODULES) / package).is_dir()
    return pytest.mark.skipif(not is_there, reason=f"NODE_MODULES_FOR_TESTS has no {package} for Node")


def needs_python(package: str) -> pytest.MarkDecorator:
    """Skip where the package is absent."""
    return pytest.mark.skipif(find_spec(package) is None, reason=f"the package {package} is not installed")


def node(driver: str, *arguments: str) -> Any:
    """What a driver of an npm package says."""
    return _said("node", driver, *arguments)


def python(driver: str, *arguments: str) -> Any:
    """What a driver of a Python package says."""
    return _said(sys.executable, driver, *arguments)


@contextmanager
def chromium(profile: Path, page: str) -> Iterator[Path]:
    """A browser without a window that shows `page`, with an empty profile; yields the file with what it prints."""
    log = profile / "chromium.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["chromium", *CHROMIUM, f"--user-data-dir={profile}", page],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield log
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def _said(program: str, driver: str, *arguments: str) -> Any:
    """The JSON that a driver prints. Fails with what it complained of."""
    done = subprocess.run(
        [program, DRIVERS / driver, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "NODE_PATH": NODE_MODULES, "NO_PROXY": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
