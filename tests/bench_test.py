"""How ./dev bench --against decides (tests/bench/interval.py, against.py), and what it says of wrong words."""

import math
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BENCH = Path(__file__).with_name("bench")
sys.path.insert(0, str(BENCH))

import against  # noqa: E402
import bench  # noqa: E402
import interval  # noqa: E402
from against import DEARER, NO_DEARER, NOT_KNOWN, NOT_MEASURED, Compared  # noqa: E402
from measuring import READING, TIME, Measurement, NotMeasured, Readings  # noqa: E402

ROW = ("attached", TIME)


def noisy(source, slower, rounds):
    """Pairs as of a busy machine: a load that drifts and hits both, and now and then a long delay for one."""
    load = 1.0
    for _ in range(rounds):
        load *= math.exp(source.gauss(0, 0.05))
        new, old = (load * math.exp(source.gauss(0, 0.04)) * (3 if source.random() < 0.05 else 1) for _ in range(2))
        yield new * slower, old


def verdict(pairs, allowed=1.03):
    return Compared("", allowed, interval.of_ratio(pairs)).verdict


class Intervals(unittest.TestCase):
    def assert_interval(self, pairs, ratio, low, high):
        known = interval.of_ratio(pairs)
        for is_there, expected in ((known.ratio, ratio), (known.low, low), (known.high, high)):
            self.assertAlmostEqual(is_there, expected, places=9)

    def test_bounds_are_those_of_the_signed_ranks(self):
        # Six rounds: the bounds are the least and the most, with 1 - 2/64 = 97 %.
        self.assert_interval([(2 ** n, 1) for n in range(1, 7)], 2 ** 3.5, 2, 64)
        # Eight: W <= 3 has 5/256, and W <= 4 has 7/256. So the bounds are the fourth of the means
        # 1, 1.5, 2, 2, 2.5, ... from either end.
        self.assert_interval([(2 ** n, 1) for n in range(1, 9)], 2 ** 4.5, 2 ** 2, 2 ** 7)
        # Tables of the signed ranks: 8 for 10, 52 for 20 (two sides, 5 %).
        self.assertEqual([interval.cut(count, 0.95) for count in (5, 6, 10, 20)], [0, 1, 9, 53])

    def test_too_few_rounds_have_no_bounds(self):
        self.assertEqual(interval.of_ratio([(2, 1)] * 5), interval.Interval(2.0, 0, math.inf))
        self.assertEqual(verdict([(2, 1)] * 5), NOT_KNOWN)
        self.assertEqual(verdict([]), NOT_KNOWN)

    def test_what_repeats_is_its_simple_ratio(self):
        self.assert_interval([(1040, 1000)] * 7, 1.04, 1.04, 1.04)
        self.assertEqual(verdict([(1040, 1000)] * 7), DEARER)
        self.assertEqual(verdict([(1030, 1000)] * 7), NO_DEARER)

    def test_swapped_sides_have_the_reciprocal_interval(self):
        pairs = list(noisy(random.Random(3), 1.2, 90))
        there, back = interval.of_ratio(pairs), interval.of_ratio([(old, new) for new, old in pairs])
        self.assertAlmostEqual(there.low * back.high, 1)
        self.assertAlmostEqual(there.ratio * back.ratio, 1)

    def test_many_rounds_are_blocks_of_neighbours(self):
        self.assertEqual(interval.blocks(list(range(6))), list(range(6)))
        self.assertEqual(interval.blocks(list(range(120))), list(range(1, 120, 3)))
        self.assertEqual(len(interval.blocks(list(range(1001)))), interval.MOST_BLOCKS)

    def test_the_interval_misses_the_truth_no_more_often_than_said(self):
        for slower, rounds in ((1.0, 7), (1.0, 30), (1.1, 200)):
            source, misses = random.Random(rounds), 0
            for _ in range(150):
                known = interval.of_ratio(list(noisy(source, slower, rounds)))
                misses += not known.low <= slower <= known.high
            # 5 % of 150 are 7 or 8, and more than 14 has a chance of 1 %.
            self.assertLessEqual(misses, 14, (slower, rounds))


class Rounds(unittest.TestCase):
    """until_narrow with made-up rounds and a clock that only they move."""

    def setUp(self):
        self.now, self.asked = 0.0, []

    def measured(self, slower, seconds=60, cost=0.1, rows=(ROW,), seed=7):
        source = random.Random(seed)

        def take(names, double_rounds):
            self.asked.append((list(names), double_rounds))
            self.now += cost * double_rounds
            rounds = 2 * double_rounds - 1
            return {row: list(noisy(source, slower, rounds)) if row == rows[0] else [(slower, 1)] * rounds
                    for row in rows if row[0] in names}

        return against.until_narrow(take, rows, 1.03, seconds, lambda: self.now)

    def test_a_stage_against_itself_is_no_dearer(self):
        self.assertEqual(verdict(self.measured(1.0)[ROW]), NO_DEARER)

    def test_ten_percent_more_is_found(self):
        pairs = self.measured(1.1)[ROW]
        self.assertEqual(verdict(pairs), DEARER)
        self.assertEqual(verdict([(old, new) for new, old in pairs]), NO_DEARER)

    def test_rounds_end_when_the_interval_is_narrow_whatever_the_verdict(self):
        for slower in (1.0, 1.03, 1.3):
            pairs = self.measured(slower)[ROW]
            self.assertFalse(interval.of_ratio(pairs).is_wider_than(1.03))
            self.assertLess(self.now, 60)
            last = 2 * self.asked[-1][1] - 1
            self.assertTrue(interval.of_ratio(pairs[:-last]).is_wider_than(1.03), slower)

    def test_adding_rounds_until_it_is_narrow_makes_no_more_mistakes(self):
        # Of 40, 2.5 % are 1, and more than 4 has a chance of less than 1 %.
        reds = sum(verdict(self.measured(1.03, seed=seed)[ROW]) == DEARER for seed in range(40))
        self.assertLessEqual(reds, 4)

    def test_rounds_end_with_the_time_and_wide_is_not_known(self):
        pairs = self.measured(1.02, seconds=3)[ROW]
        self.assertEqual(verdict(pairs), NOT_KNOWN)
        self.assertLessEqual(self.now, 3)
        # However dear a round is, there are enough of them for bounds.
        self.assertEqual(len(self.measured(1.0, seconds=0, cost=100)[ROW]), 7)

    def test_only_what_is_still_wide_is_measured_on(self):
        rows = (ROW, ("steady", TIME))
        pairs = self.measured(1.0, rows=rows)
        self.assertEqual(self.asked[0][0], ["attached", "steady"])
        self.assertEqual([names for names, _ in self.asked[1:]], [["attached"]] * (len(self.asked) - 1))
        self.assertEqual(len(pairs["steady", TIME]), 7)


