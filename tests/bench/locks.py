"""What locks cost: handed on, shared out, and taken without contention."""

import statistics
import subprocess
import time


def contend(bench, *words):
    call = [bench.program("contend"), *map(str, words)]
    printed = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [int(line) for line in printed.split()]


def hand_off(bench):
    ours, raw = [], []
    # In turn, so that other work of the machine hits both alike.
    for _ in range(5):
        raw += contend(bench, "handoff", "flock", 100)
        ours += contend(bench, "handoff", "holdfast", 100)
    polled = contend(bench, "handoff", "polled", 15)
    median = {name: statistics.median(ns) / 1000
              for name, ns in (("ours", ours), ("raw", raw), ("polled", polled))}
    return [
        bench.Row("lock handed on: Holdfast / flock(2), median", median["ours"] / median["raw"], 8.00,
                  None, f"{median['ours']:.1f} us / {median['raw']:.1f} us"),
        bench.Row("lock handed on: Holdfast / lock file polled every 50 ms, median",
                  median["ours"] / median["polled"], None, None,
                  f"{median['ours']:.1f} us / {median['polled'] / 1000:.1f} ms"),
    ]


def sharing(bench):
    rows = []
    for kind, bound in (("holdfast", 1.05), ("flock", None)):
        had = contend(bench, "share", kind, 8, 10000)
        rows.append(bench.Row(f"8 contenders, 10000 acquisitions, {kind}: most / least",
                              max(had) / max(1, min(had)), bound, None, f"{max(had)} / {min(had)}"))
    return rows


def uncontended(bench):
    lock = statistics.median(contend(bench, "alone", "holdfast", 2000)) / 1000
    raw = statistics.median(contend(bench, "alone", "flock", 2000)) / 1000
    true = bench.program("true")
    name = f"bench-{bench.work.name}-alone"
    samples = bench.interleave(300, {
        "plain": ["--", bench.launcher, "--", true],
        "locked": ["--", bench.launcher, "--lock", f"{name}@user", "--", true],
    })
    launch, locked = samples["plain"].wall, samples["locked"].wall
    return [
        bench.Row("uncontended lock / launch", lock / launch, 0.05, None,
                  f"{lock:.1f} us / {launch:.0f} us, flock(2) {raw:.1f} us"),
        bench.Row("launch with an uncontended lock / without", locked / launch, None, None,
                  f"{locked:.0f} us / {launch:.0f} us"),
    ]


# Several processes run a command under the lock again and again.
COMMANDS = 25
CONTENDERS = 8


def queue_of(command):
    began = time.monotonic()
    script = f"i=0; while [ $i -lt {COMMANDS} ]; do {command}; i=$((i+1)); done"
    runs = [subprocess.Popen(["sh", "-c", script]) for _ in range(CONTENDERS)]
    for run in runs:
        if run.wait() != 0:
            raise subprocess.CalledProcessError(run.returncode, command)
    return time.monotonic() - began


def commands(bench):
    directory = bench.fresh_directory("locks")
    true = bench.program("true")
    polled = (f'until mkdir "{directory}/polled" 2>/dev/null; do sleep 0.05; done; {true}; '
              f'rmdir "{directory}/polled"')
    took = {
        "ours": queue_of(f"{bench.launcher} --quiet --lock bench-queue@user -- {true}"),
        "flock": queue_of(f'flock "{directory}/flock" {true}'),
        "polled": queue_of(polled),
    }
    what = f"{CONTENDERS} processes, {COMMANDS} commands each under one lock: launcher"
    return [bench.Row(f"{what} / {name}", took["ours"] / took[other], None, None,
                      f"{took['ours']:.2f} s / {took[other]:.2f} s")
            for name, other in (("flock(1)", "flock"), ("mkdir polled every 50 ms", "polled"))]


MEASUREMENTS = [
    ("hand-off", hand_off),
    ("fairness", sharing),
    ("uncontended", uncontended),
    ("commands in a queue", commands),
]
