"""Mini projects, configured with and without Holdfast, and what ctest says of them.

Environment (set by tests/cmake/CMakeLists.txt):
HOLDFAST_TEST_STAGE   the prefix under test
HOLDFAST_TEST_WORK    where tests may write
HOLDFAST_TEST_CMAKE, HOLDFAST_TEST_CTEST, HOLDFAST_TEST_SOURCE"""

import os
import re
import resource
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

STAGE = Path(os.environ["HOLDFAST_TEST_STAGE"])
WORK = Path(os.environ["HOLDFAST_TEST_WORK"])
CMAKE = os.environ.get("HOLDFAST_TEST_CMAKE", "cmake")
CTEST = os.environ.get("HOLDFAST_TEST_CTEST", "ctest")
PACKAGE = "lib/cmake/Holdfast"
LAUNCHER = "libexec/holdfast/holdfast-launcher"
EXEC = "libexec/holdfast/holdfast-exec"

_VERDICT = re.compile(r"^ *\d+/\d+ Test +#(\d+): (.*?) \.+(.*?) +\d+\.\d+ sec", re.M | re.S)
_FAILED_LINE = re.compile(r"^\t *(\d+) - (.*) \((.*)\)$", re.M)
_COMMAND = re.compile(r"^(\d+): Test command: (.*)$", re.M)
_MODIFICATION = re.compile(r"^(\d+):  ([A-Za-z_0-9]+=[a-z_]+:.*)$", re.M)


