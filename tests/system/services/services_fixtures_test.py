"""A fixture that was set up on an older generation of a service than a red test had."""

import unittest

from support import HOLDFAST, ProjectCase, program, unfolded

DB = f"""
[service.db]
command = ["{program("small_server")}", "0"]
ready-output = "listening on (?P<port>[0-9]+)"
health-tcp = "127.0.0.1:{{port}}"
grace = "1s"
"""
KILL = 'kill -9 "$HOLDFAST_SERVICE_DB_PID"'
NOTE = 'its fixture "schema" was set up by "fill" on generation 1 of service db, and the test had generation 2'


class ServicesFixturesTest(ProjectCase):
    def run_of(self, user, toml=DB, properties="HOLDFAST_SERVICES db"):
        """The records of a run: `fill` sets the fixture up, `break` kills the service, and then comes `reads` with
        `user`: its properties and its command."""
        tests = {"fill": ("FIXTURES_SETUP schema", "true"), "break": ("FIXTURES_REQUIRED schema", KILL),
                 "reads": user, "well": ("FIXTURES_REQUIRED schema", "true")}
        self.tree = self.project("".join(self.scripted_test(name, f"{of_test} {properties}", command)
                                         for name, (of_test, command) in tests.items()))
        (self.work / "project/holdfast.toml").write_text(toml)
        self.done = self.ctest(self.tree, "--output-on-failure")
        run, = self.runs(self.tree)
        self.assert_nothing_left()
        return self.records(run, "attempt_ended")

    def notes(self, *options, **named):
        return [(record["test"], record["services"], record.get("note")) for record in self.run_of(*options, **named)]

    def report(self, form):
        return self.finish(HOLDFAST, "report", "--tree", self.tree, "--format", form).stdout.decode()

    def test_it_is_noted(self):
        notes = self.notes(("FIXTURES_REQUIRED schema", "exit 3"))
        # A green test needs no excuse, and a test that had the generation of the fixture has none.
        self.assertEqual(notes, [("fill", ["db#1"], None), ("break", ["db#1"], None), ("reads", ["db#2"], NOTE),
                                 ("well", ["db#2"], None)])
        self.assertIn(f'holdfast: "reads": {NOTE}', unfolded(self.done.text))
        self.assertIn(NOTE, self.report("text"))
        self.assertIn(NOTE.replace('"', "&quot;"), self.report("junit"))
        self.assertIn(NOTE.replace('"', '\\"'), self.report("json"))

    def test_a_service_of_holdfast_toml_counts_too(self):
        toml = DB + '[[override]]\ntest = "."\nservices = ["db"]\n'
        self.assertIn(("reads", ["db#2"], NOTE),
                      self.notes(("FIXTURES_REQUIRED schema", "exit 3"), toml=toml, properties=""))

    def test_what_a_test_does_not_require_is_not_noted(self):
        self.assertIn(("reads", ["db#2"], None), self.notes(("FIXTURES_REQUIRED other", "exit 3")))

    def test_more_names_than_can_be_told_are_left_out_and_the_test_runs(self):
        many = ";".join(f"fixture_with_a_rather_long_name_number_{i}" for i in range(2500))
        self.assertIn(("reads", ["db#2"], None), self.notes((f'FIXTURES_REQUIRED "schema;{many}"', "exit 3")))
        self.assertIn('"reads": its FIXTURES_REQUIRED is too long to be told to its launcher (16 KiB)',
                      unfolded(self.done.text))

    def test_each_attempt_has_its_own(self):
        """Each attempt kills the service, so the next one has a later generation."""
        notes = self.notes(("FIXTURES_REQUIRED schema HOLDFAST_RETRY exit:3=1", KILL + "\nexit 3"))
        self.assertEqual([note for test, _, note in notes if test == "reads"],
                         [NOTE, NOTE.replace("generation 2", "generation 3")])


if __name__ == "__main__":
    unittest.main()
