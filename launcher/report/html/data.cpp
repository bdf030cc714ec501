#include "report/html/data.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "command/json.hpp"
#include "report/describe.hpp"
#include "report/lanes.hpp"
#include "report/quoted/reasons.hpp"
#include "report/shown.hpp"
#include "report/steps.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;

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

// The members of a JSON object in a block, one after the other.
class Members {
 public:
  explicit Members(DataBlock& block) : block_(block) { block_.add("{"); }

  void add(std::string_view name, const Json& value) { begin(name).add(compact(value)); }
  template <typename Items, typename Of>
  void add(std::string_view name, const Items& items, Of of) {
    add(name, json_list(items, std::move(of)));
  }
  // For a value that is added by itself.
  DataBlock& begin(std::string_view name) {
    block_.add(fmt::format("{}\"{}\":", std::exchange(is_first_, false) ? "" : ",", name));
    return block_;
  }
  void end() { block_.add("}"); }

 private:
  DataBlock& block_;
  bool is_first_ = true;
};

// The bits of the column `flags`, and the names of the list `flags`.
unsigned flags_of(const TestReport& test) {
  return (test.flaky ? 1U : 0U) | (test.leaked ? 2U : 0U) | (test.stale ? 4U : 0U) |
         (test.orphaned ? 8U : 0U) | (test.bare ? 16U : 0U);
}
constexpr std::array k_flags = {"flaky", "left processes behind", "stale", "orphan markers",
                                "not through Holdfast"};

// How many bytes at the start of both names are the same characters of ASCII. So the number is the
// same in every language, whatever it counts a string in.
std::size_t shared_start(std::string_view a, std::string_view b) {
  const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y && static_cast<unsigned char>(x) < 0x80U;
  });
  return static_cast<std::size_t>(differs.first - a.begin());
}

void add_names(Members& columns, const std::vector<TestReport>& tests) {
  Json shared = Json::array();
  Json rest = Json::array();
  std::string before;
  for (const TestReport& test : tests) {
    std::string name = printable(test.name);
    const std::size_t size = shared_start(before, name);
    shared.push_back(size);
    rest.push_back(name.substr(size));
    before = std::move(name);
  }
  columns.add("shared", shared);
  columns.add("rest", rest);
}

