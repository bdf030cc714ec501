// What became of one test in all runs: `holdfast history TEST`.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "history/past_run.hpp"

namespace holdfast {

class TestHistory {
 public:
  // The runs, oldest first. All tests and cases in `run` belong to the answer.
  void add(const PastRun& run);

  using Seen = std::pair<RunHead, PastResult>;
  const std::map<TestId, std::vector<Seen>>& tests() const { return tests_; }

 private:
  std::map<TestId, std::vector<Seen>> tests_;
};

// Which characters the chart of durations may have.
enum class Charset : std::uint8_t { ascii, unicode };

// Empty if no run had such a test.
std::string history_text(const TestHistory& history, Charset charset);
std::string history_json(const TestHistory& history);

}  // namespace holdfast
