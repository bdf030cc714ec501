"""Retries of `holdfast run` (docs/reference/retries.md)."""

import os
import signal
import subprocess
import time
import unittest

from retrying import Retry, verdicts
from support import HOLDFAST, PATIENCE_S, wait_until


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

    def test_told_to_end_it_tries_nothing_again(self):
        """The command dies of the signal, or exits with a code for which it would otherwise be
        tried again."""
        answers = {"exit 4": 4, "exit 0": 0, "": -signal.SIGTERM}
        for number, (answer, code) in enumerate(answers.items()):
            with self.subTest(answer=answer):
                file = self.pid_file(f"answer{number}")
                trap = f"trap '{answer}' TERM; " if answer else ""
                begun = self.start(HOLDFAST, "run", "--retry", "any=3", "--retry", "crash=3", "--", "sh", "-c",
                                   f"{trap}echo $$ >>{file}; while [ $HOLDFAST_ATTEMPT = 1 ]; do sleep 0.01; done; exit 9",
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.announced(file)
                begun.send_signal(signal.SIGTERM)
                said = begun.communicate(timeout=PATIENCE_S)[1].decode()
                self.assertEqual(begun.returncode, code, said)
                self.assertEqual(len(self.read_pids(file)), 1)
                self.assertNotIn("tried again at once", said)
                self.assert_nothing_left()

    def test_told_to_end_before_it_is_tried_again_it_does_not_begin(self):
        attempts, said = self.work / "attempts", self.work / "said"
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                attempts.write_text("")
                with open(said, "wb") as err:
                    begun = self.start(HOLDFAST, "run", "--retry", "exit:4=1", "--backoff", "600s", "--", "sh", "-c",
                                       f"echo $HOLDFAST_ATTEMPT >>{attempts}; exit 4", stderr=err)
                wait_until(lambda: "tried again in" in said.read_text(), "the backoff")
                begun.send_signal(number)
                self.assertEqual(begun.wait(PATIENCE_S), -number, said.read_text())
                self.assertEqual(attempts.read_text(), "1\n")
                self.assert_nothing_left()

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
            # A backtracking matcher would take minutes to find that this does not match.
            "[[known-flaky]]\ntests = '^g$'\nsignature = '((a?){30}){30}b'\nissue = 'I-2'\nexpires = 9999-12-31\n")

        def attempts(name, script):
            done = self.run_command("--name", name, "--", "sh", "-c", f"{script}; exit 4", bound=100)
            self.assertEqual(done.returncode, 4)
            return done.stdout.count(b"said")
        lines = 20_000 if "ASAN_OPTIONS" in os.environ else 500_000  # one second of search
        self.assertEqual(attempts("f", f"seq 1 {lines}; echo said reset by peer"), 2)
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
