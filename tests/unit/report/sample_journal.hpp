// Journals for tests, built record by record.
#pragma once

#include "journal/journal_reader.hpp"
#include "report/model.hpp"
#include "report/run_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

inline RunReport report_of(const Journal& journal, RunState state = RunState::over) {
  const auto read = [&](const SeeRecord& see) -> Result<JournalFlaws> {
    for (const Record& record : journal.records) see(Record(record));
    return journal;
  };
  return *report_of(read, state);
}

// Whether the numbers agree with each other, as report/model.hpp promises.
inline bool adds_up(const Counts& counts) {
  const auto sum = [](const auto& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
  };
  return sum(counts.by_outcome) == counts.planned &&
         sum(counts.of_cases.by_outcome) == counts.cases &&
         counts.run + counts.of(Outcome::not_run) == counts.planned &&
         counts.through + counts.bare == counts.run && counts.flaky <= counts.run &&
         counts.leaked <= counts.through && counts.orphaned <= counts.through;
}

inline const TestReport& test_named(const RunReport& report, std::string_view name) {
  const auto found = std::find_if(report.tests.begin(), report.tests.end(),
                                  [&](const TestReport& t) { return t.name == name; });
  EXPECT_NE(found, report.tests.end()) << name;
  return *found;
}

class SampleJournal {
 public:
  SampleJournal& run_started(double at = 1000) {
    journal_.records.push_back(RunStarted{at,
                                          "20261120-084053-1234",
                                          "/home/a/build",
                                          "boot",
                                          "0.1.0",
                                          {1234, 56789},
                                          {"ctest", "-j8"}});
    return *this;
  }
  SampleJournal& run_ended(bool complete = true, double at = 1060) {
    journal_.records.push_back(RunEnded{at, "20261120-084053-1234", complete});
    return *this;
  }
  SampleJournal& attempt_started(const std::string& test, const std::string& key = "k") {
    AttemptStarted record;
    record.at = 1001;
    record.attempt = "run." + std::to_string(++attempts_);
    record.test = test;
    record.key = key;
    record.locks = {"db@project"};
    journal_.records.push_back(record);
    return *this;
  }
  // The end of the latest attempt, unless `number` names another.
  SampleJournal& attempt_ended(const std::string& test, Outcome outcome, int status = 0,
                               const std::string& key = "k", int number = 0) {
    AttemptEnded record;
    record.at = 1002;
    record.attempt = "run." + std::to_string(number == 0 ? attempts_ : number);
    record.test = test;
    record.key = key;
    record.outcome = outcome;
    if (outcome == Outcome::crashed || outcome == Outcome::timed_out)
      record.signal = status;
    else
      record.exit_code = status;
    record.wall_s = 0.05;
    journal_.records.push_back(record);
    return *this;
  }
  SampleJournal& attempt(const std::string& test, Outcome outcome, int status = 0,
                         const std::string& key = "k") {
    return attempt_started(test, key).attempt_ended(test, outcome, status, key);
  }
  SampleJournal& bare(const std::string& test, const std::string& why,
                      const std::string& key = "k") {
    journal_.records.push_back(Bare{1001, test, key, why, false});
    return *this;
  }
  SampleJournal& verdict(const std::string& test, Verdict verdict, int index,
                         std::optional<bool> ran = std::nullopt, const std::string& note = "") {
    VerdictRecord record;
    record.at = 1050;
    record.test = test;
    record.verdict = verdict;
    record.index = index;
    record.ran = ran;
    record.note = note;
    journal_.records.push_back(record);
    return *this;
  }
  // Changes the latest verdict.
  SampleJournal& with_key(const std::string& key, int nth = 1) {
    std::get<VerdictRecord>(journal_.records.back()).key = key;
    std::get<VerdictRecord>(journal_.records.back()).nth = nth;
    return *this;
  }
  // Changes the latest verdict: the launcher was around its test.
  SampleJournal& launched() {
    std::get<VerdictRecord>(journal_.records.back()).launched = true;
    return *this;
  }
  // Changes the latest verdict: ctest's log has its test so many times.
  SampleJournal& times(int number) {
    std::get<VerdictRecord>(journal_.records.back()).times = number;
    return *this;
  }
  template <typename Change>
  SampleJournal& change_last_attempt(Change change) {
    change(std::get<AttemptEnded>(journal_.records.back()));
    return *this;
  }

