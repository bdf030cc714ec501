"""Runs a driver of tests: driver.py FILE [ARGUMENT...], as `python3 FILE [ARGUMENT...]` would.

It is green only if a method has run. It names each skipped method, with the reason. If all were
skipped, the exit code is 77, which ctest shows as a skip. A driver that runs no method is red.

SYSTEM_TEST_USER in the environment is the number of a user: root runs the driver as that one."""

import os
import runpy
import subprocess
import sys
import unittest

SKIPPED = 77


class Result(unittest.TextTestResult):
    """Knows which methods ran to their own end."""

    def __init__(self, *arguments, **how):
        super().__init__(*arguments, **how)
        self.ended = set()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.ended.add(test.id())

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.ended.add(test.id())


class Program(unittest.TestProgram):
    """unittest.main() of the driver."""

    exit_code = None

    def runTests(self):
        self.testRunner = unittest.TextTestRunner(
            resultclass=Result, verbosity=self.verbosity, failfast=self.failfast, buffer=self.buffer)
        result = self.testRunner.run(self.test)
        for test, why in result.skipped:
            if test.id() not in result.ended:
                print(f"skipped: {test.id()}: {why}", file=sys.stderr)
        Program.exit_code = code_of(result)
        sys.exit(Program.exit_code)


def code_of(result):
    if not result.wasSuccessful():
        return 1
    if result.ended:
        return 0
    if result.skipped:
        return SKIPPED
    print("no method was run", file=sys.stderr)
    return 1


def become(user, file):
    """Begins anew as that user. Returns False if the user cannot reach the driver, True if this process is that
    user's."""
    if os.geteuid() != 0:
        return os.geteuid() == user
    work = os.path.join(os.environ["SYSTEM_TEST_WORK"], f"of-{user}")
    os.makedirs(work, exist_ok=True)
    os.chown(work, user, user)
    os.environ.update(SYSTEM_TEST_WORK=work, HOME=work, PATH="/usr/local/bin:/usr/bin:/bin")
    for option, path in ("-r", file), ("-x", os.environ["SYSTEM_TEST_LAUNCHER"]), ("-w", work):
        if subprocess.run(["test", option, path], user=user, group=user, extra_groups=[], check=False).returncode:
            print(f"skipped: user {user} has no way to {path}", file=sys.stderr)
            return False
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    # The present interpreter may be root's alone.
    os.execvp("python3", ["python3", "-B", __file__, *sys.argv[1:]])


def main():
    file = os.path.abspath(sys.argv[1])
    if "SYSTEM_TEST_USER" in os.environ and not become(int(os.environ["SYSTEM_TEST_USER"]), file):
        return SKIPPED
    sys.argv = [file, *sys.argv[2:]]
    # What drivers share is beside them, or one folder above.
    sys.path[:1] = [os.path.dirname(file), os.path.dirname(os.path.dirname(file))]
    unittest.main = Program
    runpy.run_path(file, run_name="__main__")
    print("the driver has not called unittest.main()", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
