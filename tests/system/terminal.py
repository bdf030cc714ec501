"""A pseudo-terminal on which things run, and shells with job control."""

import os
import pty
import re
import select
import signal
import time

from support import HOLDFAST, LAUNCHER, PATIENCE_S, SystemCase

PROMPT = "ready> "


class Terminal:
    """A pseudo-terminal with a process on it. `seen` is what it has printed so far."""

    def __init__(self, words, cwd, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(str(words[0]), [str(w) for w in words], env)
        self.seen = ""
        self.status = None

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.fd, 65536).decode(errors="replace").replace("\r", "")
            except OSError:  # no process has it open any more
                return False
        return True

    def expect(self, text, bound=PATIENCE_S):
        """Waits until `text` (a regular expression) is printed, and drops all up to its end from
        `seen`."""
        until = time.monotonic() + bound
        while not (found := re.search(text, self.seen)):
            if time.monotonic() > until or not self.read(0.05):
                raise AssertionError(f"{text!r} did not come; there is {self.seen!r}")
        before = self.seen[:found.start()]
        self.seen = self.seen[found.end():]
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, bound=PATIENCE_S):
        until = time.monotonic() + bound
        while self.status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
                self.drain()
            elif time.monotonic() > until:
                raise AssertionError(f"did not end; printed {self.seen!r}")
            else:
                self.read(0.005)
        return self.status

    def drain(self):
        """Reads what processes printed before they ended."""
        had = -1
        while len(self.seen) > had:
            had = len(self.seen)
            self.read(0.05)

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class TerminalCase(SystemCase):
    def open(self, *words, **changes):
        terminal = Terminal(words, self.work, self.environment(
            TERM="dumb", PS1=PROMPT, HISTFILE="", INPUTRC="/dev/null", **changes))
        self.addCleanup(terminal.close)
        return terminal

    def shell(self, *prefix):
        terminal = self.open(*prefix, "bash", "--norc", "--noprofile", "--noediting", "-i")
        terminal.expect(PROMPT)
        return terminal

    def each_shell(self):
        for prefix in ([], [HOLDFAST, "run", "--"], [LAUNCHER, "--"]):
            with self.subTest(prefix=prefix):
                yield self.shell(*prefix)
