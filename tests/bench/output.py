"""How much more an attached test costs that prints much, with a limit and a lock of its own."""

from measuring import Commands
from suite import plain_and_attached, timed

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
    plain, attached = plain_and_attached(bench, source)
    ctest = ["--", "ctest", "--test-dir"]
    return Commands({"plain": [*ctest, plain], "attached": [*ctest, attached]}, 15)


MEASUREMENTS = [timed(f"a test of {LINES} lines with TIMEOUT and a lock", chatty, 1.30)]
