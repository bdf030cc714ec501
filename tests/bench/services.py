"""What a service that is well costs a test that uses it, and one that does not."""

import subprocess
import sys

ROUNDS = 200


def tree(bench, name, services):
    """A build tree whose project declares the services."""
    source = bench.fresh_directory(f"services-{name}")
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(Services LANGUAGES NONE)\nenable_testing()\n" + services)
    attach = f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={bench.top_level_include}"
    subprocess.run(["cmake", "-S", source, "-B", source / "tree", "-G", "Ninja", attach], check=True,
                   stdout=subprocess.DEVNULL)
    return source / "tree"


def measure(bench, where, uses):
    """Tests with each of `uses`, in turn, and a bare program. {name: Samples}."""
    launcher = ["--", bench.launcher, "--name", "t", "--", bench.program("true")]
    commands = {"floor": ["--", bench.program("true")], "plain": ["HOLDFAST_ATTACH=@", *launcher]}
    for use in uses:
        commands[use] = ["HOLDFAST_ATTACH=@", f"HOLDFAST_P_SERVICES={use}", *launcher]
    samples = bench.interleave(ROUNDS, commands, attach=where)
    if not list(where.glob(".holdfast/runs/*/journal.jsonl")):
        print("bench: no journal was written: the tests ran without a keeper", file=sys.stderr)
    return samples


def services(bench):
    server = bench.program("small_server")
    declared = "".join(
        f'holdfast_add_service({name} COMMAND "{server}" {{port}} PORTS 1 READY_TCP "127.0.0.1:{{port}}" {health})\n'
        for name, health in (("tcp", ""), ("command", f'HEALTH_COMMAND "{bench.program("true")}"')))
    with_services = tree(bench, "declared", declared)
    without = tree(bench, "none", "")
    samples = measure(bench, with_services, ["tcp", "command"])
    launch, floor = samples["plain"].wall, samples["floor"].wall
    added = {use: samples[use].wall - launch for use in ("tcp", "command")}
    # In turn, so that other work of the machine hits both alike.
    rounds = [(measure(bench, with_services, [])["plain"], measure(bench, without, [])["plain"]) for _ in range(4)]
    ours, theirs = (sum((one[i].wall_us for one in rounds), []) for i in (0, 1))
    unused = type(samples["plain"])
    ours, theirs = unused(ours, []).wall, unused(theirs, []).wall
    return [
        bench.Row("a service that is well, TCP: added to a launch / launch", added["tcp"] / launch, 0.15, None,
                  f"{added['tcp']:.0f} us / {launch:.0f} us"),
        bench.Row("a service that is well, HEALTH_COMMAND: added / launch and the command",
                  added["command"] / (launch + floor), 1.00, None,
                  f"{added['command']:.0f} us / {launch + floor:.0f} us"),
        bench.Row("a test without services: in a project with services / without", ours / theirs, 1.01, None,
                  f"{ours:.0f} us / {theirs:.0f} us"),
    ]


MEASUREMENTS = [("services", services)]
