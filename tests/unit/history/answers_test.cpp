#include "history/answers.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace holdfast {
namespace {

PastResult passed(const std::string& name, std::int64_t wall_ms = 10) {
  return {{name}, "passed", Grade::passed, wall_ms, 1};
}
PastResult failed(const std::string& name, const std::string& signature = "why") {
  return {{name}, "failed", Grade::failure, 10, 1, false, {{1, "failed", signature}}};
}
PastResult flaky(const std::string& name, const std::string& signature = "why") {
  return {{name}, "passed", Grade::passed, 10, 2, true, {{1, "failed", signature}}};
}
PastResult skipped(const std::string& name) { return {{name}, "skipped", Grade::skipped, 0, 1}; }

// The n-th run, one day after the one before.
PastRun run(int n, std::vector<PastResult> results) {
  const double at = 86400.0 * n;
  return {{"r" + std::to_string(n), at, at + 60, true}, std::move(results)};
}

TEST(Failed, ATestIsRedIfItWasSoWhenLastSeen) {
  LastSeen seen;
  seen.add(run(1, {failed("a"), failed("b"), failed("c"), failed("d")}));
  seen.add(run(2, {failed("a", "other"), passed("b"), skipped("c")}));
  const std::vector<RedTest> red = seen.red();
  ASSERT_EQ(red.size(), 3U);
  EXPECT_EQ(failed_text(red),
            "3 tests were red when last seen\n"
            "  a: failed: other\n    in 2 runs in a row, since 1970-01-02 00:00:00 UTC (run r1)\n"
            "  c: failed: why\n    in 1 run, since 1970-01-02 00:00:00 UTC (run r1)\n"
            "  d: failed: why\n    in 1 run, since 1970-01-02 00:00:00 UTC (run r1)\n");
  const auto json = nlohmann::json::parse(failed_json(red));
  EXPECT_EQ(json["failed"][0]["test"], "a");
  EXPECT_EQ(json["failed"][0]["run"], "r2");
  EXPECT_EQ(json["failed"][0]["since"]["run"], "r1");
}

TEST(Failed, ARowOfRedRunsBeginsAnewAfterAGreenOne) {
  LastSeen seen;
  seen.add(run(1, {failed("a")}));
  seen.add(run(2, {passed("a")}));
  seen.add(run(3, {failed("a")}));
  seen.add(run(4, {failed("a")}));
  const auto red = nlohmann::json::parse(failed_json(seen.red())).at("failed").at(0);
  EXPECT_EQ(red.at("runs"), 2);
  EXPECT_EQ(red.at("since"), nlohmann::json({{"run", "r3"}, {"at", 3 * 86400.0}}));
  EXPECT_EQ(red.at("at"), 4 * 86400.0);
}

TEST(Failed, RedCasesAreNamedWithTheirBatch) {
  LastSeen seen;
  PastResult good = failed("Net.A");
  PastResult bad = failed("Net.B");
  good.test.batch = bad.test.batch = "net";
  seen.add(run(1, {failed("net"), good, bad}));
  good.grade = Grade::passed;
  seen.add(run(2, {failed("net"), good, bad}));
  const std::vector<RedTest> red = seen.red();
  ASSERT_EQ(red.size(), 1U);
  EXPECT_EQ(red[0].cases, (std::vector<std::string>{"Net.B"}));
}

TEST(Failed, CasesOfBatchesOfOneNameAreToldApart) {
  const auto of_second = [](PastResult result) {
    result.test.nth = 2;
    result.test.key = "k2";
    return result;
  };
  PastResult first = passed("net");
  first.test.key = "k1";
  PastResult bad = of_second(failed("Net.B"));
  bad.test.batch = "net";
  LastSeen seen;
  seen.add(run(1, {first, of_second(failed("net")), bad}));
  const std::vector<RedTest> red = seen.red();
  ASSERT_EQ(red.size(), 1U);
  EXPECT_EQ(red[0].cases, (std::vector<std::string>{"Net.B"}));
}

// A batch and its cases are numbered apart.
TEST(Failed, ACaseIsWithTheBatchOfItsKey) {
  PastResult first = failed("net");
  first.test.nth = 2;
  first.test.key = "k1";
  PastResult second = failed("net");
  second.test.key = "k2";
  PastResult bad = failed("Net.B");
  bad.test.batch = "net";
  bad.test.key = "k1";
  PastResult lost = bad;
  lost.test.name = "Net.C";
  lost.test.key = "k3";
  LastSeen seen;
  seen.add(run(1, {first, second, bad, lost}));
  const std::vector<RedTest> red = seen.red();
  ASSERT_EQ(red.size(), 2U);
  EXPECT_TRUE(red[0].cases.empty());
  EXPECT_EQ(red[1].cases, (std::vector<std::string>{"Net.B"}));
}

TEST(Failed, TheTextAndTheJsonNameTheRedCasesOfABatch) {
  PastResult bad = failed("Net.B");
  bad.test.batch = "net";
  LastSeen seen;
  seen.add(run(1, {failed("a"), failed("net", "one case"), bad}));
  EXPECT_EQ(failed_text(seen.red()),
            "2 tests were red when last seen\n"
            "  a: failed: why\n    in 1 run, since 1970-01-02 00:00:00 UTC (run r1)\n"
            "  net: failed: one case\n    in 1 run, since 1970-01-02 00:00:00 UTC (run r1)\n"
            "    cases: Net.B\n");
  const auto net = nlohmann::json::parse(failed_json(seen.red())).at("failed").at(1);
  EXPECT_EQ(net.at("outcome"), "failed");
  EXPECT_EQ(net.at("signature"), "one case");
  EXPECT_EQ(net.at("cases"), nlohmann::json({"Net.B"}));
}

TEST(Failed, ACaseThatIsRedAloneIsNoRedTest) {
  PastResult bad = failed("Net.B");
  bad.test.batch = "net";
  LastSeen seen;
  seen.add(run(1, {passed("net"), bad}));
  EXPECT_EQ(failed_text(seen.red()), "no test was red when it was last seen\n");
}

TEST(Flaky, RatesAreOfTheRunsThatSawTheTest) {
  Flakiness flakiness;
  flakiness.add(run(1, {passed("a"), flaky("b")}));
  flakiness.add(run(2, {flaky("a", "one"), flaky("b"), skipped("c")}));
  flakiness.add(run(3, {flaky("a", "two"), skipped("b"), failed("c")}));
  flakiness.add(run(4, {flaky("a", "two"), passed("c")}));
  EXPECT_EQ(flaky_text(flakiness),
            "2 flaky tests in 4 runs since 1970-01-02 00:00:00 UTC\n"
            "  b: 100.0 % (2 of 2 runs), since 1970-01-02 00:00:00 UTC (run r1), last 1970-01-03 "
            "00:00:00 UTC\n       2  why\n"
            "  a: 75.0 % (3 of 4 runs), since 1970-01-03 00:00:00 UTC (run r2), last 1970-01-05 "
            "00:00:00 UTC\n       2  two\n       1  one\n");
  const auto json = nlohmann::json::parse(flaky_json(flakiness));
  EXPECT_EQ(json["flaky"].size(), 2U);
  EXPECT_DOUBLE_EQ(json["flaky"][1]["rate"], 0.75);
  EXPECT_EQ(json["flaky"][1]["first"]["run"], "r2");
  EXPECT_EQ(json["flaky"][1]["last"]["run"], "r4");
  EXPECT_TRUE(json["unsteady"].empty());
}

TEST(Flaky, ATestThatChangesBetweenRedAndGreenIsUnsteady) {
  Flakiness flakiness;
  for (int i = 0; i < 4; ++i) {
    flakiness.add(
        run(i, {i % 2 == 0 ? passed("a") : failed("a"), i < 2 ? passed("b") : failed("b")}));
  }
  ASSERT_EQ(flakiness.unsteady().size(), 1U);
  EXPECT_EQ(flakiness.unsteady()[0].test.name, "a");
  EXPECT_NE(flaky_text(flakiness).find("\n  a: 3 changes in 4 runs, red in 2\n"), std::string::npos)
      << flaky_text(flakiness);
}

TEST(Flaky, OnlyTheMostFrequentSignaturesAreShown) {
  Flakiness flakiness;
  for (const char* why : {"one", "two", "three", "four", "four", "five"})
    flakiness.add(run(1, {flaky("a", why)}));
  EXPECT_NE(flaky_text(flakiness).find("\n       2  four\n       1  five\n       1  one\n"
                                       "          and 2 more\n"),
            std::string::npos)
      << flaky_text(flakiness);
  const auto json = nlohmann::json::parse(flaky_json(flakiness)).at("flaky").at(0);
  EXPECT_EQ(json.at("signatures").size(), 5U);
  EXPECT_EQ(json.at("signatures").at(0), nlohmann::json({{"signature", "four"}, {"count", 2}}));
}

TEST(Flaky, WhatWasFlakyOnceHasNoLastTime) {
  Flakiness flakiness;
  flakiness.add(run(1, {flaky("a")}));
  flakiness.add(run(2, {passed("a")}));
  EXPECT_EQ(flaky_text(flakiness),
            "1 flaky test in 2 runs since 1970-01-02 00:00:00 UTC\n"
            "  a: 50.0 % (1 of 2 runs), since 1970-01-02 00:00:00 UTC (run r1)\n"
            "       1  why\n");
  EXPECT_EQ(flaky_text({}), "0 flaky tests in 0 runs\n");
}

TEST(Flaky, TheJsonHasAllThreeLists) {
  Flakiness flakiness;
  for (int i = 1; i <= 4; ++i) {
    PastResult alternating = i % 2 == 0 ? passed("b") : failed("b");
    alternating.program = "p";
    flakiness.add(run(i, {flaky("a"), alternating, i % 2 == 0 ? passed("c") : failed("c")}));
  }
  const auto json = nlohmann::json::parse(flaky_json(flakiness));
  EXPECT_EQ(json.at("runs"), 4);
  EXPECT_EQ(json.at("since"), 86400.0);
  EXPECT_EQ(json.at("flaky").size(), 1U);
  ASSERT_EQ(json.at("alternating").size(), 1U);
  EXPECT_EQ(json.at("alternating").at(0).at("test"), "b");
  EXPECT_EQ(json.at("alternating").at(0).at("red"), 2);
  EXPECT_EQ(json.at("alternating").at(0).at("changes_on_one_program"), 3);
  EXPECT_FALSE(json.at("alternating").at(0).contains("first"));
  ASSERT_EQ(json.at("unsteady").size(), 1U);
  EXPECT_EQ(json.at("unsteady").at(0).at("test"), "c");
  EXPECT_EQ(json.at("unsteady").at(0).at("changes"), 3);
}

TEST(Flaky, ATestThatIsRedGreenAndRedOnOneProgramAlternates) {
  const auto with = [](PastResult result, const std::string& program) {
    result.program = program;
    return result;
  };
  Flakiness flakiness;
  flakiness.add(run(1, {with(failed("a"), "p"), with(failed("b"), "p"), failed("c")}));
  flakiness.add(run(2, {with(passed("a"), "p"), with(passed("b"), "q"), passed("c")}));
  flakiness.add(run(3, {with(failed("a"), "q"), with(failed("b"), "r"), failed("c")}));
  // A change to and from another program is no proof.
  EXPECT_TRUE(flakiness.alternating().empty());
  flakiness.add(run(4, {with(failed("a"), "p"), with(passed("b"), "q"), passed("c")}));
  ASSERT_EQ(flakiness.alternating().size(), 1U);
  EXPECT_EQ(flakiness.alternating()[0].test.name, "a");
  ASSERT_EQ(flakiness.unsteady().size(), 2U);
  const auto unsteady = nlohmann::json::parse(flaky_json(flakiness)).at("unsteady").at(0);
  EXPECT_EQ(unsteady.at("test"), "b");
  EXPECT_EQ(unsteady.at("changes"), 3);
  EXPECT_EQ(unsteady.at("changes_on_one_program"), 0);
  EXPECT_NE(
      flaky_text(flakiness).find(
          "\nAlternating on one program, without a retry\n  a: 2 changes in 4 runs, red in 3\n"),
      std::string::npos)
      << flaky_text(flakiness);
  // What is known to be flaky by a retry is in one list only.
  flakiness.add(run(5, {with(flaky("a"), "p")}));
  EXPECT_TRUE(flakiness.alternating().empty());
  EXPECT_EQ(flakiness.flaky().size(), 1U);
}

TEST(HistoryOfTest, OutcomesAndDurationsAreDrawn) {
  TestHistory history;
  history.add(run(1, {passed("a", 10)}));
  history.add(run(2, {flaky("a")}));
  history.add(run(3, {failed("a")}));
  history.add(run(4, {passed("a", 80)}));
  const std::string text = history_text(history, Charset::ascii);
  EXPECT_EQ(text.substr(0, text.find("1970")),
            "a: 4 runs: 3 passed, 1 failed; flaky in 1\n"
            "  outcomes   .fF.\n"
            "  durations  ___#  0.01 s to 0.08 s, median 0.01 s\n"
            "  ")
      << text;
  EXPECT_NE(text.find("1970-01-04 00:00:00 UTC    0.01 s  failed: why  (r3)\n"), std::string::npos)
      << text;
  EXPECT_NE(history_text(history, Charset::unicode).find("▁▁▁█"), std::string::npos);
  const auto json = nlohmann::json::parse(history_json(history));
  EXPECT_EQ(json["tests"][0]["runs"].size(), 4U);
  const auto& second = json["tests"][0]["runs"][1];
  EXPECT_EQ(second["run"], "r2");
  EXPECT_EQ(second["outcome"], "passed");
  EXPECT_EQ(second["flaky"], true);
  EXPECT_EQ(second["attempts"], 2);
  EXPECT_EQ(second["failures"],
            nlohmann::json::parse(R"([{"attempt":1,"outcome":"failed","signature":"why"}])"));
  EXPECT_EQ(history_text(TestHistory{}, Charset::ascii), "");
}

TEST(HistoryOfTest, TheNewestRunsAreDrawnAndListed) {
  const PastResult late{{"a"},
                        "timed_out",
                        Grade::error,
                        10,
                        1,
                        false,
                        {{1, "timed_out", "timed_out: signal 9 (SIGKILL)"}}};
  TestHistory history;
  for (int i = 1; i <= 70; ++i) {
    history.add(run(i, {i == 70   ? skipped("a")
                        : i == 69 ? late
                        : i <= 10 ? failed("a")
                                  : passed("a")}));
  }
  const std::string text = history_text(history, Charset::ascii);
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has("\n  outcomes   " + std::string(58, '.') + "Es\n")) << text;
  EXPECT_TRUE(has("  timed out: signal 9 (SIGKILL)  (r69)\n")) << text;
  EXPECT_LT(text.find("(r70)"), text.find("(r69)"));
  EXPECT_TRUE(has("(r51)\n  and 50 more\n")) << text;
}