class Side:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def install(self):
        self.log.append(f"install {self.name}")


class Comparing(unittest.TestCase):
    def compared(self, numbers):
        log = []

        def plan(side):
            def read():
                log.append(side.name)
                return {"a": numbers[side.name], "b": 1}

            return Readings(read, 1)

        measurement = Measurement("held", plan, lambda bench, samples: [], {"a": (READING,)})
        return log, against.judged(measurement, lambda: [Side("new", log), Side("old", log)], 60)

    def test_both_are_measured_in_turn_and_a_different_one_begins(self):
        log, (rows, why) = self.compared({"new": 102, "old": 100})
        self.assertEqual(why, "")
        self.assertEqual(log, ["install new", "install old"] + ["new", "old", "old", "new"] * 4)
        self.assertEqual([(row.what, row.verdict, row.rounds) for row in rows], [("held: a", NO_DEARER, 7)])
        self.assertEqual(against.exit_code(rows), 0)

    def test_what_is_dearer_is_measured_again_with_other_copies(self):
        log, (rows, _) = self.compared({"new": 110, "old": 100})
        self.assertEqual(log.count("install new"), 2)
        self.assertEqual(rows[0].verdict, DEARER)
        self.assertEqual(against.exit_code(rows), 1)

    def test_what_is_dearer_only_once_is_not_red(self):
        for looks, expected in (((1.1, 1.0), NO_DEARER), ((1.0, 1.1), NO_DEARER), ((1.1, 1.1), DEARER)):
            ratios = iter(looks)

            def compare(*_):
                ratio = next(ratios)
                return [Compared("a", 1.03, interval.Interval(ratio, ratio, ratio))]

            rows, _ = against.judged(None, lambda: [], 60, compare)
            self.assertEqual(rows[0].verdict, expected)

    def test_what_cannot_be_measured_is_neither_red_nor_green(self):
        def plan(_):
            raise NotMeasured("no keeper")

        measurement = Measurement("held", plan, None, {"a": (READING,)})
        rows, why = against.judged(measurement, lambda: [Side("new", []), Side("old", [])], 60)
        self.assertEqual((rows[0].verdict, why), (NOT_MEASURED, "no keeper"))
        self.assertEqual(against.exit_code(rows), 3)
        self.assertEqual(against.table_of(rows)[1][:2], ["held", "-"])


class Words(unittest.TestCase):
    def said(self, *words):
        call = [sys.executable, "-B", BENCH / "bench.py", "--stage", "s", "--programs", "p", "--work", "w", "--check"]
        done = subprocess.run([*call, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertLessEqual(done.stdout.count("\n"), 1, done.stdout)
        return done.returncode, done.stdout

    def test_a_filter_that_selects_nothing_is_wrong_use(self):
        self.assertEqual(self.said("memory"), (0, ""))
        self.assertEqual(self.said(), (0, ""))
        code, text = self.said("no-such-thing")
        self.assertEqual(code, 2)
        self.assertIn("nothing is called 'no-such-thing'", text)

    def test_against_takes_an_installed_holdfast(self):
        with tempfile.TemporaryDirectory() as directory:
            for stage in (directory, f"{directory}/none"):
                code, text = self.said("--against", stage)
                self.assertEqual(code, 2)
                self.assertIn(f"{stage}: no installed Holdfast: it has no bin/holdfast", text)
            for file in ("bin/holdfast", "libexec/holdfast/holdfast-launcher", "lib/cmake/Holdfast/Holdfast.cmake"):
                (Path(directory) / file).parent.mkdir(parents=True)
                (Path(directory) / file).touch()
            self.assertEqual(self.said("--against", directory, "--seconds", "5", "memory"), (0, ""))
            code, text = self.said("--against", directory, "fairness")
            self.assertEqual(code, 2)
            self.assertIn("nothing is called 'fairness' that two stages can be compared by", text)

    def test_other_wrong_words_are_one_line(self):
        for words in (("--against",), ("--seconds", "5"), ("--agains", "x"), ("a", "b"), ("--seconds", "nan")):
            self.assertEqual(self.said(*words)[0], 2, words)

    def test_each_measurement_has_a_name_of_its_own(self):
        names = [f"{topic.__name__}: {one.name}" for topic in bench.TOPICS for one in topic.MEASUREMENTS]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
