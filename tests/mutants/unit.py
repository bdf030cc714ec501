#!/usr/bin/env python3
"""Runs the unit tests with each of the mutants of mutants.json (README.md): as root, in the tree
that instrument.py has rewritten and that is built in build/dev. Writes unit.jsonl."""

import json
import mmap
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = TREE / "build/dev"
REACHED, VERDICTS, NOW = TREE / "reached.json", TREE / "unit.jsonl", TREE / "mutant.now"
MOST_TESTS = 80
SANDBOX = """
for place in /usr /etc /root /opt /var/lib "$0/launcher" "$0/tests" "$0/.git" "$0/build/dev/launcher"; do
  [ -e "$place" ] && mount --bind "$place" "$place" && mount -o remount,bind,ro "$place"
done
for place in /tmp /run /dev/shm; do mount -t tmpfs tmpfs "$place"; done
chmod 1777 /tmp; mkdir -m 777 /tmp/.holdfast-faults
head -c 65536 /dev/zero >/tmp/.holdfast-faults/map; chmod 666 /tmp/.holdfast-faults/map
exec tini -s -- "$@"
"""


def run(command, directory, limit):
    """Its exit code; none: it did not end in time."""
    process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def shared():
    with open("/tmp/.holdfast-faults/map", "r+b") as file:
        return mmap.mmap(file.fileno(), 65536)


def reach():
    """Of each unit test: its command, its time and the mutants that it reaches."""
    shown = subprocess.run(["ctest", "--show-only=json-v1", "-L", "^unit$"], cwd=BUILD, check=True, capture_output=True)
    memory, tests = shared(), {}
    for test in json.loads(shown.stdout)["tests"]:
        properties = {one["name"]: one["value"] for one in test["properties"]}
        directory = properties.get("WORKING_DIRECTORY", str(BUILD))
        memory[:] = bytes(65536)
        begin = time.monotonic()
        if "command" in test and run(test["command"], directory, 60) == 0:
            tests[test["name"]] = {"command": test["command"], "directory": directory,
                                   "time": time.monotonic() - begin,
                                   "reaches": [number for number, byte in enumerate(memory[64:]) if byte]}
    REACHED.write_text(json.dumps(tests))


def judge(mutant, tests, reaching, memory):
    base = mutant["number"] - (mutant["kind"] == "always")
    folder = "/" + mutant["file"].split("/")[1] + "_test"
    # Those of its own folder first, then the quick ones.
    names = sorted(reaching.get(base, ()), key=lambda name: (folder not in tests[name]["command"][0], tests[name]["time"]))
    programs = {}
    for name in names[:MOST_TESTS]:
        test = tests[name]
        choice = next(word for word in test["command"] if word.startswith("--gtest_filter="))
        programs.setdefault((test["command"][0], test["directory"]), []).append(choice.partition("=")[2])
    limit = 8 + 3 * sum(tests[name]["time"] for name in names[:MOST_TESTS])
    for (program, directory), choices in programs.items():
        memory[0:4] = struct.pack("i", mutant["number"])
        code = run([program, "--gtest_fail_fast", "--gtest_filter=" + ":".join(choices)], directory, limit)
        memory[0:4] = bytes(4)
        if code != 0:
            return "killed"
    return "survived" if names else "unreached"


def work():
    if not REACHED.exists():
        reach()
    tests = json.loads(REACHED.read_text())
    reaching = {}
    for name, test in tests.items():
        for number in test["reaches"]:
            reaching.setdefault(number, []).append(name)
    done = {json.loads(line)["number"] for line in VERDICTS.read_text().splitlines()} if VERDICTS.exists() else set()
    memory = shared()
    with VERDICTS.open("a") as verdicts:
        def say(number, verdict):
            verdicts.write(json.dumps({"number": number, "verdict": verdict}) + "\n")
            verdicts.flush()
            done.add(number)
        if NOW.exists() and int(NOW.read_text()) not in done:
            say(int(NOW.read_text()), "killed")  # it took the last round with it
        for mutant in json.loads((TREE / "mutants.json").read_text()):
            if mutant["number"] not in done:
                NOW.write_text(str(mutant["number"]))
                say(mutant["number"], judge(mutant, tests, reaching, memory))


def main():
    if sys.argv[1:] == ["work"]:
        work()
        return
    again = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "bash", "-c", SANDBOX, str(TREE),
             sys.executable, __file__, "work"]
    while subprocess.run(again, check=False).returncode != 0:
        time.sleep(0.2)


if __name__ == "__main__":
    main()