TEST(HistoryOfTest, TestsOfOneNameAndCasesAreToldApart) {
  PastResult second = passed("a");
  second.test.nth = 2;
  second.test.key = "k2";
  PastResult one = passed("a");
  one.test.batch = "net";
  TestHistory history;
  history.add(run(1, {passed("a"), second, one}));
  const std::string text = history_text(history, Charset::ascii);
  for (const char* title : {"a: 1 run: ", "\n\na #2: 1 run: ", "\n\na in net: 1 run: "})
    EXPECT_NE(text.find(title), std::string::npos) << text;
  std::string keys;
  const auto json = nlohmann::json::parse(history_json(history));
  for (const auto& test : json.at("tests"))
    keys += test.value("batch", "-") + test.at("nth").dump() + test.value("key", "-") + " ";
  EXPECT_NE(keys.find("-1- "), std::string::npos) << keys;
  EXPECT_NE(keys.find("-2k2 "), std::string::npos) << keys;
  EXPECT_NE(keys.find("net1- "), std::string::npos) << keys;
}

TEST(Slowest, CasesAndResultsWithoutAnAttemptAreNotAmongThem) {
  PastResult one = passed("Net.A", 90'000);
  one.test.batch = "net";
  PastResult bare = passed("a", 0);
  bare.attempts = 0;
  Durations durations;
  for (int i = 0; i < 3; ++i) durations.add(run(i, {passed("a", 100), one}));
  for (int i = 3; i < 9; ++i) durations.add(run(i, {bare}));
  ASSERT_EQ(durations.sorted().size(), 1U);
  EXPECT_DOUBLE_EQ(durations.sorted()[0].median, 0.1);
  EXPECT_EQ(durations.sorted()[0].runs, 3U);
  EXPECT_EQ(durations.of(one.test).size(), 3U);
}

TEST(Slowest, TheMedianOfTheLastRunsCounts) {
  Durations durations;
  for (int i = 0; i < 20; ++i) {
    durations.add(run(i, {passed("a", i < 10 ? 90'000 : 100), passed("b", 300), failed("c")}));
  }
  const std::vector<SlowTest> sorted = durations.sorted();
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_EQ(sorted[0].test.name, "b");
  EXPECT_DOUBLE_EQ(sorted[1].median, 0.1);
  EXPECT_EQ(slowest_text(sorted),
            "The slowest of 2 tests, by the median of their last 10 runs; all take 0.40 s\n"
            "        0.30 s   75.0 %  b\n        0.10 s   25.0 %  a\n");
  EXPECT_DOUBLE_EQ(median_s({1000, 4000, 2000, 3000}), 2.5);
}

TEST(Slowest, OnlyTheFirstTwentyAreShownAndTheJsonHasAll) {
  std::vector<PastResult> results;
  for (int i = 10; i < 32; ++i) results.push_back(passed("t" + std::to_string(i), 10 * i));
  Durations durations;
  for (int i = 0; i < 3; ++i) durations.add(run(i, results));
  results.back().wall_ms = 20;
  durations.add(run(3, {results.back()}));
  const std::string text = slowest_text(durations.sorted());
  EXPECT_NE(text.find("  t12\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("  t11\n"), std::string::npos) << text;
  const auto all = nlohmann::json::parse(slowest_json(durations.sorted())).at("slowest");
  ASSERT_EQ(all.size(), 22U);
  EXPECT_EQ(all.at(0).at("test"), "t31");
  EXPECT_EQ(all.at(0).at("median_s"), 0.31);
  EXPECT_EQ(all.at(0).at("last_s"), 0.02);
  EXPECT_EQ(all.at(0).at("runs"), 4);
}

TEST(Slowest, WhereNothingIsKnownWellNoTestIsNamed) {
  EXPECT_EQ(slowest_text({}), "no test that passed is in the history\n");
  Durations durations;
  for (int i = 0; i < 2; ++i) durations.add(run(i, {passed("a"), passed("b")}));
  EXPECT_EQ(slowest_text(durations.sorted()),
            "2 tests passed fewer than 3 times: not known well enough\n");
}

Durations times_in(const std::vector<PastRun>& runs) {
  Durations times;
  for (const PastRun& one : runs) times.add(one);
  return times;
}

TEST(Compare, WhatIsNewlyRedOrSlowIsTold) {
  const PastRun before = run(1, {passed("a"), passed("slow", 200), passed("quick", 20), failed("m"),
                                 failed("s"), passed("gone"), passed("once", 200)});
  const PastRun earlier = run(0, {passed("slow", 190), passed("quick", 20)});
  const Comparison comparison =
      compare(before,
              run(2, {failed("a"), passed("slow", 300), passed("quick", 90), passed("m"),
                      failed("s"), passed("added"), failed("new"), passed("once", 900)}),
              times_in({earlier, earlier, before}));
  EXPECT_EQ(comparison_text(comparison),
            "From run r1 of 1970-01-02 00:00:00 UTC\nto run   r2 of 1970-01-03 00:00:00 UTC\n"
            "\nNewly red\n  a: failed: why\n  new: failed: why (new test)\n"
            "\nNewly slow\n  slow: 0.30 s, usually 0.19 s\n"
            "\nGreen again\n  m\n\nStill red\n  s: failed: why\n"
            "\nOnly in the later run\n  added\n  new\n\nOnly in the earlier run\n  gone\n");
  const auto json = nlohmann::json::parse(comparison_json(comparison));
  const auto names = [&](const char* list) {
    std::string all;
    for (const auto& one : json.at(list)) all += one.at("test").get<std::string>() + " ";
    return all;
  };
  EXPECT_EQ(names("newly_red"), "a new ");
  EXPECT_EQ(names("newly_slow"), "slow ");
  EXPECT_EQ(names("mended"), "m ");
  EXPECT_EQ(names("still_red"), "s ");
  EXPECT_EQ(names("added"), "added new ");
  EXPECT_EQ(names("gone"), "gone ");
  EXPECT_EQ(json["newly_red"][0]["before"]["outcome"], "passed");
  EXPECT_EQ(json["newly_red"][0]["after"]["outcome"], "failed");
  EXPECT_EQ(json["newly_red"][0]["signature"], "why");
  EXPECT_EQ(json["newly_slow"][0]["before"]["wall_s"], 0.2);
  EXPECT_EQ(json["newly_slow"][0]["after"]["wall_s"], 0.3);
  EXPECT_EQ(json["newly_slow"][0]["usual_s"], 0.19);
  EXPECT_NE(comparison_text(compare(run(1, {passed("a")}), run(2, {passed("a")}), {}))
                .find("\nNothing is newly"),
            std::string::npos);
}

TEST(Compare, WhatBecameSlowestComesFirst) {
  const PastRun before = run(1, {passed("a", 100), passed("b", 100), passed("c", 100)});
  const Comparison comparison =
      compare(before, run(2, {passed("a", 300), passed("b", 900), passed("c", 600)}),
              times_in({before, before, before}));
  std::string names;
  for (const Change& change : comparison.newly_slow) names += change.test.name;
  EXPECT_EQ(names, "bca");
}

TEST(Compare, WhatWasSkippedOrRedBeforeIsNotNewlySlow) {
  const PastRun earlier = run(0, {passed("a", 100), passed("b", 100)});
  const Comparison comparison =
      compare(run(1, {skipped("a"), failed("b")}), run(2, {passed("a", 900), passed("b", 900)}),
              times_in({earlier, earlier, earlier}));
  EXPECT_TRUE(comparison.newly_slow.empty());
}

TEST(Compare, ARunThatDidNotComeToItsEndIsMarked) {
  PastRun before = run(1, {passed("a")});
  PastRun after = run(2, {passed("a")});
  after.head.complete = false;
  const Comparison comparison = compare(before, after, {});
  EXPECT_TRUE(comparison_text(comparison)
                  .starts_with("From run r1 of 1970-01-02 00:00:00 UTC\n"
                               "to run   r2 of 1970-01-03 00:00:00 UTC (incomplete)\n"))
      << comparison_text(comparison);
  const auto json = nlohmann::json::parse(comparison_json(comparison));
  EXPECT_EQ(json.at("before"),
            nlohmann::json({{"run", "r1"}, {"at", 86400.0}, {"complete", true}}));
  EXPECT_EQ(json.at("after").at("complete"), false);
}

TEST(Compare, ARedTestThatIsSkippedNowIsNotGreenAgain) {
  const Comparison comparison = compare(run(1, {failed("a")}), run(2, {skipped("a")}), {});
  EXPECT_TRUE(comparison.mended.empty());
  EXPECT_TRUE(comparison.newly_red.empty());
}

TEST(Compare, WhatWasAsSlowOnceIsNotNewlySlow) {
  std::vector<PastRun> runs;
  for (const int wall : {900, 100, 100, 100}) runs.push_back(run(1, {passed("a", wall)}));
  const auto are_slow = [&](int wall) {
    return compare(runs.back(), run(9, {passed("a", wall)}), times_in(runs)).newly_slow.size();
  };
  EXPECT_EQ(are_slow(900), 0U);
  EXPECT_EQ(are_slow(901), 1U);
  // Of more than the last ten runs nobody thinks.
  for (int i = 0; i < 9; ++i) runs.push_back(run(1, {passed("a", 100)}));
  EXPECT_EQ(are_slow(900), 1U);
}

TEST(Slowest, WhatPassedFewerThanThreeTimesIsNotSlow) {
  Durations durations;
  for (int i = 0; i < 3; ++i) durations.add(run(i, {passed("a", 100)}));
  durations.add(run(3, {passed("new", 90'000)}));
  EXPECT_EQ(slowest_text(durations.sorted()),
            "The slowest of 1 test, by the median of their last 10 runs; all take 0.10 s\n"
            "        0.10 s  100.0 %  a\n"
            "1 test passed fewer than 3 times: not known well enough\n");
}

TEST(Failed, ACaseWithAKeyIsOfABatchOfItsNumberWithoutOne) {
  PastResult bad = failed("Net.B");
  bad.test.batch = "net";
  bad.test.key = "k1";
  LastSeen seen;
  seen.add(run(1, {failed("net"), bad}));
  ASSERT_EQ(seen.red().size(), 1U);
  EXPECT_EQ(seen.red()[0].cases, (std::vector<std::string>{"Net.B"}));
  bad.test.nth = 5;  // a batch of that name that is not red
  LastSeen other;
  other.add(run(1, {failed("net"), bad}));
  ASSERT_EQ(other.red().size(), 1U);
  EXPECT_TRUE(other.red()[0].cases.empty());
}

TEST(Failed, ASignatureThatIsTheOutcomeIsNotToldTwice) {
  LastSeen seen;
  seen.add(run(1, {failed("a", "failed")}));
  EXPECT_NE(failed_text(seen.red()).find("  a: failed\n"), std::string::npos);
}

TEST(Compare, WhatIsSkippedNowIsNotNewlySlow) {
  PastResult now = skipped("a");
  now.wall_ms = 9000;
  const PastRun before = run(1, {passed("a", 100)});
  EXPECT_TRUE(
      compare(before, run(2, {now}), times_in({before, before, before})).newly_slow.empty());
}

}  // namespace
}  // namespace holdfast
