"""Whether a new stage is dearer than an old one. Both are measured in turn, A B and then B A, with as many
rounds as a narrow interval of confidence takes, within a time. Red is only what is dearer than allowed
with confidence, twice: the second time with fresh copies of both stages and fresh trees."""

import itertools
import subprocess
import time
from dataclasses import dataclass

import interval
from measuring import QUANTITIES, Commands, NotMeasured, Samples, interleave

DEARER, NO_DEARER, NOT_KNOWN, NOT_MEASURED = "DEARER", "no dearer", "not known", "NOT MEASURED"
# A double round is A B B A for each command. The first round is left out: it makes the files that stay,
# starts the keeper, and finds caches cold. Four leave seven rounds, and six are the least for a bound.
LEAST_DOUBLE_ROUNDS = 4


@dataclass
class Compared:
    what: str
    allowed: float
    interval: interval.Interval | None
    rounds: int = 0

    @property
    def verdict(self):
        if self.interval is None:
            return NOT_MEASURED
        if self.interval.low > self.allowed:
            return DEARER
        return NO_DEARER if self.interval.high <= self.allowed else NOT_KNOWN


def until_narrow(take, rows, allowed, seconds, clock=time.monotonic):
    """{row: [(new, old)…]}. `rows` are (name, quantity); `take(names, double_rounds)` returns the rounds of
    all rows of these names. A row is measured on until its interval is no wider than what is allowed; the
    verdict does not end it, or luck would."""
    begun = clock()
    pairs = {row: [] for row in rows}
    wide, double_rounds = list(rows), LEAST_DOUBLE_ROUNDS
    while wide and double_rounds:
        before = clock()
        taken = take(dict.fromkeys(name for name, _ in wide), double_rounds)
        for row in wide:
            pairs[row] += taken[row]
        wide = [row for row in wide if interval.of_ratio(pairs[row]).is_wider_than(allowed)]
        took = clock() - before
        double_rounds = next_double_rounds(double_rounds, took, seconds - (clock() - begun))
    return pairs


def next_double_rounds(last, took, left):
    """Twice as many as the last time, if there is time; 0: no more."""
    fit = int(left / max(took, 1e-9) * last)
    return min(2 * last, fit) if fit >= LEAST_DOUBLE_ROUNDS else 0


def in_turn(new, old, names, double_rounds):
    """The rounds of two plans: {name: (samples of the new, samples of the old)}."""
    if isinstance(new[1], Commands):
        return commands_in_turn(new, old, names, double_rounds)
    return readings_in_turn(new, old, names, double_rounds)


def commands_in_turn(new, old, names, double_rounds):
    sides = {"new": new[1].commands, "old": old[1].commands}
    order = [(side, name) for name in names for side in ("new", "old")]
    order += [(side, name) for name in names for side in ("old", "new")]
    commands = [(f"{side} {name}", sides[side][name]) for side, name in order]
    samples = interleave(new[0].program("interleave"), double_rounds, commands, new[1].pipe)
    return {name: (samples[f"new {name}"], samples[f"old {name}"]) for name in names}


def readings_in_turn(new, old, names, double_rounds):
    samples = {name: (Samples(), Samples()) for name in names}
    for side in itertools.islice(itertools.cycle((0, 1, 1, 0)), 4 * double_rounds):
        read = (new, old)[side][1].read()
        for name in names:
            samples[name][side].readings.append(read[name])
    return samples


def compare(measurement, sides, seconds):
    """The rows of one measurement. `sides` are the Bench of the new stage and that of the old one."""
    planned = []
    for side in sides:
        side.install()
        planned.append((side, measurement.plan(side)))
    rows = [(name, quantity) for name, quantities in measurement.ours.items() for quantity in quantities]

    def take(names, double_rounds):
        samples = in_turn(*planned, names, double_rounds)
        return {(name, quantity): list(zip(*(getattr(side, quantity) for side in samples[name])))[1:]
                for name, quantity in rows if name in names}

    pairs = until_narrow(take, rows, measurement.allowed, seconds)
    return [Compared(title(measurement, *row), measurement.allowed, interval.of_ratio(pairs[row]), len(pairs[row]))
            for row in rows]


def title(measurement, name, quantity):
    words = (name, QUANTITIES[quantity])
    return f"{measurement.name}: " + ", ".join(word for word in words if word)


def judged(measurement, sides, seconds, compare=compare):
    """Compares, and looks a second time where something is dearer. Returns the rows, and why they are not
    measured if so."""
    try:
        rows = compare(measurement, sides(), seconds)
        if all(row.verdict != DEARER for row in rows):
            return rows, ""
        again = compare(measurement, sides(), seconds)
    except (subprocess.CalledProcessError, NotMeasured, OSError) as failure:
        return [Compared(measurement.name, measurement.allowed, None)], str(failure)
    # The second look is the fairer one: it was not chosen for what it shows.
    return [second if first.verdict == DEARER else first for first, second in zip(rows, again)], ""


def exit_code(rows):
    verdicts = {row.verdict for row in rows}
    return 1 if DEARER in verdicts else 3 if NOT_MEASURED in verdicts else 0


def table_of(rows):
    table = [["what", "new / old", "from", "to", "allowed", "verdict", "rounds"]]
    return table + [cells(row) for row in rows]


def cells(row):
    known = row.interval
    numbers = [f"{number:.3f}" for number in (known.ratio, known.low, known.high)] if known else ["-"] * 3
    return [row.what, *numbers, f"{row.allowed:.3f}", row.verdict, str(row.rounds)]
