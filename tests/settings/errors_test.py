"""A wrong holdfast.toml stops the run before its first test."""

import os
import unittest

from holdfast_case import HoldfastCase, STAGE

BAD = {
    "timeot = 3": 'the unknown key "timeot", expected timeout, ',
    "timeout = true": "timeout in [profile.default]: found a boolean, expected a duration",
    'locks = "db"': "locks in [profile.default]: found a string, expected a list of locks such as",
    'locks = ["db", "a:b"]': 'locks in [profile.default]: found "a:b", expected a list of locks such as',
    'inherits = "nobody"': 'found "nobody", expected the name of a profile: default',
    '[[override]]\ntest = "("': 'found "(" with an unmatched parenthesis',
}


class Errors(HoldfastCase):
    def tree(self, toml):
        """A build tree in which each test leaves a file behind."""
        source = self.project(f"""
            add_test(NAME top COMMAND touch {self.work}/ran-top)
            add_subdirectory(sub)
            """, files={"sub/CMakeLists.txt":
                        f"add_test(NAME below COMMAND touch {self.work}/ran-below)\n",
                        "holdfast.toml": toml})
        return source, self.configure(source, "build")

    def ran(self):
        return sorted(p.name for p in self.work.glob("ran-*"))

    def assert_stopped(self, run, source, line, words):
        self.assertEqual(run.code, 8, run.text)
        self.assertEqual(self.ran(), [])
        said = [text for text in run.text.splitlines() if "holdfast.toml" in text]
        self.assertEqual(len(said), 1, run.text)
        self.assertIn(f"holdfast: {source}/holdfast.toml:{line}: ", said[0])
        self.assertIn(words, said[0])

    def test_in_the_whole_tree_and_in_a_sub_directory(self):
        source, build = self.tree("")
        for text, words in BAD.items():
            (source / "holdfast.toml").write_text("[profile.default]\n" + text + "\n")
            line = 1 + len(text.splitlines())
            with self.subTest(text=text, where="top"):
                self.assert_stopped(self.ctest(build), source, line, words)
            with self.subTest(text=text, where="sub"):
                self.assert_stopped(self.ctest(build, cwd=build / "sub"), source, line, words)

    def test_a_keeper_that_the_first_launcher_started_refuses_every_test(self):
        source, build = self.tree("nonsense = 1\n")
        # Without PRE_TEST, and with a `begin` that did not read the settings.
        (build / "CTestCustom.cmake").unlink()
        attach = build / ".holdfast/attach.cmake"
        attach.write_text('_holdfast_begun()\n' + attach.read_text())
        testfile = build / "CTestTestfile.cmake"
        testfile.write_text(
            "macro(_holdfast_begun)\n"
            "  file(READ /proc/self/stat stat)\n"
            "  string(REGEX REPLACE \" .*\" \"\" pid \"${stat}\")\n"
            "  string(REGEX REPLACE \"^.*\\\\) \" \"\" fields \"${stat}\")\n"
            "  string(REPLACE \" \" \";\" fields \"${fields}\")\n"
            "  list(GET fields 19 start)\n"
            "  set(ENV{HOLDFAST_BEGUN} \"${pid}:${start}\")\n"
            "endmacro()\n" + testfile.read_text())
        run = self.ctest(build, "--output-on-failure", "-j1")
        self.assertEqual(run.code, 8, run.text)
        self.assertEqual(self.ran(), [])
        self.assertEqual(len(run.verdicts()), 2, run.text)
        self.assertIn(f'"top": {source}/holdfast.toml:1: top level', run.text)
        self.assertIn(f'"below": {source}/holdfast.toml:1: top level', run.text)

    def test_settings_that_a_launcher_cannot_be_told_keep_their_tests_from_running(self):
        _, build = self.tree(f'[profile.default]\non-failure = "echo {70000 * "x"}"\n')
        run = self.ctest(build, "--output-on-failure")
        self.assertEqual(run.code, 8, run.text)
        self.assertEqual(self.ran(), [])
        self.assertIn('"top": the settings of the test are too long', run.text)

    def test_a_profile_that_the_file_does_not_have(self):
        source, build = self.tree("[profile.nightly]\n")
        run = self.ctest(build, env=self.environment(HOLDFAST_PROFILE="nigthly"))
        self.assertEqual(run.code, 8, run.text)
        self.assertEqual(self.ran(), [])
        self.assertIn(f'{source}/holdfast.toml: found no profile "nigthly", expected default or '
                      'nightly (did you mean "nightly"?)', run.text)

    def test_without_a_file_a_profile_is_missed_aloud_and_the_tests_run(self):
        source, build = self.tree("")
        (source / "holdfast.toml").unlink()
        run = self.ctest(build, env=self.environment(HOLDFAST_PROFILE="ci"))
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(self.ran(), ["ran-below", "ran-top"])
        self.assertEqual(run.text.count('ignoring the profile "ci"'), 1, run.text)

    def test_listings_and_disabled_runs_do_not_care(self):
        _, build = self.tree("nonsense = 1\n")
        self.assertEqual(self.ctest(build, "--show-only=json-v1").code, 0)
        self.assertEqual(self.ctest(build, disable=True).code, 0)
        self.assertEqual(self.ran(), ["ran-below", "ran-top"])

    def test_a_file_that_cannot_be_read(self):
        source, build = self.tree("")
        (source / "holdfast.toml").unlink()
        (source / "holdfast.toml").mkdir()
        run = self.ctest(build)
        self.assertEqual(run.code, 8, run.text)
        self.assertIn("holdfast.toml: found no regular file", run.text)
        self.assertEqual(self.ran(), [])
        if os.geteuid() != 0:
            (source / "holdfast.toml").rmdir()
            (source / "holdfast.toml").write_text("")
            (source / "holdfast.toml").chmod(0)
            self.assertEqual(self.ctest(build).code, 8)

    def test_the_commands_refuse_it_too(self):
        source, build = self.tree("nonsense = 1\n")
        program = STAGE / "bin/holdfast"
        for words, code in ((("config", "--explain", "top"), 2), (("run", "--", "true"), 125)):
            process = self.command(program, *words, cwd=build, check=False)
            self.assertEqual(process.returncode, code)
            self.assertTrue(process.stderr.startswith(f"holdfast: {source}/holdfast.toml:1: "),
                            process.stderr)
            self.assertEqual(process.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
