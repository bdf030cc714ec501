"""Each page of the guide begins with a problem, with what one writes, and with what one then sees. These heads
are played here: the last block of cmake in a head goes into a small project, the last block of toml is the
project's holdfast.toml, and the commands of the first console block print what the page shows. (A page for those
who come from another tool shows first what they have, and then what they write instead.)

SCENES has the projects, by the names of the pages. A page's times, sizes, dates, pids and numbers of runs stand
for any others. A line `…` stands for any lines, and `…` in a line for any text."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import etcd
import own_locks
from needs import need
from support import CMAKE, CTEST, HELPER, HOLDFAST, PATIENCE_S, SOURCES, STAGE, ProjectCase, unfolded, wait_until

sys.path.insert(0, str(SOURCES / "examples/slurm"))
import cluster as slurm  # noqa: E402  pylint: disable=wrong-import-position

GUIDE = SOURCES / "docs/guide"
SHOWN_PLACE = "/home/me/app"  # where the pages have the project, and
SHOWN_STAGE = "/opt/holdfast"  # Holdfast

# The pages without such a head.
OTHERS = {"tutorial", "affected", "diagnosing", "recipes", "ides"}

# A build, and Slurm, are slow on a busy machine.
BOUND_S = 4 * PATIENCE_S

HEAD = "cmake_minimum_required(VERSION 3.25)\nproject(@NAME@ @LANGUAGES@)\nenable_testing()\n"
FIND = "find_package(Holdfast REQUIRED)\n"
CART = """#include <gtest/gtest.h>
#include <cstdlib>
TEST(Cart, Add) { EXPECT_EQ(1 + 1, 2); }
TEST(Cart, Remove) { std::abort(); }
TEST(Cart, Total) { EXPECT_EQ(2 * 3, 6); }
"""
# A server that says when its port is taken, and otherwise serves until another has tried to have it.
# The first listens until the other one has failed for it, as the journal says.
SERVE = """import glob, os, pathlib, socket, time
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    place.bind(("127.0.0.1", @PORT@))
except OSError:
    open("tried", "w").close()
    raise
place.listen()
open("listens", "w").close()
def has_ended():
    lines = [line for file in glob.glob(".holdfast/runs/*/journal.jsonl") for line in pathlib.Path(file).read_text().splitlines()]
    return any("attempt_ended" in line and "http.put" in line for line in lines)
while not (os.path.exists("tried") and has_ended()):
    time.sleep(0.02)
"""


# Waits for the file $GO.
HOLD = "sh -c 'while [ ! -e \"$GO\" ]; do sleep 0.02; done'"


class Scene:
    """A small project. @PAGE@ in `text` is the block of cmake in the page's head. `before`, a command of the shell, is
    run in the place of the page's commands and not seen. `beside` goes on meanwhile, once `until` is true. What it holds
    (HOLD) it holds until the page's commands have said that they wait, or are through."""

    def __init__(self, text, files=None, where="build", languages="NONE", find=FIND, **how):
        self.text, self.files, self.where, self.languages, self.find = text, files or {}, where, languages, find
        self.before, self.beside, self.until = how.get("before"), how.get("beside"), how.get("until")
        self.needs, self.configures = how.get("needs", ()), how.get("configures", True)
        self.consoles = how.get("consoles", 1)
        self.environment = how.get("environment", {})


