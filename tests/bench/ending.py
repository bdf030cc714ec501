"""What it takes to end a test whose processes escaped, against a plain kill of a process group."""

import statistics
import subprocess

ROUNDS = 60
BYSTANDERS = 1000


def measure(bench, bystanders):
    call = [bench.program("endings"), str(ROUNDS), str(bystanders), bench.launcher]
    printed = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    samples = {"plain": [], "launcher": []}
    for line in printed.splitlines():
        name, wall, _ = line.split("\t")
        samples[name].append(float(wall))
    # The median of the rounds' ratios: a machine that is busy for a while slows both endings of a
    # round.
    ratio = statistics.median(ours / theirs for ours, theirs in zip(samples["launcher"], samples["plain"]))
    ours, theirs = (statistics.median(samples[name]) for name in ("launcher", "plain"))
    return ratio, f"{ours / 1000:.2f} ms / {theirs / 1000:.2f} ms"


def escaped(bench):
    rows = []
    for bystanders in (0, BYSTANDERS):
        ratio, measured = measure(bench, bystanders)
        among = f" among {bystanders} bystanders" if bystanders else ""
        rows.append(bench.Row(f"end 50 escaped grandchildren{among} / kill a group of 50", ratio, 1.5, None,
                              measured))
    return rows


MEASUREMENTS = [("ending of escaped processes", escaped)]
