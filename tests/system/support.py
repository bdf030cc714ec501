"""Shared by the drivers: the programs, waits with a bound, small projects. See also processes.py.

Environment (set by CMakeLists.txt): SYSTEM_TEST_STAGE, _LAUNCHER, _CLI, _PROGRAMS, _WORK, _CMAKE,
_CTEST; _INSIDE, if every command and test is to be in that containment; _USER: driver.py."""

import contextlib
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

# The drivers import some of these from here.
from processes import (Process, all_pids, children_of, command_of, is_alive, is_below, keepers_of, name_of,
                       no_keeper_of, number_outside, pending_signals, process, processes_of, processes_with,
                       stat_of, state_of)

STAGE = Path(os.environ["SYSTEM_TEST_STAGE"])
LAUNCHER = os.environ["SYSTEM_TEST_LAUNCHER"]
HOLDFAST = os.environ["SYSTEM_TEST_CLI"]
PROGRAMS = Path(os.environ["SYSTEM_TEST_PROGRAMS"])
WORK = Path(os.environ["SYSTEM_TEST_WORK"])
CMAKE = os.environ["SYSTEM_TEST_CMAKE"]
CTEST = os.environ["SYSTEM_TEST_CTEST"]
INSIDE = os.environ.get("SYSTEM_TEST_INSIDE", "")
HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
USER_DIRECTORY = Path(f"/tmp/holdfast-{os.geteuid()}")

# Far more than a busy machine needs: a hang fails the test instead of hanging its ctest. A
# sanitized program takes many times as long to start and to end.
PATIENCE_S = 120 if "ASAN_OPTIONS" in os.environ else 30

# The two programs that supervise a command, without ctest.
SUPERVISORS = {"holdfast run": [HOLDFAST, "run"], "holdfast-launcher": [LAUNCHER]}


def program(name):
    return str(PROGRAMS / name)


def not_inside(boundaries, why):
    """For a test, or a class of tests, that is different inside one of these, with commas between."""
    met = set(boundaries.split(",")) & set(INSIDE.split(","))
    return unittest.skipIf(met, f"inside {', '.join(sorted(met))}: {why}")


def inside(words):
    """The words of a command, with the containment of all tests if it is one that supervises, unless it has one."""
    if not INSIDE or "--containment" in words:
        return words
    for at, word in enumerate(words):
        length = next((len(one) for one in SUPERVISORS.values() if words[at:at + len(one)] == one), 0)
        if length:
            return [*words[:at + length], "--containment", INSIDE, *words[at + length:]]
        if word == "--":
            break
    return words


def wait_until(condition, what="the condition", bound=PATIENCE_S):
    """Waits for a true value of `condition` and returns it. Fails after `bound` seconds."""
    until = time.monotonic() + bound
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {bound} s in vain for {what() if callable(what) else what}")
        time.sleep(0.002)


