"""Runs a driver of tests: driver.py FILE [ARGUMENT...], as `python3 FILE [ARGUMENT...]` would.

It is green only if a method has run. It names each skipped method, with the reason. If all were
skipped, the exit code is 77, which ctest shows as a skip. A driver that runs no method is red."""

import os
import runpy
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


def main():
    file = os.path.abspath(sys.argv[1])
    sys.argv = [file, *sys.argv[2:]]
    # What drivers share is beside them, or one folder above.
    sys.path[:1] = [os.path.dirname(file), os.path.dirname(os.path.dirname(file))]
    unittest.main = Program
    runpy.run_path(file, run_name="__main__")
    print("the driver has not called unittest.main()", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
