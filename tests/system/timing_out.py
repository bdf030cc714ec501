"""Helpers for the drivers of limits: projects whose tests hang.

HOLDFAST_TIMEOUT_MARGIN shortens the time for which ctest waits beyond a limit. Most tests share one
project and one ctest, which spends most of its time in those margins."""

import re

from support import ProjectCase

# The stacks get 2 s of it, as they do of the usual margin.
MARGIN_S = 6

TIMED_OUT = r"\d+/\d+ Test +#\d+: %s \.*\*\*\*Timeout"

# ctest's limit while a test waits for its locks.
A_DAY_S = 86400


class TimeoutCase(ProjectCase):
    def timeout_project(self, tests, margin=MARGIN_S, head="", **how):
        """`tests` maps each name to (command words, text of the properties). `head` comes before
        them."""
        text = head + (f'set(HOLDFAST_TIMEOUT_MARGIN {margin})\n' if margin else "")
        for name, (command, properties) in tests.items():
            words = " ".join(f'"{word}"' for word in command)
            text += f"add_test(NAME {name} COMMAND {words})\n"
            if properties:
                text += f"set_tests_properties({name} PROPERTIES {properties})\n"
        # The margin may come after find_package(): it is read at the end of the configure step.
        return self.project(text, **how)

    def outcomes(self, tree):
        records = self.records(self.runs(tree)[-1], "attempt_ended")
        return {record["test"]: record["outcome"] for record in records}

    def output_of(self, tree, test):
        log = (tree / "Testing/Temporary/LastTest.log").read_text(errors="replace")
        begin = re.search(rf"\d+/\d+ Testing: {test}\n", log).end()
        return log[begin:log.index("<end of output>", begin)]

    def assert_timeouts(self, done, *names):
        for name in names:
            self.assertRegex(done.text, TIMED_OUT % name)

    def tools(self, **programs):
        """A directory for PATH with these shell scripts and without a debugger."""
        directory = self.work / "path"
        directory.mkdir(exist_ok=True)
        for name, text in programs.items():
            script = directory / name.replace("_", "-")
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(0o755)
        return directory
