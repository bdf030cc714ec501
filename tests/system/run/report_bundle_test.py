"""A run in one archive, and its report elsewhere (docs/guide/reports.md)."""

import io
import json
import os
import resource
import shutil
import signal
import subprocess
import tarfile
import unittest
import zipfile

from needs import AS_NOBODY, need_mounts, need_reach
from report_example import BundleCase
from support import CTEST, HOLDFAST, STAGE, no_keeper_of, wait_until

FORMATS = ("text", "json", "junit", "html", "trace", "github")
MIB = 1 << 20
STEP = {"v": 1, "type": "step", "at": 1.0, "kind": "compile", "target": "core", "output": "a.o", "wall_s": 0.25,
        "outcome": "passed", "exit_code": 0, "max_rss_kb": 2048}

PROJECT = """
add_test(NAME green COMMAND sh -c "echo fine")
add_test(NAME red COMMAND sh -c "echo 'a.cpp:3: Failure'; echo Expected: x; echo what >$HOLDFAST_TMPDIR/evidence; exit 3")
"""


class Elsewhere(BundleCase):
    def test_every_format_is_the_same_as_in_the_tree(self):
        """One run, because it takes its time."""
        tree = self.example()
        (tree / ".holdfast/build").mkdir(exist_ok=True)
        (tree / ".holdfast/build/journal.jsonl").write_text(json.dumps(STEP) + "\n")
        self.maxDiff = 2000
        wanted, page = {}, self.work / "page.md"
        for form in FORMATS:
            wanted[form] = self.report(tree, form)
        self.finish(HOLDFAST, "report", "--tree", tree, "--format", "github",
                    env=self.environment(GITHUB_STEP_SUMMARY=str(page)))
        self.assertIn("compile a.o", wanted["text"])
        self.assertIn("query: die", wanted["json"])
        bundles = [self.work / f"run.{suffix}" for suffix in ("tar.gz", "tar.zst", "tar", "zip", "tgz", "bin")]
        for bundle in bundles:
            self.assertEqual(self.bundled(tree, file=bundle), "")
        shutil.rmtree(tree)
        for bundle in bundles:
            for form in FORMATS if bundle is bundles[0] else ("text", "json"):
                with self.subTest(bundle=bundle.name, form=form):
                    self.assertEqual(self.shown("--from", bundle, form=form), wanted[form])
        other = self.work / "other.md"
        self.shown("--from", bundles[0], form="github", env=self.environment(GITHUB_STEP_SUMMARY=str(other)))
        self.assertEqual(other.read_text(), page.read_text())
        self.assertEqual(list(self.temporary.iterdir()), [])
        magic = {bundle.name[4:]: bundle.read_bytes()[:4] for bundle in bundles}
        self.assertEqual(magic["tar.zst"], b"\x28\xb5\x2f\xfd")
        self.assertEqual(magic["zip"], b"PK\3\4")
        self.assertEqual({magic[form][:2] for form in ("tar.gz", "tgz", "bin")}, {b"\x1f\x8b"})
        self.assertTrue(tarfile.is_tarfile(bundles[2]))

    def test_any_of_the_last_runs_and_its_outputs(self):
        tree = self.run_of(PROJECT + 'add_test(NAME silent COMMAND false)\n')
        for _ in range(2):
            self.ctest(tree, "-R", "green")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        before = self.report(tree, "json", "1")
        self.bundled(tree, "1")
        after = self.shown("--from", self.bundle, form="json")
        self.assertEqual(after, before)
        tests = {test["name"]: test["attempts"][-1] for test in json.loads(after)["tests"]}
        self.assertEqual(tests["red"]["output"], "a.cpp:3: Failure\nExpected: x\n")
        self.assertEqual((tests["silent"]["output"], tests["silent"].get("output_note")), ("", None))
        self.assertIn("belongs to a later run", tests["green"]["output_note"])

    def test_a_log_of_this_machine_is_not_taken_for_the_runs(self):
        """The tree is built again at the same place, and has the same tests."""
        tree = self.run_of(PROJECT)
        self.bundled(tree)
        files = {name: content for name, content in self.entries().items() if not name.startswith("printed")}
        self.pack(files)
        tests = json.loads(self.shown("--from", self.bundle, form="json"))["tests"]
        self.assertEqual(tests[0]["attempts"][0]["output"], "")

    def test_a_run_that_goes_on_and_one_that_died(self):
        tree = self.project("add_test(NAME quick COMMAND echo said)\nadd_test(NAME slow COMMAND sleep 60)\n"
                            "set_tests_properties(slow PROPERTIES DEPENDS quick)\n")
        run = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: list(tree.glob(".holdfast/runs/*/journal.jsonl")), "the run to begin")
        wait_until(lambda: len(self.records(self.runs(tree)[-1], "attempt_started")) == 2, "the test to start")
        self.bundled(tree)
        text = self.shown("--from", self.bundle)
        self.assertIn("INCOMPLETE", text)
        self.assertIn("slow  still running", text)
        self.assertEqual(json.loads(self.entries()["bundle.json"])["complete"], False)
        run.kill()
        run.wait()
        wait_until(lambda: "still running" not in self.report(tree, "text"), "the run to be over")
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.bundled(tree)
        shown = self.shown("--from", self.bundle, form="json")
        self.assertEqual(shown, self.report(tree, "json"))
        self.assertIn("INCOMPLETE", self.shown("--from", self.bundle))
        # The log has not its last name.
        outputs = {test["name"]: test["attempts"][-1]["output"] for test in json.loads(shown)["tests"]}
        self.assertEqual(outputs["quick"], "said\n")

    def test_a_large_journal_needs_little_memory(self):
        tree = self.run_of(PROJECT)
        journal = next(tree.glob(".holdfast/runs/*/journal.jsonl"))
        lines = journal.read_text().splitlines(keepends=True)
        started, ended = (next(line for line in lines if f'"{kind}"' in line and '"test":"red"' in line)
                          for kind in ("attempt_started", "attempt_ended"))
        with open(journal, "w") as many:
            many.write(lines[0])
            for number in range(20000):
                for line in (started, ended):
                    many.write(line.replace('"test":"red"', f'"test":"suite.test{number}"'))
            many.write(lines[-1])
        self.bundled(tree)
        done = subprocess.Popen([HOLDFAST, "report", "--from", self.bundle, "--format", "json"], env=self.environment(),
                                stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(done.pid, 0)
        self.assertEqual(status, 0)
        if "ASAN_OPTIONS" not in os.environ:
            self.assertLess(used.ru_maxrss, 128 * 1024)


class Content(BundleCase):
    def test_what_is_in_it(self):
        tree = self.run_of(PROJECT)
        (self.work / "project/holdfast.toml").write_text("[profile.default]\ngrace = \"3s\"\n")
        self.assertEqual(self.bundled(tree), "")
        files = self.entries()
        for name in files:
            self.assertFalse(name.startswith("/") or ".." in name.split("/"), name)
        run = self.runs(tree)[-1]
        self.assertEqual(files["run/journal.jsonl"], (run / "journal.jsonl").read_bytes())
        self.assertEqual(files["run/output/ctest.log"], b"a.cpp:3: Failure\nExpected: x\n")
        evidence = [content for name, content in files.items() if name.startswith("run/scratch/")]
        self.assertEqual(evidence, [b"what\n"])
        self.assertIn(b"grace", files["holdfast.toml"])
        self.assertIn(f"CMAKE_HOME_DIRECTORY:INTERNAL={self.work}/project\n", files["cmake.txt"].decode())
        cache = files["cmake.txt"].decode().splitlines()
        self.assertLessEqual({"CMAKE_GENERATOR", "CMAKE_CTEST_COMMAND", "CMAKE_COMMAND", "CMAKE_PROJECT_NAME"},
                             {line.partition(":")[0] for line in cache})
        self.assertEqual([line for line in cache if not line.startswith(("CMAKE_", "HOLDFAST_"))], [])
        machine = json.loads(files["machine.json"])
        here = os.uname()
        self.assertEqual([machine[key] for key in ("name", "system", "release", "version", "machine")],
                         [here.nodename, here.sysname, here.release, here.version, here.machine])
        self.assertEqual((machine["cores"], machine["usable_cores"]), (os.cpu_count(), len(os.sched_getaffinity(0))))
        self.assertEqual(machine["memory_kb"], os.sysconf("SC_PHYS_PAGES") // 1024 * os.sysconf("SC_PAGE_SIZE"))
        self.assertEqual(files["printed/1"], b"fine\n")
        about = json.loads(files["bundle.json"])
        self.assertEqual(about, {"format": 1, "holdfast": about["holdfast"], "run": run.name, "state": "over",
                                 "complete": True, "sum": about["sum"]})

    def test_what_is_left_out_is_said(self):
        script = f"cd $HOLDFAST_TMPDIR; truncate -s {17 * MIB} core; mkdir -p in/side; echo b >in/side/b; " \
                 "ln -s /etc/passwd link; mkfifo pipe; echo odd >'two words'; exit 1"
        tree = self.run_of(f'add_test(NAME leaves COMMAND sh -c "{script}")\n')
        self.assertEqual(self.bundled(tree),
                         f"holdfast: left out of {self.bundle}: 3 files, named in its left-out.txt\n")
        files = self.entries()
        below = next(name for name in files if name.endswith("/in/side/b")).removesuffix("in/side/b")
        self.assertEqual(files[below + "in/side/b"], b"b\n")
        self.assertEqual(files[below + "two%20words"], b"odd\n")
        path = below.removeprefix("run/")
        self.assertEqual(files["left-out.txt"].decode(),
                         f"{path}core: 17 MiB, more than 16 MiB\n{path}link: a link\n{path}pipe: no regular file\n")

    def test_scratch_is_bounded_as_a_whole(self):
        tree = self.run_of('add_test(NAME leaves COMMAND sh -c '
                           f'"for i in 1 2 3 4 5; do truncate -s {15 * MIB} $HOLDFAST_TMPDIR/$i; done; exit 1")\n')
        self.bundled(tree)
        files = self.entries()
        self.assertEqual(sum(name.startswith("run/scratch/") for name in files), 4)
        self.assertIn("/5: 15 MiB; all scratch directories may have 64 MiB\n", files["left-out.txt"].decode())

    def test_what_another_user_may_not_read(self):
        tree = self.run_of(PROJECT)
        need_reach(self, AS_NOBODY)
        place = self.work / "of-nobody"
        place.mkdir()
        place.chmod(0o777)
        done = self.finish(*AS_NOBODY, HOLDFAST, "report", "--tree", tree, "--bundle", place / "run.tar.gz")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_our_lines(done.stderr, 1)
        self.bundle = place / "run.tar.gz"
        self.assertRegex(self.entries()["left-out.txt"].decode(), r"^scratch/\S+: Permission denied\n$")
        self.assertIn("2 planned, 2 run", self.shown("--from", self.bundle))
        self.bundle.chmod(0)
        done = self.finish(*AS_NOBODY, "sh", "-c", f"exec '{HOLDFAST}' report --from /etc/shadow", cwd="/")
        self.assertEqual(done.stderr, b"holdfast: failed to read /etc/shadow: Permission denied\n")


class Refused(BundleCase):
    def setUp(self):
        super().setUp()
        self.tree = self.run_of(PROJECT)
        self.bundled(self.tree)
        self.files = self.entries()

    def read(self, *words):
        return self.refused("--from", self.bundle, *words)

    def test_a_newer_format_is_refused_and_what_is_unknown_ignored(self):
        about = json.loads(self.files["bundle.json"])
        self.pack({**self.files, "news/1": b"x", "bundle.json": json.dumps({**about, "mood": "good"}).encode()})
        self.assertEqual(self.shown("--from", self.bundle), self.report(self.tree, "text"))
        self.pack({**self.files, "bundle.json": json.dumps({**about, "format": 2, "holdfast": "7.1"}).encode()})
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it has format 2 (of Holdfast 7.1): expected 1 to 1")
        for text in (b"{", b"[]", b'{"format": "1"}', b"\xff"):
            self.pack({**self.files, "bundle.json": text})
            self.assertEqual(self.read(), f"failed to read {self.bundle}: its bundle.json names no format")

    def test_an_archive_that_is_cut_off(self):
        for form in ("tar.gz", "tar.zst", "tar", "zip"):
            whole = self.work / f"whole.{form}"
            self.bundled(self.tree, file=whole)
            content = whole.read_bytes()
            # The last bytes of a tar are zeros, those of gzip are a sum, those of zip are a list of its files.
            end = content.find(b'"complete"') if form == "tar" else content.find(b"PK\1\2") - 20 if form == "zip" else -9
            for size in (0, 1, 100, 600, len(content) // 2, end):
                with self.subTest(form=form, size=size):
                    self.bundle = self.work / f"cut.{form}"
                    self.bundle.write_bytes(content[:size])  # -9: all but the last bytes
                    self.assertTrue(self.read().startswith(f"failed to read {self.bundle}: "))

    def test_a_bundle_in_which_a_file_was_damaged(self):
        """No form of archive finds all damage by itself: tar has no sum at all."""
        for form in ("tar.gz", "tar.zst", "tar", "zip"):
            with self.subTest(form=form):
                self.bundle = self.work / f"damaged.{form}"
                self.bundled(self.tree, file=self.bundle)
                whole = bytearray(self.bundle.read_bytes())
                self.assertEqual(self.shown("--from", self.bundle), self.report(self.tree, "text"))
                refused = 0
                if form == "tar":
                    at = whole.index(b'"attempt_ended"')
                    self.bundle.write_bytes(whole[:at + 1] + b"A" + whole[at + 2:])
                    self.assertEqual(self.read(), f"failed to read {self.bundle}: damaged: its files are not those that were packed")
                    continue
                for at in range(len(whole) // 10, len(whole) * 7 // 10, len(whole) // 10):  # the index is at the end
                    self.bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
                    done = self.finish(HOLDFAST, "report", "--from", self.bundle)
                    if done.returncode == 2:
                        refused += 1
                        self.assertTrue(done.stderr.startswith(f"holdfast: failed to read {self.bundle}: ".encode()), done.stderr)
                    else:  # a byte of no report: a date, a name, padding, another file
                        self.assertEqual(done.stdout.decode(), self.report(self.tree, "text"))
                self.assertGreater(refused, 0)

    def test_what_the_library_says_of_damage_is_one_line(self):
        self.bundle = self.work / "damaged.zip"
        with zipfile.ZipFile(self.bundle, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bundle.json", bytes(1000))
        content = bytearray(self.bundle.read_bytes())
        for size in (content.index(b"PK\3\4") + 22, content.index(b"PK\1\2") + 24):  # of the file
            content[size] ^= 1
        self.bundle.write_bytes(content)
        self.assertRegex(self.read(), r": ZIP uncompressed data is wrong size \(read 1000, expected 1001\)$")

    def test_a_bundle_packed_anew_in_another_order(self):
        with tarfile.open(self.bundle, "w:gz") as archive:
            for name, content in reversed(self.files.items()):
                entry = tarfile.TarInfo(f"./{name}")  # as tar(1) writes the names of `.`
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        self.assertEqual(self.shown("--from", self.bundle), self.report(self.tree, "text"))

    def test_what_is_no_bundle(self):
        self.bundle.write_text("hello\n" * 200)
        self.assertEqual(self.read(), f"failed to read {self.bundle}: Unrecognized archive format")
        self.pack({"a": b"1", "b": b"2"})
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it has no bundle.json, so it is no bundle of "
                                      "holdfast report --bundle")
        self.pack({name: content for name, content in self.files.items() if name != "run/journal.jsonl"})
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it has no run/journal.jsonl, so it is no bundle "
                                      "of holdfast report --bundle")
        self.bundle = self.work / "missing"
        self.assertEqual(self.read(), f"failed to read {self.bundle}: No such file or directory")
        self.bundle = self.work
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it is no regular file")
        self.bundle = self.work / "pipe"
        os.mkfifo(self.bundle)
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it is no regular file")

    def test_a_hostile_archive_writes_nowhere(self):
        def of_type(name, kind, link=""):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            return entry
        outside = self.work / "outside"
        hostile = [of_type("run", tarfile.SYMTYPE, str(outside)), of_type("run/output", tarfile.SYMTYPE, "/tmp"),
                   of_type("run/output/pipe.log", tarfile.FIFOTYPE), of_type("run/output/null.log", tarfile.CHRTYPE),
                   of_type("run/services/db-1.log", tarfile.LNKTYPE, "/etc/passwd")]
        names = [f"{outside}/absolute", "../../outside", "run/output/../../../outside", "run/output/..", "/run/journal.jsonl",
                 "run/output/a\nb", "run/output/\x1b[2J", ".", "printed/\xff"]
        outside.mkdir()
        self.pack({**{name: b"x" for name in names}, **self.files}, hostile)
        self.assertEqual(self.shown("--from", self.bundle), self.report(self.tree, "text"))
        self.assertEqual(list(outside.iterdir()), [])
        self.assertEqual(list(self.temporary.iterdir()), [])
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
            files = {name: content for name, content in self.files.items() if name != "run/journal.jsonl"}
            self.pack(files, [of_type("run/journal.jsonl", kind, "/etc/passwd")])
            self.assertIn("it has no run/journal.jsonl", self.read())
        self.pack(self.files)
        files = self.entries()
        with tarfile.open(self.bundle, "w:gz") as archive:  # in the form of pax(1), a hard link may have bytes of its own
            for name, content in files.items():
                entry = of_type(name, tarfile.LNKTYPE if name == "run/journal.jsonl" else tarfile.REGTYPE, "linked")
                entry.size, entry.pax_headers = len(content), {"comment": "pax"}
                archive.addfile(entry, io.BytesIO(content))
        self.assertIn("it has no run/journal.jsonl", self.read())
        with tarfile.open(self.work / "twice.tar", "w") as archive:
            for name in ("run/journal.jsonl", "run/journal.jsonl"):
                archive.addfile(tarfile.TarInfo(name))
        self.bundle = self.work / "twice.tar"
        self.assertEqual(self.read(), f"failed to read {self.bundle}: it has run/journal.jsonl twice")

    def test_an_index_that_lies(self):
        line = self.files["printed.jsonl"].splitlines()[0]
        place = json.loads(line)
        for change in ({"from": 1 << 60}, {"size": 1 << 60}, {"from": -1, "size": -5}, {"piece": 77}, {"piece": "x"},
                       {"log": 5}, {"offset": 1.5}):
            with self.subTest(change):
                lines = [json.dumps({**place, **change}), "{", "[]", "x" * 100000]
                self.pack({**self.files, "printed.jsonl": "\n".join(lines).encode()})
                self.shown("--from", self.bundle, form="json")

    def test_a_bomb(self):
        with tarfile.open(self.bundle, "w:gz") as archive:
            entry = tarfile.TarInfo("run/journal.jsonl")
            entry.size = 10 << 30
            archive.fileobj.write(entry.tobuf())
        self.assertEqual(self.read(), f"failed to read {self.bundle}: its files have more than 2048 MiB")
        with zipfile.ZipFile(self.work / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("run/journal.jsonl", "w", force_zip64=True) as entry:
                for _ in range(2200):
                    entry.write(bytes(MIB))
        self.bundle = self.work / "bomb.zip"
        self.assertEqual(self.read(), f"failed to read {self.bundle}: its files have more than 2048 MiB")

    def test_words_that_make_no_sense_together(self):
        for words, said in ((("--bundle", "b", "--format", "json"), "--format excludes --bundle"),
                            (("--bundle", "b", "--output", "o"), "--output excludes --bundle"),
                            (("--bundle", "b", "--from", "f"), "--bundle excludes --from"),
                            (("--from", "f", "12"), "excludes"), (("--from", "f", "--tree", "t"), "excludes"),
                            (("--from", ""), "expected the path of a bundle"),
                            (("--bundle", ""), "expected the path of a file")):
            with self.subTest(words):
                self.assertIn(said, self.refused(*words, cwd=self.tree))
        self.assertFalse((self.tree / "b").exists())
        empty = self.project("", "empty", "never-run")
        self.assertIn("never-run/.holdfast/runs has none", self.refused("--tree", empty, "--bundle", self.work / "b"))

    def test_without_the_program_for_archives(self):
        stage = self.work / "stage"
        subprocess.run(["cp", "-al", STAGE, stage], check=True)
        program = stage / "libexec/holdfast/holdfast-archive"
        program.unlink()
        done = self.finish(stage / "bin/holdfast", "report", "--from", self.bundle)
        self.assertEqual((done.returncode, done.stderr.decode()),
                         (2, f"holdfast: {program} is not installed: HOLDFAST_COMPONENTS=archive builds it\n"))
        done = self.finish(stage / "bin/holdfast", "report", "--tree", self.tree, "--bundle", self.work / "new.tar")
        self.assertEqual(done.returncode, 2)
        self.assertFalse((self.work / "new.tar").exists())
        program.write_text("#!/bin/sh\nkill -SEGV $$\n")
        program.chmod(0o755)
        done = self.finish(stage / "bin/holdfast", "report", "--from", self.bundle)
        self.assertEqual(done.stderr, b"holdfast: failed to use holdfast-archive: it died of signal 11\n")


class NotWritten(BundleCase):
    LARGE = 'add_test(NAME leaves COMMAND sh -c "for i in 1 2 3; do head -c 15M /dev/urandom ' \
            '>$HOLDFAST_TMPDIR/$i; done; exit 1")\n'

    def place(self):
        place = self.work / "place"
        place.mkdir()
        return place

    def test_a_full_disk_leaves_nothing(self):
        need_mounts(self)
        tree, place = self.run_of(self.LARGE), self.place()
        script = f"mount -t tmpfs -o size=1m none '{place}'; echo old >'{place}/run.tar.gz'; " \
                 f"'{HOLDFAST}' report --tree '{tree}' --bundle '{place}/run.tar.gz'; ls -A '{place}'; cat '{place}/run.tar.gz'"
        done = self.finish("unshare", "--mount", "sh", "-c", script)
        self.assertEqual(done.stderr.decode(),
                         f"holdfast: failed to write {place}/run.tar.gz: No space left on device\n")
        self.assertEqual(done.stdout, b"run.tar.gz\nold\n")

    def test_a_full_directory_for_temporary_files(self):
        need_mounts(self)
        tree, place = self.run_of(self.LARGE), self.place()
        script = f"mount -t tmpfs -o size=1m none '{self.temporary}'; " \
                 f"'{HOLDFAST}' report --tree '{tree}' --bundle '{place}/run.tar.gz'; ls -A '{place}' '{self.temporary}'"
        done = self.finish("unshare", "--mount", "sh", "-c", script)
        self.assertEqual(done.stderr.decode(),
                         "holdfast: failed to write a temporary copy of the run: No space left on device\n")
        self.assertEqual(done.stdout.decode(), f"{place}:\n\n{self.temporary}:\n")

    def test_a_signal_leaves_nothing(self):
        tree, place = self.run_of(self.LARGE), self.place()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                making = self.start(HOLDFAST, "report", "--tree", tree, "--bundle", place / "run.tar.gz",
                                    stderr=subprocess.PIPE)
                draft = wait_until(lambda: list(place.iterdir()), "the draft")
                self.assertTrue(draft[0].name.endswith(".tmp"))
                making.send_signal(number)
                self.assertEqual((making.wait(), making.stderr.read()), (-number, b""))
                self.assertEqual(list(place.iterdir()) + list(self.temporary.iterdir()), [])
                self.assert_nothing_left()

    def test_a_limit_of_file_sizes_leaves_nothing(self):
        tree, place = self.run_of(self.LARGE), self.place()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--bundle", place / "run.tar.gz", preexec_fn=limit)
        self.assertIn(done.returncode, (2, -signal.SIGXFSZ))
        self.assertEqual(list(place.iterdir()), [])

    def test_what_cannot_be_read_is_no_end(self):
        archiver = STAGE / "libexec/holdfast/holdfast-archive"
        head = b"00000000000000000009 run/journal.jsonl\n"
        directory = os.open(self.work, os.O_RDONLY | os.O_CLOEXEC)
        self.addCleanup(os.close, directory)
        done = self.finish(archiver, "pack", "tar", stdin=directory)
        self.assertEqual((done.returncode, done.stderr), (2, b"read what is to be packed: Is a directory"))
        done = self.finish(archiver, "pack", "tar", input=head + b"half")
        self.assertEqual((done.returncode, done.stderr), (2, b"pack run/journal.jsonl: it is not whole"))

    def test_an_archive_whose_end_cannot_be_written(self):
        """All of it is written at its end, because it is small."""
        archiver = STAGE / "libexec/holdfast/holdfast-archive"
        for form in ("tar", "tar.gz", "tar.zst", "zip"):
            with self.subTest(form), open("/dev/full", "wb") as full:
                done = self.finish(archiver, "pack", form, input=b"00000000000000000004 run/journal.jsonl\nhalf", stdout=full)
                self.assertEqual((done.returncode, done.stderr), (2, b"pack the archive: No space left on device"))

    def test_a_place_that_cannot_be_written(self):
        tree = self.run_of(PROJECT)
        missing = self.work / "no/such/run.tar.gz"
        self.assertEqual(self.refused("--tree", tree, "--bundle", missing),
                         f"failed to write {missing}: No such file or directory")
        self.assertEqual(self.refused("--tree", tree, "--bundle", self.work), f"failed to write {self.work}: Is a directory")


if __name__ == "__main__":
    unittest.main()
