#include "report/html/data.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "report/describe.hpp"
#include "report/html/pieces.hpp"
#include "report/lanes.hpp"
#include "report/render.hpp"
#include "report/shown.hpp"
#include "report/steps.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;
constexpr std::size_t k_column_piece = 4096;

constexpr std::int64_t k_not_known = -1;

// A block of data in a page: JSON, compressed by gzip, in base64, in an element that no browser
// executes.
class DataBlock {
 public:
  // `id` is the element's. The bytes go to `write` as they are compressed.
  DataBlock(std::string_view id, Write write) : write_(std::move(write)) {
    constexpr int k_gzip = 16;  // added to the size of the window: with the header of gzip
    constexpr int k_usual_memory = 8;
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + k_gzip,
                       k_usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
    put(fmt::format("<script type=\"application/octet-stream\" id=\"{}\">", id));
  }
  ~DataBlock() { ::deflateEnd(&stream_); }
  DataBlock(const DataBlock&) = delete;
  DataBlock& operator=(const DataBlock&) = delete;

  void add(std::string_view json) {
    raw_ += json.size();
    waiting_ += json;
    if (waiting_.size() >= k_piece) compress(Z_NO_FLUSH);
  }

  // Ends the element. Nothing may be added afterwards.
  void end() {
    compress(Z_FINISH);
    put("</script>\n");
  }

  std::size_t raw_size() const { return raw_; }          // of all that was added
  std::size_t written_size() const { return written_; }  // of what went to `write` by now

 private:
  void put(std::string_view bytes) {
    written_ += bytes.size();
    write_(bytes);
  }

  void compress(int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(waiting_.data());
    stream_.avail_in = static_cast<uInt>(waiting_.size());
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      ::deflate(&stream_, flush);
      left_.append(reinterpret_cast<const char*>(buffer_.data()),
                   buffer_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    waiting_.clear();
    const std::size_t whole = flush == Z_FINISH ? left_.size() : left_.size() - left_.size() % 3;
    put(to_base64(std::string_view(left_).substr(0, whole)));
    left_.erase(0, whole);
  }

  Write write_;
  z_stream stream_{};
  std::array<Bytef, 16U << 10U> buffer_{};
  std::string waiting_;  // not compressed yet
  std::string left_;     // compressed, and no multiple of three bytes yet
  std::size_t raw_ = 0;
  std::size_t written_ = 0;
};

constexpr auto append_number = [](std::string& text, std::integral auto number) {
  fmt::format_to(std::back_inserter(text), "{}", number);
};

// `string` is valid UTF-8, without controls.
void append_string(std::string& text, std::string_view string) {
  text += '"';
  for (const char c : string) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
}

// A list of numbers, or of what `of` writes by itself, as a member of a JSON object.
template <typename Items, typename Of>
void add_column(DataBlock& block, std::string_view name, const Items& items, Of of) {
  std::string text = std::string("\"").append(name).append("\":[");
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) text += ',';
    is_first = false;
    of(text, item);
    if (text.size() < k_column_piece) continue;
    block.add(text);
    text.clear();
  }
  block.add(text + "]");
}

// The bits of the column `flags`, and the names of the list `flags`.
unsigned flags_of(const TestReport& test) {
  return (test.flaky ? 1U : 0U) | (test.leaked ? 2U : 0U) | (test.stale ? 4U : 0U) |
         (test.orphaned ? 8U : 0U) | (test.bare ? 16U : 0U);
}
constexpr std::string_view k_flags =
    R"("flags":["flaky","left processes behind","stale","orphan markers","not through Holdfast"])";

// How many bytes at the start of both names are the same characters of ASCII. So the number is the
// same in every language, whatever it counts a string in.
std::size_t shared_start(std::string_view a, std::string_view b) {
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y && static_cast<unsigned char>(x) < 0x80U;
  });
  return static_cast<std::size_t>(differs.first - a.begin());
}

void add_names(DataBlock& block, const std::vector<TestReport>& tests) {
  std::string before;
  add_column(block, "shared", tests, [&](std::string& text, const TestReport& test) {
    std::string name = printable(test.name);
    append_number(text, shared_start(before, name));
    before = std::move(name);
  });
  before.clear();
  block.add(",");
  add_column(block, "rest", tests, [&](std::string& text, const TestReport& test) {
    std::string name = printable(test.name);
    append_string(text, std::string_view(name).substr(shared_start(before, name)));
    before = std::move(name);
  });
}

