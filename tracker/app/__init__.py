"""The composition root: what each process is made of. Read `receiving` and `working` first, from top to bottom.

A hit's path: `receiver` (HTTP in, hits out) -> `log` (durable) -> `consumer` (folds it with `protosessions`, makes
plans) -> `sink` (reads a plan back, `columns` compute it, `warehouse` writes it with the cursor). No stage imports the
next; each is handed its next step here.
"""

from tracker.app.asking import live_events, live_offline
from tracker.app.collecting import collect_seldom
from tracker.app.computing import computer
from tracker.app.copying import snapshot_contents, snapshot_folder
from tracker.app.folding import fold_limits
from tracker.app.known import properties, registry, resources
from tracker.app.logs import open_reader, opened_log
from tracker.app.receiving import receiver, run_receiver
from tracker.app.working import consumer, run_worker
from tracker.app.writing import driver, layout, writer

__all__ = [
    "collect_seldom",
    "computer",
    "consumer",
    "driver",
    "fold_limits",
    "layout",
    "live_events",
    "live_offline",
    "open_reader",
    "opened_log",
    "properties",
    "receiver",
    "registry",
    "resources",
    "run_receiver",
    "run_worker",
    "snapshot_contents",
    "snapshot_folder",
    "writer",
]
