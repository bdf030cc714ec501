"""Of what the pictures of the guide are made: a file beside them has this word. If it is another one now, the pictures
are old (launcher/report/html/README.md says how to make them again)."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "launcher/report/html/page").iterdir()), ROOT / "tests/system/run/report_example.py"]
FILE = "made-from"


def made_from():
    whole = hashlib.sha256()
    for source in SOURCES:
        whole.update(source.read_bytes())
    return whole.hexdigest() + "\n"
