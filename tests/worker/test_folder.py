"""Where a log may live."""

from pathlib import Path

import pytest

from tracker.worker.folder import network_file_system

MOUNTS = [("/", "ext4"), ("/srv", "nfs4"), ("/srv/local", "xfs"), ("/srv/local/far", "fuse.sshfs")]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/data", None),
        ("/srv/log", "nfs4"),
        ("/srv/local/log", None),
        ("/srv/local/far", "fuse.sshfs"),
        ("/srvx", None),
    ],
)
def test_the_innermost_mount_counts(folder: str, kind: str | None) -> None:
    """A folder is where its nearest mount point says."""
    assert network_file_system(Path(folder), MOUNTS) == kind


def test_the_later_of_two_mounts_at_one_place_counts() -> None:
    """A mount hides what was mounted there before."""
    assert network_file_system(Path("/a"), [("/", "nfs"), ("/", "ext4")]) is None
    assert network_file_system(Path("/a"), [("/", "ext4"), ("/", "cifs")]) == "cifs"


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    """Without a list of mounts the machine's own is taken; a folder need not exist."""
    assert isinstance(network_file_system(tmp_path / "new"), str | None)
