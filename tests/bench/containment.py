"""What boundaries of the kernel around a test cost."""

from measuring import TIME, Commands, Measurement, Row, attached_to

KINDS = {  # and the aim, in milliseconds over a plain test
    "cgroup": None,
    "pidns": None,
    "netns": 1.2,
    "tmp": 1.0,
    "cgroup,pidns,netns,tmp": 2.0,
}


def boundaries(bench):
    tree = bench.fresh_directory("containment")
    said = {"plain": []}
    said.update({kind: [f"HOLDFAST_P_CONTAINMENT={kind}"] for kind in KINDS})
    words = ["--", bench.launcher, "--name", "t", "--", bench.program("true")]
    return Commands({name: [attached_to(tree), *properties, *words] for name, properties in said.items()}, 200)


def rows(_, samples):
    plain = samples["plain"].wall
    for kind, aim in KINDS.items():
        more = (samples[kind].wall - plain) / 1000
        yield Row(f"containment {kind} / none", samples[kind].wall / plain,
                  aim=None if aim is None else 1 + 1000 * aim / plain,
                  measured=f"{more:.2f} ms more" + (f", aim {aim} ms" if aim else ""))


MEASUREMENTS = [Measurement("boundaries", boundaries, rows, {kind: (TIME,) for kind in KINDS})]
