"""How much more an attached test costs that prints much, with a limit and a lock of its own."""

import subprocess

from suite import time_row

LINES = 200_000


def chatty(bench):
    source = bench.fresh_directory("output")
    name = f"bench-{bench.work.name}-output"
    command = f"yes {'x' * 60} | head -n {LINES}"
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\n"
        "project(Output LANGUAGES NONE)\n"
        "enable_testing()\n"
        f'add_test(NAME chatty COMMAND /bin/sh -c "{command}")\n'
        f"set_tests_properties(chatty PROPERTIES TIMEOUT 600 RESOURCE_LOCK {name})\n"
    )
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    for tree, extra in (("plain", []), ("attached", [attach])):
        call = ["cmake", "-S", source, "-B", source / tree, "-G", "Ninja", *extra]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    ctest = ["--", "ctest", "--test-dir"]
    samples = bench.interleave(15, {"plain": [*ctest, source / "plain"],
                                    "attached": [*ctest, source / "attached"]})
    what = f"a test of {LINES} lines with TIMEOUT and a lock: time attached / plain"
    return [time_row(bench, what, samples, 1.30)]


MEASUREMENTS = [("a test of many lines", chatty)]
