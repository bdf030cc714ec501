"""Runs examples/markers, and the examples of docs/reference/marker-protocol.md word for word."""

import os
import re
import unittest

from support import CMAKE, SOURCES, STAGE, ProjectCase, no_keeper_of, wait_until

EXAMPLE = SOURCES / "examples/markers"
PAGE = (SOURCES / "docs/reference/marker-protocol.md").read_text()


class ExampleTest(ProjectCase):
    def test_it_is_as_its_page_says(self):
        tree = self.work / "build"
        made = self.finish(CMAKE, "-S", EXAMPLE, "-B", tree, f"-DCMAKE_PREFIX_PATH={STAGE}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        built = self.finish(CMAKE, "--build", tree)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        ran = self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        promised = re.search(r"`(3 failed[^`]*)`", (EXAMPLE / "README.md").read_text()).group(1)
        self.assertIn(promised, ran.text)
        ended = {r["test"]: r for r in self.records(self.runs(tree)[0], "attempt_ended")}
        for name in ("c", "cpp", "shell"):
            self.assertEqual(ended[name]["outcome"], "deliberate_exit", ended[name])
        self.assertEqual(ended["crash"]["outcome"], "crashed")
        for record in ended.values():
            self.assertEqual(record["marker"], {"reason": "the server does not answer"})


class PageTest(ProjectCase):
    def blocks(self, language):
        return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

    def run_marked(self, *command):
        """Runs the command as a test of its own project. Returns its record."""
        words = " ".join(f'"{w}"' for w in command)
        tree = self.project(f"add_test(NAME t COMMAND {words})\n")
        path = f"{STAGE}/bin:{os.environ['PATH']}"
        self.ctest(tree, env=self.environment(PATH=path))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        record, = self.records(self.runs(tree)[-1], "attempt_ended")
        return record

    def check(self, record):
        self.assertEqual(record["outcome"], "deliberate_exit", record)
        self.assertEqual(record["exit_code"], 1)
        self.assertEqual(record["marker"], {"reason": "the server is gone"})
        self.assertNotIn("orphan_markers", record)

    def test_shell(self):
        by_command, by_hand = self.blocks("sh")
        for name, text in (("command", by_command), ("hand", by_hand)):
            with self.subTest(name):
                script = self.work / f"{name}.sh"
                script.write_text(text)
                self.check(self.run_marked("sh", script))

    def test_python(self):
        text, = self.blocks("python")
        script = self.work / "t.py"
        script.write_text(text)
        self.check(self.run_marked("python3", script))

    def test_the_worked_example_is_what_is_seen(self):
        text, = self.blocks("console")
        lines = text.splitlines()
        commands = [l.removeprefix("$ ") for l in lines if l.startswith("$ ")]
        script = self.work / "session.sh"
        script.write_text("\n".join(commands) + "\n")
        ran = self.finish("sh", script, env=self.environment(PATH=f"{STAGE}/bin:{os.environ['PATH']}"))
        seen = (ran.stdout + ran.stderr).decode()
        # Numbers and paths differ from run to run.
        def shape(text):
            return sorted(re.sub(r"\d+", "N", l) for l in text.splitlines())
        expected = "\n".join(l for l in lines if not l.startswith("$ "))
        self.assertEqual(shape(seen), shape(expected))


if __name__ == "__main__":
    unittest.main()
