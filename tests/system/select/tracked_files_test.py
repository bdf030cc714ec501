"""A run says which files under git's control changed while its tests ran, if it is asked to."""

import json
import os
import unittest

from affected_case import AffectedCase
from support import CTEST, HOLDFAST, no_keeper_of, script_step, wait_until

# Writes, and is still there when the clock of files has moved on.
WRITES = """
import os, sys, time
for path in sys.argv[1:]:
    if path.startswith("-"):
        os.remove(path[1:])
        continue
    with open(path, "a") as file:
        file.write("x")
    written = os.stat(path).st_ctime_ns
    probe = path + ".probe"
    while True:
        open(probe, "w").close()
        if os.stat(probe).st_ctime_ns > written + 60_000_000:
            break
    os.remove(probe)
"""


class TrackedFiles(AffectedCase):
    def with_tests(self, tests, toml='[profile.default]\ntracked-files = "report"\n', more=""):
        """A project whose tests write what `tests` says."""
        code = "".join(
            f"add_test(NAME {name} COMMAND python3 ${{PROJECT_SOURCE_DIR}}/writes.py {' '.join(paths)}\n"
            "  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})\n" for name, paths in tests.items())
        self.repository({
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(@NAME@ NONE)\nenable_testing()\n"
                              "find_package(Holdfast REQUIRED)\n" + code + more,
            "writes.py": WRITES, "holdfast.toml": toml, "a.txt": "a\n", "b.txt": "b\n", "sub dir/c.txt": "c\n", "twice.txt": "d\n"})
        self.configure()

    def run_tests(self, *words):
        ran = self.ctest(self.tree, *words, env=self.git_environment())
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        lines = [line for line in ran.text.splitlines() if "tracked" in line]
        return "\n".join(lines)

    def report(self):
        done = self.finish(HOLDFAST, "report", "--format", "json", cwd=self.tree)
        return json.loads(done.stdout)

    def test_that_one_test_changed_alone_is_told_with_its_name(self):
        self.with_tests({"one": ["a.txt"], "two": ['"sub dir/c.txt"'], "three": ["untracked.txt"], "four": ["-b.txt"]})
        said = self.run_tests("-j1")
        self.assertEqual(said, "holdfast: 3 tracked files changed while tests ran: a.txt (while only one ran), "
                         "b.txt (removed), sub dir/c.txt (while only two ran)")
        record, = self.records(self.runs(self.tree)[-1], "sources")
        self.assertEqual([file["file"] for file in record["changed"]], ["a.txt", "b.txt", "sub dir/c.txt"])
        self.assertEqual(self.report()["changed_sources"], [
            {"file": "a.txt", "removed": False, "tests": ["one"], "alone": True},
            {"file": "b.txt", "removed": True, "tests": [], "alone": False},
            {"file": "sub dir/c.txt", "removed": False, "tests": ["two"], "alone": True}])
        text = self.finish(HOLDFAST, "report", cwd=self.tree).stdout.decode()
        self.assertIn("3 tracked files changed while tests ran: a.txt (while only one ran)", text)
        self.assertFalse((self.tree / ".holdfast/tracked-files").exists())

    def test_what_differed_before_counts_if_it_is_written_again(self):
        self.with_tests({"one": ["a.txt"]})
        self.append("a.txt")
        self.append("b.txt")
        self.assertEqual(self.run_tests(),
                         "holdfast: 1 tracked file changed while tests ran: a.txt (while only one ran)")

    def test_what_is_put_back_counts_too(self):
        self.with_tests({}, more="add_test(NAME back COMMAND git checkout -q a.txt WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})\n")
        self.append("a.txt")
        self.assertIn("1 tracked file changed while tests ran: a.txt", self.run_tests())

    def test_what_a_test_changes_and_commits_counts_and_what_it_only_commits_does_not(self):
        self.with_tests({}, more="""
add_test(NAME commits COMMAND sh -c "echo x | tee -a a.txt >>twice.txt; git rm -q 'sub dir/c.txt'; git add new.txt; git -c user.name=n -c user.email=e commit -q -a -m m; echo x >>twice.txt"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
""")
        self.append("b.txt")
        self.append("new.txt")
        said = self.run_tests()
        self.assertEqual(said, "holdfast: 3 tracked files changed while tests ran: a.txt (while only commits ran), "
                         "sub dir/c.txt (removed), twice.txt (while only commits ran)")

    def test_tests_that_ran_beside_each_other_are_both_named(self):
        self.with_tests({"one": ["a.txt"], "two": ["b.txt"]}, more="""
add_test(NAME long COMMAND python3 -c "import os, time\nwhile not (os.path.getsize('a.txt') > 2 and os.path.getsize('b.txt') > 2): time.sleep(0.01)"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(two PROPERTIES DEPENDS one)
set_tests_properties(long PROPERTIES COST 100)
""")
        self.run_tests("-j2")
        tests = {one["file"]: sorted(one["tests"]) for one in self.report()["changed_sources"]}
        self.assertEqual(tests, {"a.txt": ["long", "one"], "b.txt": ["long", "two"]})

    def test_a_test_without_holdfast_may_have_done_it(self):
        self.with_tests({}, more="""
set(in_source WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_test(NAME sleeper COMMAND sh -c "touch begun; until test -e done; do sleep 0.01; done" ${in_source})
add_test(NAME writer COMMAND sh -c "until test -e begun; do sleep 0.01; done; echo x >>a.txt; touch done"
  ${in_source})
set_tests_properties(writer PROPERTIES HOLDFAST_ENABLED OFF)
""")
        self.assertEqual(self.run_tests("-j2"),
                         "holdfast: 1 tracked file changed while tests ran: a.txt (while sleeper ran)")
        self.assertEqual(self.report()["changed_sources"],
                         [{"file": "a.txt", "removed": False, "tests": ["sleeper"], "alone": False}])

    def test_git_writes_no_index(self):
        self.with_tests({"one": ["untracked.txt"]})
        os.utime(self.source / "a.txt", (1e9, 1e9))  # git has to look whether it is the same
        (self.source / "b.txt").write_text("changed\n")
        index = self.source / ".git/index"
        before = index.stat()
        self.assertEqual(self.run_tests(), "")
        after = index.stat()
        self.assertEqual((after.st_ino, after.st_ctime_ns), (before.st_ino, before.st_ctime_ns))

    def test_nothing_is_said_where_nothing_changed_and_where_nobody_asked(self):
        self.with_tests({"one": ["untracked.txt"]})
        self.assertEqual(self.run_tests(), "")
        self.assertNotIn("changed_sources", self.report())
        (self.source / "holdfast.toml").write_text("")
        self.append("a.txt")
        self.write("writes.py", "open('a.txt', 'a').write('y')\n")
        self.assertEqual(self.run_tests(), "")
        self.assertFalse((self.tree / ".holdfast/tracked-files").exists())

    def test_a_project_below_the_top_of_its_repository(self):
        top, self.source = self.source, self.source / "below"
        self.with_tests({"one": ["a.txt", "../above.txt"]})
        (top / "above.txt").write_text("a\n")
        (self.source / ".git").rename(top / ".git")
        self.git("add", "-A", cwd=top)
        self.git("commit", "-q", "-m", "x", cwd=top)
        self.assertEqual(self.run_tests(),
                         "holdfast: 1 tracked file changed while tests ran: a.txt (while only one ran)")

    def test_without_git_one_line_says_so_and_tests_run(self):
        self.with_tests({"one": ["a.txt"]})
        (self.source / ".git").rename(self.work / "away")
        self.write(".git", "no repository\n")
        ran = self.ctest(self.tree, env=self.git_environment())
        self.assertEqual(ran.returncode, 0, ran.text)
        lines = [line for line in ran.text.splitlines() if "tracked" in line]
        self.assertEqual(len(lines), 1, ran.text)
        self.assertIn("tracked-files: what tests change is not known: ", lines[0])

    def test_a_repository_that_a_test_takes_away_is_one_line(self):
        self.with_tests({}, more="add_test(NAME away COMMAND mv ${PROJECT_SOURCE_DIR}/.git ${PROJECT_BINARY_DIR}/away)\n")
        ran = self.ctest(self.tree, env={**self.git_environment(), "GIT_CEILING_DIRECTORIES": str(self.source.parent)})
        (self.tree / "away").rename(self.source / ".git")
        self.assertEqual(ran.returncode, 0, ran.text)
        lines = [line for line in ran.text.splitlines() if "tracked" in line]
        self.assertEqual(len(lines), 1, ran.text)
        self.assertIn("tracked-files: what tests changed is not known: ", lines[0])

    def test_many_files_are_counted_and_some_are_named(self):
        self.with_tests({}, more="add_test(NAME all COMMAND sh -c \"for f in many/*; do echo x >>$f; done\" "
                   "WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})\n".replace("$f", "\\$f"))
        for i in range(150):
            self.write(f"many/{i:03}", "x\n")
        self.commit()
        self.assertIn("150 tracked files changed while tests ran: many/000", self.run_tests())
        record, = self.records(self.runs(self.tree)[-1], "sources")
        self.assertEqual((len(record["changed"]), record["more"]), (100, 50))
        report = self.report()
        self.assertEqual((len(report["changed_sources"]), report["more_changed_sources"]), (100, 50))

    def test_in_a_script_nobody_looks(self):
        self.with_tests({"one": ["a.txt"]})
        script = self.work / "script.cmake"
        script.write_text(script_step(self.source, self.tree, "ctest_test()"))
        done = self.finish(CTEST, "-S", script, cwd=self.work, env=self.git_environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertEqual(self.records(self.runs(self.tree)[-1], "sources"), [])
        self.assertFalse((self.tree / ".holdfast/tracked-files").exists())

    def test_a_run_inside_of_another_leaves_the_look_of_the_outer_one_alone(self):
        self.with_tests({"one": ["a.txt"]}, more=f"""
add_test(NAME inner COMMAND {CTEST} -R "^one$" WORKING_DIRECTORY ${{PROJECT_BINARY_DIR}})
""")
        self.assertEqual(self.run_tests("-R", "inner"), "holdfast: 1 tracked file changed while tests ran: a.txt "
                         "(while only inner ran)")


if __name__ == "__main__":
    unittest.main()
