"""What locks cost: handed on, shared out, and taken without contention."""

import statistics
import subprocess

from measuring import TIME, Commands, Measurement, Readings, Row


def contend(bench, *words):
    """The lock itself, which bench-contend has from this checkout: no stage is in it."""
    call = [bench.program("contend"), *map(str, words)]
    printed = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [int(line) for line in printed.split()]


def hand_off(bench):
    def read():
        return {name: statistics.median(contend(bench, "handoff", kind, rounds)) / 1000
                for name, kind, rounds in (("raw", "flock", 100), ("ours", "holdfast", 100), ("polled", "polled", 3))}

    return Readings(read, 5)


def hand_off_rows(_, samples):
    ours, raw, polled = (samples[name].reading for name in ("ours", "raw", "polled"))
    return [
        Row("lock handed on: Holdfast / flock(2), median", ours / raw, 14.00, None, f"{ours:.1f} us / {raw:.1f} us"),
        Row("lock handed on: Holdfast / lock file polled every 50 ms, median", ours / polled, None, None,
            f"{ours:.1f} us / {polled / 1000:.1f} ms"),
    ]


def sharing(bench):
    def read():
        had = {kind: contend(bench, "share", kind, 8, 10000) for kind in ("holdfast", "flock")}
        return {(kind, name): pick(counts) for kind, counts in had.items()
                for name, pick in (("most", max), ("least", min))}

    return Readings(read, 1)


def sharing_rows(_, samples):
    for kind, bound in (("holdfast", 1.05), ("flock", None)):
        most, least = (samples[kind, name].reading for name in ("most", "least"))
        yield Row(f"8 contenders, 10000 acquisitions, {kind}: most / least", most / max(1, least), bound, None,
                  f"{most} / {least}")


def uncontended(bench):
    true = bench.program("true")
    name = f"bench-{bench.work.name}-alone"
    return Commands({
        "plain": ["--", bench.launcher, "--", true],
        "locked": ["--", bench.launcher, "--lock", f"{name}@user", "--", true],
    }, 300)


def uncontended_rows(bench, samples):
    lock = statistics.median(contend(bench, "alone", "holdfast", 2000)) / 1000
    raw = statistics.median(contend(bench, "alone", "flock", 2000)) / 1000
    launch, locked = samples["plain"].wall, samples["locked"].wall
    return [
        Row("uncontended lock / launch", lock / launch, 0.05, None,
            f"{lock:.1f} us / {launch:.0f} us, flock(2) {raw:.1f} us"),
        Row("launch with an uncontended lock / without", locked / launch, None, None,
            f"{locked:.0f} us / {launch:.0f} us"),
    ]


# Several processes run a command under the lock again and again.
COMMANDS = 25
CONTENDERS = 8


def queue_of(command):
    """Fails if one of the commands does."""
    script = (f"for n in $(seq {CONTENDERS}); do "
              f"(for i in $(seq {COMMANDS}); do {command} || exit 1; done) & all=\"$all $!\"; done; "
              "for one in $all; do wait $one || exit 1; done")
    return ["--", "sh", "-c", script]


def commands(bench):
    directory = bench.fresh_directory("locks")
    true = bench.program("true")
    polled = (f'(until mkdir "{directory}/polled" 2>/dev/null; do sleep 0.05; done; "{true}"; '
              f'rmdir "{directory}/polled")')
    lock = f"bench-{bench.work.name}-queue@user"
    return Commands({
        "launcher": queue_of(f'"{bench.launcher}" --quiet --lock "{lock}" -- "{true}"'),
        "flock": queue_of(f'flock "{directory}/flock" "{true}"'),
        "polled": queue_of(polled),
    }, 3)


def commands_rows(_, samples):
    ours = samples["launcher"].wall / 1e6
    for name, other in (("flock(1)", "flock"), ("mkdir polled every 50 ms", "polled")):
        theirs = samples[other].wall / 1e6
        yield Row(f"{CONTENDERS} processes, {COMMANDS} commands each under one lock: launcher / {name}",
                  ours / theirs, None, None, f"{ours:.2f} s / {theirs:.2f} s")


MEASUREMENTS = [
    Measurement("hand-off", hand_off, hand_off_rows),
    Measurement("fairness", sharing, sharing_rows),
    Measurement("uncontended lock", uncontended, uncontended_rows, {"locked": (TIME,)}),
    Measurement("commands in a queue", commands, commands_rows, {"launcher": (TIME,)}),
]
