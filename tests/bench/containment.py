"""What boundaries of the kernel around a test cost."""

ROUNDS = 200
KINDS = {  # and the aim, in milliseconds over a plain test
    "cgroup": None,
    "pidns": None,
    "netns": 1.2,
    "tmp": 1.0,
    "cgroup,pidns,netns,tmp": 2.0,
}


def boundaries(bench):
    tree = bench.fresh_directory("containment")
    commands = {"plain": []}
    commands.update({kind: [f"HOLDFAST_P_CONTAINMENT={kind}"] for kind in KINDS})
    words = ["--", bench.launcher, "--name", "t", "--", bench.program("true")]
    samples = bench.interleave(
        ROUNDS, {name: ["HOLDFAST_ATTACH=@", *said, *words] for name, said in commands.items()}, attach=tree)
    plain = samples["plain"].wall
    for kind, aim in KINDS.items():
        more = (samples[kind].wall - plain) / 1000
        yield bench.Row(f"containment {kind} / none", samples[kind].wall / plain,
                        aim=None if aim is None else 1 + 1000 * aim / plain,
                        measured=f"{more:.2f} ms more" + (f", aim {aim} ms" if aim else ""))


MEASUREMENTS = [("boundaries", boundaries)]
