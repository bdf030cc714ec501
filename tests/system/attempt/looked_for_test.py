"""Tests that look for processes by their command lines find what they find under plain ctest: the launcher, the guard and
the keeper do not look like the test."""

import shutil
import unittest

from contained import trouble_with
from processes import command_of, name_of, processes_with
from support import CTEST, ProjectCase, no_keeper_of, program, wait_until

# The name of a server that does not run, so plain ctest sees nobody. Each test names it in its name and command.
SERVER = "looked-for-server"
# name: command, whether it fails under plain ctest too.
LOOKERS = {
    "pkill-f": (f"pkill -f {SERVER}", True),
    "pkill-9-f": (f"pkill -9 -f {SERVER}", True),
    "pkill-path": (f"pkill -f @W@/{SERVER}", True),
    "pgrep-f": (f"pgrep -f {SERVER}", True),
    "pgrep-fc": (f"pgrep -fc {SERVER}", True),
    "pgrep-x": (f"pgrep -x {SERVER}", True),
    "pgrep-u": (f"pgrep -u 0,65534 -f {SERVER}", True),
    "pidof": (f"pidof {SERVER}", True),
    "ps-C": (f"ps -C {SERVER}", True),
    # Scripts count all but themselves; a copy of the tool would make them fail.
    "ps-grep": (f"sh @W@/ps.sh {SERVER}", False),
    "ps-args": (f"sh @W@/args.sh {SERVER}", False),
    "proc-cmdline": (f"python3 @W@/cmdline.py {SERVER}", False),
    "proc-comm": (f"python3 @W@/comm.py {SERVER}", False),
    "proc-exe": (f"python3 @W@/exe.py {SERVER}", False),
    "tree": ("python3 @W@/cmdline.py @W@/tree", False),
    "own-name": ("@W@/single-instance", False),
    "pgrep-a": (f"pgrep -af {SERVER}", True),
    "lock": (f"flock -n @W@/{SERVER}.lock true", False),
    "locks": (f"python3 @W@/locks.py @W@/{SERVER}.lock", False),
    "pidfile": (f"sh @W@/pidfile.sh @W@/{SERVER}.pid", False),
}
COUNT = """import os, sys
found = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        text = {text}
    except OSError:
        continue
    if sys.argv[1] in text and int(pid) != os.getpid():
        found.append((pid, text))
print(found)
sys.exit(bool(found))
"""
FILES = {
    "ps.sh": "count=$(ps -ef | grep \"$1\" | grep -v grep | grep -v ps.sh | wc -l)\necho $count\n[ $count -eq 0 ]\n",
    "args.sh": "ps -eo pid,args | awk -v self=$$ -v n=\"$1\" '$1 != self && index($0, n) && !/awk/ {print; c++} END {exit c > 0}'\n",
    "cmdline.py": COUNT.format(text="open(f'/proc/{pid}/cmdline').read().replace(chr(0), ' ')"),
    "comm.py": COUNT.format(text="open(f'/proc/{pid}/comm').read()"),
    "exe.py": COUNT.format(text="os.readlink(f'/proc/{pid}/exe')"),
    # Refuses to run twice.
    # Without a pipe, whose shells have the same command line until they are another program.
    "single-instance": "#!/bin/sh\npgrep -f single-instance >$0.found\nothers=$(grep -cvx $$ $0.found)\n"
                       "echo $others\n[ $others -eq 0 ]\n",
    "locks.py": "import os, sys\ninode = str(os.stat(sys.argv[1]).st_ino)\n"
                "sys.exit(any(inode in line for line in open('/proc/locks')))\n",
    "pidfile.sh": "[ ! -e $1 ] || kill -0 $(cat $1) || exit 0\n[ ! -e $1 ]\n",
}


