"""`holdfast run` reads holdfast.toml too, but the user's options take precedence."""

import os
import shutil
import unittest

from holdfast_case import HoldfastCase, STAGE


class RunCommand(HoldfastCase):
    def holdfast_run(self, *words, cwd, **environment):
        return self.command(STAGE / "bin/holdfast", "run", *words, cwd=cwd, check=False,
                            env=self.environment(**environment))

    def place(self, toml, name="place"):
        directory = self.work / name
        (directory / ".git").mkdir(parents=True)
        (directory / "below").mkdir()
        (directory / "holdfast.toml").write_text(toml)
        return directory

    def test_a_limit_from_the_file_unless_the_user_gives_one(self):
        below = self.place('[profile.default]\ntimeout = "200ms"\ngrace = 0\n') / "below"
        self.assertEqual(self.holdfast_run("--", "sleep", "300", cwd=below).returncode, 124)
        self.assertEqual(self.holdfast_run("--timeout", "60", "--", "sleep", "1", cwd=below)
                         .returncode, 0)

    def test_overrides_go_by_name_and_profiles_by_the_environment(self):
        place = self.place("""
            [[override]]
            test = "^migrate$"
            environment = { COLOUR = "red" }
            [profile.ci]
            environment = { SHAPE = "round" }
            """)
        show = ("--", "sh", "-c", "echo $COLOUR-$SHAPE")
        for words, environment, expected in (
                (show, {}, "-"),
                (("--name", "migrate") + show, {}, "red-"),
                (("--name", "migrate") + show, {"COLOUR": "own"}, "own-"),
                (("--name=migrate",) + show, {"HOLDFAST_PROFILE": "ci"}, "red-round")):
            run = self.holdfast_run(*words, cwd=place, **environment)
            self.assertEqual(run.stdout, expected + "\n", run.stderr)

    def test_built_in_variables_are_changed_and_taken_out(self):
        place = self.place("""
            [profile.default]
            environment = { RUST_BACKTRACE = "", UBSAN_OPTIONS = "x=1" }
            """)
        show = "echo ${PYTHONFAULTHANDLER-none},${RUST_BACKTRACE-none},${UBSAN_OPTIONS-none}"
        names = ("PYTHONFAULTHANDLER", "RUST_BACKTRACE", "UBSAN_OPTIONS")
        for words, own, expected in (
                ((), {}, "1,none,x=1"),
                ((), {"RUST_BACKTRACE": "full", "UBSAN_OPTIONS": ""}, "1,full,"),
                (("--default-env", "UBSAN_OPTIONS="), {}, "1,none,none")):
            environment = self.environment()
            for name in names:
                environment.pop(name, None)
            run = self.command(STAGE / "bin/holdfast", "run", *words, "--", "sh", "-c", show,
                               cwd=place, check=False, env={**environment, **own})
            self.assertEqual(run.stdout, expected + "\n", run.stderr)

    def test_the_scratch_directory_goes_as_the_file_says(self):
        write = 'echo "$HOLDFAST_TMPDIR"; stat -c %a "$HOLDFAST_TMPDIR"; '
        for scratch, code, fills, stays in (
                ("keep-failed", 0, True, False), ("keep-failed", 3, True, True),
                ("keep-failed", 3, False, False), ("keep", 0, True, True),
                ("remove", 3, True, False), (None, 0, True, False), (None, 3, True, True)):
            with self.subTest(scratch=scratch, code=code, fills=fills):
                toml = f'[profile.default]\nscratch = "{scratch}"\n' if scratch else ""
                place = self.place(toml, f"{scratch}-{code}-{fills}")
                fill = 'echo x >"$HOLDFAST_TMPDIR/file"; ' if fills else ""
                run = self.holdfast_run("--", "sh", "-c", f"{write}{fill}exit {code}", cwd=place)
                self.assertEqual(run.returncode, code, run.stderr)
                path, mode = run.stdout.split()
                self.assertEqual(mode, "700")
                self.assertEqual(os.path.isdir(path), stays)
                self.assertEqual(f"its scratch directory is kept: {path}" in run.stderr, stays)
                shutil.rmtree(path, ignore_errors=True)

    def test_the_users_word_on_scratch_wins(self):
        place = self.place('[profile.default]\nscratch = "keep"\n')
        run = self.holdfast_run("--scratch", "remove", "--", "sh", "-c",
                                'echo "$HOLDFAST_TMPDIR"; touch "$HOLDFAST_TMPDIR/x"', cwd=place)
        self.assertFalse(os.path.exists(run.stdout.strip()))

    def test_the_name_of_the_program_is_the_name_where_none_is_given(self):
        place = self.place('[[override]]\ntest = "^sleep$"\ntimeout = "200ms"\n')
        self.assertEqual(self.holdfast_run("--", "/bin/sleep", "300", cwd=place).returncode, 124)

    def test_in_a_build_tree_it_is_the_file_of_its_project(self):
        source = self.project("", files={"holdfast.toml": '[profile.default]\ntimeout = "200ms"\n'})
        build = self.configure(source, "elsewhere/build")
        self.assertEqual(self.holdfast_run("--", "sleep", "300", cwd=build).returncode, 124)

    def test_nothing_is_read_above_a_repository(self):
        place = self.place("nonsense = 1\n", "outer")
        inner = place / "inner"
        (inner / ".git").mkdir(parents=True)
        self.assertEqual(self.holdfast_run("--", "true", cwd=inner).returncode, 0)
        self.assertEqual(self.holdfast_run("--", "true", cwd=place).returncode, 125)

    def test_a_wrong_command_line_is_still_the_launchers_to_refuse(self):
        place = self.place("[profile.default]\n")
        run = self.holdfast_run("--nonsense", "--", "true", cwd=place)
        self.assertEqual(run.returncode, 125)
        self.assertIn("unknown argument", run.stderr)
        self.assertIn("usage:", self.holdfast_run("--help", cwd=place).stdout)


if __name__ == "__main__":
    unittest.main()