  Journal& journal() { return journal_; }
  RunReport report() const { return report_of(journal_); }

 private:
  Journal journal_;
  int attempts_ = 0;
};

// Everything that a run can show, once.
inline SampleJournal full_journal() {
  SampleJournal sample;
  sample.run_started();
  sample.attempt("ok", Outcome::passed).verdict("ok", Verdict::passed, 1);
  sample.attempt("leaky", Outcome::passed).change_last_attempt([](AttemptEnded& ended) {
    ended.flags = {"leaked"};
    ended.leftovers = {{1250, "sleep"}};
    ended.lock_wait_s = 4.2;
  });
  sample.verdict("leaky", Verdict::passed, 2);
  sample.attempt("red", Outcome::failed, 3).verdict("red", Verdict::failed, 3);
  sample.attempt("dead", Outcome::crashed, 11).verdict("dead", Verdict::failed, 4);
  sample.attempt("slow", Outcome::timed_out, 9).change_last_attempt([](AttemptEnded& ended) {
    ended.wall_s = 61;
  });
  sample.verdict("slow", Verdict::failed, 5);
  // Expressions over its output decide.
  const auto judged = [](AttemptEnded& ended) { ended.verdict = Verdict::unknown; };
  sample.attempt("later", Outcome::failed, 77).change_last_attempt(judged);
  sample.verdict("later", Verdict::skipped, 6);
  sample.attempt("wobbly", Outcome::failed, 1)
      .attempt("wobbly", Outcome::passed)
      .verdict("wobbly", Verdict::passed, 7);
  sample.attempt("twice", Outcome::failed, 1)
      .attempt("twice", Outcome::crashed, 6)
      .verdict("twice", Verdict::failed, 8);
  sample.attempt("inverted", Outcome::failed, 1).change_last_attempt(judged);
  sample.verdict("inverted", Verdict::passed, 9);
  sample.verdict("gone", Verdict::failed, 10, false, "Unable to find executable: /x");
  sample.verdict("off", Verdict::disabled, 11, false);
  sample.bare("alone", "HOLDFAST_ENABLED is OFF").verdict("alone", Verdict::passed, 12, true);
  sample.attempt("waiter", Outcome::lock_timeout).verdict("waiter", Verdict::failed, 13);
  sample.attempt_started("cut").verdict("cut", Verdict::failed, 14);
  sample.run_ended();
  return sample;
}

// Any records in any order, even what no run would write.
inline SampleJournal random_journal(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  SampleJournal sample;
  if (below(4) != 0) sample.run_started();
  const int records = below(60);
  for (int i = 0; i < records; ++i) {
    const std::string test(1, static_cast<char>('a' + below(6)));
    const std::string key = below(4) == 0 ? "other" : "k";
    switch (below(5)) {
      case 0:
        sample.attempt_started(test, key);
        break;
      case 1:
        sample.attempt_ended(test, static_cast<Outcome>(below(15)), below(256), key, below(20));
        break;
      case 2:
        sample.attempt(test, static_cast<Outcome>(below(15)), below(256), key);
        break;
      case 3:
        sample.bare(test, "why", key);
        break;
      default:
        sample.verdict(test, static_cast<Verdict>(below(4)), below(9),
                       below(2) == 0 ? std::nullopt : std::optional<bool>(below(2) == 0));
    }
    if (std::holds_alternative<AttemptEnded>(sample.journal().records.back()) && below(3) == 0) {
      sample.change_last_attempt([&](AttemptEnded& ended) {
        if (below(2) == 0) ended.outcome.reset();
        ended.flags = {below(2) == 0 ? "leaked" : "flaky"};
      });
    }
  }
  if (below(2) == 0) sample.run_ended(below(2) == 0);
  return sample;
}

}  // namespace holdfast
