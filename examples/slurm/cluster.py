#!/usr/bin/env python3
"""A whole Slurm cluster of some nodes on this machine, for as long as one command runs.

    cluster.py [--nodes N] [--cpus N] [--directory DIR] COMMAND...

starts munged, slurmctld and one slurmd for each node, without systemd; runs COMMAND with SLURM_CONF
set, and ends all of it when COMMAND has ended. Everything is in DIR, or in a new directory that is
removed. Needs Debian's slurm-wlm and munge, and root, because slurmd starts steps as other users.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for anything that daemons are asked for
PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "salloc", "sinfo", "scancel")


def why_not():
    """Why there can be no cluster here; empty: there can be one."""
    missing = [name for name in PROGRAMS if path_of(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (Debian: slurm-wlm, munge)"
    if os.geteuid() != 0:
        return "slurmd needs root"
    return ""


def path_of(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]


def end_with_parent():
    os.setsid()  # Ctrl-C is for the command; the daemons end after it
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


class Cluster:
    """Daemons in one directory. `with Cluster(directory) as cluster: …` starts and ends them."""

    def __init__(self, directory, nodes=2, cpus=2):
        self.directory = pathlib.Path(directory).resolve()
        self.nodes = [f"n{i + 1}" for i in range(nodes)]
        self.cpus = cpus
        self.daemons = {}  # name: Popen
        self.environment = dict(os.environ, SLURM_CONF=str(self.directory / "slurm.conf"))

    def __enter__(self):
        why = why_not()
        if why:
            raise RuntimeError(why)
        try:
            self.write_files()
            self.start("munged", "-F", "--force", "--key-file", self.directory / "munge.key",
                       "--socket", self.directory / "munge.socket",
                       "--pid-file", self.directory / "munged.pid",
                       "--log-file", self.directory / "munged.log",
                       "--seed-file", self.directory / "munge.seed", "--num-threads", "2")
            self.wait(lambda: (self.directory / "munge.socket").exists(), "munged")
            self.start("slurmctld", "-D", "-i")
            for node in self.nodes:
                self.start_node(node)
            self.wait(lambda: self.idle_nodes() == len(self.nodes), "all nodes")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def write_files(self):
        for name in ("state", *(f"spool-{node}" for node in self.nodes)):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        key = self.directory / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        ports = free_ports(len(self.nodes) + 1)
        host = socket.gethostname()
        lines = [
            "ClusterName=holdfast",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={ports[0]}",
            "SlurmUser=root",
            "AuthType=auth/munge",
            f"AuthInfo=socket={self.directory / 'munge.socket'}",
            "CredType=cred/munge",
            f"StateSaveLocation={self.directory / 'state'}",
            f"SlurmdSpoolDir={self.directory / 'spool-%n'}",
            f"SlurmctldPidFile={self.directory / 'slurmctld.pid'}",
            f"SlurmdPidFile={self.directory / 'slurmd-%n.pid'}",
            f"SlurmctldLogFile={self.directory / 'slurmctld.log'}",
            f"SlurmdLogFile={self.directory / 'slurmd-%n.log'}",
            "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none",
            "MpiDefault=none",
            "SchedulerType=sched/backfill",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_Core",
            "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none",
            "SwitchType=switch/none",
            "ReturnToService=2",
            "MailProg=/bin/true",
            "SlurmdTimeout=10",
            "KillWait=5",
            "MaxArraySize=2000",
            # This machine says how many processors it has; the file says how many its nodes have.
            "SlurmdParameters=config_overrides",
        ]
        for node, port in zip(self.nodes, ports[1:]):
            lines.append(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                         f"CPUs={self.cpus} Boards=1 SocketsPerBoard=1 "
                         f"CoresPerSocket={self.cpus} ThreadsPerCore=1 State=UNKNOWN")
        lines.append(f"PartitionName=main Nodes={','.join(self.nodes)} Default=YES "
                     "MaxTime=INFINITE State=UP OverSubscribe=NO")
        (self.directory / "slurm.conf").write_text("\n".join(lines) + "\n")

    def start(self, program, *arguments, name=None):
        name = name or program
        with open(self.directory / f"{name}.out", "ab") as out:
            self.daemons[name] = subprocess.Popen(
                [path_of(program), *map(str, arguments)], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.directory,
                preexec_fn=end_with_parent)
        return self.daemons[name]

    def start_node(self, node):
        return self.start("slurmd", "-D", "-N", node, name=f"slurmd-{node}")

    def ask(self, *command, timeout=PATIENCE):
        return subprocess.run(list(map(str, command)), env=self.environment, timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def idle_nodes(self):
        said = self.ask("sinfo", "-h", "-N", "-o", "%t").stdout.split()
        return said.count("idle")

    def wait(self, is_true, what):
        end = time.monotonic() + PATIENCE
        while not is_true():
            for name, daemon in self.daemons.items():
                if daemon.poll() is not None:
                    raise RuntimeError(f"{name} has ended: {self.last_words(name)}")
            if time.monotonic() > end:
                raise RuntimeError(f"waited {PATIENCE} s for {what} ({self.directory})")
            time.sleep(0.05)

    def last_words(self, name):
        for suffix in ("out", "log"):
            with contextlib.suppress(OSError):
                lines = (self.directory / f"{name}.{suffix}").read_text(errors="replace").splitlines()
                if lines:
                    return lines[-1]
        return "it said nothing"

    def steps(self):
        """The numbers of the slurmstepd processes of this cluster."""
        mark = f"SLURM_CONF={self.environment['SLURM_CONF']}".encode()
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "comm").read_text().strip() != "slurmstepd":
                    continue
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def end(self):
        if "slurmctld" in self.daemons:
            with contextlib.suppress(subprocess.TimeoutExpired, OSError):
                self.ask("scancel", "--state=RUNNING", "--state=PENDING", "-u", "root", timeout=10)
        end = time.monotonic() + 5
        while self.steps() and time.monotonic() < end:
            time.sleep(0.05)
        # munged last: the others still ask it when they end.
        for name in sorted(self.daemons, key=lambda name: ("slurmd" not in name, name == "munged")):
            end_daemon(self.daemons.pop(name))
        for step in self.steps():
            with contextlib.suppress(ProcessLookupError):
                os.kill(step, signal.SIGKILL)


def end_daemon(daemon):
    daemon.terminate()
    try:
        daemon.wait(5)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--directory")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    said = parser.parse_args()
    if not said.command:
        parser.error("a command is missing")
    why = why_not()
    if why:
        sys.exit(f"cluster.py: {why}")
    with contextlib.ExitStack() as stack:
        directory = said.directory or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="slurm-"))
        cluster = stack.enter_context(Cluster(directory, said.nodes, said.cpus))
        try:
            status = subprocess.call(said.command, env=cluster.environment)
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
