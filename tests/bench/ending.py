"""What it takes to end a test whose processes escaped, against a plain kill of a process group."""

import statistics
import subprocess

from measuring import READING, Measurement, Readings, Row, ratio

ENDINGS = 5
BYSTANDERS = 1000


def ended(bench, bystanders):
    call = [bench.program("endings"), str(ENDINGS), str(bystanders), bench.launcher]
    printed = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    samples = {"plain": [], "launcher": []}
    for line in printed.splitlines():
        name, wall, _ = line.split("\t")
        samples[name].append(float(wall))
    return {name: statistics.median(wall) for name, wall in samples.items()}


def escaped(bystanders):
    among = f" among {bystanders} bystanders" if bystanders else ""

    def plan(bench):
        return Readings(lambda: ended(bench, bystanders), 12)

    def rows(_, samples):
        ours, theirs = samples["launcher"], samples["plain"]
        yield Row(f"end 50 escaped grandchildren{among} / kill a group of 50", ratio(ours.readings, theirs.readings),
                  1.5, None, f"{ours.reading / 1000:.2f} ms / {theirs.reading / 1000:.2f} ms")

    return Measurement(f"ending of escaped processes{among}", plan, rows, {"launcher": (READING,)})


MEASUREMENTS = [escaped(0), escaped(BYSTANDERS)]