// What attempts used: each combination of locks and services once.
class Used {
 public:
  std::int64_t number_of(const TestReport& test) {
    if (test.attempts.empty()) return 0;
    std::string all = separated(used_by(test.attempts.back()), ", ", printable);
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

// A number of the last attempt.
template <typename Of>
auto of_last(Of of) {
  return [of](const TestReport& test) {
    return test.attempts.empty() ? k_not_known : std::int64_t{of(test.attempts.back())};
  };
}

void write_tests(const RunReport& report, double first, const Write& write) {
  const std::vector<TestReport>& tests = report.tests;
  DataBlock block("columns", write);
  Members columns(block);
  columns.add("version", 1);
  columns.add("outcomes", k_outcome_table, [](const OutcomeFacts& row) {
    return Json{row.name, label(row.outcome), is_red(row.outcome)};
  });
  columns.add("flags", k_flags);
  columns.begin("first").add(fmt::format("{:.6f}", first));
  add_names(columns, tests);
  columns.add("outcome", tests, [](const TestReport& test) { return test.outcome; });
  columns.add("flag", tests, flags_of);
  columns.add("number", tests,
              [](const TestReport& test) { return test.index.value_or(k_not_known); });
  columns.add("attempts", tests, [](const TestReport& test) { return test.attempts.size(); });
  columns.add("begin", tests, of_last([&](const Attempt& attempt) {
                return attempt.started ? microseconds(*attempt.started - first) : k_not_known;
              }));
  columns.add("wall", tests, of_last([](const Attempt& attempt) {
                return attempt.has_ended ? microseconds(attempt.wall_s) : k_not_known;
              }));
  columns.add("cpu", tests, of_last([](const Attempt& attempt) {
                return microseconds(attempt.user_s + attempt.sys_s);
              }));
  columns.add("memory_kb", tests, of_last([](const Attempt& attempt) {
                return attempt.memory_peak_kb.value_or(attempt.max_rss_kb);
              }));
  columns.add("lock_wait", tests,
              of_last([](const Attempt& attempt) { return microseconds(attempt.lock_wait_s); }));
  columns.add("service_wait", tests,
              of_last([](const Attempt& attempt) { return microseconds(attempt.service_wait_s); }));
  Used used;
  columns.add("use", tests, [&](const TestReport& test) { return used.number_of(test); });
  columns.add("uses", json_list(used.list()));
  if (!report.shards.empty()) {
    columns.add("shard", tests, [](const TestReport& test) { return test.shard; });
    columns.add("shards", report.shards, [](const Shard& shard) { return printable(shard.name); });
  }
  columns.end();
  block.end();
}

// A list of jobs in columns. `begin` counts from the begin of the job before, and the other times
// are lengths. `add_more` adds what only such jobs have.
template <typename AddMore>
void add_jobs(Members& timeline, std::string_view name, const Jobs& jobs, const RunReport& report,
              double first, AddMore add_more) {
  Members columns(timeline.begin(name));
  columns.add("jobs", jobs.size());
  columns.add("lanes", jobs.groups, [](const LaneGroup& group) { return group.lanes; });
  columns.add("laneNames", jobs.groups,
              [&](const LaneGroup& group) { return printable(name_of(group, report)); });
  columns.add("of", jobs, [](const Job& job) { return job.of; });
  columns.add("attempt", jobs, [](const Job& job) { return job.attempt; });
  columns.add("lane", jobs, [](const Job& job) { return job.lane; });
  std::int64_t before = 0;
  columns.add("begin", jobs, [&](const Job& job) {
    const std::int64_t begin = microseconds(job.begin - first);
    return begin - std::exchange(before, begin);
  });
  columns.add("wait", jobs, [](const Job& job) { return microseconds(job.waited - job.begin); });
  columns.add("service_wait", jobs,
              [](const Job& job) { return microseconds(job.served - job.waited); });
  columns.add("work", jobs, [](const Job& job) { return microseconds(job.end - job.served); });
  add_more(columns);
  columns.end();
}

// Of an attempt that is not its test's last, its own.
Outcome outcome_of(const Job& job, const RunReport& report) {
  const TestReport& test = report.tests.at(job.of);
  const bool is_last = job.attempt + 1 == test.attempts.size();
  return is_last ? test.outcome : test.attempts.at(job.attempt).outcome.value_or(Outcome::unknown);
}

std::string generation_name(const ServiceReport& service, std::int64_t generation) {
  std::string name = printable(service.name);
  if (service.instance > 0) name += fmt::format(" ({})", service.instance + 1);
  return name + fmt::format(", generation {}", generation);
}

Json deaths_of(const ServiceReport& service, std::int64_t generation, double first) {
  Json deaths = Json::array();
  for (const ServiceDeath& death : service.deaths) {
    if (death.generation != generation) continue;
    deaths.push_back({death.generation, microseconds(death.at - first)});
  }
  return deaths;
}

void write_timeline(const RunReport& report, const Timeline& timeline, const Write& write) {
  DataBlock block("timeline", write);
  Members all(block);
  const double first = timeline.first;
  add_jobs(all, "tests", timeline.tests, report, first, [&](Members& columns) {
    columns.add("outcome", timeline.tests, [&](const Job& job) { return outcome_of(job, report); });
  });
  add_jobs(all, "steps", timeline.steps, report, first, [&](Members& columns) {
    const auto step_of = [&](const Job& job) -> const StepRecord& {
      return report.steps.at(job.of);
    };
    columns.add("name", timeline.steps,
                [&](const Job& job) { return printable(title_of(step_of(job))); });
    columns.add("outcome", timeline.steps,
                [&](const Job& job) { return step_of(job).outcome.value_or(Outcome::unknown); });
  });
  add_jobs(all, "services", timeline.services, report, first, [&](Members& columns) {
    const auto of = [&](const Job& job, auto make) {
      const ServiceReport& service = report.services.at(job.of);
      return make(service, service.generations.at(job.attempt).number);
    };
    columns.add("name", timeline.services,
                [&](const Job& job) { return of(job, generation_name); });
    columns.add("deaths", timeline.services, [&](const Job& job) {
      return of(job, [&](const ServiceReport& service, std::int64_t generation) {
        return deaths_of(service, generation, first);
      });
    });
  });
  all.end();
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
  return test.outcome == Outcome::passed && test.flags.empty() && !test.orphaned &&
         test.attempts.size() == 1 && test.cases.empty() && test.attempts.back().scratch.empty();
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
    block_->add(fmt::format("\"{}\":{{\"reason\":{},\"endings\":{},\"test\":", index,
                            compact(reason(test)), compact(json_list(test.attempts, ending))));
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
    if (!with_details.empty()) block.add(",");
    block.add(compact(words_of_failure(test, outputs)));
    with_details.push_back(i);
    details.add(test, i);
  }
  details.end_block();
  block.add(fmt::format("],\"of\":{},\"blocks\":{}}}", compact(json_list(with_details)),
                        compact(json_list(details.first_of_block()))));
  block.end();
  write(words);
}

}  // namespace holdfast
