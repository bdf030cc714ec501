"""docs as a site (./dev site): Sphinx finds each link within it, and its search knows the pages."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
NEEDS = ("sphinx", "myst_parser", "furo")


class Site(unittest.TestCase):
    def test_it_is_built_without_a_warning_and_can_be_searched(self):
        # Debian's packages belong to Debian's Python.
        python = next((one for one in (sys.executable, "/usr/bin/python3") if Path(one).exists() and subprocess.run(
            [one, "-c", f"import {', '.join(NEEDS)}"], capture_output=True, check=False).returncode == 0), None)
        if python is None:
            self.skipTest("needs python3-sphinx, python3-myst-parser and furo")
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run([python, "-B", "-m", "sphinx", "-E", "-q", "-W", "--keep-going", "-b", "html", DOCS, work],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            index = (Path(work) / "searchindex.js").read_text()
            known = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]
            pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}
            self.assertEqual(set(known), pages)
            # Each page is in the list at the side of the first one.
            start = (Path(work) / "README.html").read_text()
            self.assertEqual([page for page in pages - {"README"} if f'href="{page}.html"' not in start], [])


if __name__ == "__main__":
    unittest.main()