// What attempts used: each combination of locks and services once.
class Used {
 public:
  std::int64_t number_of(const TestReport& test) {
    if (test.attempts.empty()) return 0;
    const Attempt& last = test.attempts.back();
    std::string all;
    for (const std::vector<std::string>* names : {&last.locks, &last.services}) {
      for (const std::string& name : *names) all += (all.empty() ? "" : ", ") + printable(name);
    }
    const auto next = static_cast<std::int64_t>(numbers_.size());
    return numbers_.try_emplace(std::move(all), next).first->second;
  }

  std::vector<std::string_view> list() const {
    std::vector<std::string_view> texts(numbers_.size());
    for (const auto& [text, number] : numbers_) texts[static_cast<std::size_t>(number)] = text;
    return texts;
  }

 private:
  std::map<std::string, std::int64_t> numbers_{{"", 0}};
};

template <typename Of>
void add_numbers(DataBlock& block, std::string_view name, const std::vector<TestReport>& tests,
                 Of of) {
  block.add(",");
  add_column(block, name, tests,
             [&](std::string& text, const TestReport& test) { append_number(text, of(test)); });
}

// A number of the last attempt.
template <typename Of>
void add_of_last(DataBlock& block, std::string_view name, const std::vector<TestReport>& tests,
                 Of of) {
  add_numbers(block, name, tests, [&](const TestReport& test) {
    return test.attempts.empty() ? k_not_known : std::int64_t{of(test.attempts.back())};
  });
}

std::string outcomes_text() {
  std::string text = "\"outcomes\":[";
  for (const OutcomeFacts& row : k_outcome_table) {
    if (row.outcome != k_outcome_table.front().outcome) text += ',';
    text += fmt::format("[\"{}\",\"{}\",{}]", row.name, label(row.outcome),
                        is_red(row.outcome) ? "true" : "false");
  }
  return text + "]";
}

void write_tests(const RunReport& report, double first, const Write& write) {
  const std::vector<TestReport>& tests = report.tests;
  DataBlock block("columns", write);
  block.add(
      fmt::format("{{\"version\":1,{},{},\"first\":{:.6f},", outcomes_text(), k_flags, first));
  add_names(block, tests);
  add_numbers(block, "outcome", tests,
              [](const TestReport& test) { return static_cast<int>(test.outcome); });
  add_numbers(block, "flag", tests, flags_of);
  add_numbers(block, "number", tests,
              [](const TestReport& test) { return test.index.value_or(k_not_known); });
  add_numbers(block, "attempts", tests,
              [](const TestReport& test) { return test.attempts.size(); });
  add_of_last(block, "begin", tests, [&](const Attempt& attempt) {
    return attempt.started ? microseconds(*attempt.started - first) : k_not_known;
  });
  add_of_last(block, "wall", tests, [](const Attempt& attempt) {
    return attempt.has_ended ? microseconds(attempt.wall_s) : k_not_known;
  });
  add_of_last(block, "cpu", tests,
              [](const Attempt& attempt) { return microseconds(attempt.user_s + attempt.sys_s); });
  add_of_last(block, "memory_kb", tests, [](const Attempt& attempt) {
    return attempt.memory_peak_kb.value_or(attempt.max_rss_kb);
  });
  add_of_last(block, "lock_wait", tests,
              [](const Attempt& attempt) { return microseconds(attempt.lock_wait_s); });
  add_of_last(block, "service_wait", tests,
              [](const Attempt& attempt) { return microseconds(attempt.service_wait_s); });
  Used used;
  add_numbers(block, "use", tests, [&](const TestReport& test) { return used.number_of(test); });
  block.add(",");
  add_column(block, "uses", used.list(), append_string);
  if (!report.shards.empty()) {
    add_numbers(block, "shard", tests, [](const TestReport& test) { return test.shard; });
    block.add(",");
    add_column(block, "shards", report.shards, [](std::string& text, const Shard& shard) {
      append_string(text, printable(shard.name));
    });
  }
  block.add("}");
  block.end();
}

template <typename Of>
void add_times(DataBlock& block, std::string_view name, const std::vector<Job>& jobs, Of of) {
  block.add(",");
  add_column(block, name, jobs,
             [&](std::string& text, const Job& job) { append_number(text, of(job)); });
}

