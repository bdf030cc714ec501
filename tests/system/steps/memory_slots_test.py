"""Steps of a build take slots: links and compile steps by memory, compile steps by pattern."""

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import own_locks
from building import BUILD_BOUND_S, FIND, HEAD, BuildCase
from limited_cgroup import limited_cgroup
from needs import need_reach
from support import CMAKE, HOLDFAST, STAGE, program, wait_until

# Goes before a command that makes something, and writes when it began and when it ended. It waits
# for as many others of its kind as MEET says, or for ever if HANG is set.
RECORDS = '''import os, signal, sys, time
made = sys.argv[1]
def note(what):
    with open("@W@/log", "a") as log:
        log.write(f"{made} {what} {time.monotonic_ns()} {os.getpid()}\\n")
note("begin")
if os.environ.get("HANG"): signal.pause()
until = time.monotonic() + @PATIENCE@
while open("@W@/log").read().count(" begin ") < int(os.environ.get("MEET", 0)) and time.monotonic() < until: pass
time.sleep(0.02)
note("end")
'''
MIB = 1024


@own_locks.needed
class MemorySlotsTest(BuildCase):
    def setUp(self):
        super().setUp()
        self.log = self.work / "log"
        text = RECORDS.replace("@W@", str(self.work)).replace("@PATIENCE@", str(BUILD_BOUND_S))
        (self.work / "records.py").write_text(text)

    def linking(self, count, memory, *, peaks, tree=0, slots="memory", recorder=None):
        """A tree of `count` programs. `peaks` says how much memory (KiB) each took when it was last
        linked."""
        source = self.work / f"source{tree}"
        source.mkdir(exist_ok=True)
        if memory:
            (source / "holdfast.toml").write_text(f'[build-steps]\nmemory = "{memory}"\n')
        recorder = recorder or f"{sys.executable} -B {self.work}/records.py"
        text = FIND + "".join(
            f'add_executable(app{i} main.c)\n'
            f'set_property(TARGET app{i} PROPERTY RULE_LAUNCH_LINK "{recorder} app{i}@{tree} && ")\n'
            for i in range(count))
        made = self.configure(text, f"-DHOLDFAST_LINK_SLOTS={slots}", name=source.name, build=f"tree{tree}")
        with open(made / ".holdfast/build/journal.jsonl", "w", encoding="utf-8") as journal:
            for i, peak in peaks.items():
                journal.write(json.dumps({"v": 1, "type": "step", "at": 1, "kind": "link", "target": f"app{i}",
                                          "output": f"app{i}", "language": "C", "outcome": "passed",
                                          "exit_code": 0, "max_rss_kb": peak}, separators=(",", ":")) + "\n")
        return made

    def ninja(self, tree, *arguments, **environment):
        return self.start("ninja", *arguments, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env=self.environment(**environment))

    def intervals(self):
        """(begin, end, what) of each step. A step without an end never ends."""
        begun, found = {}, []
        for line in self.log.read_text().splitlines():
            made, what, at, pid = line.split()
            if what == "begin":
                begun[made, pid] = int(at)
            else:
                found.append((begun.pop((made, pid)), int(at), made))
        return found

    def most_at_once(self, weigh=lambda made: 1):
        events = []
        for begin, end, made in self.intervals():
            events += [(begin, weigh(made)), (end, -weigh(made))]
        most = now = 0
        for _, change in sorted(events):
            now += change
            most = max(most, now)
        return most

    def assert_built(self, *begun):
        for one in begun:
            self.assertEqual(one.wait(BUILD_BOUND_S), 0)

    def test_links_of_two_trees_never_need_more_than_there_is(self):
        peaks = {0: 700 * MIB, 1: 300 * MIB, 2: 300 * MIB, 3: 200 * MIB}
        trees = [self.linking(4, "1GiB", peaks=peaks, tree=i) for i in (0, 1)]
        self.assert_built(*[self.ninja(tree, "-j8") for tree in trees])
        self.assertEqual(len(self.intervals()), 8)
        needs = {f"app{i}@{tree}": peak for i, peak in peaks.items() for tree in (0, 1)}
        self.assertLessEqual(self.most_at_once(needs.__getitem__), 1024 * MIB)
        self.assertGreater(max(s["slot_wait_s"] for tree in trees for s in self.steps(tree)
                               if "slot_wait_s" in s), 0)

    def test_what_fits_goes_on_at_once(self):
        trees = [self.linking(1, "1GiB", peaks={0: 500 * MIB}, tree=i) for i in (0, 1)]
        self.assert_built(*[self.ninja(tree, MEET="2") for tree in trees])
        self.assertEqual(self.most_at_once(), 2)

    def test_what_is_known_from_before_the_journal_was_turned_over_counts_until_it_is_known_anew(self):
        only_old = self.linking(1, "1GiB", peaks={0: 500 * MIB}, tree=0)
        journal = only_old / ".holdfast/build/journal.jsonl"
        journal.rename(f"{journal}.old")
        both = self.linking(1, "1GiB", peaks={0: 900 * MIB}, tree=1)
        journal = both / ".holdfast/build/journal.jsonl"
        journal.rename(f"{journal}.old")
        self.linking(1, "1GiB", peaks={0: 500 * MIB}, tree=1)
        first = self.ninja(only_old, HANG="1")
        wait_until(lambda: self.log.exists() and " begin " in self.log.read_text(), "the first link", BUILD_BOUND_S)
        said = self.work / "said"
        with open(said, "wb") as stream:
            second = self.start("ninja", cwd=both, stdout=subprocess.DEVNULL, stderr=stream)
        wait_until(lambda: second.poll() is not None or b"waiting for lock" in said.read_bytes(), "the second link",
                   BUILD_BOUND_S)
        self.assertEqual((said.read_bytes(), second.poll()), (b"", 0))
        first.kill()
        self.assert_nothing_left(BUILD_BOUND_S)

    def test_never_none_and_of_what_nothing_is_known_by_itself_where_there_is_little(self):
        tree = self.linking(3, "1MiB", peaks={0: 900_000 * MIB})
        self.assert_built(self.ninja(tree, "-j3"))
        self.assertEqual((len(self.intervals()), self.most_at_once()), (3, 1))

    def test_by_what_is_free(self):
        tree = self.linking(2, None, peaks={0: 1 * MIB, 1: 1 * MIB})
        self.assert_built(self.ninja(tree, MEET="2"))
        self.assertEqual(self.most_at_once(), 2)

    def test_by_what_a_cgroup_leaves_free(self):
        """The cgroup has version 2 or 1, and the limit is on a cgroup above the build's own."""
        into = limited_cgroup(self, 1 << 30)
        tree = self.linking(2, None, peaks={0: 700 * MIB, 1: 700 * MIB})
        build = self.start(*into, "ninja", "-j2", cwd=tree, stdout=subprocess.DEVNULL, env=self.environment())
        self.assert_built(build)
        self.assertEqual((len(self.intervals()), self.most_at_once()), (2, 1))
        self.assertGreater(max(step["slot_wait_s"] for step in self.steps(tree) if "slot_wait_s" in step), 0)

    def test_a_wait_is_told_and_a_killed_build_frees_all_it_had(self):
        trees = [self.linking(1, "1GiB", peaks={0: 2000 * MIB}, tree=i) for i in (0, 1)]
        first = self.ninja(trees[0], HANG="1")
        wait_until(lambda: self.log.exists() and " begin " in self.log.read_text(), "the first link",
                   BUILD_BOUND_S)
        said = self.work / "said"
        with open(said, "wb") as stream:
            second = self.start("ninja", cwd=trees[1], stdout=subprocess.DEVNULL, stderr=stream)
        wait_until(lambda: b"waiting for lock holdfast-memory:128/128@user" in said.read_bytes(), "the wait",
                   BUILD_BOUND_S)
        self.assertIn(b'held by "link app0" (pid ', said.read_bytes())
        pid = int(self.log.read_text().split()[3])
        first.kill()
        first.wait()
        self.assert_built(second)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the first link")
        locks = json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"]
        self.assertEqual([h for lock in locks for h in lock["holders"] if h.get("tree") == str(trees[0])], [])
        self.assert_nothing_left()

    @unittest.skipUnless(os.geteuid() == 0, "only root makes locks of the machine, and may be another user")
    def test_slots_are_the_machines_where_root_has_made_its_directory(self):
        # No other process has this directory: own_locks.py.
        machine = Path("/var/lock/holdfast")
        self.addCleanup(shutil.rmtree, machine, ignore_errors=True)
        user = 1_800_000_000 + int.from_bytes(os.urandom(3), "big")
        self.addCleanup(shutil.rmtree, f"/tmp/holdfast-{user}", ignore_errors=True)
        self.work.chmod(0o777)
        need_reach(self, ("setpriv", "--reuid", user, "--regid", user, "--clear-groups"))
        trees = [(self.linking(1, "1GiB", peaks={0: 2000 * MIB}, tree=tree, slots=slots, recorder="true"),
                  whole, taken)
                 for tree, (slots, whole, taken) in enumerate((
                     ("2", "holdfast-link-2:2/2@machine", "holdfast-link-2:1/2@machine"),
                     ("memory", "holdfast-memory:128/128@machine", "holdfast-memory:128/128@machine")))]
        shared = b"slots of build steps are shared by all users"
        self.assertNotIn(shared, self.finish(CMAKE, trees[0][0]).stdout)
        # A directory of another user does not count.
        machine.mkdir()
        for tree, _, _ in trees:
            self.assertEqual(self.finish(CMAKE, tree).stdout.count(shared), 1)
        os.chown(machine, user, user)
        for tree, _, _ in trees:
            self.assert_built(self.ninja(tree))
            (tree / "app0").unlink()
        self.assertEqual(list(machine.iterdir()), [])
        os.chown(machine, 0, 0)
        self.finish("chown", "-R", f"{user}:{user}", self.work)
        for tree, whole, taken in trees:
            as_user = ("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "ninja")
            # The user has the lock as their own until root has taken it.
            self.assert_built(self.start(*as_user, cwd=tree, env=self.environment(CCACHE_DISABLE="1")))
            (tree / "app0").unlink()
            if taken != whole:
                self.assert_built(self.ninja(tree))  # now root takes it
                (tree / "app0").unlink()
                self.assertTrue((machine / "locks/machine" / whole.partition(":")[0] / "slot.1").exists())
                self.finish("chown", "-R", f"{user}:{user}", self.work)
            holder = self.start(HOLDFAST, "run", "--lock", whole, "--", program("linger"), self.pid_file(tree.name))
            self.announced(self.pid_file(tree.name))
            said = self.work / f"said-{tree.name}"
            said.touch()
            said.chmod(0o666)  # the step opens the stderr of its build tool again
            with open(said, "wb") as stream:
                build = self.start(*as_user, cwd=tree, stdout=stream, stderr=stream,
                                   env=self.environment(CCACHE_DISABLE="1"))
            wait_until(lambda: f"waiting for lock {taken}".encode() in said.read_bytes() or build.poll() is not None,
                       "the wait", BUILD_BOUND_S)
            self.assertIn(f"waiting for lock {taken}", said.read_text())
            holder.terminate()
            self.assertEqual(build.wait(BUILD_BOUND_S), 0, said.read_text())

    # --- Compile steps -----------------------------------------------------------------------

    def compiling(self, slots, tree=0):
        script = self.work / "compiles.py"
        script.write_text("import os, subprocess, sys\ncommand = sys.argv[1:]\nif '-o' in command:\n"
                          f"    made = os.path.basename(command[command.index('-o') + 1])\n"
                          f"    subprocess.run([sys.executable, '-B', '{self.work}/records.py', made], check=True)\n"
                          "os.execvp(command[0], command)\n")
        text = FIND + "add_library(part OBJECT a.c b.c main.c)\n"
        made = self.configure(text, f"-DHOLDFAST_COMPILE_SLOTS={slots}", name=f"source{tree}", build=f"tree{tree}",
                              *[f"-DCMAKE_C_COMPILER_LAUNCHER={sys.executable};-B;{script}"])
        for pattern, _, count in (one.rpartition("=") for one in slots.split(";")):
            name = pattern.replace("*", "%2A").replace("/", "%21").replace("?", "%3F")
            self.lock_names.append(f"holdfast-compile-{name}-{count}")
        self.log.unlink(missing_ok=True)  # CMake compiles when it checks the compiler
        return made

    def test_compile_steps_that_a_pattern_fits_share_its_slots_over_trees(self):
        trees = [self.compiling("*/?.c.o=1", tree=i) for i in (0, 1)]
        self.assert_built(*[self.ninja(tree, "-j4") for tree in trees])
        self.assertEqual(len(self.intervals()), 6)
        self.assertEqual(self.most_at_once(lambda made: made != "main.c.o"), 1)

    def test_the_first_pattern_that_fits_counts(self):
        tree = self.compiling("*/main.c.o=1;*/b.c.o=2;*=1")
        begun = self.ninja(tree, "-j3", MEET="3")
        self.assert_built(begun)
        self.assertEqual(self.most_at_once(), 3)

    def test_compile_steps_by_memory(self):
        source = self.work / "source0"
        source.mkdir()
        (source / "holdfast.toml").write_text('[build-steps]\nmemory = "1MiB"\n')
        tree = self.compiling("*.o=memory")
        self.assert_built(self.ninja(tree, "-j3"))
        self.assertEqual((len(self.intervals()), self.most_at_once()), (3, 1))

    def test_wrong_slots_are_refused_when_configured(self):
        source = self.work / "wrong"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(HEAD + FIND)
        for number, (option, expected) in enumerate((
                ("LINK_SLOTS=memori", 'HOLDFAST_LINK_SLOTS is "memori"'),
                ("LINK_SLOTS=1025", 'HOLDFAST_LINK_SLOTS is "1025": expected a number from 1 to 1024, or memory'),
                ("COMPILE_SLOTS=*=1025", 'HOLDFAST_COMPILE_SLOTS has "*=1025": expected PATTERN=N, from 1 to 1024'),
                ("COMPILE_SLOTS=*=1;a b=2", 'HOLDFAST_COMPILE_SLOTS has "a b=2": expected PATTERN=N'),
                ("COMPILE_SLOTS=*=0", 'HOLDFAST_COMPILE_SLOTS has "*=0": expected PATTERN=N'))):
            made = self.finish(CMAKE, "-S", source, "-B", self.work / f"wrong-build{number}",
                               f"-DCMAKE_PREFIX_PATH={STAGE}", f"-DHOLDFAST_{option}",
                               bound=BUILD_BOUND_S)
            self.assertNotEqual(made.returncode, 0)
            self.assertIn(expected, " ".join(made.stderr.decode().split()))


if __name__ == "__main__":
    own_locks.main()
