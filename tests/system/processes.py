"""Which processes live, according to /proc. A process is a pid and its start time. A zombie counts
as gone, unless other threads of it live: then only its main thread has ended."""

import collections
import contextlib
import os
import re
from pathlib import Path

Process = collections.namedtuple("Process", "pid start")


def stat_of(pid):
    """The fields of /proc/<pid>/stat from the third on. None: there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2].split()
    except OSError:
        return None


def has_ended(fields):
    return fields[0] == "X" or fields[0] == "Z" and int(fields[17]) <= 1


def process(pid):
    """The process that now has this pid. None: there is none, or only a zombie."""
    fields = stat_of(pid)
    return Process(int(pid), fields[19]) if fields and not has_ended(fields) else None


def parent_of(one):
    return process(int(stat_of(one.pid)[1]))


def is_alive(one):
    # A zombie counts as gone: process 1 of a container may be slow to reap.
    return one is not None and process(one.pid) == one


def state_of(pid):
    fields = stat_of(pid)
    return fields[0] if fields else None


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid):
    found = []
    for one in all_pids():
        fields = stat_of(one)
        if fields and int(fields[1]) == pid and fields[0] not in "ZX":
            found.append(one)
    return found


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").rstrip("\n")
    except OSError:
        return ""  # it has ended


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def descriptors_of(pid):
    """Maps each open descriptor of a process to what it is open on. One that closes meanwhile is left out, and a
    process that has ended has none."""
    found = {}
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
    return found


def watched_inodes(pid):
    """The inodes that a process watches by inotify."""
    found = set()
    for number in descriptors_of(pid):
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{pid}/fdinfo/{number}").read_text()
            found.update(int(inode, 16) for inode in re.findall(r"^inotify .*\bino:([0-9a-f]+)", told, re.MULTILINE))
    return found


def number_outside(number, entry):
    """The pid of a process of ours that has this number in a PID namespace below ours. Ours are those below the
    driver, and those with `entry` in their environment; others may have the same number in theirs. None: there is none."""
    for pid in all_pids():
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
        if numbers[1:] and int(numbers[-1]) == number and (is_below(pid, os.getpid()) or has_entry(pid, entry)):
            return pid
    return None


def is_below(pid, ancestor):
    """Whether the process is a child of `ancestor`, or of such a child, and so on."""
    while (fields := stat_of(pid)) and (pid := int(fields[1])) > 1:
        if pid == ancestor:
            return True
    return False


def pending_signals(pid):
    """The numbers of signals that the process was sent and has not taken."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    pending = int(status.split("\nShdPnd:\t")[1].split("\n")[0], 16)
    return {number for number in range(1, 65) if pending >> (number - 1) & 1}


def has_entry(pid, entry):
    """Whether `entry` (NAME=value) is in the environment of a process."""
    try:
        return entry.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def processes_with(entry):
    """Processes that have `entry` (NAME=value) in their environment."""
    return [one for pid in all_pids() if has_entry(pid, entry) and (one := process(pid))]


def processes_of(program):
    """Processes that run this file, whatever else they did to hide."""
    found = []
    if not os.path.exists(program):
        return found
    for pid in all_pids():
        try:
            # A zombie has none, and neither has a main thread that has ended. The path would differ
            # in another mount namespace.
            threads = os.listdir(f"/proc/{pid}/task")
            links = [f"/proc/{pid}/exe", *(f"/proc/{pid}/task/{thread}/exe" for thread in threads if thread != str(pid))]
            if not any(os.path.exists(link) and os.path.samefile(link, program) for link in links):
                continue
        except OSError:
            continue
        one = process(pid)
        if one:
            found.append(one)
    return found


def word_of_tree(tree):
    """What a keeper's command shows instead of the path of its tree: FNV-1a, 64 bits."""
    number = 14695981039346656037
    for byte in str(tree).encode():
        number = (number ^ byte) * 1099511628211 % 2**64
    return str(number)


def keepers_of(tree):
    """The keepers that serve this build tree. They have a session of their own, and their command
    names the tree."""
    found = []
    named = {str(tree), word_of_tree(tree)}
    for pid in all_pids():
        words = command_of(pid)
        if len(words) < 2 or words[1] not in ("begin", "keeper") or not named & set(words):
            continue
        fields = stat_of(pid)
        if fields and fields[0] not in "ZX" and int(fields[3]) == pid:
            found.append(process(pid))
    return [one for one in found if one]


def no_keeper_of(tree):
    """Whether all of them have ended. An ending process loses its command before its files, and its
    locks end with its files."""
    return not keepers_of(tree) and not any(
        command_of(pid) == [] and name_of(pid) == "holdfast" and process(pid) for pid in all_pids())
