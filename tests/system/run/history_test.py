"""What is remembered of runs (docs/reference/history.md): failed, flaky, history, slowest, compare."""

import contextlib
import json
import os
import shutil
import sqlite3
import unittest

from needs import AS_NOBODY, need_mounts, need_reach
from support import CMAKE, CTEST, HOLDFAST, ProjectCase, no_keeper_of, wait_until

# Each test looks for a file of its name: FILE.red makes it fail, FILE.flaky its first attempt.
PROJECT = """
foreach(name green wobbly broken "odd (name)|x")
  add_test(NAME "${name}" COMMAND sh -c [=[
    [ -e "$0.slow" ] && sleep 0.4
    [ -e "$0.red" ] && { printf '/s/dir/a.cpp:%s: Failure\\nExpected: x\\n' "$(cat "$0.red")"; exit 1; }
    [ -e "$0.flaky" ] && rm "$0.flaky" && exit 7
    exit 0]=] "${CMAKE_SOURCE_DIR}/${name}")
  set_tests_properties("${name}" PROPERTIES HOLDFAST_RETRY "exit:7=1")
endforeach()
"""


class History(ProjectCase):
    def setUp(self):
        super().setUp()
        self.tree = self.project(PROJECT)
        self.source = self.work / "project"

    def mark(self, test, what, text=""):
        (self.source / f"{test}.{what}").write_text(text)

    def unmark(self, test, what):
        (self.source / f"{test}.{what}").unlink()

    def run_tests(self, *words, **environment):
        done = self.ctest(self.tree, *words, env=self.environment(**environment)) if environment \
            else self.ctest(self.tree, *words)
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        return done

    def ask(self, *words, expected=0, **environment):
        done = self.finish(HOLDFAST, *words, "--tree", self.tree, env=self.environment(**environment))
        self.assertEqual(done.returncode, expected, done.stderr)
        return (done.stderr if expected else done.stdout).decode()

    def json(self, *words, **environment):
        return json.loads(self.ask(*words, "--format", "json", **environment))

    def test_red_green_and_red_on_one_binary(self):
        programs = {name: self.source / name for name in ("alternates", "mended")}
        with open(self.source / "CMakeLists.txt", "a") as file:
            file.writelines(f'add_test(NAME {name} COMMAND "{path}")\n' for name, path in programs.items())
            file.write(f'add_test(NAME anything COMMAND sh -c "exec {programs["mended"]}")\n')
            # Its arguments change with its outcome.
            file.write(f'add_test(NAME told COMMAND "{programs["alternates"]}" ${{SAID}})\n')
        for code in (1, 0, 1):
            self.finish(CMAKE, f"-DSAID={code}", self.tree)
            for name, text in (("alternates", '! test -e "$0.red"'), ("mended", f"exit {code}")):
                programs[name].write_text(f"#!/bin/sh\n{text}\n")
                programs[name].chmod(0o755)
            os.utime(programs["alternates"], (1e9, 1e9))
            if code == 1:
                self.mark("alternates", "red")
            self.run_tests("-R", "alternates|mended|anything|told")
            if code == 1:
                self.unmark("alternates", "red")
        alternating, = self.json("flaky")["alternating"]
        self.assertEqual((alternating["test"], alternating["changes_on_one_program"], alternating["red"]),
                         ("alternates", 2, 2))
        self.assertEqual(self.json("flaky")["unsteady"], [])

    def test_what_was_red_when_last_seen_in_any_run(self):
        self.mark("broken", "red", "12")
        self.mark("odd (name)|x", "red", "13")
        self.run_tests()
        self.run_tests("-R", "green")
        text = self.ask("failed")
        self.assertIn("2 tests were red when last seen\n  broken: failed: a.cpp: Expected: x\n", text)
        self.assertEqual(self.ask("failed", "--format", "names"), "broken\nodd (name)|x\n")
        pattern = self.ask("failed", "--format", "ctest").strip()
        again = self.run_tests("-R", pattern)
        self.assertIn(b"2 tests failed out of 2", again.stdout)
        self.unmark("broken", "red")
        self.run_tests("-R", "broken")
        failed = self.json("failed")["failed"]
        self.assertEqual([(one["test"], one["runs"]) for one in failed], [("odd (name)|x", 2)])

    def test_no_red_test_selects_none(self):
        self.run_tests()
        self.assertEqual(self.ask("failed"), "no test was red when it was last seen\n")
        again = self.run_tests("-R", self.ask("failed", "--format", "ctest").strip())
        self.assertIn(b"No tests were found", again.stdout + again.stderr)

    def test_flakes_are_counted_over_runs(self):
        for number in range(4):
            if number != 2:
                self.mark("wobbly", "flaky")
            self.run_tests()
        flaky = self.json("flaky")
        self.assertEqual(flaky["runs"], 4)
        self.assertEqual([(one["test"], one["rate"], one["signatures"]) for one in flaky["flaky"]],
                         [("wobbly", 0.75, [{"signature": "failed: exit code 7", "count": 3}])])
        self.assertIn("  outcomes   ff.f\n", self.ask("history", "wobbly"))

    def test_the_chart_is_of_letters_that_the_terminal_knows(self):
        self.run_tests("-R", "green")
        for locale, is_ascii in (({"LANG": "C.UTF-8"}, False), ({"LANG": "C"}, True), ({}, True),
                                 ({"LC_CTYPE": "de_DE.utf8", "LANG": "C"}, False), ({"LC_CTYPE": "C", "LANG": "C.UTF-8"}, True),
                                 ({"LC_ALL": "C", "LC_CTYPE": "C.UTF-8"}, True), ({"LC_ALL": "C.UTF-8", "LC_CTYPE": "C"}, False)):
            said = self.ask("history", "green", **{"LC_ALL": "", "LC_CTYPE": "", "LANG": "", **locale})
            self.assertEqual(said.isascii(), is_ascii, (locale, said))

    def test_slowest_and_compare(self):
        for _ in range(3):
            self.run_tests()
        self.mark("green", "slow")
        self.mark("broken", "red", "1")
        self.run_tests()
        green, = [one for one in self.json("slowest")["slowest"] if one["test"] == "green"]
        self.assertEqual(green["runs"], 4)
        self.assertGreater(green["last_s"], green["median_s"])
        runs = [one["run"] for one in self.json("history", "green")["tests"][0]["runs"]]
        compared = self.json("compare", runs[2], "latest")
        self.assertEqual(self.json("compare", runs[0], "latest")["newly_slow"], [])  # one sample
        self.assertEqual([one["test"] for one in compared["newly_red"]], ["broken"])
        self.assertEqual([one["test"] for one in compared["newly_slow"]], ["green"])
        self.assertEqual(self.ask("compare", "1", "4"), self.ask("compare", runs[0], runs[-1]))
        self.assertIn("no such run in the history; the latest are 1-", self.ask("compare", "1", "77", expected=2))
        # The pid at the end of an id may be the beginning of another one.
        shutil.rmtree(self.tree / ".holdfast/runs")
        with contextlib.closing(sqlite3.connect(self.tree / ".holdfast/history.sqlite")) as database, database:
            database.execute("UPDATE run SET name=? WHERE name=?", (runs[-1] + "0", runs[0]))
        self.assertEqual(self.json("compare", runs[-1], runs[2])["before"]["run"], runs[-1])
        self.assertIn("several runs begin with that", self.ask("compare", runs[-1][:-1], "latest", expected=2))

    def test_a_history_is_carried_to_another_machine(self):
        file = self.work / "cache" / "h.sqlite"
        for number in range(30):
            if number % 3 == 0:
                self.mark("wobbly", "flaky")
            if number == 25:
                self.mark("broken", "red", "5")
            self.run_tests("-j4", HOLDFAST_HISTORY=str(file))
        questions = (("flaky",), ("history", "wobbly"), ("history", "broken"), ("failed",), ("slowest",))
        here = [self.ask(*words, HOLDFAST_HISTORY=str(file)) for words in questions]
        self.assertIn("1 flaky test in 30 runs", here[0])
        self.assertIn("in 5 runs in a row", here[3])
        carried = self.work / "carried"
        self.ask("history", "export", carried, HOLDFAST_HISTORY=str(file))
        # Another tree, at another place, with no runs of its own.
        (self.work / "there").mkdir()
        self.tree = self.work / "there"
        (self.tree / "CMakeCache.txt").write_text("")
        self.assertEqual(self.ask("history", "import", carried), "30 runs added\n")
        self.assertEqual(self.ask("history", "import", carried, file), "0 runs added\n")
        self.assertEqual([self.ask(*words) for words in questions], here)
        for path in (str(self.work), "/s/dir"):
            self.assertNotIn(path.encode(), carried.read_bytes())

    def test_histories_of_shards_are_merged(self):
        files = [self.work / f"shard{number}" for number in range(2)]
        for file, words in zip(files, (("-R", "green|wobbly"), ("-E", "green|wobbly"))):
            self.run_tests(*words, HOLDFAST_HISTORY=str(file))
        whole = self.work / "whole"
        done = self.finish(HOLDFAST, "history", "merge", whole, *files)
        self.assertEqual((done.returncode, done.stdout), (0, b"2 runs added\n"), done.stderr)
        self.assertEqual(len(self.json("slowest", HOLDFAST_HISTORY=str(whole))["slowest"]), 4)

    def test_a_merge_of_one_file_makes_it_or_leaves_it_as_it_is(self):
        whole = self.work / "whole"
        for runs in (0, 1):
            done = self.finish(HOLDFAST, "history", "merge", whole)
            self.assertEqual((done.returncode, done.stdout), (0, b"0 runs added\n"), done.stderr)
            with contextlib.closing(sqlite3.connect(whole)) as database:
                self.assertEqual(database.execute("SELECT count(*) FROM run").fetchone(), (runs,))
            self.run_tests("-R", "green", HOLDFAST_HISTORY=str(whole))
        whole.write_text("something else")
        done = self.finish(HOLDFAST, "history", "merge", whole)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertEqual(whole.read_text(), "something else")

    def test_a_merge_that_fails_leaves_no_history(self):
        shard = self.work / "shard"
        self.run_tests("-R", "green", HOLDFAST_HISTORY=str(shard))
        place = self.work / "place"
        place.mkdir()
        done = self.finish(HOLDFAST, "history", "merge", place / "whole", shard, self.work / "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unable to open database file", done.stderr.decode())
        self.assertEqual(list(place.iterdir()), [])

    def test_an_export_replaces_a_file_only_when_it_is_whole(self):
        need_mounts(self)
        self.run_tests("-R", "green")
        place = self.work / "place"
        place.mkdir()
        script = f"mount -t tmpfs -o size=16k none '{place}'; echo old >'{place}/file'; chmod 640 '{place}/file'; " \
                 f"'{HOLDFAST}' history export '{place}/file' --tree '{self.tree}'; echo $?; cd '{place}'; " \
                 f"ls -A; cat file; mount -o remount,size=1m none '{place}'; " \
                 f"'{HOLDFAST}' history export '{place}/file' --tree '{self.tree}'; ls -A; stat -c %a file"
        done = self.finish("unshare", "--mount", "sh", "-c", script)
        self.assertEqual(done.stdout.decode().split(), ["2", "file", "old", "file", "640"])
        said = done.stderr.decode()
        self.assertIn(f"failed to write {place}/file: ", said)
        self.assertIn("full", said)

    def test_a_history_for_which_the_disk_has_no_room(self):
        need_mounts(self)
        self.run_tests("-R", "green")
        place = self.work / "place"
        place.mkdir()
        script = f"mount -t tmpfs -o size=4k none '{place}'; cat /dev/zero >'{place}/fill' 2>/dev/null; " \
                 f"for i in 1 2; do HOLDFAST_HISTORY='{place}/history' '{HOLDFAST}' failed --tree '{self.tree}'; done"
        done = self.finish("unshare", "--mount", "sh", "-c", script)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assert_our_lines(done.stderr, 2)
        self.assertEqual(done.stderr.decode().count("full"), 2, done.stderr)

    def test_a_history_that_cannot_take_in_the_latest_run_answers_as_it_is(self):
        need_mounts(self)
        carried = self.work / "carried"
        self.run_tests()
        self.ask("history", "export", carried)
        self.run_tests("-R", "green")
        place = self.work / "place"
        place.mkdir()
        script = f"mount -t tmpfs none '{place}' && cp '{carried}' '{place}/history' && mount -o remount,ro '{place}' && " \
                 f"HOLDFAST_HISTORY='{place}/history' exec '{HOLDFAST}' flaky --tree '{self.tree}'"
        done = self.finish("unshare", "--mount", "sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"in 1 run", done.stdout)
        self.assert_our_lines(done.stderr, 1)
        self.assertIn(b"the latest runs are not in the history: ", done.stderr)

    def test_runs_are_remembered_before_they_are_pruned(self):
        for _ in range(12):
            self.run_tests("-R", "green")
        # Nobody has asked. The tree keeps twenty runs, so ten are in the file by now.
        with sqlite3.connect(self.tree / ".holdfast/history.sqlite") as database:
            self.assertEqual(database.execute("SELECT count(*) FROM run").fetchone(), (10,))
        database.close()
        shutil.rmtree(self.tree / ".holdfast/runs")
        self.assertEqual(len(self.json("history", "green")["tests"][0]["runs"]), 10)

    def test_a_pruned_run_does_not_come_back_from_its_journal(self):
        for _ in range(3):
            self.run_tests("-R", "green")
        self.ask("flaky")

        def prune_oldest(padding):
            with sqlite3.connect(self.tree / ".holdfast/history.sqlite") as database:
                oldest, = database.execute("SELECT id FROM run ORDER BY started LIMIT 1").fetchone()
                for table, column in (("failure", "run"), ("result", "run"), ("run", "id")):
                    database.execute(f"DELETE FROM {table} WHERE {column} = ?", (oldest,))
                database.execute("INSERT INTO word(text) VALUES(hex(zeroblob(?)))", (padding,))
            database.close()

        prune_oldest(1)
        self.assertEqual(len(self.json("history", "green")["tests"][0]["runs"]), 3)
        prune_oldest(9 << 20)  # the file is now more than half as large as it may be
        self.assertEqual(len(self.json("history", "green")["tests"][0]["runs"]), 2)

    def test_a_run_that_died_is_remembered_and_a_run_inside_a_test_is_not(self):
        project = self.project("""
add_test(NAME outer COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${CMAKE_BINARY_DIR} -R green)
add_test(NAME green COMMAND true)
add_test(NAME hangs COMMAND sleep 300)
""", name="nested", build="nested-build")
        self.tree = project
        self.run_tests("-R", "outer")
        self.assertEqual(self.ask("history", "green", expected=2),
                         'holdfast: no run in the history has a test called "green"\n')
        ctest = self.start(CTEST, "-R", "hangs", cwd=self.tree)
        wait_until(lambda: '"hangs"' in self.ask("status"), "the test to start")
        self.ask("history", "hangs", expected=2)  # it goes on
        ctest.kill()
        ctest.wait()
        wait_until(lambda: no_keeper_of(self.tree), "the keeper to end")
        self.assertEqual(self.json("history", "hangs")["tests"][0]["runs"][0]["outcome"], "interrupted")

    def test_a_test_does_not_get_the_name_of_the_file(self):
        self.tree = self.project(f'add_test(NAME says COMMAND sh -c "env >{self.work}/env")\n', name="says", build="says-build")
        self.run_tests(HOLDFAST_HISTORY=str(self.work / "h.sqlite"), HOLDFAST_LOG="x")
        said = (self.work / "env").read_text()
        self.assertIn("\nHOLDFAST_LOG=x\n", said)
        self.assertNotIn("HOLDFAST_HISTORY", said)

    def test_a_damaged_history_is_put_aside(self):
        file = self.tree / ".holdfast/history.sqlite"
        file.write_bytes(b"this is no database" * 100)
        self.run_tests("-R", "green")
        done = self.finish(HOLDFAST, "history", "green", "--tree", self.tree)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"the history was damaged: it is now ", done.stderr)
        self.assertTrue((self.tree / ".holdfast/history.sqlite.damaged").exists())

    def test_damage_within_a_history_is_found_by_a_question_and_by_a_run(self):
        """Its head is whole, so that it can be opened. If its list of runs is whole too, only the answer finds it."""
        file = self.tree / ".holdfast/history.sqlite"
        for words, are_runs_whole in ((("failed",), False), (("history", "green"), False), (("failed",), True), (("slowest",), True)):
            self.run_tests()
            self.ask("failed")
            whole = bytearray(file.read_bytes())
            damaged = slice(4096, None)
            if are_runs_whole:
                with contextlib.closing(sqlite3.connect(file)) as database:
                    page, = database.execute("SELECT rootpage FROM sqlite_master WHERE name='result'").fetchone()
                damaged = slice((page - 1) * 4096, page * 4096)
            whole[damaged] = bytes((byte ^ 0x5A) for byte in whole[damaged])
            file.write_bytes(whole)
            done = self.finish(HOLDFAST, *words, "--tree", self.tree)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"the history was damaged: it is now ", done.stderr)
            self.assertIn(b"red" if words[0] == "failed" else b"green", done.stdout)
            self.assertEqual((self.tree / ".holdfast/history.sqlite.damaged").read_bytes(), bytes(whole))

    def test_damage_of_another_file_puts_the_own_history_nowhere(self):
        self.run_tests()
        self.ask("failed")
        text = self.work / "text"
        text.write_text("this is no database, but it is long enough " * 30)
        self.assertIn("damaged, or no history", self.ask("history", "import", text, expected=2))
        self.assertFalse((self.tree / ".holdfast/history.sqlite.damaged").exists())

    def test_a_fifo_is_no_history(self):
        fifo = self.work / "fifo"
        os.mkfifo(fifo)
        self.assertIn("it is no regular file", self.ask("history", "import", fifo, expected=2))

    def test_a_question_makes_no_tree(self):
        for question in ("failed", "report"):
            done = self.finish(HOLDFAST, question, "--tree", self.work / "bulid")
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"expected a build tree", done.stderr)
        self.assertFalse((self.work / "bulid").exists())

    def test_without_a_tree_there_is_the_history_that_is_named_or_none(self):
        def ask(*words, **environment):
            done = self.finish(HOLDFAST, *words, cwd="/", env=self.environment(**environment))
            return done.returncode, done.stdout.decode(), done.stderr.decode()

        file = self.work / "h.sqlite"
        self.run_tests("-R", "green", HOLDFAST_HISTORY=str(file))
        self.assertEqual(ask("failed", HOLDFAST_HISTORY=str(file)), (0, "no test was red when it was last seen\n", ""))
        self.assertEqual(ask("failed"), (2, "", "holdfast: no build tree here or above: expected --tree DIR, "
                                         "or HOLDFAST_HISTORY\n"))
        code, _, said = ask("compare", "latest", "1", HOLDFAST_HISTORY=str(self.work / "new.sqlite"))
        self.assertEqual(code, 2)
        self.assertIn("the latest are none", said)

    def test_what_cannot_be_written_fails_no_run(self):
        text = self.work / "text"
        text.write_text("somebody's words, which must stay as they are, and are long enough " * 20)
        before = text.read_text()
        for file, why in ((text, "damaged, or no history"), ("relative", "expected an absolute path"),
                          (self.work, "it is a directory")):
            done = self.run_tests("-R", "green", HOLDFAST_HISTORY=str(file))
            self.assertEqual(done.returncode, 0)
            self.assertIn("ignoring that the run is not in the history: ", done.stderr.decode() + done.stdout.decode())
            self.assertIn(why, done.stderr.decode() + done.stdout.decode())
        self.assertEqual(text.read_text(), before)

    def test_a_selection_that_ctest_would_refuse_is_not_printed(self):
        self.mark("broken", "red", "7")
        self.run_tests("-R", "broken")
        self.ask("flaky")
        with sqlite3.connect(self.tree / ".holdfast/history.sqlite") as database:
            database.executemany("INSERT INTO test(name, batch, nth) VALUES(?, '', 0)",
                                 [(f"{number}-{'x' * 50}",) for number in range(1200)] + [("two\nlines",)])
            database.execute("INSERT INTO result SELECT result.run, test.id, outcome, grade, 1, 1, 0, 0 FROM test, "
                             "(SELECT * FROM result WHERE grade > 1 LIMIT 1) AS result WHERE test.name LIKE '%xxx%' "
                             "OR test.name LIKE 'two%'")
        database.close()
        said = self.ask("failed", "--format", "ctest", expected=2)
        self.assertIn("ctest takes no expression for 1202 tests: expected --format names", said)
        done = self.finish(HOLDFAST, "failed", "--format", "names", "--tree", self.tree)
        self.assertEqual(len(done.stdout.splitlines()), 1201)
        self.assertIn('left out, because its name is more than a line: "two', done.stderr.decode())

    def test_wrong_words_get_one_line(self):
        self.run_tests("-R", "green")
        for words, why in ((("failed", "--format", "xml"), '--format "xml": expected text, names, ctest or json'),
                           (("history", "export"),
                            'no run in the history has a test called "export"; history: expected TEST, export FILE'),
                           (("history", "merge"), "history: expected TEST, export FILE, import FILE... or merge FILE..."),
                           (("history", "a", "b"), "history: expected TEST, export FILE, import FILE"),
                           (("history", "export", "a", "b"), "history: expected TEST, export FILE, import FILE"),
                           (("history", "import", "/dev/null"), "it is no regular file"),
                           (("history", "import", "/nowhere"), "unable to open database file"),
                           (("history", "export", os.fspath(self.work)), "it is a directory"),
                           (("compare", "1"), "RUN")):
            said = self.ask(*words, expected=2)
            self.assertIn(why, said)
            self.assertEqual(said.count("\n"), 1, said)

    def test_a_tree_without_write_access_is_read(self):
        self.run_tests()
        self.ask("flaky")
        shutil.rmtree(self.runs(self.tree)[0])
        self.run_tests()  # the file has the first run, and the tree the second one
        as_reader = AS_NOBODY if os.geteuid() == 0 else ()  # root may write everywhere
        need_reach(self, as_reader)
        (self.tree / ".holdfast").chmod(0o555)
        done = self.finish(*as_reader, HOLDFAST, "flaky", "--tree", self.tree)
        (self.tree / ".holdfast").chmod(0o755)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"in 2 runs " if as_reader else b"in 1 run ", done.stdout)


if __name__ == "__main__":
    unittest.main()
