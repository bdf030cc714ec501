"""If `holdfast answer` cannot be asked, or does not answer, a line says so."""

import shutil
import subprocess
import unittest

from support import HOLDFAST, STAGE, SystemCase, program

LONGEST_ANSWER = 2 * 1024 * 1024  # as in launcher/attempt/answer.cpp


class AnswersTest(SystemCase):
    def setUp(self):
        super().setUp()
        self.stage = self.work / "stage"
        subprocess.run(["cp", "-al", STAGE, self.stage], check=True)
        self.main = self.stage / "bin/holdfast"
        self.main.rename(self.stage / "bin/real-holdfast")
        shutil.copy(program("answer_badly"), self.main)

    def step(self, script, answer=""):
        """A compile step of a build tree whose project has a holdfast.toml."""
        tree = self.work / "build"
        (tree / ".holdfast/build").mkdir(parents=True, exist_ok=True)
        (tree / ".holdfast/build/has-settings").touch()
        (tree / ".holdfast/project").write_text(f"answers\n{self.work}\n")
        (self.work / "holdfast.toml").write_text('[build-steps]\ntransient = ["No space left"]\n')
        done = self.finish(self.stage / "libexec/holdfast/holdfast-launcher", "--step", "compile", "--tree", tree,
                           "--output", "a.o", "--", "sh", "-c", script, env=self.environment(ANSWER=answer))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def trouble(self, question, why):
        return f"failed to execute {self.main} answer {question}: {why}"

    def assert_not_run(self, answer, why):
        self.assertEqual(self.step("echo it runs", answer), (125, "", f"holdfast: {why}\n"))

    def test_a_step_is_not_run_if_nobody_can_tell_its_settings(self):
        for how, why in (("exit 3", "it exited with 3"), ("die 9", "it died of signal 9")):
            with self.subTest(how):
                self.assert_not_run(f"steps {how}", self.trouble("steps", why))
        self.assert_not_run("steps refuse the reason", "the reason")
        self.main.unlink()
        self.assert_not_run("", self.trouble("steps", "No such file or directory"))

    def test_a_question_that_nobody_asks_is_refused(self):
        for words in ((), ("found",), ("steps",), ("steps", "a", "b"), ("what", "a")):
            done = self.finish(HOLDFAST, "answer", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assertIn("answer is for holdfast-exec: expected ", done.stderr.decode())

    def test_an_answer_has_a_greatest_length(self):
        self.assert_not_run(f"steps print {LONGEST_ANSWER + 1}", self.trouble("steps", "its answer is too long"))
        code, _, said = self.step("echo it runs", f"steps print {LONGEST_ANSWER}")
        self.assertEqual(code, 125)
        self.assertNotIn("too long", said)  # only no answer to that question

    def test_a_failed_step_fails_if_nobody_can_look_into_its_output(self):
        script = "echo No space left; exit 7"
        code, printed, said = self.step(script)
        self.assertEqual((code, printed), (7, "No space left\n"))
        self.assertIn("retried alone", said)
        self.assertEqual(self.step(script, "found exit 3"),
                         (7, "No space left\n",
                          f"holdfast: ignoring `transient`: {self.trouble('found', 'it exited with 3')}\n"))

    def test_a_failure_is_no_known_flake_if_nobody_can_look_into_its_output(self):
        (self.work / "holdfast.toml").write_text(
            "[[known-flaky]]\ntests = '^f$'\nsignature = 'reset by peer'\nissue = 'I-1'\nexpires = 9999-12-31\n"
            "attempts = 1\n")

        def run(answer):
            done = self.finish(self.stage / "bin/real-holdfast", "run", "--name", "f", "--", "sh", "-c",
                               "echo reset by peer; exit 4", env=self.environment(ANSWER=answer))
            self.assertEqual(done.returncode, 4)
            return done.stdout.count(b"reset by peer"), done.stderr.decode()
        self.assertEqual(run("")[0], 2)
        for how, why in (("exit 3", "it exited with 3"), (f"print {LONGEST_ANSWER + 1}", "its answer is too long")):
            with self.subTest(how):
                count, said = run(f"found {how}")
                self.assertEqual(count, 1)
                self.assertIn(f"holdfast: ignoring [[known-flaky]]: {self.trouble('found', why)}\n", said)


if __name__ == "__main__":
    unittest.main()
