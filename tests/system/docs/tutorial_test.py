"""Plays docs/guide/tutorial.md in a copy of examples/tutorial.

The page is read in this way:

- A block `diff` after `<!-- edit: FILE -->` is an edit of that file. Its lines with " " and "-" are
  in the file, exactly once, and become its lines with " " and "+".
- A block `console` has commands ("$ …") and what each prints on stdout and stderr. "..." stands
  for any lines, and for none. Without "..." the command prints nothing else.
- A block `sh` is pasted, unless it comes after `<!-- install -->`.

What differs from run to run is replaced on both sides (VARIES). Holdfast's live lines ("holdfast: …"
of a test) come at any place among ctest's lines, and with -j no order is compared."""

import os
import re
import shutil
import socket
import subprocess
import unittest
from collections import Counter
from pathlib import Path

from support import CMAKE, CTEST, HELPER, PATIENCE_S, SOURCES, STAGE, ProjectCase, unfolded

PAGE = SOURCES / "docs/guide/tutorial.md"
EXAMPLE = SOURCES / "examples/tutorial"
PORTS = ("17811", "17812")

BLOCK = re.compile(r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## .*$", re.MULTILINE)

# A pattern, and what stands for what it matches.
VARIES = [(re.compile(pattern), stand_in) for pattern, stand_in in (
    HELPER,
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "DATE"),
    (r"0x[0-9a-f]+", "ADDRESS"),
    (r"\bpid \d+", "pid N"),
    (r"\bprocess \d+ \(", "process N ("),
    (r"\b(keeper)\[\d+\]", r"\1[N]"),
    (r"^#\d+ ", "#N "),
    (r"\bconnection=\d+", "connection=N"),
    (r" \(SIGUSR1\)", ""),  # from CMake 3.27 on, ctest says so of a timeout
    (r" +\d+\.\d+ sec$", " TIME"),
    (r"\b\d+(\.\d+)? (ms|s|min)\b", "TIME"),
    (r"\(\d+ ms\)", "(TIME)"),
    (r"\b\d+ % used", "N % used"),
    (r"^ *\d+/(\d+) Test +#", r"N/\1 Test #"),
    # Which of the two comes first is a matter of microseconds.
    (r"Test #[23]: web\.(get|put)", "Test #N: web.*"),
    (r"\bweb\.(get|put)\b", "web.*"),
)]
LIVE = re.compile(r'holdfast: "')


def alike(line):
    for pattern, stand_in in VARIES:
        line = pattern.sub(stand_in, line)
    return line.rstrip()


class Command:
    """A command of a console block, and the lines that it prints on the page."""

    def __init__(self, text):
        self.text = text
        self.lines = []

    def missing(self, got):
        """Says what of the page is not in the output, or the other way round. Empty: they agree."""
        lines = [alike(line) for line in got.splitlines()]
        wanted = [line if line == "..." else alike(line) for line in self.lines]
        if " -j" in self.text or " & " in self.text:
            return self.missing_in_any_order(wanted, lines)
        live = [line for line in wanted if LIVE.match(line)]
        without = [line for line in wanted if not LIVE.match(line)]
        if live:
            told = Counter(line for line in lines if LIVE.match(line))
            lost = Counter(live) - told
            if lost:
                return f"without: {list(lost)}"
            lines = [line for line in lines if not LIVE.match(line)]
        return self.missing_in_order(without, lines)

    @staticmethod
    def missing_in_any_order(wanted, lines):
        lost = Counter(line for line in wanted if line != "...") - Counter(lines)
        more = Counter(lines) - Counter(wanted) if "..." not in wanted else None
        return f"without: {list(lost)}" if lost else f"unexpected: {list(more)}" if more else ""

    @staticmethod
    def missing_in_order(wanted, lines):
        parts, at = [[]], 0
        for line in wanted:
            if line == "...":
                parts.append([])
            else:
                parts[-1].append(line)
        for number, part in enumerate(parts):
            ends = range(at + len(part), len(lines) + 1)
            if number == 0:
                ends = ends[:1]
            if number == len(parts) - 1:
                ends = [len(lines)] if len(lines) in ends else []
            at = next((end for end in ends if lines[end - len(part):end] == part), None)
            if at is None:
                shown = "\n".join(part)
                return f"not found where it should be:\n{shown}" if part else "more lines than on the page"
        return ""


class Edit:
    def __init__(self, file, text):
        self.file = file
        lines = text.splitlines(keepends=True)
        self.before = "".join(line[1:] for line in lines if line[0] in " -")
        self.after = "".join(line[1:] for line in lines if line[0] in " +")


