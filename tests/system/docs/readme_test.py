"""The first screen of the README: what its terminal shows is what Holdfast prints."""

import re
import subprocess
import unittest
from pathlib import Path

from support import CTEST, HELPER, PATIENCE_S, ProjectCase, wait_until

README = Path(__file__).resolve().parents[3] / "README.md"
SHOP = """
add_test(NAME db.insert COMMAND true)
add_test(NAME server.starts COMMAND sh -c "sleep 300 & exit 0")
add_test(NAME net.upload COMMAND sh -c "[ $HOLDFAST_ATTEMPT = 2 ] || exit 4")
set_tests_properties(db.insert PROPERTIES HOLDFAST_LOCKS {lock}@user)
set_tests_properties(net.upload PROPERTIES HOLDFAST_RETRY "exit:4=1")
"""
OTHER = """
add_test(NAME db.migrate COMMAND sh -c "touch {work}/begun; while [ ! -e {work}/go ]; do sleep 0.02; done")
set_tests_properties(db.migrate PROPERTIES HOLDFAST_LOCKS {lock}@user)
"""
# What differs from run to run: times, pids, and the order of what runs side by side.
VARIES = (HELPER, (r"\d+\.\d+", "N.N"), (r"pid \d+", "pid N"), (r"^\d+/", "N/"), (r"Test #\d+", "Test #N"), (r"Start \d+", "Start N"),
          (r" {2,}", " "))


def plain(lines):
    for pattern, name in VARIES:
        lines = [re.sub(pattern, name, line) for line in lines]
    return sorted(line.strip() for line in lines if line.strip())


class FirstScreen(ProjectCase):
    def test_the_terminal_shows_what_holdfast_prints(self):
        block = re.search(r"```console\n\$ ctest -j8\n(.*?)```", README.read_text(), re.DOTALL)[1]
        wanted = plain(line for line in block.replace("/home/me/other/build", "TREE").splitlines() if line != "...")
        self.assertGreater(len(wanted), 9)
        lock = f"db{self.work.name[-6:]}".replace("_", "x")
        other = self.project(OTHER.format(work=self.work, lock=lock), "other", "other-build")
        shop = self.project(SHOP.format(lock=lock), "shop", "shop-build")
        holder = self.start(CTEST, cwd=other, stdout=subprocess.DEVNULL)
        wait_until((self.work / "begun").exists, "the holder")
        with (self.work / "shown").open("wb") as shown:
            ctest = self.start(CTEST, "-j8", cwd=shop, stdout=shown, stderr=subprocess.STDOUT)
            wait_until(lambda: b"waiting for lock" in (self.work / "shown").read_bytes(), "the line about the wait")
            (self.work / "go").touch()
            self.assertEqual([ctest.wait(PATIENCE_S), holder.wait(PATIENCE_S)], [0, 0])
        text = (self.work / "shown").read_text().replace("\nholdfast:   ", " ")  # a long line goes on
        text = text.replace(str(other), "TREE").replace(lock, "db")
        got = plain(text.splitlines())
        self.assertEqual([line for line in wanted if line not in got], [], text)


if __name__ == "__main__":
    unittest.main()
