"""A pseudo-terminal to run things on, and shells that have job control there."""

import os
import pty
import re
import select
import signal
import time

from support import HOLDFAST, LAUNCHER, PATIENCE_S, SystemCase

PROMPT = "ready> "


class Terminal:
    """A pseudo-terminal with a process on it; what it printed so far in `seen`."""

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
            except OSError:  # everybody has closed it
                return False
        return True

    def expect(self, text, bound=PATIENCE_S):
        """Waits until `text` (a regular expression) is printed; forgets all up to it."""
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
        """What the dead have printed and nobody has read."""
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
