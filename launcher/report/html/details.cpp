#include "report/describe.hpp"
#include "report/formats/json.hpp"
#include "report/html/columns.hpp"
#include "report/html/data.hpp"
#include "report/html/words.hpp"
#include "report/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// A block is unpacked as a whole when one of its tests is unfolded.
constexpr std::size_t k_block = 1U << 20U;

// How large the details of a run may be in the page. Beyond the first number, a test has only the
// end of its output there; beyond the second, it has no output.
constexpr std::size_t k_whole_outputs = 12U << 20U;
constexpr std::size_t k_ends_of_outputs = 24U << 20U;
constexpr std::size_t k_end_of_output = 2U << 10U;

// The test passed at once, and there is nothing to tell that is not in the columns.
bool is_plain(const TestReport& test) {
  return test.outcome == Outcome::passed && test.flags.empty() && !test.orphaned && !test.stale &&
         test.attempts.size() <= 1 && test.cases.empty() &&
         (test.attempts.empty() || test.attempts.back().scratch.empty());
}

class Details {
 public:
  Details(ShownOutputs& outputs, const Write& write) : outputs_(outputs), write_(write) {}

  void add(const TestReport& test, std::size_t index) {
    if (block_ && block_->raw_size() >= k_block) end_block();
    if (!block_) {
      block_ =
          std::make_unique<DataBlock>(fmt::format("details-{}", first_of_block_.size()), write_);
      first_of_block_.push_back(index);
      block_->add("{");
    } else {
      block_->add(",");
    }
    outputs_.limit(written_ < k_whole_outputs     ? k_output_limit
                   : written_ < k_ends_of_outputs ? k_end_of_output
                                                  : 0);
    std::string text = fmt::format("\"{}\":{{\"reason\":", index);
    append_string(text, reason(test));
    text += ",\"endings\":[";
    for (const Attempt& attempt : test.attempts) {
      if (&attempt != test.attempts.data()) text += ',';
      append_string(text, ending(attempt));
    }
    block_->add(text + "],\"test\":");
    block_->add(json_of(test, outputs_));
    block_->add("}");
  }

  void end_block() {
    if (!block_) return;
    block_->add("}");
    block_->end();
    written_ += block_->written_size();
    block_.reset();
  }

  const std::vector<std::size_t>& first_of_block() const { return first_of_block_; }

 private:
  ShownOutputs& outputs_;
  const Write& write_;
  std::unique_ptr<DataBlock> block_;
  std::size_t written_ = 0;
  std::vector<std::size_t> first_of_block_;
};

}  // namespace

void write_details(const RunReport& report, Outputs& outputs, const Write& write) {
  ShownOutputs shown_outputs(outputs);
  Details details(shown_outputs, write);
  // What is said of each test can be told after all details only, and it would need much memory
  // uncompressed.
  std::string words;
  DataBlock block("words", [&](std::string_view piece) { words += piece; });
  std::vector<std::size_t> with_details;
  block.add("{\"words\":[");
  for (std::size_t i = 0; i < report.tests.size(); ++i) {
    const TestReport& test = report.tests[i];
    if (is_plain(test)) continue;
    std::string text = with_details.empty() ? "" : ",";
    append_string(text, words_of_failure(test, outputs));
    block.add(text);
    with_details.push_back(i);
    details.add(test, i);
  }
  details.end_block();
  block.add("],");
  const auto number = [](std::string& text, std::size_t index) {
    append_number(text, static_cast<std::int64_t>(index));
  };
  add_column(block, "of", with_details, number);
  block.add(",");
  add_column(block, "blocks", details.first_of_block(), number);
  block.add("}");
  block.end();
  write(words);
}

}  // namespace holdfast
