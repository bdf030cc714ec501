"""Helpers for the tests of containment: whether this machine has it, and which processes are
inside."""

import fnmatch
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from needs import AS_NOBODY, need_reach
from processes import all_pids, process, processes_with, stat_of
from support import USER_DIRECTORY, name_of, wait_until

NOBODY = 65534


def own_cgroup():
    """The directory of our own cgroup of version 2. None: there is none."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.split()[0] == "cgroup2":
            path = [one[3:] for one in Path("/proc/self/cgroup").read_text().splitlines()
                    if one.startswith("0::")]
            return Path(fields.split()[4] + path[0]) if path else None
    return None


def trouble_with(kind, user=()):
    """Why containment is not possible here for a command after the words `user`. None: it is
    possible. This does not ask Holdfast."""
    if "," in kind:
        return next(filter(None, (trouble_with(one, user) for one in kind.split(","))), None)
    if kind in NAMESPACES:
        for more in ("-Ur",), ():
            words = [*user, "unshare", *NAMESPACES[kind], *more, "true"]
            if subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return None
        return f"no namespace to be had: `unshare {' '.join(NAMESPACES[kind])} -Ur true` fails"
    own = own_cgroup()
    words = [*user, "test", "-w", f"{own}", "-a", "-w", f"{own}/cgroup.procs"]
    if own is None or subprocess.run(words, check=False).returncode:
        return f"our cgroup (version 2) may not be written to: {own}"
    return None


# For unshare(1).
NAMESPACES = {"pidns": ("--pid", "--fork", "--mount-proc"), "netns": ("--net",), "tmp": ("--mount",)}
# From which no process gets away.
KINDS = ("cgroup", "pidns")
ALL = "cgroup,pidns,netns,tmp"
ALL_KINDS = (*KINDS, "netns", "tmp", ALL)


def apart(*words):
    """Runs `words` with a user's directory of their own, if we may mount one. An older Holdfast on
    this machine would take the sockets of keepers in a PID namespace for stale."""
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        return words
    USER_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
    mount = f'mount -t tmpfs -o mode=0700 none {USER_DIRECTORY} && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", mount, "sh", *words)


def users():
    """Words that make a command run as root, and as a plain user; the name of each."""
    own = "root" if os.geteuid() == 0 else "a plain user"
    yield own, []
    if own == "root":
        yield "a plain user", AS_NOBODY


class Contained:
    """A mixin for SystemCase: runs a test for each kind of containment, or skips it with the
    reasons."""

    def each_kind(self, kinds=KINDS):
        troubles = {kind: trouble_with(kind) for kind in kinds}
        for kind in kinds:
            if troubles[kind] is None:
                with self.subTest(containment=kind):
                    yield kind
        if all(troubles.values()):
            raise unittest.SkipTest("; ".join(troubles.values()))
        for kind, trouble in troubles.items():
            if trouble:
                print(f"not shown here for {kind}: {trouble}", flush=True)

    def each_user(self, kind):
        """Runs a test as each user who may have this containment here. Yields the words to put before a command."""
        for name, words in users():
            if words:
                need_reach(self, words)
            if trouble := trouble_with(kind, words):
                print(f"not shown here for {name}: {trouble}", flush=True)
                continue
            with self.subTest(user=name):
                yield words
            if words:
                self.finish("find", f"/tmp/holdfast-{NOBODY}", "-depth", "-type", "d", "-empty", "-delete")

    def need(self, kind, user=()):
        if trouble := trouble_with(kind, user):
            self.skipTest(trouble)

    def settings(self, kind, name="project", more=""):
        """Writes a holdfast.toml for project(); call it before project()."""
        source = self.work / name
        source.mkdir(exist_ok=True)
        (source / "holdfast.toml").write_text(f'[profile.default]\ncontainment = "{kind}"\n{more}')

    def fresh(self):
        """Empties the test's directory of what an earlier kind left there."""
        for one in self.work.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()

    def pid_file(self, name="announced"):
        # Not a `.pids` file: the numbers are those of another namespace, and after the test
        # support.py ends the processes of all `.pids` files by number.
        return self.work / f"{name}.inside"

    def by_name(self, name):
        """The processes of this test with that name, in any namespace."""
        return [one for one in processes_with(self.cookie) if name_of(one.pid) == name]

    # --- Processes inside ---------------------------------------------------------------------

    def inside(self, kind, guard, count):
        """The processes inside the containment of an attempt, once there are `count`."""
        if kind in ("netns", "tmp"):
            look = self.below
        else:
            look = self.in_namespace_of if "pidns" in kind else self.in_cgroup_of_tests
        found = wait_until(lambda: (got := look(guard))[count - 1:] and got, f"{count} inside")
        self.watched += found
        return found

    @staticmethod
    def in_namespace_of(guard):
        def namespace(pid):
            try:
                return os.readlink(f"/proc/{pid}/ns/pid")
            except OSError:
                return None
        own = namespace(guard.pid)
        if own in (None, namespace(os.getpid())):
            return []
        pids = [pid for pid in all_pids() if pid != guard.pid and namespace(pid) == own]
        return [one for one in map(process, pids) if one]

    @staticmethod
    def below(guard):
        parents = {pid: int(fields[1]) for pid in all_pids() if (fields := stat_of(pid))}
        found = [pid for pid, parent in parents.items() if parent == guard.pid]
        for pid in found:
            found += [one for one, parent in parents.items() if parent == pid]
        return [one for one in map(process, found) if one]

    @staticmethod
    def in_cgroup_of_tests(guard):
        for pid in all_pids():
            fields = stat_of(pid)
            if fields and int(fields[1]) == guard.pid:
                if (path := cgroup_of(pid)) and "/holdfast-" in path:
                    pids = (Path(top()) / path[1:] / "cgroup.procs").read_text().split()
                    return [one for one in map(process, pids) if one]
        return []


def cgroup_of(pid):
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    return next((line[3:] for line in lines if line.startswith("0::")), None)


def top():
    """Where the cgroup2 file system is mounted."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.split()[0] == "cgroup2":
            return fields.split()[4]
    return None


def cgroups_like(pattern):
    # Path.glob() fails where a directory goes while it looks.
    return [os.path.join(directory, name) for directory, names, _ in os.walk(top() or "/nowhere")
            for name in fnmatch.filter(names, pattern)]


def cgroups_of(launcher):
    """The cgroups of the attempts of a launcher without a keeper."""
    return cgroups_like(f"holdfast-*-{launcher}-*")


def cgroups_of_run(run):
    """The cgroups of the attempts of a recorded run."""
    return cgroups_like(f"holdfast-*-{run.name}.*")
