"""Retries of `holdfast run` (docs/retry.md)."""

import time
import unittest

from retrying import Retry, verdicts
from support import HOLDFAST


class Command(Retry):
    def run_command(self, *words, **how):
        return self.finish(HOLDFAST, "run", *words, **how)

    def test_a_missing_command_is_not_tried_again(self):
        begun = time.monotonic()
        done = self.run_command("--retry", "launch=3", "--backoff", "60s", "--", "/no/such/thing")
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(done.returncode, 127)
        self.assert_our_lines(done.stderr, 1)
        tree, said = self.ran('add_test(NAME gone COMMAND /no/such/thing)\n'
                              'set_tests_properties(gone PROPERTIES HOLDFAST_RETRY launch=3)\n')
        self.assertIn("Not Run", verdicts(said.text)["gone"])

    def test_it_ends_as_the_last_attempt(self):
        script = f"echo >> {self.work}/n; n=$(wc -l < {self.work}/n); echo $HOLDFAST_ATTEMPT; exit $((7 - n))"
        done = self.run_command("--retry", "exit:6=1", "--retry", "exit:5=1", "--quiet", "--",
                                "sh", "-c", script)
        self.assertEqual((done.returncode, done.stdout), (4, b"1\n2\n3\n"))
        self.assertEqual(done.stderr, b"")

    def test_a_file_says_it_too_and_the_command_line_wins(self):
        (self.work / "holdfast.toml").write_text('[profile.default]\nretry = "exit:3=2"\n')
        done = self.run_command("--", "sh", "-c", "echo x; exit 3")
        self.assertEqual((done.returncode, done.stdout), (3, b"x\n" * 3))
        done = self.run_command("--retry", "exit:3=1", "--", "sh", "-c", "echo x; exit 3")
        self.assertEqual((done.returncode, done.stdout), (3, b"x\n" * 2))

    def test_a_known_flake_is_known_by_its_output(self):
        (self.work / "holdfast.toml").write_text(
            "[[known-flaky]]\ntests = '^f$'\nsignature = 'reset by .eer'\nissue = 'I-1'\n"
            "expires = 9999-12-31\nattempts = 1\n"
            # Takes minutes for two megabytes of what it is not found in.
            "[[known-flaky]]\ntests = '^g$'\nsignature = '((a?){60}){60}b'\nissue = 'I-2'\nexpires = 9999-12-31\n")

        def attempts(name, script):
            done = self.run_command("--name", name, "--", "sh", "-c", f"{script}; exit 4", bound=100)
            self.assertEqual(done.returncode, 4)
            return done.stdout.count(b"said")
        self.assertEqual(attempts("f", "seq 1 500000; echo said reset by peer"), 2)
        self.assertEqual(attempts("f", "echo said reset by no one"), 1)
        self.assertEqual(attempts("e", "echo said reset by peer"), 1)
        self.assertEqual(attempts("g", "echo said; head -c 2000000 /dev/zero | tr '\\0' a | fold -w 4000"), 1)

    def test_what_it_does_not_understand_it_says(self):
        for words in (["--retry", "exit=3"], ["--backoff", "soon"]):
            done = self.run_command(*words, "--", "true")
            self.assertEqual(done.returncode, 125)
            self.assert_our_lines(done.stderr, 1)
            self.assertIn("expected", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
