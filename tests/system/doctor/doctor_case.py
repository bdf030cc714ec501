"""Shared by the tests of `holdfast doctor`: looks at a tree, and compares what was found."""

import json
import socket

from needs import need
from support import HOLDFAST, ProjectCase

# ctest, Ninja and a compiler are started, each of which may have to wait for a processor.
BUILD_BOUND_S = 300
# What depends on the machine of the test, and not on its tree.
OF_THE_MACHINE = {"no_git", "no_stack_tool", "tracing_forbidden", "memory_low", "disk_low", "compiler_changed"}


# Mounts a file system at a directory, in a mount namespace of its own, and answers no question about
# it: as a network file system whose server is gone. Then runs a command.
SILENT = """
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def need(result):
    if result != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
need(libc.unshare(0x20000))  # CLONE_NEWNS
need(libc.mount(b"none", b"/", None, 0x44000, None))  # MS_REC | MS_PRIVATE
fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0"
need(libc.mount(b"none", os.fsencode(sys.argv[1]), b"fuse", 0, options.encode()))
sys.exit(subprocess.call(sys.argv[2:]))
"""


def on_silent_disk(case, directory):
    """Words to put before a command, for which `directory` gives no answer."""
    directory.mkdir()
    script = case.work / "silent.py"
    script.write_text(SILENT)
    words = ["python3", str(script), str(directory)]
    need(case, [*words, "true"], "no file system can be mounted")
    return words


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DoctorCase(ProjectCase):
    def look(self, tree, *options, before=(), code=None, **how):
        """The findings, by their kinds. Each kind has its first finding."""
        tree_options = ["--tree", tree] if tree else []
        how.setdefault("bound", BUILD_BOUND_S)
        done = self.finish(*before, HOLDFAST, "doctor", "--json", *tree_options, *options, **how)
        self.assertEqual(done.stderr, b"")
        said = json.loads(done.stdout)
        self.said = said
        wrong = any(one["severity"] == "wrong" for one in said["findings"])
        self.assertEqual(said["wrong"], wrong)
        self.assertEqual(done.returncode, 1 if wrong else 0, said["findings"])
        if code is not None:
            self.assertEqual(done.returncode, code, said["findings"])
        return {one["finding"]: one for one in reversed(said["findings"])}

    def assert_found(self, found, kind, words, severity="wrong", command=None):
        self.assertIn(kind, found, self.said["findings"])
        self.assertRegex(found[kind]["what"], words)
        self.assertEqual(found[kind]["severity"], severity)
        if command is not None:
            self.assertRegex(found[kind]["command"], command)
        others = set(found) - OF_THE_MACHINE - {kind}
        return others

    def assert_only(self, found, kind, words, **how):
        self.assertEqual(self.assert_found(found, kind, words, **how), set(), self.said["findings"])

    def project(self, text="add_test(NAME t COMMAND true)\n", **how):  # pylint: disable=arguments-differ
        return super().project(text, **how)

    def toml(self, text, name="project"):
        (self.work / name).mkdir(exist_ok=True)
        (self.work / name / "holdfast.toml").write_text(text)

    def program_in(self, tree, text="#!/bin/sh\n", name="prog", mode=0o755):
        file = tree / name
        file.write_text(text)
        file.chmod(mode)
        return file
