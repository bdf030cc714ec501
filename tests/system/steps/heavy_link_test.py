"""Runs examples/heavy-link as its page says: two builds at once, one link at a time."""

import subprocess

import own_locks
from building import BUILD_BOUND_S, BuildCase
from support import CMAKE, HOLDFAST, SOURCES, STAGE

EXAMPLE = SOURCES / "examples/heavy-link"


@own_locks.needed
class HeavyLinkTest(BuildCase):
    def builds(self, *options, **environment):
        trees = [self.work / name for name in ("a", "b")]
        for tree in trees:
            made = self.finish(CMAKE, "-G", "Ninja", "-S", EXAMPLE, "-B", tree, "--fresh",
                               f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={STAGE}/lib/cmake/Holdfast/Holdfast.cmake",
                               *options, bound=BUILD_BOUND_S)
            self.assertEqual(made.returncode, 0, made.stderr)
        begun = []
        for tree in trees:
            with open(tree / "log", "wb") as log:
                begun.append(self.start(CMAKE, "--build", tree, "--clean-first", stdout=log, stderr=subprocess.STDOUT,
                                        env=self.environment(**environment)))
        codes = [one.wait(BUILD_BOUND_S) for one in begun]
        return trees, codes, "".join((tree / "log").read_text(errors="replace") for tree in trees)

    def test_twelve_links_over_two_trees_never_run_at_once(self):
        trees, codes, log = self.builds("-DHOLDFAST_LINK_SLOTS=1")
        self.assertEqual(codes, [0, 0], log)
        links = [s for tree in trees for s in self.steps(tree) if s["kind"] == "link"]
        self.assertEqual(len(links), 12)
        # The builds ran at the same time, so the check means something. Each link took as long as
        # it pretends to.
        self.assertGreater(sum(s["slot_wait_s"] > 0 for s in links), 6)
        self.assertTrue(all(s["wall_s"] >= 0.5 for s in links))
        report = self.finish(HOLDFAST, "report", "--tree", trees[0]).stdout.decode()
        self.assertRegex(report, r"\nLongest waits for a slot of \d+ build steps\n  link \w+ ")

    def test_without_slots_they_collide(self):
        _, codes, log = self.builds("-DHOLDFAST_LINK_SLOTS=1", HOLDFAST_DISABLE="1")
        self.assertNotEqual(codes, [0, 0], log)


if __name__ == "__main__":
    own_locks.main()
