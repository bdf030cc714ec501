"""How much more a command costs with another program before it."""

from measuring import TIME, Commands, Measurement, Row, attached_to


def added_cost(bench):
    true = bench.program("true")
    tree = bench.fresh_directory("command-cost")
    flock = ["flock", tree / "lock"]
    timeout = ["timeout", "60"]
    # -s makes tini a subreaper, because it is not process 1 here.
    tini = ["tini", "-s", "--"]
    return Commands({
        "floor": ["--", true],
        "composite": ["--", *flock, *timeout, *tini, true],
        "launcher, attached": [attached_to(tree), "--", bench.launcher, "--name", "t", "--", true],
        "launcher, alone": ["--", bench.launcher, "--", true],
        "flock": ["--", *flock, true],
        "timeout": ["--", *timeout, true],
        "tini": ["--", *tini, true],
        "cmake -E env": ["--", "cmake", "-E", "env", true],
        "python3": ["--", "python3", "-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:])", true],
    }, 400)


def rows(_, samples):
    floor = samples["floor"].wall
    composite = samples["composite"].wall - floor
    for name, sample in samples.items():
        if name in ("floor", "composite"):
            continue
        ours = name == "launcher, attached"
        added = sample.wall - floor
        yield Row(
            f"added per command: {name} / composite",
            added / composite,
            0.40 if ours else None,
            0.30 if ours else None,
            f"{added / 1000:.2f} ms / {composite / 1000:.2f} ms, floor {floor / 1000:.2f} ms",
        )


MEASUREMENTS = [Measurement("added cost per command", added_cost, rows,
                            {"launcher, attached": (TIME,), "launcher, alone": (TIME,)})]
