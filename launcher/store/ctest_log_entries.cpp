// Decides which marks of ctest's log are real.
#include "store/ctest_log_marks.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast {
namespace {

// The most bytes between two entries: what ctest says about a test that it did not start.
constexpr std::size_t k_max_gap = 1024;
// How deep logs within logs are followed. Deeper nesting comes only from a test that prints
// beginnings without ends.
constexpr std::size_t k_deepest = 100;

// Finds the end mark that closes an entry.
class Resolver {
 public:
  explicit Resolver(const std::vector<LogMark>& marks) : marks_(marks) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      std::vector<std::size_t>& own = of_name_[marks[i].name];
      place_.push_back(own.size());
      own.push_back(i);
    }
  }

  // Marks of one name nest like brackets, because a test's output may show a log that has an entry
  // of the same test. The entry is over at the first end that balances, if after that end the log
  // goes on as it does between two entries. If it does not, the test itself printed that end. Then
  // the real end is a later end of this name, before the next entry of this name.
  std::optional<std::size_t> end_of(std::size_t entry) const {
    const std::vector<std::size_t>& own = of_name_.at(marks_[entry].name);
    std::size_t depth = 0;
    std::optional<std::size_t> balanced;
    for (std::size_t p = place_[entry]; p < own.size(); ++p) {
      const bool opens = marks_[own[p]].kind == LogMark::Kind::entry;
      if (opens && balanced) return balanced;
      if (opens && ++depth > k_deepest) return std::nullopt;
      if (!opens && depth > 0) --depth;
      if (opens || depth > 0) continue;
      if (!balanced) balanced = own[p];
      if (is_boundary(own[p])) return own[p];
    }
    return balanced;
  }

 private:
  bool is_boundary(std::size_t end) const {
    if (end + 1 >= marks_.size()) return true;
    const LogMark& next = marks_[end + 1];
    return next.kind == LogMark::Kind::entry && next.begin - marks_[end].end <= k_max_gap;
  }

  const std::vector<LogMark>& marks_;
  std::unordered_map<std::string, std::vector<std::size_t>> of_name_;
  std::vector<std::size_t> place_;  // the place of each mark among the marks of its name
};

}  // namespace

std::vector<LogEntry> resolve_entries(const std::vector<LogMark>& marks) {
  std::vector<LogEntry> entries;
  const Resolver resolver(marks);
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i].kind != LogMark::Kind::entry) continue;
    const std::optional<std::size_t> end = resolver.end_of(i);
    if (!end) continue;
    const LogMark& open = marks[i];
    const LogMark& close = marks[*end];
    entries.push_back({open, close.result, open.end, close.begin, close.took_no_time});
    i = *end;
  }
  return entries;
}

}  // namespace holdfast