SCENES = {
    "attaching": Scene("""
foreach(test IN ITEMS insert delete list)
  add_test(NAME ${test} COMMAND true)
endforeach()
""", where=".", find="", configures=False),
    "batches": Scene("""
find_package(GTest REQUIRED)
add_executable(cart_test cart_test.cpp)
target_link_libraries(cart_test PRIVATE GTest::gtest_main)
@PAGE@""", {"cart_test.cpp": CART}, languages="CXX"),
    "build-steps": Scene("""
add_executable(app app.c)
set_target_properties(app PROPERTIES C_LINKER_LAUNCHER "sh;${CMAKE_SOURCE_DIR}/slow.sh")
""", {"app.c": "int main(void) { return 0; }\n", "slow.sh": 'while [ ! -e "$GO" ]; do sleep 0.02; done; exec "$@"\n'}, where=".", languages="C",
        configures=False, before="cmake -B build -DHOLDFAST_LINK_SLOTS=1",
        beside="ninja -C build", until="holdfast locks | grep -q 'link app'"),
    "cluster-locks": Scene("@PAGE@", {"calibrate": "true\n"}, where=".", configures=False,
                           beside="holdfast run --name measure --lock device@cluster -- " + HOLD,
                           until="holdfast locks | grep -q measure"),
    "containment": Scene("""
add_test(NAME http.get COMMAND python3 "${CMAKE_SOURCE_DIR}/serve.py")
add_test(NAME http.put COMMAND sh -c "while [ ! -e listens ]; do sleep 0.02; done; exec python3 '${CMAKE_SOURCE_DIR}/serve.py'")
""", {"serve.py": SERVE}, consoles=2),
    "debugging": Scene("""
add_executable(db_test db_test.c)
target_compile_options(db_test PRIVATE -g)
add_test(NAME db.schema COMMAND true)
set_tests_properties(db.schema PROPERTIES FIXTURES_SETUP schema)
add_test(NAME db.list COMMAND sh ${CMAKE_SOURCE_DIR}/hold.sh)
add_test(NAME db.insert COMMAND db_test)
set_tests_properties(db.insert PROPERTIES FIXTURES_REQUIRED schema)
set_tests_properties(db.insert db.list PROPERTIES HOLDFAST_LOCKS db)
""", {"db_test.c": """#include <stdlib.h>
static void insert(int row) { if (row == 3) abort(); }
int main(void) { for (int row = 0; row < 5; row++) insert(row); return 0; }
"""}, languages="C", needs=("gdb",), beside="ctest -R db.list", until="holdfast locks | grep -q db.list"),
    "doctor": Scene("""
add_executable(db_test db_test.c)
add_test(NAME db.insert COMMAND db_test)
add_test(NAME db.list COMMAND db_test)
set_tests_properties(db.insert db.list PROPERTIES HOLDFAST_SERVICES web)
add_test(NAME sim.load COMMAND true)
set_tests_properties(sim.load PROPERTIES HOLDFAST_LOCKS license@user)
""", {"db_test.c": "int main(void) { return 0; }\n", "holdfast.toml": """
[service.web]
command = ["python3", "-m", "http.server", "@PORT@"]
ready-tcp = "127.0.0.1:@PORT@"

[[known-flaky]]
tests = "^net\\\\."
signature = "Connection reset by peer"
issue = "PROJ-12"
expires = 2026-10-31
"""}, languages="C", before="touch ../db_test.c",
        beside="python3 -m http.server @PORT@ & holdfast run --name sim.run --lock license@user -- " + HOLD + "; kill $!",
        until="holdfast locks | grep -q license && (: < /dev/tcp/127.0.0.1/@PORT@)"),
    "from-ctest-repeat": Scene("""
add_test(NAME net.upload COMMAND sh "${CMAKE_SOURCE_DIR}/upload.sh")
add_test(NAME core.parse COMMAND sh "${CMAKE_SOURCE_DIR}/parse.sh")
@PAGE@""", {"upload.sh": "echo >> n; [ $(wc -l < n) = 2 ] || exit 4\n", "parse.sh": "kill -SEGV $$\n"}),
    "from-flock": Scene("""
add_test(NAME db.load COMMAND sh ${CMAKE_SOURCE_DIR}/hold.sh)
@PAGE@""", {"db_test": "#!/bin/sh\n"}, before="cmake -S .. -B ../release && cp ../db_test .",
                        beside="ctest --test-dir ../release -R db.load", until="holdfast locks | grep -q db.load"),
    "from-gtest-parallel": Scene("""
find_package(GTest REQUIRED)
add_executable(db_test db_test.cpp)
target_link_libraries(db_test PRIVATE GTest::gtest_main)
@PAGE@""", {"db_test.cpp": """#include <gtest/gtest.h>
#include <csignal>
#include <cstdlib>
#include <unistd.h>
TEST(Db, Insert) { EXPECT_EQ(1 + 1, 2); }
TEST(Db, Quit) { std::exit(0); }
TEST(Db, Leave) { if (fork() == 0) { close(1); close(2); execlp("sleep", "sleep", "60", nullptr); } }
TEST(Db, Hang) { std::signal(SIGTERM, SIG_IGN); for (;;) pause(); }
"""}, languages="CXX"),
    "from-nextest": Scene("""
add_test(NAME net.get COMMAND sh -c "echo >> n; test $(wc -l < n) -ge 2")
add_test(NAME gpu.train COMMAND true)
add_test(NAME server.start COMMAND sh -c "sleep 60 > /dev/null 2>&1 &")
"""),
    "from-timeout": Scene("@PAGE@", {"server_test": """#!/bin/sh
# Its server does not end by SIGTERM.
(trap '' TERM; sleep 60; sleep 60) &
wait
"""}, before="cp ../server_test ."),
    "gtest": Scene("@PAGE@", {"unit_test.cpp": CART}, languages="CXX"),
    "history": Scene("""
add_test(NAME Net.Upload COMMAND sh "${CMAKE_SOURCE_DIR}/upload.sh")
""", {"upload.sh": "echo >> n; case $(wc -l < n) in 3|4) exit 1; esac\n"},
        before="for n in 1 2 3 4 5 6; do ctest; done"),
    "locks": Scene("""
add_test(NAME db.load COMMAND sh ${CMAKE_SOURCE_DIR}/hold.sh)
add_test(NAME db.insert COMMAND sleep 0.1)
@PAGE@""", before="cmake -S .. -B ../release", beside="ctest --test-dir ../release -R db.load",
        until="holdfast locks | grep -q db.load"),
    "reports": Scene("""
add_test(NAME Cart.Add COMMAND true)
add_test(NAME Cart.Remove COMMAND sh -c "echo 'cart_test.cpp:12: Failure' && echo 'Value of: cart.empty()' && exit 1")
add_test(NAME Cart.Total COMMAND sh -c "kill -SEGV $$")
""", before="ctest"),
    "rerun": Scene("""
foreach(test IN ITEMS db.insert db.delete db.list)
  add_test(NAME ${test} COMMAND true)
endforeach()
"""),
    "retry": Scene("""
add_test(NAME net.upload COMMAND sh "${CMAKE_SOURCE_DIR}/upload.sh")
@PAGE@""", {"upload.sh": "echo >> n; [ $(wc -l < n) = 3 ] || exit 4\n"}),
    "selecting": Scene("""
foreach(test RANGE 1 6)
  add_test(NAME load.${test} COMMAND sh -c "[ ${test} != 2 ] || [ -e begun ] || { touch begun; exec sleep 600; }")
endforeach()
set_tests_properties(load.1 PROPERTIES COST 8)
set_tests_properties(load.2 PROPERTIES COST 7)
add_test(NAME db.insert COMMAND false)
set_tests_properties(db.insert PROPERTIES COST 9)
""", before="ctest & until [ -e begun ]; do sleep 0.02; done; kill $!; wait"),
    "services": Scene("""
add_test(NAME apples COMMAND sh "${CMAKE_SOURCE_DIR}/stock.sh" SET apples 10)
add_test(NAME maintenance COMMAND sh "${CMAKE_SOURCE_DIR}/stock.sh" SHUTDOWN NOSAVE)
add_test(NAME pears COMMAND sh "${CMAKE_SOURCE_DIR}/stock.sh" SET pears 10)
@PAGE@""", {"stock.sh": 'redis-cli -e -p "$HOLDFAST_SERVICE_STOCK_PORT" "$@"\n'}, needs=("redis-server", "redis-cli")),
    "signals-and-cleanup": Scene("""
add_test(NAME server.start COMMAND sh -c "python3 -m http.server @PORT@ > /dev/null 2>&1 & echo started")
"""),
    "slurm": Scene("""
foreach(test IN ITEMS a b)
  add_test(NAME sim.${test} COMMAND sh -c [[test -n "$SLURMD_NODENAME"]])
endforeach()
""", environment={"HOLDFAST_PROFILE": "slurm"}),
    "timeouts": Scene("""
find_package(Threads REQUIRED)
add_executable(queue_test queue_test.c)
target_compile_options(queue_test PRIVATE -g)
add_test(NAME queue.pop COMMAND queue_test)
@PAGE@""", {"queue_test.c": """#include <unistd.h>
static void pop(void) { for (;;) pause(); }
int main(void) { pop(); return 0; }
"""}, languages="C", needs=("gdb",)),
    "watching": Scene("""
add_test(NAME db.insert COMMAND sleep 0.1)
add_test(NAME db.delete COMMAND sh -c "echo 'db_test.cpp:12: Failure' && echo 'Value of: rows.empty()' && exit 1")
set_tests_properties(db.delete PROPERTIES DEPENDS db.insert)
add_test(NAME db.load COMMAND sleep 1)
add_test(NAME db.list COMMAND sleep 1)
set_tests_properties(db.load db.list PROPERTIES HOLDFAST_LOCKS db:1/1 DEPENDS db.delete)
add_test(NAME server.start COMMAND sleep 4)
set_tests_properties(server.start PROPERTIES HOLDFAST_LOCKS db:1/1)
""", beside="sleep 1; ctest -j3", until="true"),
    "what-a-test-can-notice": Scene("""
add_test(NAME parent COMMAND sh -c "read name < /proc/$PPID/comm; echo my parent is $name; [ $name = ctest ]")
"""),
}