class Page:
    def __init__(self, text):
        """`first` are the commands to paste; `first_run` is the console block of the first page. `steps` are the
        edits and commands after it."""
        self.first, self.first_run, self.steps = [], None, []
        ends_at = [one.start() for one in HEADING.finditer(text)][1]
        for block in BLOCK.finditer(text):
            kind, note = block["kind"], block["note"] or ""
            is_first = block.start() < ends_at
            if kind == "diff" and note.startswith("edit: ") and not is_first:
                self.steps.append(Edit(note.removeprefix("edit: "), block["text"]))
            elif kind == "console" and is_first:
                self.first_run, = self.commands(block["text"])
            elif kind == "console":
                self.steps += self.commands(block["text"])
            elif kind == "sh" and is_first and note != "install":
                self.first += block["text"].splitlines()
            elif note != "install":
                raise AssertionError(f"a block {kind} that nobody plays: {block[0]}")

    @staticmethod
    def commands(text):
        found = []
        for line in text.splitlines():
            if line.startswith("$ "):
                found.append(Command(line.removeprefix("$ ")))
            else:
                found[-1].lines.append(line)
        return found


class TutorialTest(ProjectCase):
    """~ is the test's own directory, with Holdfast in ~/holdfast. The ports and the name of the project are the
    test's own, too: another copy of this test may run at the same time."""

    def setUp(self):
        super().setUp()
        self.home = self.work / "home"
        self.tutorial = self.home / "tutorial"
        sources = self.work / "sources"
        shutil.copytree(EXAMPLE, sources / "examples/tutorial")
        self.home.mkdir()
        (self.home / "holdfast").symlink_to(STAGE)
        own = dict(zip(PORTS, self.free_ports(len(PORTS))))
        file = sources / "examples/tutorial/CMakeLists.txt"
        text = file.read_text()
        for old, new in [*own.items(), ("project(Tutorial ", f"project({self.project_name} ")]:
            self.assertIn(old, text)
            text = text.replace(old, new)
        file.write_text(text)
        text = PAGE.read_text()
        for old, new in own.items():
            text = text.replace(old, new)
        self.page = Page(text)
        self.sources = sources

    def free_ports(self, count):
        """Ports that nobody has now, below those that the kernel gives to anybody."""
        first = 18000 + hash(self.work.name) % 1000 * 10
        found = []
        for port in range(first, first + 1000):
            with socket.socket() as one:
                try:
                    one.bind(("127.0.0.1", port))
                    found.append(str(port))
                except OSError:
                    continue
            if len(found) == count:
                return found
        return self.skipTest("no free ports")

    def shell(self, text, where):
        """Output of these lines in one shell, on the page's machine."""
        tools = dict.fromkeys(os.path.dirname(tool) for tool in (CTEST, CMAKE))
        path = os.pathsep.join([*tools, os.environ["PATH"]])
        done = self.finish("bash", "-c", text, cwd=where, bound=4 * PATIENCE_S, stderr=subprocess.STDOUT,
                           env=self.environment(HOME=self.home, PATH=path, LC_ALL="C.UTF-8"))
        said = unfolded(done.stdout.decode())
        for here in (self.home, self.home.resolve()):
            said = said.replace(str(here), "/home/ann")
        return said.replace(str(STAGE), "/home/ann/holdfast")

    def assert_prints(self, command, got):
        missing = command.missing(got)
        if missing:
            wanted = "\n".join(command.lines)
            self.fail(f"$ {command.text}\n{missing}\n--- the page has:\n{wanted}\n--- it printed:\n{got}")

    def need_googletest(self, said):
        for line in said.splitlines():
            if "GoogleTest is missing" in line:
                self.skipTest(line)

    def test_first_page(self):
        self.assertEqual(self.page.first[-1], self.page.first_run.text)
        got = self.shell("\n".join(self.page.first), self.sources)
        self.need_googletest(got)
        self.assertIn("tests run through it (/home/ann/holdfast/lib/cmake/Holdfast)", got)
        self.assert_prints(self.page.first_run, got)
        self.assert_nothing_left()

    def test_each_step(self):
        # Without the test that hangs, which test_first_page has.
        first = "\n".join(self.page.first) + " -E download"
        self.need_googletest(self.shell(first, self.sources))
        played = Counter()
        for step in self.page.steps:
            played[type(step)] += 1
            if isinstance(step, Edit):
                self.edit(step)
            else:
                self.play(step)
        self.assertGreaterEqual(played[Edit], 8)
        self.assertGreaterEqual(played[Command], 20)
        self.assertIn("<svg", (self.tutorial / "report.html").read_text())
        self.assert_nothing_left()

    def edit(self, step):
        file = self.tutorial / step.file
        text = file.read_text()
        self.assertEqual(text.count(step.before), 1, f"{step.file} has this not once:\n{step.before}\n{text}")
        file.write_text(text.replace(step.before, step.after))

    def play(self, step):
        words = f"export PATH=$HOME/holdfast/bin:$PATH\n{step.text}"
        got = self.shell(words, self.tutorial)
        if any("by gdb:" in line for line in step.lines):
            if not shutil.which("gdb"):
                step.lines = [line for line in step.lines if "by gdb:" not in line and not line.startswith("#")]
            # A debugger has two seconds, which may be too short on a busy machine.
            for _ in range(2):
                if step.missing(got):
                    got = self.shell(words, self.tutorial)
        self.assert_prints(step, got)
        if "HOLDFAST_DISABLE=1" in step.text:
            self.assertNotIn("through Holdfast", got)


if __name__ == "__main__":
    unittest.main()
