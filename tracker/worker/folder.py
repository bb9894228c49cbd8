"""Where a log may live: on a disk of this machine, because memory maps and file locks of others cannot be trusted."""

from collections.abc import Iterable
from pathlib import Path

import psutil

_NETWORK = frozenset(
    {"9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
    | {f"fuse.{kind}" for kind in ("ceph", "davfs", "gcsfuse", "glusterfs", "rclone", "s3fs", "sshfs")}
)


def network_file_system(folder: Path, mounts: Iterable[tuple[str, str]] | None = None) -> str | None:
    """The kind of network file system that holds `folder`, which need not exist yet; None where none is known.

    `mounts` are (mount point, file system type) pairs; by default those of this machine.
    """
    if mounts is None:
        mounts = ((disk.mountpoint, disk.fstype) for disk in psutil.disk_partitions(all=True))
    path = folder.resolve()
    holding = [(Path(point), kind.lower()) for point, kind in mounts if path.is_relative_to(point)]
    # Of two mounts at one point the later hides the earlier.
    kind = max(enumerate(holding), key=lambda it: (len(it[1][0].parts), it[0]), default=(0, (path, "")))[1][1]
    return kind if kind in _NETWORK else None