def plain_environment(**changes):
    """The driver's environment, without what a surrounding ctest or Holdfast has put there."""
    drop = ("HOLDFAST_", "CTEST_", "DASHBOARD_TEST", "CLICOLOR", "MAKEFLAGS", "CMAKE_", "SYSTEM_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(drop)}
    kept.update({k: v for k, v in changes.items() if v is not None})
    return kept


def unfolded(text):
    """Joins each of Holdfast's lines that goes on in further ones (base/text.hpp). ctest writes a line in two
    parts, and one of ours may come between: it is put behind."""
    text = text.replace("\nholdfast:   ", " ")
    return re.sub(r"(?m)^( *\d+/\d+ Test .*?\.\.)(holdfast: .*\n)((?:   |\*\*\*).*\n)", r"\1\3\2", text)


# What a leftover process is called in Holdfast's lines: a shell's child is "sh" until it has executed its program.
HELPER = (r"(\bended: |\bleft processes behind \([\w.-]+: )(sh|sleep|python3|redis-server)\b", r"\1<helper>")


def ctest_version():
    """Such as (3, 25). Words and abilities differ."""
    shown = subprocess.run([CTEST, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", shown).groups()))


def major_of_gcc():
    """0: there is no g++."""
    shown = subprocess.run(["g++", "-dumpversion"], stdout=subprocess.PIPE, text=True, check=False).stdout
    return int(shown.partition(".")[0] or 0)


def script_step(source, tree, commands):
    """A step of a `ctest -S` script in one tree. `commands` is ctest_test() and the like."""
    return f"""
set(CTEST_SOURCE_DIRECTORY "{source}")
set(CTEST_BINARY_DIRECTORY "{tree}")
set(CTEST_COMMAND "{CTEST}")
set(CTEST_CMAKE_COMMAND "{CMAKE}")
ctest_start(Experimental)
{commands}
"""


def verdicts(text):
    """ctest's words for each test, by the test's name."""
    line = r"^ *\d+/\d+ Test +#\d+: (\S+) \.+ *(\S.*?) +[\d.]+ sec$"
    return dict(re.findall(line, text, re.MULTILINE))


class SystemCase(unittest.TestCase):
    maxDiff = None
    user_directory = USER_DIRECTORY  # the locks of this user are used

    def setUp(self):
        self.outside = {}  # by the number inside a PID namespace
        WORK.mkdir(parents=True, exist_ok=True)
        name = self.id().split(".")[-1].removeprefix("test_")
        self.work = Path(tempfile.mkdtemp(prefix=name[:60] + ".", dir=WORK))
        self.work.chmod(0o755)  # for tests that go on as another user
        self.begun = []
        self.watched = []
        self.lock_names = []
        # Every process of a test has it, unless its program clears the environment.
        self.cookie = f"SYSTEM_COOKIE={self.work.name}"

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        self.work = None
        super().run(result)
        if self.work is None:
            return
        self.end_everything()
        if len(result.failures) + len(result.errors) == before:
            shutil.rmtree(self.work, ignore_errors=True)
        else:
            print(f"kept: {self.work}", file=sys.stderr)

    def end_everything(self):
        """Ends all that a failed test left: processes started here, announced, or with the
        cookie."""
        left = list(self.watched) + processes_with(self.cookie)
        for file in self.work.glob("*.pids"):
            left += [process(pid) for pid in self.read_pids(file)]
        for begun in self.begun:
            if begun.poll() is None:
                begun.kill()
            begun.wait()
            for stream in (begun.stdin, begun.stdout, begun.stderr):
                if stream:
                    stream.close()
        for one in left:
            if is_alive(one) and one.pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):  # it ends by itself meanwhile
                    os.kill(one.pid, signal.SIGKILL)
        for name in self.lock_names:
            for directory in self.user_directory.glob(f"locks/*/{name}"):
                shutil.rmtree(directory, ignore_errors=True)
                if directory.parent.name.startswith("project-") and not any(directory.parent.iterdir()):
                    directory.parent.rmdir()  # a project of this test alone

    # --- Starting ------------------------------------------------------------------------

    def environment(self, **changes):
        name, _, value = self.cookie.partition("=")
        return plain_environment(**{name: value, **changes})

    def start(self, *words, **how):
        how.setdefault("cwd", self.work)
        how.setdefault("env", self.environment())
        how.setdefault("stdin", subprocess.DEVNULL)
        begun = subprocess.Popen(inside([str(word) for word in words]), **how)
        self.begun.append(begun)
        return begun

    def finish(self, *words, **how):
        """Runs the words to their end, for at most `bound` seconds. The result has returncode,
        stdout and stderr (bytes)."""
        bound = how.pop("bound", PATIENCE_S)
        how.setdefault("stdout", subprocess.PIPE)
        how.setdefault("stderr", subprocess.PIPE)
        data = how.pop("input", None)
        if data is not None:
            how["stdin"] = subprocess.PIPE
        begun = self.start(*words, **how)
        out, err = begun.communicate(data, timeout=bound)
        return subprocess.CompletedProcess(words, begun.returncode, out, err)

    def supervised(self, *command, options=(), by="holdfast-launcher"):
        return [*SUPERVISORS[by], *map(str, options), "--", *map(str, command)]

    def each_supervisor(self):
        for name in SUPERVISORS:
            with self.subTest(by=name):
                yield name

    def under_ctest(self, *command, name="a test", options=()):
        """Words that run `command` by the launcher of a stand-in for ctest. See ended_as()."""
        tree = self.work / "tree"
        tree.mkdir(exist_ok=True)
        return [program("act_as_ctest"), tree, self.work / "status", LAUNCHER, "--name", name,
                *map(str, options), "--", *map(str, command)]

    def ended_as(self):
        """How the launcher under the stand-in ended: "exit 3", "signal 9"."""
        return (self.work / "status").read_text().splitlines()[-1]

    # --- Processes -----------------------------------------------------------------------

    def pid_file(self, name="announced"):
        return self.work / f"{name}.pids"

    def read_pids(self, file):
        try:
            numbers = [int(line) for line in Path(file).read_text().split()]
        except FileNotFoundError:
            return []
        if "pidns" not in INSIDE.split(","):
            return numbers
        for number in set(numbers) - self.outside.keys():
            if pid := number_outside(number, self.cookie):
                self.outside[number] = pid
            elif is_below(number, os.getpid()):  # a process that the test has put outside
                self.outside[number] = number
        # Who is gone gets a number that nobody has: outside, its own may be another's.
        return [self.outside.get(number, 2**22 + number) for number in numbers]

    def announced(self, file, count=1):
        """The processes that have announced themselves in `file`, once there are `count`."""
        pids = wait_until(lambda: self.read_pids(file)[count - 1:] and self.read_pids(file),
                          f"{count} processes in {file}")
        found = [process(pid) for pid in pids]
        self.watched += [one for one in found if one]
        return found

    def guard_of(self, launcher):
        """The guard of a launcher: its only child of that name."""
        def look():
            for pid in children_of(launcher):
                fields = stat_of(pid)
                name = Path(f"/proc/{pid}/comm")
                if fields and name.exists() and name.read_text().strip() == "holdfast-guard":
                    return process(pid)
            return None
        return wait_until(look, f"the guard of {launcher}")

    def assert_gone(self, processes, bound=PATIENCE_S):
        left = list(processes)
        until = time.monotonic() + bound
        while left := [one for one in left if is_alive(one)]:
            if time.monotonic() > until:
                self.fail("still alive: " + "; ".join(
                    f"{one.pid} {' '.join(command_of(one.pid))}" for one in left))
            time.sleep(0.002)

    def assert_nothing_left(self, bound=PATIENCE_S):
        """No other process with the test's cookie is left."""
        wait_until(lambda: not processes_with(self.cookie),
                   lambda: f"the end of {processes_with(self.cookie)}", bound)

    def assert_our_lines(self, text, count):
        """`text` is exactly `count` lines of Holdfast's."""
        lines = text.decode(errors="replace").splitlines()
        self.assertEqual(len(lines), count, text)
        for line in lines:
            self.assertTrue(line.startswith("holdfast: "), line)

    def lock_name(self):
        name = f"t{os.getpid()}-{len(self.lock_names)}-{time.monotonic_ns()}"
        self.lock_names.append(name)
        return name

    def lock_file(self, name):
        """The lock's file, once a process has opened it."""
        return wait_until(lambda: next(self.user_directory.glob(f"locks/*/{name}/lock"), None),
                          f"the file of lock {name}")


class ProjectCase(SystemCase):
    """Tests of a real ctest over a generated project."""

    @property
    def project_name(self):
        """A name for this test alone, so that another checkout's tests have other locks of scope
        `project`."""
        return self.work.name[-40:].replace(".", "_")

    def end_everything(self):
        super().end_everything()
        shutil.rmtree(USER_DIRECTORY / f"locks/project-{self.project_name}", ignore_errors=True)

    def project(self, text, name="project", build="build", attached=True, prefix=STAGE):
        """Configures a project with these tests. @P@ in `text` stands for the directory of the test
        programs."""
        source = self.work / name
        source.mkdir(exist_ok=True)
        head = f"cmake_minimum_required(VERSION 3.25)\nproject({self.project_name} NONE)\nenable_testing()\n"
        if attached:
            head += "find_package(Holdfast REQUIRED)\n"
        text = text.replace("@P@", str(PROGRAMS))
        (source / "CMakeLists.txt").write_text(head + text)
        settings = source / "holdfast.toml"
        said = settings.read_text() if settings.exists() else ""
        if INSIDE and "containment" not in said:
            profile = "[profile.default]\n"
            said = said if profile in said else profile + said
            settings.write_text(said.replace(profile, f'{profile}containment = "{INSIDE}"\n', 1))
        tree = self.work / build
        made = self.finish(CMAKE, "-S", source, "-B", tree, f"-DCMAKE_PREFIX_PATH={prefix}")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        return tree

    def scripted_test(self, name, properties, command, place=None):
        """The CMake code of a test that runs `command` in sh. $0 is <place>/<name>.sh, and the test starts in
        `place` if that is given."""
        script = (place or self.work) / f"{name}.sh"
        script.write_text((f"cd '{place}'\n" if place else "") + command + "\n")
        code = f'add_test(NAME {name} COMMAND sh "{script}")\n'
        return code + (f"set_tests_properties({name} PROPERTIES {properties})\n" if properties else "")

    def live_tests(self, tree):
        """The tests of the tree's run that goes on, as `holdfast status --json` has them."""
        status = json.loads(self.finish(HOLDFAST, "status", "--json", "--tree", tree).stdout)
        return [test for run in status["runs"] for test in run["tests"]]

    def ctest(self, tree, *arguments, **how):
        done = self.finish(CTEST, *arguments, cwd=tree, **how)
        done.text = (done.stdout or b"").decode() + (done.stderr or b"").decode()
        return done

    @staticmethod
    def runs(tree):
        """The runs of a tree, oldest first. The names do not order two that began in the same
        second, because they end in pids."""
        def begun(run):
            try:
                with open(run / "journal.jsonl", encoding="utf-8") as journal:
                    return json.loads(journal.readline())["at"]
            except (OSError, ValueError):
                return math.inf  # it has not begun yet
        return sorted((Path(tree) / ".holdfast/runs").glob("*"), key=begun)

    @staticmethod
    def records(run, *types):
        """The records of a run's journal. Every line must be whole."""
        def read():
            # Who reads while a run begins may see its directory without a journal; who reads
            # while a line is written may see half of it.
            try:
                text = (run / "journal.jsonl").read_text()
            except FileNotFoundError:
                return None
            return [text] if not text or text.endswith("\n") else None
        text, = wait_until(read, "a journal with a whole last line")
        records = [json.loads(line) for line in text.splitlines()]
        return [r for r in records if not types or r["type"] in types]

    @classmethod
    def case_records(cls, run):
        """The cases of a run's batches. Each also has what its record says of all cases."""
        return [{**record, **case} for record in cls.records(run, "cases") for case in record["cases"]]
