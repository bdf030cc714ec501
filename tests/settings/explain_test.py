"""`holdfast config --explain TEST` shows each value and where it comes from."""

import re
import unittest

from holdfast_case import HoldfastCase, STAGE

TOML = """\
[profile.default]
timeout = "2m"
environment = { RUST_BACKTRACE = "full", UBSAN_OPTIONS = "" }

[profile.ci]
inherits = "default"
grace = 1.5
runs = "refuse"

[[override]]
label = "big"
scratch = "remove"

[[profile.ci.override]]
test = "^db"
lock-timeout = 90
"""


class Explain(HoldfastCase):
    def explain(self, test, *arguments, cwd=None, ended=(0, ""), **environment):
        process = self.command(STAGE / "bin/holdfast", "config", "--explain", test, *arguments,
                               cwd=cwd or self.build, env=self.environment(**environment), check=False)
        self.assertEqual((process.returncode, process.stderr), ended)
        self.head, values = process.stdout.split("\n\n")
        rows = [re.split(r"  +", line) for line in values.splitlines()]
        return {key: f"{value} | {origin}" for key, value, origin in rows}

    def prepare(self, toml=TOML):
        self.source = self.project(f"""
            add_test(NAME db.one COMMAND touch {self.work}/ran)
            set_tests_properties(db.one PROPERTIES HOLDFAST_ON_LEAK fail HOLDFAST_LOCKS "db;gpu:1/4"
              LABELS "big;slow")
            add_test(NAME plain COMMAND touch {self.work}/ran)
            """, files={"holdfast.toml": toml})
        self.build = self.configure(self.source, "build")

    def test_each_value_has_its_origin(self):
        self.prepare()
        values = self.explain("db.one", HOLDFAST_PROFILE="ci")
        self.assertEqual(values, {
            "timeout": "2m | holdfast.toml:2, [profile.default]",
            "grace": "1500ms | holdfast.toml:7, [profile.ci]",
            "lock-timeout": "90s | holdfast.toml:16, [[profile.ci.override]]",
            "on-leak": "fail | the test's HOLDFAST_ON_LEAK",
            "containment": "none | built-in default",
            "containment-missing": "warn | built-in default",
            "passthrough": "none | built-in default",
            "engine": "local | built-in default",
            "engine-options": "none | built-in default",
            "local-label": "none | built-in default",
            "kept-output": "1GiB | built-in default",
            "nice": "0 | built-in default",
            "umask": "that of ctest | built-in default",
            "scratch": "remove | holdfast.toml:12, [[override]]",
            "ports": "0 | built-in default",
            "services": "none | built-in default",
            "run-serial": "run | built-in default",
            "no-tests": "keep | built-in default",
            "premature-exit": "fail | built-in default",
            "locks": "db@project, gpu:1/4@project | the test's HOLDFAST_LOCKS",
            "isolation": "no batch | built-in default",
            "idle-slots": "true | built-in default",
            "retry": "none | built-in default",
            "backoff": "0s | built-in default",
            "jitter": "0 | built-in default",
            "retry-alone": "false | built-in default",
            "flaky-result": "pass | built-in default",
            "on-failure": "none | built-in default",
            "before-kill": "none | built-in default",
            "environment.PYTHONFAULTHANDLER": "1 | built-in default",
            "environment.RUST_BACKTRACE": "full | holdfast.toml:3, [profile.default]",
            "environment.UBSAN_OPTIONS": "not set | holdfast.toml:3, [profile.default]",
            "runs": "refuse | holdfast.toml:8, [profile.ci]",
            "kept-output-in-all": "4GiB | built-in default",
            "oom-events": "the run's cgroup | built-in default",
            "retry-budget": "none | built-in default",
            "retry-breaker": "0.5 | built-in default", "reports": "none | built-in default",
            "log": "info | built-in default",
            "order": "as-is | built-in default", "tracked-files": "ignore | built-in default"})
        self.assertEqual(self.head.splitlines(), [
            "test: db.one", f"file: {self.source}/holdfast.toml",
            "profile: ci, which inherits default", "labels: big, slow"])

    def test_the_profile_and_the_tree_can_be_named(self):
        self.prepare()
        values = self.explain("plain", "--tree", self.build, "--profile", "ci", cwd=self.work)
        self.assertEqual(values["runs"], "refuse | holdfast.toml:8, [profile.ci]")
        self.assertEqual(values["lock-timeout"], "none | built-in default")
        self.assertIn("labels: none", self.head)

    def test_what_is_not_known_is_said(self):
        self.prepare()
        values = self.explain("db.two", HOLDFAST_PROFILE="ci", ended=(
            2, f'holdfast: --explain "db.two": expected a test of {self.build}, ctest lists no test of that name\n'))
        self.assertEqual(values["lock-timeout"],
                         "90s | holdfast.toml:16, [[profile.ci.override]]")
        self.assertIn("properties and labels: not known (ctest lists no test of that name)",
                      self.head)
        self.explain("db.one", cwd="/")
        self.assertIn("not known (no build tree here or above)", self.head)
        (self.build / "CTestTestfile.cmake").write_text("nonsense(\n")
        self.explain("db.one")
        self.assertIn("not known (ctest --show-only=json-v1 failed", self.head)

    def test_the_limits_of_properties_and_of_ctest_have_their_origin(self):
        self.source = self.project("""
            set(DART_TESTING_TIMEOUT 700)
            include(CTest)
            add_test(NAME own COMMAND true)
            set_tests_properties(own PROPERTIES TIMEOUT 2.5)
            add_test(NAME ours COMMAND true)
            set_tests_properties(ours PROPERTIES TIMEOUT 10 HOLDFAST_TIMEOUT 3m)
            add_test(NAME none COMMAND true)
            set_tests_properties(none PROPERTIES TIMEOUT 0)
            add_test(NAME plain COMMAND true)
            """)
        self.build = self.configure(self.source, "build")
        self.assertEqual({test: self.explain(test)["timeout"] for test in ("own", "ours", "none", "plain")}, {
            "own": "2500ms | the test's TIMEOUT",
            "ours": "3m | the test's HOLDFAST_TIMEOUT",
            "none": "none | built-in default",
            "plain": "700s | ctest's own limit"})

    def test_locks_have_their_origin_each_in_its_order(self):
        self.source = self.project("""
            add_test(NAME plain COMMAND true)
            add_test(NAME net COMMAND true)
            set_tests_properties(net PROPERTIES RESOURCE_LOCK port)
            add_test(NAME own COMMAND true)
            set_tests_properties(own PROPERTIES HOLDFAST_LOCKS db RESOURCE_LOCK port)
            """, files={"holdfast.toml": """\
[profile.default]
locks = ["all:shared"]
[profile.ci]
run-serial = "user"
locks = ["ci:shared"]
[profile.bare]
locks = []
[[override]]
test = "^net"
locks = ["net"]
"""})
        self.build = self.configure(self.source, "build")
        self.assertEqual({(test, profile): self.explain(test, HOLDFAST_PROFILE=profile)["locks"]
                          for profile in ("default", "ci", "bare") for test in ("plain", "net", "own")}, {
            ("plain", "default"): "all:shared@project | holdfast.toml:2, [profile.default]",
            ("net", "default"): "net@project, port@project | "
                                "holdfast.toml:10, [[override]] and the test's RESOURCE_LOCK",
            ("own", "default"): "db@project, port@project | the test's HOLDFAST_LOCKS and RESOURCE_LOCK",
            ("plain", "ci"): "ci:shared@project, RUN_SERIAL:shared@user | holdfast.toml:5, [profile.ci] and run-serial",
            ("net", "ci"): "net@project, port@project, RUN_SERIAL:shared@user | "
                           "holdfast.toml:10, [[override]], the test's RESOURCE_LOCK and run-serial",
            ("own", "ci"): "db@project, port@project, RUN_SERIAL:shared@user | "
                           "the test's HOLDFAST_LOCKS, RESOURCE_LOCK and run-serial",
            ("plain", "bare"): "none | holdfast.toml:7, [profile.bare]",
            ("net", "bare"): "net@project, port@project | holdfast.toml:10, [[override]] and the test's RESOURCE_LOCK",
            ("own", "bare"): "db@project, port@project | the test's HOLDFAST_LOCKS and RESOURCE_LOCK"})

    def test_retries_have_their_origin(self):
        self.source = self.project("""
            add_test(NAME net.own COMMAND true)
            set_tests_properties(net.own PROPERTIES HOLDFAST_RETRY "exit:4=3;crash=1")
            add_test(NAME net.plain COMMAND true)
            """, files={"holdfast.toml": """\
[profile.default]
retry = "any=1"
retry-budget = 20
backoff = "exponential:500ms..30s"
[[override]]
test = "^net"
on-failure = "collect $HOLDFAST_OUTPUT"
[[known-flaky]]
tests = "plain"
signature = "reset"
issue = "PROJ-1"
expires = 9999-12-31
[[known-flaky]]
tests = "plain"
signature = "gone"
issue = "PROJ-2"
expires = 2001-01-01
"""})
        self.build = self.configure(self.source, "build")
        own = self.explain("net.own")
        self.assertEqual(own["retry"], "exit:4=3,crash=1 | the test's HOLDFAST_RETRY")
        self.assertEqual(own["backoff"],
                         "exponential:500ms..30s | holdfast.toml:4, [profile.default]")
        self.assertEqual(own["retry-budget"], "20 | holdfast.toml:3, [profile.default]")
        self.assertNotIn("known-flaky", own)
        plain = self.explain("net.plain")
        self.assertEqual(plain["retry"], "any=1 | holdfast.toml:2, [profile.default]")
        self.assertEqual(plain["known-flaky"], "2, PROJ-1 | holdfast.toml:8, [[known-flaky]]")
        self.assertIn('ignoring known-flaky "plain" (PROJ-2), which expired on 2001-01-01',
                      self.head)

    def test_what_holds_for_build_steps_is_shown_where_there_is_something(self):
        self.source = self.project("add_test(NAME one COMMAND true)", files={"holdfast.toml": """\
[build-steps]
transient = ["No space left"]
memory = "2GiB"
"""})
        self.build = self.configure(self.source, "build")
        one = self.explain("one")
        self.assertEqual(one["transient (build steps)"], "No space left | holdfast.toml:2, [build-steps]")
        self.assertEqual(one["memory (build steps)"], "2GiB | holdfast.toml:3, [build-steps]")

    def test_nothing_runs(self):
        self.prepare()
        self.explain("db.one")
        self.assertFalse((self.work / "ran").exists())
        self.assertEqual(list(self.build.glob(".holdfast/runs/*")), [])

    def test_without_a_file_the_defaults_hold(self):
        self.prepare()
        (self.source / "holdfast.toml").unlink()
        values = self.explain("plain")
        self.assertEqual({value.split(" | ")[1] for value in values.values()},
                         {"built-in default"})
        self.assertIn("file: none, built-in defaults hold", self.head)


if __name__ == "__main__":
    unittest.main()
