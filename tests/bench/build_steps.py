"""How much more a build costs if its steps run through the launcher."""

import pathlib
import subprocess

from suite import time_row

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
    samples = bench.interleave(7, commands)
    # Machines differ: a launcher with less than 1.45 on one had 1.48 to 1.50 on another.
    return [time_row(bench, f"{STEPS} trivial steps, ninja -j2: time attached / plain", samples, 1.60, 1.15)]


def real(bench):
    # Holdfast's own core: some sixty C++ sources and a library.
    directory = bench.fresh_directory("real-build")
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    commands = {}
    for name, extra in (("plain", []), ("attached", [attach])):
        tree = directory / name
        call = ["cmake", "-S", SOURCE, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                "-DHOLDFAST_BUILD_TESTS=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER=", *extra]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        build = f"ninja -C '{tree}' -t clean >/dev/null && exec ninja --quiet -j2 -C '{tree}' holdfast_core"
        commands[name] = ["--", "sh", "-c", build]
    return [time_row(bench, "a real C++ build, ninja -j2: time attached / plain", bench.interleave(3, commands), 1.02)]


MEASUREMENTS = [(f"{STEPS} trivial steps", trivial), ("a real C++ build", real)]