// A list of jobs. `begin` counts from the begin of the job before, and the other times are lengths.
void add_jobs(DataBlock& block, std::string_view name, const Jobs& jobs, const RunReport& report,
              double first) {
  block.add(fmt::format("\"{}\":{{\"jobs\":{},", name, jobs.size()));
  add_column(block, "lanes", jobs.groups,
             [](std::string& text, const LaneGroup& group) { append_number(text, group.lanes); });
  block.add(",");
  add_column(block, "laneNames", jobs.groups, [&](std::string& text, const LaneGroup& group) {
    append_string(text, printable(name_of(group, report)));
  });
  add_times(block, "of", jobs, [](const Job& job) { return job.of; });
  add_times(block, "attempt", jobs, [](const Job& job) { return job.attempt; });
  add_times(block, "lane", jobs, [](const Job& job) { return job.lane; });
  std::int64_t before = 0;
  add_times(block, "begin", jobs, [&](const Job& job) {
    const std::int64_t begin = microseconds(job.begin - first);
    return begin - std::exchange(before, begin);
  });
  add_times(block, "wait", jobs,
            [](const Job& job) { return microseconds(job.waited - job.begin); });
  add_times(block, "service_wait", jobs,
            [](const Job& job) { return microseconds(job.served - job.waited); });
  add_times(block, "work", jobs, [](const Job& job) { return microseconds(job.end - job.served); });
}

void add_deaths(DataBlock& block, const std::vector<Job>& services, const RunReport& report,
                double first) {
  block.add(",");
  add_column(block, "deaths", services, [&](std::string& text, const Job& job) {
    const ServiceReport& service = report.services.at(job.of);
    const std::int64_t generation = service.generations.at(job.attempt).number;
    text += '[';
    for (const ServiceDeath& death : service.deaths) {
      if (death.generation != generation) continue;
      if (!text.ends_with('[')) text += ',';
      text += fmt::format("[{},{}]", death.generation, microseconds(death.at - first));
    }
    text += ']';
  });
}

void write_timeline(const RunReport& report, const Timeline& timeline, const Write& write) {
  DataBlock block("timeline", write);
  block.add("{");
  add_jobs(block, "tests", timeline.tests, report, timeline.first);
  block.add(",");
  // Of an attempt that is not its test's last.
  add_column(block, "outcome", timeline.tests, [&](std::string& text, const Job& job) {
    const TestReport& test = report.tests.at(job.of);
    const bool is_last = job.attempt + 1 == test.attempts.size();
    const Outcome own = test.attempts.at(job.attempt).outcome.value_or(Outcome::unknown);
    append_number(text, static_cast<int>(is_last ? test.outcome : own));
  });
  block.add("},");
  add_jobs(block, "steps", timeline.steps, report, timeline.first);
  block.add(",");
  add_column(block, "name", timeline.steps, [&](std::string& text, const Job& job) {
    append_string(text, printable(title_of(report.steps.at(job.of))));
  });
  block.add(",");
  add_column(block, "outcome", timeline.steps, [&](std::string& text, const Job& job) {
    const Outcome outcome = report.steps.at(job.of).outcome.value_or(Outcome::unknown);
    append_number(text, static_cast<int>(outcome));
  });
  block.add("},");
  add_jobs(block, "services", timeline.services, report, timeline.first);
  block.add(",");
  add_column(block, "name", timeline.services, [&](std::string& text, const Job& job) {
    const ServiceReport& service = report.services.at(job.of);
    std::string name = printable(service.name);
    if (service.instance > 0) name += fmt::format(" ({})", service.instance + 1);
    name += fmt::format(", generation {}", service.generations.at(job.attempt).number);
    append_string(text, name);
  });
  add_deaths(block, timeline.services, report, timeline.first);
  block.add("}}");
  block.end();
}

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

void write_columns(const RunReport& report, const Write& write) {
  const Timeline timeline = timeline_of(report);
  write_tests(report, timeline.first, write);
  write_timeline(report, timeline, write);
}

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
  add_column(block, "of", with_details, append_number);
  block.add(",");
  add_column(block, "blocks", details.first_of_block(), append_number);
  block.add("}");
  block.end();
  write(words);
}

}  // namespace holdfast
