"""Helpers for the drivers of retries: small projects of shell scripts, run once."""

import json
import re

from support import HOLDFAST, ProjectCase, no_keeper_of, wait_until


def verdicts(text):
    """ctest's words for each test, without its reasons, which may be longer than a line."""
    line = r"^ *\d+/\d+ Test +#\d+: (\S+) \.+ *(Passed|[\w ]*\*\*\*(?:Not Run|[A-Z][a-z]+))"
    return dict(re.findall(line, text, re.MULTILINE))


class Retry(ProjectCase):
    def settled(self, tree):
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")

    def add(self, name, script, **properties):
        """The add_test() of a shell script, in which `$n` is the number of the attempt."""
        lines = [f'add_test(NAME {name} COMMAND sh -c [==[n=$HOLDFAST_ATTEMPT; {script}]==])']
        for key, value in properties.items():
            lines.append(f'set_tests_properties({name} PROPERTIES {key} [==[{value}]==])')
        return "\n".join(lines) + "\n"

    def ran(self, *tests, toml="", arguments=(), env=None, bound=120, **how):
        """Runs a project of these tests once. Returns its tree and ctest's output."""
        source = self.work / how.get("name", "project")
        source.mkdir(exist_ok=True)
        if toml:
            (source / "holdfast.toml").write_text(toml)
        tree = self.project("".join(tests), **how)
        done = self.ctest(tree, "--output-on-failure", *arguments,
                          env=self.environment(**(env or {})), bound=bound)
        self.settled(tree)
        return tree, done

    def ends(self, tree, test=None):
        found = [r for r in self.records(self.runs(tree)[-1], "attempt_ended")
                 if test in (None, r["test"])]
        return sorted(found, key=lambda r: (r["test"], r["n"]))

    def starts(self, tree, test):
        return [r for r in self.records(self.runs(tree)[-1], "attempt_started") if r["test"] == test]

    def report(self, tree, form="json"):
        done = self.finish(HOLDFAST, "report", "--tree", tree, "--format", form)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if form == "json" else done.stdout.decode()
