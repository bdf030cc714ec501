"""If a step of a build fails for a reason outside the code, it runs once more, alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import own_locks
from building import BUILD_BOUND_S, FIND, GENERATORS, BuildCase
from limited_cgroup import limited_cgroup
from support import HOLDFAST, PATIENCE_S, wait_until

# Stands in for a compiler that fails the first time it makes an object of this name: fails.py HOW
# NAME COMMAND…
FAILS = '''import os, signal, sys
how, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
made = os.path.basename(command[command.index("-o") + 1]) if "-o" in command else ""
work = "@W@"
def note(what):
    with open(work + "/log", "a") as log:
        log.write(f"{made} {what} {os.getpid()}\\n")
def count_a_kill():
    # In place, as the kernel counts: a launcher may be reading.
    with open(work + "/events", "r+") as events:
        events.write("oom 2\\noom_kill 2\\n")
if made in name.split(","):
    note("begin")
    if not os.path.exists(f"{work}/failed-{made}"):
        open(f"{work}/failed-{made}", "w").close()
        if how == "rendezvous":
            while not all(os.path.exists(f"{work}/failed-{n}") for n in name.split(",")): pass
        if how != "killed": count_a_kill() if how != "transient" else print("ld: No space left on device")
        if how in ("driver", "transient"): sys.exit(1)
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hang" and made: signal.pause()
    note("end")
os.execvp(command[0], command)
'''

EATS = '''import os, sys
command = sys.argv[1:]
made = command[command.index("-o") + 1] if "-o" in command else ""
def launcher_counts():
    pid = os.getpid()
    for _ in range(2):
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    try: links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except FileNotFoundError: return False
    return any("/memory." in link for link in links)
if made.endswith("a.c.o") and not os.path.exists("@W@/ate"):
    open("@W@/ate", "w").close()
    while not launcher_counts(): pass
    x = bytearray(4 << 30)
os.execvp(command[0], command)
'''


@own_locks.needed
class StepRetryTest(BuildCase):
    PROJECT = FIND + "add_library(part OBJECT a.c b.c)\nadd_executable(app main.c)\ntarget_link_libraries(app part)\n"

    def settings(self, text="", name="source"):
        (self.work / name).mkdir(exist_ok=True)
        (self.work / name / "holdfast.toml").write_text(
            f'[profile.default]\noom-events = "{self.work}/events"\n' + text)
        (self.work / "events").write_text("oom 1\noom_kill 1\n")

    def failing(self, how, name="a.c.o", generator="Ninja", build="build", text=FAILS):
        script = self.work / "fails.py"
        script.write_text(text.replace("@W@", str(self.work)))
        for old in self.work.glob("failed-*"):
            old.unlink()
        (self.work / "log").unlink(missing_ok=True)
        words = [sys.executable, "-B", str(script)] + ([how, name] if text is FAILS else [])
        return self.configure(self.PROJECT, "-DCMAKE_C_COMPILER_LAUNCHER=" + ";".join(words),
                              generator=generator, build=build)

    def attempts(self):
        return len([line for line in (self.work / "log").read_text().splitlines() if " begin " in line])

    def step(self, tree, name="a.c.o"):
        found, = [s for s in self.steps(tree) if s["output"].endswith(name)]
        return found

    def assert_done_once_more(self, done, tree, why):
        self.assertEqual(done.returncode, 0, done.text)
        self.assertRegex(done.text, f'holdfast: "compile [^"]*a.c.o" {why}: retried alone\n')
        self.assertEqual(done.text.count("retried alone"), 1)
        step = self.step(tree)
        self.assertEqual((step["outcome"], step["attempts"]), ("passed", 2))
        self.assertRegex(step["note"], f"^attempt 1 {why}$")
        self.assertEqual({s["attempts"] for s in self.steps(tree) if s != step}, {1})
        self.assertEqual(self.finish(tree / "app").returncode, 0)

    def test_a_compiler_that_is_killed_for_want_of_memory_is_run_once_more(self):
        self.settings()
        for generator in GENERATORS:
            with self.subTest(generator):
                (self.work / "events").write_text("oom 1\noom_kill 1\n")
                tree = self.failing("oom", generator=generator, build=generator.split()[-1])
                self.assert_done_once_more(self.build(tree), tree, "was killed because memory ran out")
                self.assertEqual(self.attempts(), 2)

    def test_steps_ask_for_no_settings_when_the_file_has_none_any_more(self):
        note = self.work / "build/.holdfast/build/has-settings"
        self.settings()
        self.configure(self.PROJECT)
        self.assertTrue(note.exists())
        (self.work / "source/holdfast.toml").write_text("")
        self.configure(self.PROJECT)
        self.assertFalse(note.exists())

    def test_so_is_one_whose_driver_lives_on(self):
        self.settings()
        tree = self.failing("driver")
        self.assert_done_once_more(self.build(tree), tree, "failed while the kernel killed because memory ran out")

    def test_without_evidence_a_kill_is_red_at_once(self):
        self.settings()
        tree = self.failing("killed")
        done = self.build(tree)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("once more", done.text)
        self.assertEqual((self.attempts(), self.step(tree)["attempts"]), (1, 1))
        self.assertEqual(self.step(tree)["signal"], signal.SIGKILL)

    def test_a_real_error_is_red_at_once(self):
        for text in ("", '[build-steps]\ntransient = ["No space left"]\n'):
            with self.subTest(text):
                self.settings(text)
                tree = self.failing("none", name="b.c.o", build="build" + str(len(text)))
                (self.work / "failed-b.c.o").touch()  # now it fails by its code alone
                (self.work / "source/b.c").write_text("int b( {\n")
                done = self.build(tree)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("b.c:1", done.text)
                self.assertNotIn("holdfast:", done.text)
                self.assertEqual((self.attempts(), self.step(tree, "b.c.o")["attempts"]), (1, 1))

    def test_one_that_fails_again_is_red_after_two(self):
        self.settings()
        (self.work / "source/a.c").write_text("int a( {\n")
        tree = self.failing("oom")
        done = self.build(tree)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("a.c:1", done.text)
        self.assertEqual((self.attempts(), self.step(tree)["attempts"]), (2, 2))
        self.assertEqual(self.step(tree)["outcome"], "failed")

    def test_a_signature_of_what_may_pass(self):
        self.settings('[build-steps]\ntransient = ["never this", "No space left on dev"]\n')
        tree = self.failing("transient")
        done = self.build(tree)
        self.assert_done_once_more(done, tree, 'failed of what may pass: "No space left on dev"')
        # The output of the attempt that does not count is not shown.
        self.assertNotIn("ld: No space", done.text)

    def test_a_signature_behind_long_ones(self):
        many = [f"never this {n} " + "x" * 1500 for n in range(63)]
        self.settings(f'[build-steps]\ntransient = {many + ["No space left on dev"]}\n'.replace("'", '"'))
        tree = self.failing("transient")
        self.assert_done_once_more(self.build(tree), tree, 'failed of what may pass: "No space left on dev"')

    def test_what_passes_by_hands_of_ours_is_shown_as_it_was(self):
        self.settings('[build-steps]\ntransient = ["never this"]\n')
        (self.work / "source/a.c").write_text("#warning look here\nint a(void) { return 1; }\n")
        done = self.build(self.configure(self.PROJECT))
        self.assertEqual(done.returncode, 0, done.text)
        self.assertIn("a.c:1", done.text)
        self.assertIn("#warning look here", done.text)

    def test_attempts_that_are_to_be_alone_are_never_two(self):
        self.settings()
        tree = self.failing("rendezvous", name="a.c.o,b.c.o")
        done = self.build(tree, "-j2")
        self.assertEqual(done.returncode, 0, done.text)
        self.assertEqual(done.text.count("retried alone"), 2)
        log = [line.split() for line in (self.work / "log").read_text().splitlines()]
        # The first two begin and are killed. After that, each that begins ends before the next
        # begins.
        self.assertEqual([what for _, what, _ in log], ["begin", "begin", "begin", "end", "begin", "end"])
        for begun, ended in (log[2:4], log[4:6]):
            self.assertEqual(begun[2], ended[2])

    def test_a_killed_build_frees_what_an_attempt_had_alone(self):
        self.settings()
        tree = self.failing("hang")
        ninja = self.start("ninja", cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = self.work / "log"
        wait_until(lambda: log.exists() and self.attempts() == 2, "the second attempt",
                   BUILD_BOUND_S)
        self.assertIn("holdfast-once-more", self.held())
        pid = int(log.read_text().splitlines()[-1].split()[2])
        ninja.kill()
        ninja.wait(PATIENCE_S)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the compiler")
        wait_until(lambda: not {"holdfast-once-more", "holdfast-memory"} & self.held(), "its locks to be free")
        self.assert_nothing_left()

    def held(self):
        listed = json.loads(self.finish(HOLDFAST, "locks", "--json").stdout)["locks"]
        return {lock["name"] for lock in listed
                if any(holder.get("tree", "").startswith(str(self.work)) for holder in lock["holders"])}

    def test_settings_that_are_wrong_are_one_line(self):
        self.settings('[build-steps]\ntransient = "x"\n')
        done = self.build(self.configure(self.PROJECT), "-j1")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.text, r"holdfast: \S+holdfast.toml:4: transient in \[build-steps\]: found a string, "
                                    r"expected a list of at most 64 regular expressions")

    # --- The kernel itself -------------------------------------------------------------------

    def test_a_plain_step_that_the_kernel_kills_is_handed_over(self):
        into = limited_cgroup(self, 1 << 30)
        tree = self.failing("", text=EATS)
        done = self.finish(*into, "ninja", cwd=tree, bound=BUILD_BOUND_S)
        done.text = (done.stdout + done.stderr).decode()
        if not (tree / ".holdfast/build/journal.jsonl").exists() or "once more" not in done.text:
            if self.step(tree).get("signal") != signal.SIGKILL:
                self.skipTest("the limit does not hold here: " + done.text)
        self.assertFalse((tree / ".holdfast/build/has-settings").exists())
        self.assert_done_once_more(done, tree, "was killed because memory ran out")


if __name__ == "__main__":
    own_locks.main()
