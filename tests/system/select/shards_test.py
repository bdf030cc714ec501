"""Shards: `holdfast shard`, `holdfast ctest --shard`, and what `report merge` makes of their bundles."""

import json
import os
import re
import shutil
import sqlite3
import unittest

from selecting import ODD, SelectCase, adding
from support import CTEST, HOLDFAST, PATIENCE_S, wait_until

PROJECT = adding("up", "down", "u1", "u2", "u3", "u4") + adding("a", "b", "c", "d", "e") + """
set_tests_properties(up PROPERTIES FIXTURES_SETUP F)
set_tests_properties(down PROPERTIES FIXTURES_CLEANUP F)
set_tests_properties(u1 u2 u3 u4 PROPERTIES FIXTURES_REQUIRED F)
set_tests_properties(b PROPERTIES DEPENDS a)
"""
ALL = ["up", "down", "u1", "u2", "u3", "u4", "a", "b", "c", "d", "e"]
TWICE = {"up", "down"}


class ShardsTest(SelectCase):
    def shard(self, tree, *words):
        return self.ours("shard", *words, cwd=tree).stdout.decode()

    def shard_json(self, tree, *words):
        return json.loads(self.shard(tree, *words, "--format", "json"))

    def timings(self, tree, name="times.sqlite"):
        file = self.work / name
        self.ours("history", "export", file, cwd=tree)
        return file

    def bundle(self, tree, name):
        file = self.work / f"{name}.tar.gz"
        self.ours("report", "--bundle", file, cwd=tree)
        return file

    def merge(self, *bundles, code=0):
        """The merged report as JSON, and the lines on stderr."""
        done = self.finish(HOLDFAST, "report", "merge", "--format", "json", *bundles)
        self.assertEqual(done.returncode, code, done.stderr)
        return (json.loads(done.stdout) if done.stdout else None), done.stderr.decode().splitlines()

    def run_shards(self, tree, count, *words):
        """Runs all shards, one after the other. Returns the names of each, and their bundles."""
        names, bundles = [], []
        for number in range(1, count + 1):
            self.select(tree, "--shard", f"{number}/{count}", *words)
            names.append(self.names(tree))
            bundles.append(self.bundle(tree, f"shard-{number}"))
        return names, bundles

    def assert_whole(self, shards):
        flat = [name for shard in shards for name in shard]
        self.assertEqual(set(flat), set(ALL))
        self.assertLessEqual({name for name in flat if flat.count(name) > 1}, TWICE)
        for shard in shards:
            if "b" in shard:
                self.assertIn("a", shard)
            if any(name.startswith("u") for name in shard):
                self.assertLessEqual(TWICE, set(shard))

    def test_each_test_is_in_one_shard(self):
        tree = self.project(PROJECT)
        for count in (1, 2, 3, 5, 16):
            shards = [self.shard(tree, f"{number}/{count}").splitlines() for number in range(1, count + 1)]
            self.assert_whole([shard for shard in shards if shard])
            # Where all users of the fixture would make one shard slow, it is in several.
            self.assertEqual(sum("down" in shard for shard in shards) > 1, count > 2, count)
            for shard in shards:
                self.assertEqual(shard, sorted(shard, key=ALL.index))
        self.assertEqual(self.runs(tree), [])

    def test_what_each_shard_ran_makes_one_report(self):
        tree = self.project(PROJECT)
        names, bundles = self.run_shards(tree, 3, "--", "-j2")
        self.assertEqual(names, [self.shard(tree, f"{number}/3").splitlines() for number in (1, 2, 3)])
        self.assert_whole(names)
        report, lines = self.merge(*bundles)
        self.assertEqual(lines, [])
        fingerprint = self.shard_json(tree, "1/3")["fingerprint"]
        self.assertRegex(fingerprint, "^[0-9a-f]{16}$")
        self.assertEqual(report["run"]["fingerprint"], fingerprint)
        self.assertEqual((report["run"]["missing"], report["run"]["too_often"]), ([], []))
        self.assertEqual([one["shard"] for one in report["run"]["shards"]], ["1/3", "2/3", "3/3"])
        self.assertEqual({test["name"] for test in report["tests"]}, set(ALL))
        run = json.loads(self.ours("report", "--format", "json", cwd=tree).stdout)["run"]
        self.assertEqual((run["fingerprint"], run["shard"]), (fingerprint, "3/3"))
        self.assertNotIn("missing", run)
        text = self.ours("report", "merge", *bundles).stdout.decode()
        self.assertNotIn("planned", text.replace("planned,", ""))

    def test_another_machine_divides_in_the_same_way(self):
        tree = self.project(PROJECT)
        self.run_all(tree)
        times = self.timings(tree)
        other = self.project(PROJECT, "elsewhere", "other tree")
        for words in ((), ("--timings", times)):
            self.assertEqual([self.shard_json(tree, f"{number}/3", *words) for number in (1, 2, 3)],
                             [self.shard_json(other, f"{number}/3", *words) for number in (1, 2, 3)])
        # What has run here since does not count.
        self.run_all(tree, "-R", "a")
        self.assertEqual(self.shard_json(tree, "1/3"), self.shard_json(other, "1/3"))

    def test_recorded_times_make_shards_of_like_length(self):
        tree = self.project(adding("long", "l2", "l3", "s1", "s2", "s3", "s4"))
        self.run_all(tree, "-j4")
        times = self.timings(tree)
        self.write_times(times, {"long": 600, "l2": 300, "l3": 300, "s1": 5, "s2": 5, "s3": 5, "s4": 5})
        first = self.shard_json(tree, "1/2", "--timings", times)
        second = self.shard_json(tree, "2/2", "--timings", times)
        self.assertEqual([[t["test"] for t in shard["tests"] if t["test"].startswith("l")] for shard in (first, second)],
                         [["long"], ["l2", "l3"]])
        self.assertEqual([one["index"] for one in first["tests"]], sorted(one["index"] for one in first["tests"]))
        self.assertTrue(all(0 <= test["seconds"] < PATIENCE_S for test in first["tests"] + second["tests"]))
        self.assertIsNone(self.shard_json(tree, "1/2")["tests"][0]["seconds"])

    def test_a_timing_file_that_was_tampered_with_is_found(self):
        tree = self.project(PROJECT)
        self.run_all(tree)
        times = self.timings(tree)
        self.select(tree, "--shard", "1/2", "--timings", times)
        one = self.bundle(tree, "one")
        other = self.work / "tampered.sqlite"
        shutil.copy(times, other)
        with sqlite3.connect(other) as database:
            database.execute("UPDATE result SET wall_ms=wall_ms+1 WHERE test=(SELECT id FROM test WHERE name='c')")
        database.close()
        self.select(tree, "--shard", "2/2", "--timings", other)
        two = self.bundle(tree, "two")
        report, lines = self.merge(one, two, code=1)
        self.assertIsNone(report)
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r"^holdfast: report merge: one is shard 1/2 of division [0-9a-f]{16}, but two is shard "
                                   r"2/2 of division [0-9a-f]{16}: expected shards of one list of tests, one N and one "
                                   r"file of times$")

    def test_shards_of_several_counts_or_of_none_are_refused(self):
        tree = self.project(PROJECT)
        self.select(tree, "--shard", "1/2")
        half = self.bundle(tree, "half")
        self.select(tree, "--shard", "1/3")
        third = self.bundle(tree, "third")
        self.run_all(tree)
        whole = self.bundle(tree, "whole")
        self.assertIn("half is shard 1/2 of division", self.merge(half, third, code=1)[1][0])
        self.assertIn("but whole is no shard of a division", self.merge(half, whole, code=1)[1][0])
        self.assertEqual(self.merge(whole)[1], [])

    def test_a_shard_that_is_missing(self):
        tree = self.project(PROJECT)
        names, bundles = self.run_shards(tree, 3)
        report, lines = self.merge(bundles[0], bundles[2], code=1)
        gone = [name for name in names[1] if name not in TWICE]
        self.assertEqual(sorted(report["run"]["missing"]), sorted(gone))
        self.assertEqual(lines[0], "holdfast: report merge: 1 shard not there: 2/3")
        self.assertRegex(lines[1], f"^holdfast: report merge: {len(gone)} tests? planned and in no shard: ")
        for name in gone:
            self.assertIn(name, lines[1])
        text = self.finish(HOLDFAST, "report", "merge", bundles[0], bundles[2]).stdout.decode()
        self.assertIn("\n1 shard not there: 2/3\n", text)

    def test_a_shard_that_was_killed(self):
        there, go = self.work / "there", self.work / "go"
        tree = self.project(adding("a", "b") + adding(
            "m", command=f'sh -c ": >{there}; until [ -e {go} ]; do sleep 0.01; done"') + adding("x", "y", "z"))
        number = next(number for number in (1, 2) if "m" in self.shard(tree, f"{number}/2").splitlines())
        self.assertEqual(self.shard(tree, f"{number}/2"), "a\nm\ny\n")
        run = self.start(HOLDFAST, "ctest", "--shard", f"{number}/2", cwd=tree, stdout=-3, stderr=-3)
        wait_until(there.exists, "the test in the middle")
        run.kill()
        run.wait(PATIENCE_S)
        self.over(tree)
        killed = self.bundle(tree, "killed")
        go.touch()
        self.select(tree, "--shard", f"{3 - number}/2")
        report, lines = self.merge(killed, self.bundle(tree, "other"), code=1)
        self.assertEqual(report["run"]["missing"], ["y"])
        self.assertEqual(lines, ["holdfast: report merge: 1 test planned and in no shard: y"])

    def test_a_shard_that_ran_twice(self):
        tree = self.project(PROJECT)
        names, bundles = self.run_shards(tree, 2)
        self.select(tree, "--shard", "2/2")
        report, lines = self.merge(*bundles, self.bundle(tree, "again"), code=1)
        self.assertEqual(report["run"]["missing"], [])
        self.assertEqual(sorted(report["run"]["too_often"]), sorted(names[1]))
        self.assertRegex(lines[0], f"^holdfast: report merge: {len(names[1])} tests ran more often than planned: ")

    def test_more_shards_than_tests(self):
        tree = self.project(adding("t1", "t2"))
        said = []
        for number in range(1, 5):
            said.append(self.select(tree, "--shard", f"{number}/4"))
        self.assertEqual(len(self.runs(tree)), 2)
        self.assertRegex(said[3], r"^holdfast: shard 4/4 of division [0-9a-f]{16}: 0 tests of 2: ctest is not started\n$")
        self.assertEqual(self.shard(tree, "4/4"), "")
        bundles = []
        for run in self.runs(tree):
            bundles.append(self.work / f"{run.name[0]}.tar.gz")
            self.ours("report", run.name, "--bundle", bundles[-1], cwd=tree)
        self.assertEqual(self.merge(*bundles)[1], [])

    def test_odd_names(self):
        tree = self.project(adding(*ODD))
        shards = []
        for number in (1, 2):
            self.select(tree, "--shard", f"{number}/2")
            shards.append(self.names(tree))
            done = self.ours("shard", f"{number}/2", cwd=tree)
            self.assertEqual(done.stdout.decode().splitlines(), [name for name in shards[-1] if "\n" not in name])
            if "two\nlines" in shards[-1]:
                self.assertIn(b'left out, because its name is more than a line: "two\\nlines"', done.stderr)
            expression = self.shard(tree, f"{number}/2", "--format", "ctest").rstrip("\n")
            self.run_all(tree, "-R", expression)
            self.assertEqual(self.names(tree), shards[-1])
        self.assertEqual(sorted(shards[0] + shards[1]), sorted(ODD))
        self.assertEqual([len(shard) for shard in shards], [5, 5])

    def test_tests_of_one_name_stay_together(self):
        for sub in ("one", "two"):
            (self.work / "project" / sub).mkdir(parents=True)
            (self.work / "project" / sub / "CMakeLists.txt").write_text(adding("same"))
        tree = self.project("add_subdirectory(one)\nadd_subdirectory(two)\n" + adding("t"))
        names, bundles = self.run_shards(tree, 2)
        self.assertEqual(sorted(names), [["same", "same"], ["t"]])
        self.assertEqual([self.shard(tree, f"{number}/2").splitlines() for number in (1, 2)], names)
        self.assertEqual({self.shard(tree, f"{number}/2", "--format", "ctest").strip() for number in (1, 2)},
                         {"^(same)$", "^(t)$"})
        self.assertEqual(self.merge(*bundles)[1], [])

    def test_disabled_tests_weigh_nothing_and_alone_they_are_no_failure(self):
        tree = self.project(adding("a") + adding("off", "off 2", properties="DISABLED TRUE"))
        shards = [self.shard(tree, f"{number}/2").splitlines() for number in (1, 2)]
        self.assertEqual(shards, [["a"], ["off", "off 2"]])
        names, bundles = self.run_shards(tree, 2)
        self.assertEqual(names, shards)
        report, _ = self.merge(*bundles)
        self.assertEqual({test["name"]: test["verdict"] for test in report["tests"]},
                         {"a": "passed", "off": "disabled", "off 2": "disabled"})
        self.select(tree, "--shard", "2/2", "--", "--no-tests=error", code=8)
        env = {**os.environ, "CTEST_NO_TESTS_ACTION": "error"}
        self.select(tree, "--shard", "2/2", env=env)

    def test_only_what_ctests_options_select_is_divided(self):
        tree = self.project(PROJECT + adding("off", properties="DISABLED TRUE"))
        for words, others in ((["-R", "^[a-e]$"], []), (["-E", "u|off"], ["down"])):
            shards = [self.shard(tree, f"{number}/2", "--", *words).splitlines() for number in (1, 2)]
            self.assertEqual(sorted(shards[0] + shards[1]), ["a", "b", "c", "d", *others, "e"])
            self.select(tree, "--shard", "2/2", "--", *words)
            self.assertEqual(self.names(tree), shards[1])
        shards = [self.shard(tree, f"{number}/2").splitlines() for number in (1, 2)]
        self.assertEqual(sum("off" in shard for shard in shards), 1)

    def test_failed_tests_are_divided(self):
        tree = self.project(self.failing("a", "b", "c", "d", "e"))
        for name in "abd":
            self.flag(name).touch()
        self.run_all(tree, code=8)
        names = []
        for number in (1, 2, 3):
            self.select(tree, "--failed", "--shard", f"{number}/3", code=8)
            names += self.names(tree)
        self.assertEqual(names, ["a", "b", "d"])

    def test_shards_of_a_job_that_left_no_run_are_named_whatever_slurm_knows(self):
        tree = self.project(adding("a", "b"))
        place = self.work / "commands"
        place.mkdir()
        for name, text in (("sbatch", "printf 'no disk\\nlast words\\n' >1.log; cat >/dev/null; echo '7;cluster'"),
                           ("squeue", f"if [ -e {place}/asked ]; then echo Invalid job id specified >&2; exit 1; fi\n"
                                      f"touch {place}/asked; echo gone for a while >&2; exit 1")):
            (place / name).write_text(f"#!/bin/sh\n{text}\n")
            (place / name).chmod(0o755)
        ended = self.ours("ctest", "--slurm-array", "2", cwd=tree, code=8,
                          env=self.environment(PATH=f"{place}:{os.environ['PATH']}"))
        said = ended.stderr.decode()
        self.assertEqual(ended.stdout, b"")
        self.assertEqual(said.count("waiting for Slurm, which does not say whether job 7 has ended: "), 1)
        self.assertIn("gone for a while", said)
        self.assertIn("holdfast: shard 1/2 has no run: last words\n", said)
        self.assertIn("holdfast: shard 2/2 has no run\n", said)
        self.assertEqual(list((tree / ".holdfast/selections").glob("*.array")), [])

    def test_a_plan_that_is_gone_when_the_run_begins_is_told_and_the_tests_run(self):
        tree = self.project(adding("a", "b"))
        forgets = self.work / "forgets"
        forgets.write_text(f'#!/bin/sh\nrm -f "$HOLDFAST_PLANNED"\nexec "{CTEST}" "$@"\n')
        forgets.chmod(0o755)
        cache = tree / "CMakeCache.txt"
        cache.write_text(re.sub("(?m)^(CMAKE_CTEST_COMMAND:INTERNAL=).*$", rf"\g<1>{forgets}", cache.read_text()))
        ended = self.ours("ctest", "--shard", "1/1", cwd=tree)
        self.over(tree)
        self.assertIn("holdfast: ignoring that the run does not record which tests were chosen: ", ended.text)
        self.assertEqual(self.names(tree), ["a", "b"])
        self.assertEqual(self.records(self.runs(tree)[-1], "planned"), [])

    def test_what_cannot_be_done_is_said_in_one_line(self):
        tree = self.project(adding("t"))
        for words, line in (
                (("0/2",), 'shard "0/2": expected I/N, shard I of N, with 1 <= I <= N <= 10000'),
                (("3/2",), 'shard "3/2": expected I/N'),
                (("x",), 'shard "x": expected I/N'),
                ((), "SHARD is required"),
                (("1/2", "2/2"), '"2/2": expected --timings, --format or --tree, and -- before'),
                (("1/2", "--format", "text"), '--format "text": expected names, ctest or json'),
                (("1/2", "--timings", tree / "CMakeCache.txt"), "CMakeCache.txt"),
                (("1/2", "--tree", self.work), "expected a build tree")):
            self.assertIn(line, self.refused(tree, "shard", *words), words)


if __name__ == "__main__":
    unittest.main()