def ctest_version():
    """Such as (3, 25). Words and abilities differ."""
    shown = subprocess.run([CTEST, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", shown).groups()))


class CTestRun:
    """A ctest that has ended: its output, and its words for each test (by ctest's number)."""

    def __init__(self, process):
        self.code = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.text = self.stdout + self.stderr

    def verdicts(self):
        """{number: (name, verdict)}. The verdict is in ctest's words, reasons included."""
        found = {int(number): (name, " ".join(verdict.split()))
                 for number, name, verdict in _VERDICT.findall(self.stdout)}
        for number, _, reason in _FAILED_LINE.findall(self.stdout):
            if int(number) in found:
                found[int(number)] += (reason,)
        return found

    def words(self):
        """The output without the tests' own paths, which contain the checkout's name."""
        return self.text.replace(str(WORK), "WORK")

    def commands(self):
        """{number: command line}, from `ctest -V`."""
        return {int(number): command for number, command in _COMMAND.findall(self.stdout)}

    def wrapped(self):
        """{number: whether the launcher runs the command}, from `ctest -V`."""
        return {number: LAUNCHER in command for number, command in self.commands().items()}

    def modifications(self):
        """{number: set of ENVIRONMENT_MODIFICATIONs}, from `ctest -V`."""
        found = {}
        for number, modification in _MODIFICATION.findall(self.stdout):
            found.setdefault(int(number), set()).add(modification)
        return found

    def output(self, number):
        """The output of a test, from `ctest -V`."""
        lines = re.findall(rf"^{number}: (.*)$", self.stdout, re.M)
        ctests_own = re.compile(r"Test command: |Test timeout |Working Dir|Environment var"
                                r"| [A-Za-z_0-9]+=")
        return [line for line in lines if not ctests_own.match(line)]


class HoldfastCase(unittest.TestCase):
    maxDiff = None
    # A hang fails the test instead of hanging its ctest.
    patience_s = 1200

    def setUp(self):
        if not (STAGE / LAUNCHER).exists():
            self.skipTest(f"{STAGE / LAUNCHER} is not built")
        WORK.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(prefix=self.id().split(".")[-1] + ".", dir=WORK))
        # Tests that crash on purpose must not fill the disk.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        skipped = len(result.skipped)
        self.work = None
        super().run(result)
        for _, reason in result.skipped[skipped:]:
            print(f"skipped: {reason}")
        if self.work is None:
            return
        shutil.rmtree(f"/tmp/holdfast-{os.geteuid()}/locks/project-{self.project_key()}", ignore_errors=True)
        if len(result.failures) + len(result.errors) == before:
            shutil.rmtree(self.work, ignore_errors=True)
        else:
            print(f"kept: {self.work}")

    # --- Environment -----------------------------------------------------------------

    @staticmethod
    def environment(**changes):
        """The driver's environment, without what a surrounding ctest or Holdfast has put there."""
        drop = ("HOLDFAST_", "CTEST_", "DASHBOARD_TEST", "CLICOLOR", "MAKEFLAGS", "CMAKE_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(drop)}
        kept.update({k: v for k, v in changes.items() if v is not None})
        return kept

    def command(self, *arguments, cwd=None, env=None, check=True):
        process = subprocess.run([str(a) for a in arguments], cwd=cwd or self.work,
                                 env=env or self.environment(), stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, errors="surrogateescape",
                                 timeout=self.patience_s, check=False)
        if check and process.returncode != 0:
            self.fail(f"{arguments} ended with {process.returncode}\n"
                      f"{process.stdout}\n{process.stderr}")
        return process

    def project_key(self):
        return re.sub("[^A-Za-z0-9_]", "_", self.work.name[-40:])

    # --- Projects --------------------------------------------------------------------

    def project(self, text, name="project", languages="NONE", files=None):
        """Writes a project, with `find_package(Holdfast)` unless NO_HOLDFAST is set."""
        source = self.work / name
        source.mkdir(parents=True)
        # This test's own name, so that another checkout's tests have other locks.
        key = self.project_key() if name == "project" else name
        head = (f"cmake_minimum_required(VERSION 3.25)\nproject({key} {languages})\n"
                "enable_testing()\n"
                "if(NOT NO_HOLDFAST)\n  find_package(Holdfast REQUIRED)\nendif()\n")
        (source / "CMakeLists.txt").write_text(head + text)
        for path, content in (files or {}).items():
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
            if content.startswith("#!"):
                target.chmod(0o755)
        return source

    def configure(self, source, build, *arguments, prefix=STAGE, attached=True, env=None):
        build = self.work / build
        process = self.command(CMAKE, "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
                               f"-DNO_HOLDFAST={'OFF' if attached else 'ON'}", *arguments,
                               env=env)
        self.configure_output = process.stdout + process.stderr
        return build

    def ctest(self, build, *arguments, disable=False, cwd=None, env=None):
        env = env or self.environment()
        if disable:
            env = {**env, "HOLDFAST_DISABLE": "1"}
        return CTestRun(self.command(CTEST, *arguments, cwd=cwd or build, env=env, check=False))

    def prefix_copy(self, name="prefix"):
        """A prefix of its own, whose package files a test may change."""
        prefix = self.work / name
        shutil.copytree(STAGE / PACKAGE, prefix / PACKAGE)
        for path in (LAUNCHER, EXEC, "bin/holdfast"):
            if (STAGE / path).exists():
                (prefix / path).parent.mkdir(parents=True, exist_ok=True)
                (prefix / path).symlink_to((STAGE / path).resolve())
        return prefix

    # --- Assertions ------------------------------------------------------------------

    def assert_all_wrapped(self, run, count):
        wrapped = run.wrapped()
        self.assertEqual(len(wrapped), count, run.text)
        bare = [run.commands()[n] for n, is_wrapped in wrapped.items() if not is_wrapped]
        self.assertEqual(bare, [])

    def assert_none_wrapped(self, run, count):
        wrapped = run.wrapped()
        self.assertEqual(len(wrapped), count, run.text)
        self.assertFalse(any(wrapped.values()), run.text)

    def assert_same_verdicts(self, source, *ctest_arguments, count, configure=(), env=None):
        """Attached, disabled and never attached, every test gets the same words.

        The only exception is the signal by which ctest tells the end of a limit
        (docs/reference/timeouts.md)."""
        attached = self.configure(source, "attached", *configure)
        plain = self.configure(source, "plain", *configure, attached=False)
        for jobs in ("-j1", "-j8"):
            expected = self.ctest(plain, jobs, *ctest_arguments, env=env)
            self.assertEqual(len(expected.verdicts()), count, expected.text)
            with_it = self.ctest(attached, jobs, *ctest_arguments, env=env)
            without = self.ctest(attached, jobs, *ctest_arguments, disable=True, env=env)
            for run, label in ((with_it, "with Holdfast"), (without, "HOLDFAST_DISABLE=1")):
                words = expected.verdicts()
                if run is with_it and ctest_version() >= (3, 27):
                    words = {number: tuple(word.replace("***Timeout", "***Timeout (SIGUSR1)") for word in one)
                             for number, one in words.items()}
                self.assertEqual(run.verdicts(), words, f"{label}, {jobs}")
                self.assertEqual(run.code, expected.code, f"{label}, {jobs}: {run.text}")
        return attached
