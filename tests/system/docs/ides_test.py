"""Plays the command lines of docs/guide/ides.md, as the page has them: lists, runs, twelve runs at once, and a test
under a debugger, as VS Code starts it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from support import CTEST, HOLDFAST, PATIENCE_S, PROGRAMS, SOURCES, ProjectCase, no_keeper_of, verdicts, wait_until

PAGE = (SOURCES / "docs/guide/ides.md").read_text()
TESTS = ["db.insert", "net.get", "net.put", "net.put.large"]  # in this order, as the page says
RED = "net.put.large"
PROJECT = """
add_test(NAME db.insert COMMAND @P@/exit_with 0)
add_test(NAME net.get COMMAND @P@/exit_with 0 get)
add_test(NAME net.put COMMAND @P@/exit_with 0 put)
add_test(NAME net.put.large COMMAND @P@/exit_with 3 large)
set_tests_properties(net.get PROPERTIES ENVIRONMENT "HOST=here;PORT=80" WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
  HOLDFAST_LOCKS @LOCK@)
"""


def commands():
    """By section: the words, what the comment says, and whether the run is to share the tree."""
    found = []
    for section in PAGE.split("\n## ")[1:]:
        for command, does, shares in re.findall(r"^\$ (ctest\b.*?) +# (.*?)(; shares)?$", section, re.M):
            found.append((section.splitlines()[0], shlex.split(command)[1:], does, bool(shares)))
    return found


def block(language):
    found, = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    return found


class IdeCase(ProjectCase):
    def setUp(self):
        super().setUp()
        self.lock = self.lock_name()
        self.tree = self.project(PROJECT.replace("@LOCK@", self.lock))

    def begin(self, section, words):
        more = {"CLICOLOR_FORCE": "1"} if section == "Qt Creator" else {}
        return self.start(CTEST, *words, cwd=self.tree, env=self.environment(**more), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)

    def ended(self, begun):
        out, err = begun.communicate(timeout=4 * PATIENCE_S)
        return begun.returncode, re.sub(r"\x1b\[[\d;]*m", "", out.decode()), err.decode()

    def wanted(self, does):
        self.assertTrue(does.startswith("runs "), does)
        return TESTS if does == "runs all" else does.split()[1:]

    def run_of(self, pid):
        """The journal of the ctest that had this pid. Only one run of a test has it."""
        return next(run for run in self.runs(self.tree)
                    if self.records(run, "run_started")[0]["ctest"]["pid"] == pid)

    def assert_ran(self, begun, ended, words, does, shares):
        """By ctest's lines, by the journal and by the report, just these tests ran, and only RED is red."""
        code, out, err = ended
        said = f"{words}\n{out}\n{err}"
        names = self.wanted(does)
        self.assertEqual(code, 8 if RED in names else 0, said)
        times = 2 if "until-fail:2" in words else 1
        self.assertEqual(verdicts(out),
                         {name: "***Failed" if name == RED else "Passed" for name in names}, said)
        run = self.run_of(begun.pid)
        self.assertEqual(self.records(run, "run_started")[0]["command"][1:], words)
        self.assertEqual(sorted(record["test"] for record in self.records(run, "attempt_ended")), sorted(names * times))
        self.assertEqual([one["complete"] for one in self.records(run, "run_ended")], [True])
        if shares is not None:
            self.assertEqual(any(one.get("company") for one in self.records(run, "log_word")), shares, said)
        report = json.loads(self.finish(HOLDFAST, "report", run.name, "--format", "json", cwd=self.tree).stdout)
        self.assertEqual({test["name"]: (test["verdict"], test["attempts"][-1]["exit_code"]) for test in report["tests"]},
                         {name: ("failed", 3) if name == RED else ("passed", 0) for name in names})
        count = f"{len(names)} test{'s' * (len(names) > 1)}"
        self.assertEqual(re.findall(r"^holdfast: (.*?) through Holdfast", out, re.M), [count], said)
        self.assertEqual(out.count("holdfast: "), 1, said)  # the other lines are in `err`


