"""What SECURITY.md says and no other test shows: no rights, what is on disk of a run, and who can read it. Each test
that SECURITY.md names is there."""

import json
import os
import re
import stat
import subprocess
import tarfile
import unittest
from pathlib import Path

from support import CTEST, HOLDFAST, PATIENCE_S, SOURCES, STAGE, ProjectCase, no_keeper_of, program, wait_until

SERVER = program("small_server")
# In the environment of ctest: with these words, the journal has the values, and with no others.
RECORDED = {"GTEST_SHUFFLE": "r1", "CTEST_OUTPUT": "r2", "BOOST_TEST_COLOR": "r3", "MY_SEED": "r4"}
SECRETS = {"TOKEN": "s1", "MY_SEEDS": "s2", "AGTEST_X": "s3"}


class SecurityCase(ProjectCase):
    def files(self, *places):
        return [one for place in places for one in Path(place).rglob("*") if one.is_file() and not one.is_symlink()]

    def having(self, word, tree):
        """The files of Holdfast's in the tree in which the word is."""
        return sorted(str(one.relative_to(tree / ".holdfast")) for one in self.files(tree / ".holdfast")
                      if word.encode() in one.read_bytes())

    def word(self, name):
        return f"{name}-of-{self.work.name}"

    def modes(self, *paths):
        return {stat.S_IMODE(path.stat().st_mode) for path in paths}


class Rights(SecurityCase):
    def test_no_program_has_rights_of_its_own(self):
        programs = self.files(STAGE / "bin", STAGE / "libexec")
        self.assertGreater(len(programs), 3)
        for one in programs:
            self.assertEqual(one.stat().st_mode & (stat.S_ISUID | stat.S_ISGID), 0, one)
            self.assertEqual([name for name in os.listxattr(one) if name.startswith("security.cap")], [], one)

    def test_nothing_is_left_of_a_run(self):
        tree = self.project('add_test(NAME t COMMAND sh -c "sleep 300 & exit 0")\n')
        self.assertEqual(self.ctest(tree).returncode, 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assert_nothing_left()

    def test_who_does_not_ask_for_a_lock_does_not_wait_for_it(self):
        lock = self.lock_name()
        held = f"touch {self.work}/held; while [ ! -e {self.work}/go ]; do sleep 0.02; done"
        holder = self.start(HOLDFAST, "run", "--lock", lock, "--", "sh", "-c", held)
        wait_until((self.work / "held").exists, "the holder")
        self.assertEqual(self.finish(HOLDFAST, "run", "--", "true").returncode, 0)
        self.assertEqual(self.finish(HOLDFAST, "run", "--lock", lock, "--lock-timeout", "0.1s", "--", "true").returncode, 75)
        (self.work / "go").touch()
        self.assertEqual(holder.wait(PATIENCE_S), 0)


class OnDisk(SecurityCase):
    def test_of_the_environment_only_the_named_variables_are_recorded(self):
        tree = self.project(f"""
add_test(NAME green COMMAND true)
set_tests_properties(green PROPERTIES ENVIRONMENT "OF_TEST={self.word('s4')}")
add_test(NAME red COMMAND sh -c "echo {self.word('printed')}; exit 1")
""")
        words = {name: self.word(value) for name, value in {**RECORDED, **SECRETS}.items()}
        profile = self.word("profile").replace("_", "-").replace(".", "-")
        (self.work / "project/holdfast.toml").write_text(f"[profile.{profile}]\ngrace = 3\n")
        self.ctest(tree, "-O", self.work / self.word("argument"), env=self.environment(HOLDFAST_PROFILE=profile, **words))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        journal = f"runs/{run.name}/journal.jsonl"
        started, = self.records(run, "run_started")
        recorded = dict(one.split("=", 1) for one in started["environment"])
        self.assertEqual(recorded, {**{name: words[name] for name in RECORDED}, "HOLDFAST_PROFILE": profile})
        for name in [*SECRETS.values(), "s4"]:
            self.assertEqual(self.having(self.word(name), tree), [], name)
        self.assertIn(journal, self.having(self.word("argument"), tree))
        self.assertIn(f"runs/{run.name}/output/ctest.log", self.having(self.word("printed"), tree))
        self.assertNotIn(journal, self.having(self.word("printed"), tree))

    def test_who_can_read_what_a_run_leaves(self):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(
            f'[profile.default]\nscratch = "keep-failed"\n[service.db]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\n'
            'ready-tcp = "127.0.0.1:{port}"\n')
        tree = self.project('add_test(NAME red COMMAND sh -c "touch $HOLDFAST_TMPDIR/left; echo said; exit 1")\n'
                            "set_tests_properties(red PROPERTIES HOLDFAST_SERVICES db)\n")
        begun = subprocess.run([CTEST], cwd=tree, env=self.environment(), umask=0o022, check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(begun.returncode, 8, begun.stdout)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        run, = self.runs(tree)
        kept, = (run / "scratch").iterdir()
        self.assertTrue((kept / "left").exists())
        self.assertEqual(self.modes(kept, run / "services"), {0o700})
        self.assertEqual(self.modes(run, run / "output"), {0o755})
        self.assertEqual(self.modes(run / "journal.jsonl", run / "output/ctest.log"), {0o644})

    def test_the_environment_for_a_stop_command_is_the_users_alone_and_goes(self):
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(
            f'[service.db]\ncommand = ["{SERVER}", "{{port}}"]\nports = 1\nready-tcp = "127.0.0.1:{{port}}"\n'
            'stop-command = ["true"]\n')
        tree = self.project(f'add_test(NAME t COMMAND sh -c "touch {self.work}/begun; '
                            f'while [ ! -e {self.work}/go ]; do sleep 0.02; done")\n'
                            "set_tests_properties(t PROPERTIES HOLDFAST_SERVICES db)\n")
        secret = self.word("secret")
        ctest = self.start(CTEST, cwd=tree, stdout=subprocess.DEVNULL, env=self.environment(TOKEN=secret))
        wait_until((self.work / "begun").exists, "the test")
        record = [one for one in self.files(tree / ".holdfast") if one.suffix == ".stop"]
        self.assertEqual(self.having(secret, tree), [str(one.relative_to(tree / ".holdfast")) for one in record])
        self.assertEqual((len(record), self.modes(*record)), (1, {0o600}))
        bundle = self.work / "run.tar.gz"
        self.assertEqual(self.finish(HOLDFAST, "report", "--tree", tree, "--bundle", bundle).returncode, 0)
        with tarfile.open(bundle) as archive:
            files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
        self.assertTrue(any(name.endswith("journal.jsonl") for name in files), list(files))
        self.assertEqual([name for name in files if name.endswith(".stop") or secret.encode() in files[name]], [])
        (self.work / "go").touch()
        self.assertEqual(ctest.wait(PATIENCE_S), 0)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(self.having(secret, tree), [])


class Named(unittest.TestCase):
    def test_each_test_that_the_page_names_is_there(self):
        named = set(re.findall(r"`system\.(\w+)`", (SOURCES / "SECURITY.md").read_text()))
        added = (SOURCES / "tests/system/CMakeLists.txt").read_text()
        drivers = {one.name.removesuffix("_test.py"): one for one in (SOURCES / "tests/system").glob("*/*_test.py")}
        self.assertGreater(len(named), 20)
        self.assertEqual([name for name in sorted(named) if name not in drivers
                          or not re.search(rf"\b({drivers[name].parent.name}/)?{name}\b", added)], [])


if __name__ == "__main__":
    unittest.main()
