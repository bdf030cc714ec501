"""How much more a build costs if its steps run through the launcher."""

import pathlib

from measuring import Commands
from suite import timed

STEPS = 1000
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def trivial(bench):
    # Steps that do nothing, written as CMake writes a compile step for ninja. Their outputs are
    # never made, so each build runs all of them.
    tree = bench.fresh_directory("trivial-steps")
    (tree / ".holdfast/build").mkdir(parents=True)
    launch = f'"{bench.launcher}" --step=compile --tree="{tree}" --target=t --output=$out --language=CXX -- '
    commands = {}
    for name, before in (("plain", ""), ("attached", launch)):
        (tree / name).mkdir()
        (tree / name / "build.ninja").write_text(
            f"rule step\n  command = {before}{bench.program('true')}\n" +
            "".join(f"build {n}.o: step\n" for n in range(STEPS)))
        commands[name] = ["--", "ninja", "--quiet", "-j2", "-C", tree / name]
    return Commands(commands, 7)


def real(bench):
    # Holdfast's own base, values and os: some eighty C++ sources and a library.
    directory = bench.fresh_directory("real-build")
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    commands = {}
    for name, extra in (("plain", []), ("attached", [attach])):
        tree = bench.configure(SOURCE, directory / name, "-DCMAKE_BUILD_TYPE=Release",
                               "-DHOLDFAST_BUILD_TESTS=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER=", *extra)
        build = f"ninja -C '{tree}' -t clean >/dev/null && exec ninja --quiet -j2 -C '{tree}' holdfast_os"
        commands[name] = ["--", "sh", "-c", build]
    return Commands(commands, 3)


MEASUREMENTS = [
    # Machines differ: a launcher with less than 1.45 on one had 1.48 to 1.50 on another.
    timed(f"{STEPS} trivial steps, ninja -j2", trivial, 1.60, 1.15),
    # What two stages differ by is lost in the compiler's time.
    timed("a real C++ build, ninja -j2", real, 1.02, ours=()),
]