class LookedForTest(ProjectCase):
    def test_who_looks_for_processes_finds_what_plain_ctest_lets_it_find(self):
        for name, text in FILES.items():
            (self.work / name).write_text(text)
            (self.work / name).chmod(0o755)
        (self.work / f"{SERVER}.lock").touch()
        text = ""
        for name, (command, fails) in LOOKERS.items():
            text += f"add_test(NAME {name}.{SERVER} COMMAND {command.replace('@W@', str(self.work))})\n"
            if fails:
                text += f"set_tests_properties({name}.{SERVER} PROPERTIES WILL_FAIL ON)\n"
        tree = self.project(text, build="tree")
        # ctest's own command must not have the name of the tree.
        plain = self.ctest(tree, env=self.environment(HOLDFAST_DISABLE="1"))
        self.assertEqual(plain.returncode, 0, plain.text)
        attached = self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(attached.returncode, 0, attached.text)
        ended = self.records(self.runs(tree)[0], "attempt_ended")
        self.assertEqual(len(ended), len(LOOKERS))

    def test_a_server_of_a_fixture_is_ended_by_name_and_the_test_goes_on(self):
        server = self.work / SERVER
        shutil.copy(program("linger"), server)
        (self.work / "start.sh").write_text(f"'{server}' {self.work}/begun >/dev/null 2>&1 &\n")
        tree = self.project(f"""
add_test(NAME start COMMAND sh {self.work}/start.sh)
add_test(NAME use COMMAND pgrep -f {SERVER})
add_test(NAME stop COMMAND pkill -f {SERVER})
set_tests_properties(start PROPERTIES FIXTURES_SETUP server)
set_tests_properties(use PROPERTIES FIXTURES_REQUIRED server)
set_tests_properties(stop PROPERTIES FIXTURES_CLEANUP server)
""")
        ran = self.ctest(tree)
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        self.assertEqual(ran.returncode, 0, ran.text)

    def test_command_lines_of_ours_have_the_attempt_and_nothing_else(self):
        """Also after one program of ours has become another (a retry needs holdfast-exec)."""
        tree = self.project(f"""
foreach(name plain retried)
  add_test(NAME {SERVER}.${{name}} COMMAND @P@/linger {self.work}/{SERVER}.${{name}})
endforeach()
set_tests_properties({SERVER}.retried PROPERTIES HOLDFAST_RETRY "exit:9=1")
""")
        ctest = self.start(CTEST, "-j2", cwd=tree)
        found = {}

        def all_are_there():
            found.clear()
            for one in processes_with(f"HOLDFAST_TEST_NAME={SERVER}.plain") + processes_with(
                    f"HOLDFAST_TEST_NAME={SERVER}.retried"):
                attempt = [entry for entry in open(f"/proc/{one.pid}/environ").read().split("\0")
                           if entry.startswith("HOLDFAST_ATTEMPT_ID=")][0].split("=", 1)[1]
                guard = int(open(f"/proc/{one.pid}/stat").read().rsplit(")", 1)[1].split()[1])
                launcher = int(open(f"/proc/{guard}/stat").read().rsplit(")", 1)[1].split()[1])
                if name_of(one.pid) == "linger":
                    found[attempt] = (guard, launcher)
            return len(found) == 2

        wait_until(all_are_there, "both tests to run")
        for attempt, (guard, launcher) in found.items():
            self.assertEqual([word for word in command_of(guard) if word], ["holdfast-guard", attempt])
            self.assertEqual([word for word in command_of(launcher) if word], ["holdfast-launcher", attempt])
        # Whoever wants to know has a command for it.
        status = self.live_tests(tree)
        self.assertEqual({test["test"] for test in status}, {f"{SERVER}.plain", f"{SERVER}.retried"})
        ctest.terminate()
        ctest.wait()
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")


# A daemon that waits until process 1 is its parent, and its starter, which waits for the daemon.
DAEMON = """import os, time
read, write = os.pipe()
if os.fork() == 0:
    if os.fork() != 0:
        os._exit(0)
    while os.getppid() != 1:
        time.sleep(0.01)
    os.write(write, b"x")
    os._exit(0)
os.close(write)
os.wait()
os.read(read, 1)
"""
# Ends whoever is the parent of its orphan, as a test suite that cleans up after its daemons.
KILLER = """import os, signal, time
read, write = os.pipe()
if os.fork() == 0:
    child = os.getpid()
    if os.fork() != 0:
        os._exit(0)
    while os.getppid() == child:
        time.sleep(0.01)
    os.write(write, str(os.getppid()).encode())
    os._exit(0)
os.wait()
parent = int(os.read(read, 20))
if parent > 1:
    os.kill(parent, signal.SIGKILL)
    time.sleep(60)
"""


class SubreaperTest(ProjectCase):
    """An orphan's parent is the guard, not process 1."""

    def test_where_it_matters_the_message_names_the_cure(self):
        scripts = {"waits": DAEMON, "kills": KILLER}
        text, inside = "", ""
        for name, script in scripts.items():
            (self.work / f"{name}.py").write_text(script)
            for where in ("", ".inside"):
                limit = 3 if name == "waits" and not where else 30
                text += (f"add_test(NAME {name}{where} COMMAND python3 {self.work}/{name}.py)\n"
                         f"set_tests_properties({name}{where} PROPERTIES TIMEOUT {limit})\n")
        if not trouble_with("pidns"):
            inside = '[[override]]\ntest = "inside$"\ncontainment = "pidns"\ntimeout = 20\n'
        (self.work / "project").mkdir()
        (self.work / "project/holdfast.toml").write_text(inside)
        tree = self.project(text)
        self.ctest(tree, "-j4", *([] if inside else ["-E", "inside"]))
        wait_until(lambda: no_keeper_of(tree), "the keeper to end")
        ended = {record["test"]: record for record in self.records(self.runs(tree)[0], "attempt_ended")}
        self.assertEqual(ended["waits"]["outcome"], "timed_out")
        self.assertEqual(ended["kills"]["outcome"], "internal_error")
        for name in scripts:
            self.assertIn('containment = "pidns"', ended[name]["note"])
        if not inside:
            self.skipTest(trouble_with("pidns"))
        for name in scripts:
            self.assertEqual(ended[f"{name}.inside"]["outcome"], "passed")


if __name__ == "__main__":
    unittest.main()
