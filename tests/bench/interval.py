"""How much dearer one of two things is: a ratio with bounds of confidence, from rounds in which both were
measured. Pure: numbers in, numbers out.

The rounds' ratios are taken as logarithms, so that twice and half are equally far from 1. If neither is
dearer, each of them is as likely above zero as below. Wilcoxon's signed ranks need no more than that:
nothing is supposed of the noise, which on a busy machine has a long tail. The ratio is the median of the
means of all pairs of these logarithms (Hodges and Lehmann), and the bounds are two of these means."""

import itertools
import math
import statistics
from dataclasses import dataclass

CONFIDENCE = 0.95
# Neighbouring rounds resemble one another on a machine that is busy for a while, and each would count as
# a new witness. Many rounds therefore are put together to this many blocks.
MOST_BLOCKS = 40


@dataclass(frozen=True)
class Interval:
    ratio: float
    low: float
    high: float

    def is_wider_than(self, factor):
        return self.high > self.low * factor


def blocks(logarithms):
    """At most MOST_BLOCKS medians of consecutive rounds."""
    number = min(len(logarithms), MOST_BLOCKS)
    edges = [i * len(logarithms) // number for i in range(number + 1)]
    return [statistics.median(logarithms[begin:end]) for begin, end in itertools.pairwise(edges)]


def cut(count, confidence):
    """How many of the smallest means, and of the largest, may lie beyond a bound, plus one. 0: there are
    too few rounds for such a confidence."""
    # ways[s]: how many of the 2^count choices of signs have ranks that add up to s.
    ways = [1]
    for rank in range(1, count + 1):
        ways = [a + b for a, b in zip(ways + [0] * rank, [0] * rank + ways)]
    allowed = (1 - confidence) / 2 * 2**count
    return sum(1 for beyond in itertools.accumulate(ways) if beyond <= allowed)


def of_ratio(pairs, confidence=CONFIDENCE):
    """`pairs` are the rounds, in their order: (new, old), numbers above 0. Without an answer the interval
    is all numbers."""
    if not pairs:
        return Interval(math.nan, 0, math.inf)
    logarithms = blocks([math.log(new / old) for new, old in pairs])
    means = sorted((a + b) / 2 for a, b in itertools.combinations_with_replacement(logarithms, 2))
    ratio = math.exp(statistics.median(means))
    beyond = cut(len(logarithms), confidence)
    if beyond == 0:
        return Interval(ratio, 0, math.inf)
    return Interval(ratio, math.exp(means[beyond - 1]), math.exp(means[-beyond]))