class IdesTest(IdeCase):
    def test_the_page_has_lists_and_runs_of_each_ide(self):
        for ide in ("VS Code: CMake Tools", "CLion", "Qt Creator", "By hand, and other tools"):
            kinds = {does.split()[0] for section, _, does, _ in commands() if section == ide}
            self.assertEqual(kinds, {"lists", "runs"}, ide)
        self.assertEqual(len(commands()), PAGE.count("\n$ ctest"))

    def test_a_list_has_the_real_commands_and_no_run(self):
        for section, words, does, _ in commands():
            if does != "lists":
                continue
            with self.subTest(section, words=words):
                code, out, err = self.ended(self.begin(section, words))
                self.assertEqual((code, err), (0, ""))
                if "--show-only=json-v1" not in words:
                    self.assertEqual(re.findall(r"^ +Test #\d+: (\S+)$", out, re.M), TESTS)
                    continue
                listed = json.loads(out)
                self.assertEqual((listed["kind"], [test["name"] for test in listed["tests"]]), ("ctestInfo", TESTS))
                by_name = {test["name"]: test for test in listed["tests"]}
                self.assertEqual([word.rpartition("/")[2] for word in by_name["net.get"]["command"]],
                                 ["exit_with", "0", "get"])
                properties = {one["name"]: one["value"] for one in by_name["net.get"]["properties"]}
                self.assertEqual(properties["ENVIRONMENT"], ["HOST=here", "PORT=80"])
                self.assertEqual(properties["WORKING_DIRECTORY"], str(self.work / "project"))
                place = listed["backtraceGraph"]["nodes"][by_name["net.get"]["backtrace"]]
                lines = (self.work / "project/CMakeLists.txt").read_text().splitlines()
                self.assertIn("add_test(NAME net.get", lines[place["line"] - 1])
        self.assertEqual(self.runs(self.tree), [])

    def test_a_run_has_just_its_tests(self):
        for section, words, does, shares in commands():
            if does == "lists":
                continue
            with self.subTest(section, words=words):
                begun = self.begin(section, words)
                self.assert_ran(begun, self.ended(begun), words, does, shares)
                if "-T" in words:
                    self.assert_test_xml(self.wanted(does))
                if "--output-junit" in words:
                    cases = {case.get("name"): case.get("status")
                             for case in ElementTree.parse(self.tree / "junit.xml").iter("testcase")}
                    self.assertEqual(cases, {name: "run" for name in self.wanted(does)})

    def assert_test_xml(self, names):
        """What VS Code reads after a run: the file that Testing/TAG leads to."""
        tag = (self.tree / "Testing/TAG").read_text().splitlines()[0]
        found = {}
        for test in ElementTree.parse(self.tree / f"Testing/{tag}/Test.xml").getroot().iter("Test"):
            if test.find("Name") is None:
                continue  # of the list of tests
            values = {one.get("name"): one.findtext("Value") for one in test.iter("NamedMeasurement")}
            self.assertGreaterEqual(float(values["Execution Time"]), 0)
            found[test.findtext("Name")] = (test.get("Status"), values.get("Exit Value"))
        self.assertEqual(found, {name: ("failed", "3") if name == RED else ("passed", None) for name in names})

    def test_twelve_at_once_end_and_each_is_right(self):
        runs = [one for one in commands() if one[2] != "lists"]
        self.assertGreaterEqual(len(runs), 12)
        # Those that share first, so that they do not only wait for one another.
        runs = sorted(runs, key=lambda one: not one[3])[:12]
        self.assertEqual({one[3] for one in runs}, {True, False})
        begun = [self.begin(section, words) for section, words, _, _ in runs]
        ended = [self.ended(one) for one in begun]
        wait_until(lambda: no_keeper_of(self.tree), "the keepers to end")
        for one, how, (_, words, does, _) in zip(begun, ended, runs):
            with self.subTest(words=words):
                self.assert_ran(one, how, words, does, shares=None)  # two with one test wait for one another

    def test_holdfast_disable_leaves_the_commands_as_they_are(self):
        words, = [words for section, words, does, _ in commands() if section == "CLion" and does == "runs all"
                  and "--parallel" not in words]
        done = self.ctest(self.tree, *words, env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(done.returncode, 8, done.text)
        self.assertNotIn("holdfast", done.text.replace(str(self.work), "").replace(str(PROGRAMS), ""))
        self.assertEqual(self.runs(self.tree), [])


@unittest.skipUnless(shutil.which("gdb"), "gdb is not installed")
class DebuggingTest(IdeCase):
    def shown(self):
        """The environment and the directory of net.get, which writes them to a file."""
        lines = (self.work / "shown").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines[1:] if "=" in line), lines[0]

    def setUp(self):
        super().setUp()
        # `net.get` is a program of its own, so that a breakpoint of the debugger is in it.
        source = self.work / "project"
        (source / "net.c").write_text("#include <stdio.h>\n#include <unistd.h>\nextern char **environ;\n"
                                      "static void get(char *to) {\n  char place[4096];\n  FILE *file = fopen(to, \"w\");\n"
                                      "  fprintf(file, \"%s\\n\", getcwd(place, sizeof place));\n"
                                      "  for (char **one = environ; *one; ++one) fprintf(file, \"%s\\n\", *one);\n"
                                      "  fclose(file);\n}\nint main(int count, char **words) { get(words[count - 1]); return 0; }\n")
        made = self.finish("cc", "-g", "-O0", "-o", source / "net", source / "net.c")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.tree = self.project(PROJECT.replace("@LOCK@", self.lock).replace(
            "@P@/exit_with 0 get", f'"${{CMAKE_SOURCE_DIR}}/net" get "{self.work}/shown"').replace(
            "HOLDFAST_LOCKS", "ENVIRONMENT_MODIFICATION MODIFIED=set:1 HOLDFAST_LOCKS"))

    def listed(self):
        shown = json.loads(self.finish(CTEST, "--show-only=json-v1", cwd=self.tree).stdout)
        test, = [test for test in shown["tests"] if test["name"] == "net.get"]
        return test["command"], {one["name"]: one["value"] for one in test["properties"]}

    def holders(self):
        shown = json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"]
        return [holder["test"] for one in shown if one["name"] == self.lock for holder in one["holders"]]

    def test_the_command_of_the_list_needs_nothing_of_holdfast(self):
        """As VS Code and CLion debug a test."""
        command, properties = self.listed()
        told = dict(one.split("=", 1) for one in properties["ENVIRONMENT"])
        done = self.finish("gdb", "-nx", "-batch", "-ex", "break get", "-ex", "run", "-ex", "bt", "-ex", "continue",
                           "--args", *command, cwd=properties["WORKING_DIRECTORY"], env=self.environment(**told))
        self.assertRegex(done.stdout.decode(), r"#0 +get \(.*\) at .*net\.c:\d+")
        variables, place = self.shown()
        self.assertEqual((variables["HOST"], variables["PORT"], place), ("here", "80", str(self.work / "project")))
        self.assertEqual([name for name in variables if name.startswith(("HOLDFAST_", "MODIFIED"))], [])
        self.assertEqual((self.runs(self.tree), self.holders()), ([], []))

    def test_the_launch_configuration_of_the_page(self):
        """As the extension for C++ starts gdb and speaks to it: LaunchOptions.cs, DebuggedProcess.cs of MIEngine."""
        workspace = self.work / "workspace"
        (workspace / ".vscode").mkdir(parents=True)
        script = workspace / ".vscode/holdfast-gdb"
        script.write_text(block("sh"))
        script.chmod(0o755)
        (workspace / "build").symlink_to(self.tree)
        launch = json.loads(block("json"))
        asked, = launch["inputs"]
        one, = launch["configurations"]
        self.assertEqual((one["type"], one["request"], one["MIMode"], asked["id"]), ("cppdbg", "launch", "gdb", "test"))
        command, properties = self.listed()

        def filled(text):
            for name, value in (("workspaceFolder", workspace), ("input:test", "net.get"), ("cmake.testProgram", command[0]),
                                ("cmake.testWorkingDirectory", properties["WORKING_DIRECTORY"])):
                text = text.replace(f"${{{name}}}", str(value))
            self.assertNotIn("${", text)
            return text

        self.assertEqual(one["args"], ["${cmake.testArgs}"])
        gdb = self.start(filled(one["miDebuggerPath"]), "--interpreter=mi", *shlex.split(filled(one["miDebuggerArgs"])), "--tty=/dev/null",
                         cwd=workspace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         env=self.environment(PATH=f"{os.path.dirname(HOLDFAST)}:{os.environ['PATH']}", DEBUGINFOD_URLS=""))

        said = []

        def until(pattern):
            for line in gdb.stdout:
                said.append(line)
                if re.match(pattern, line):
                    return line
            raise AssertionError("".join(said) + gdb.stderr.read())

        until(r"\(gdb\)")
        self.assertEqual(self.holders(), ["net.get"])
        program, place = filled(one["program"]), filled(one["cwd"])
        for command_line in (f"-environment-cd {place}", f"-file-exec-and-symbols {program}",
                             "-exec-arguments " + " ".join(command[1:]), "-break-insert get"):
            print(command_line, file=gdb.stdin, flush=True)
            until(r"\^done")
        print("-exec-run", file=gdb.stdin, flush=True)
        stopped = until(r"\*stopped,.*breakpoint-hit")
        self.assertIn('func="get"', stopped)
        print("-exec-continue", file=gdb.stdin, flush=True)
        until(r'\*stopped,reason="exited-normally"')
        print("-gdb-exit", file=gdb.stdin, flush=True)
        self.assertEqual(gdb.wait(PATIENCE_S), 0)
        variables, where = self.shown()
        self.assertEqual(where, properties["WORKING_DIRECTORY"])
        self.assertEqual((variables["HOST"], variables["MODIFIED"]), ("here", "1"))
        self.assertIn("HOLDFAST_TMPDIR", variables)
        self.assertEqual(self.holders(), [])


if __name__ == "__main__":
    unittest.main()