# What a text says that is another at each time, and what stands for it.
VARYING = [
    HELPER,
    # Lines that come when the machine is busy: a service is slow, or the run was slow.
    (r'^holdfast: "\w+" (waiting for|has) service .*\n', ""),
    (r"^holdfast: [\d.]+ \w+ on \d+ slots? ?.*\n", ""),
    (r"^  durations .*", "  durations  <chart>"),
    (r"\b\d+-\d{8}-\d{6}-\d+\b", "<run>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "<date>"),
    (r"\b\d+(\.\d+)? (s|sec|ms)\b", "<time>"),
    (r"\b\d+(\.\d+)? (KiB|MiB|GiB)\b", "<size>"),
    (r"\bpid \d+", "pid <pid>"),
    (r"\b(process|LWP) \d+", r"\1 <pid>"),
    (r"\*\*\*Timeout( \(SIGUSR1\))?", "***Timeout"),  # as ctest from 3.27 on, and an older one, say it
    (r"\(pid <pid> on [\w.-]+\)", "(pid <pid> on <host>)"),
    (r"(\bport |server |sport = :)\d+\b", r"\1<port>"),
    (r"0x[0-9a-f]+", "<address>"),
    (r"^#\d+ ", "#<n> "),  # a newer libc has more frames of its own
    (r"^(machine|tools|limits|disk|memory): .*", r"\1: <what the machine has>"),
    (r"  +", "  "),
]


def blocks_of(page):
    """The blocks of the page's head, with their languages. The first section ends the head."""
    head = page.read_text().partition("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", head, re.MULTILINE | re.DOTALL)


def parts_of(text):
    """The commands of a console block, each with the text that it prints."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    if parts[0]:
        raise AssertionError(f"no command prints this: {parts[0]}")
    return list(zip(parts[1::2], parts[2::2]))


def without_varying(text):
    for varying, name in VARYING:
        text = re.sub(varying, name, text, flags=re.MULTILINE)
    return text


def fits(shown, printed):
    """Holdfast's lines may be before or after ctest's own, which come another way."""
    return all(one_fits(*texts) for texts in zip(split(unfolded(shown)), split(printed)))


def split(text):
    """Holdfast's lines, and the others."""
    lines = text.splitlines(keepends=True)
    is_ours = [line.startswith("holdfast: ") for line in lines]
    return ["".join(line for line, ours in zip(lines, is_ours) if line == "…\n" or ours == wanted)
            for wanted in (True, False)]


def one_fits(shown, printed):
    pattern = re.escape(without_varying(shown))
    pattern = re.sub(r"^…(\\\n|\n)", r"(?:.*\\n)*", pattern, flags=re.MULTILINE).replace("…", ".*")
    return re.fullmatch(pattern, without_varying(printed)) is not None


class GuideHeadsTest(ProjectCase):
    def play(self, name, around=(), **environment):
        """Plays the head of one page; `around` are words before the shell."""
        scene, blocks = SCENES[name], blocks_of(GUIDE / f"{name}.md")
        for needed in scene.needs:
            if not shutil.which(needed):
                self.skipTest(f"no {needed} here")
        self.app = self.work / "app"
        self.port, = etcd.free_ports(1)
        self.written(scene, blocks)
        self.shell_environment = self.environment(
            GO=str(self.work / "go"), PATH=f"{Path(HOLDFAST).parent}:{Path(CTEST).parent}:{Path(CMAKE).parent}:{os.environ['PATH']}",
            CMAKE_GENERATOR="Ninja", CMAKE_PREFIX_PATH=str(STAGE), LC_ALL="C.UTF-8", **scene.environment, **environment)
        place = self.app / scene.where
        if scene.configures:
            self.shell("cmake -B build && cmake --build build", self.app)
        if scene.before:
            self.shell(scene.before, place, check=False)
        with self.going_on(scene, place):
            consoles = 0
            for language, block in blocks:
                if language == "toml":
                    (self.app / "holdfast.toml").write_text(block)
                if language == "console" and consoles < scene.consoles:
                    consoles += 1
                    self.compare(name, parts_of(block), place, around)

    def compare(self, name, parts, place, around):
        printed = self.printed([command for command, _ in parts], place, around)
        self.assertEqual(len(parts), len(printed), printed)
        # A debugger has two seconds, which may be too short on a busy machine.
        for _ in range(2):
            if any("by gdb:" in shown and not fits(shown, text) for (_, shown), text in zip(parts, printed)):
                printed = self.printed([command for command, _ in parts], place, around)
        for (command, shown), text in zip(parts, printed):
            if not fits(shown, text):
                self.fail(f"{name}.md shows\n$ {command}\n{shown}and it prints\n$ {command}\n{text}")

    def written(self, scene, blocks):
        self.app.mkdir()
        shown = next((block for language, block in reversed(blocks) if language == "cmake"), "")
        files = {"hold.sh": HOLD + "\n", "CMakeLists.txt": HEAD + scene.find + scene.text.replace("@PAGE@", shown), **scene.files}
        for file, text in files.items():
            text = text.replace("@NAME@", self.project_name).replace("@LANGUAGES@", scene.languages)
            (self.app / file).write_text(self.with_port(text))
            (self.app / file).chmod(0o755)

    def with_port(self, text):
        return text.replace("@PORT@", str(self.port))

    def shell(self, command, place, check=True):
        done = self.finish("bash", "-c", command, cwd=place, env=self.shell_environment, bound=BOUND_S)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @contextlib.contextmanager
    def going_on(self, scene, place):
        if not scene.beside:
            yield
            return
        with open(self.work / "beside", "wb") as said:
            begun = self.start("bash", "-c", self.with_port(scene.beside), cwd=place, env=self.shell_environment,
                               stdout=said, stderr=said)
        until = self.with_port(scene.until)
        asked = {"cwd": place, "env": self.shell_environment}
        wait_until(lambda: self.finish("bash", "-c", until, **asked).returncode == 0, until)
        yield
        begun.wait(BOUND_S)

    def printed(self, commands, place, around):
        """What each command prints, to stdout and stderr, as the pages show it. They have one shell."""
        script = "\n".join(f"printf '\\1\\n'\n{command}" for command in commands)
        script = script.replace(SHOWN_STAGE, str(STAGE)) + "\nwait\n"
        shown = self.work / "shown"
        shown.unlink(missing_ok=True)
        with open(shown, "ab") as stream:  # Holdfast opens it once more
            begun = self.start(*around, "bash", "-c", script, cwd=place, env=self.shell_environment, stdout=stream,
                               stderr=subprocess.STDOUT)
        wait_until(lambda: b" waiting for " in shown.read_bytes() or begun.poll() is not None, "its words or its end", BOUND_S)
        (self.work / "go").touch()
        begun.wait(BOUND_S)
        text = unfolded(shown.read_text()).replace(str(STAGE), SHOWN_STAGE)
        text = text.replace(str(self.app), SHOWN_PLACE).replace(self.project_name, "app")
        return text.split("\1\n")[1:]

    def test_each_page_of_the_guide_is_played(self):
        pages = {page.stem for page in GUIDE.glob("*.md")}
        self.assertEqual(pages - OTHERS, set(SCENES))

    def test_the_head_of_containment(self):
        need(self, ["unshare", *(["--user"] if os.geteuid() else []), "--net", "true"], "no network namespace here")
        self.play("containment")

    def test_the_head_of_cluster_locks(self):
        etcd.need_etcd(self)
        store = etcd.Etcd(self.work / "etcd")
        try:
            self.play("cluster-locks", HOLDFAST_CLUSTER_ENDPOINTS=store.start().endpoint)
        finally:
            store.end()

    def test_the_head_of_slurm(self):
        why = slurm.why_not()
        if why:
            self.skipTest(f"no Slurm: {why}")
        self.play("slurm", around=[sys.executable, SOURCES / "examples/slurm/cluster.py", "salloc", "--quiet",
                                   "--no-kill", "-N2", "-n4"])


def method_of(name):
    return lambda self: self.play(name)


for each in SCENES:
    METHOD = f"test_the_head_of_{each.replace('-', '_')}"
    if not hasattr(GuideHeadsTest, METHOD):
        setattr(GuideHeadsTest, METHOD, method_of(each))

if __name__ == "__main__":
    own_locks.main()
