// Which marks of ctest's log are real.
#include "store/ctest_log_marks.hpp"

#include <unordered_map>

namespace holdfast {
namespace {

// How far apart two entries may be: what ctest says about a test it did not start.
constexpr std::size_t k_max_gap = 1024;
// More logs within logs than this is a test that prints beginnings only.
constexpr std::size_t k_deepest = 100;

// Which end mark closes which entry.
class Resolver {
 public:
  explicit Resolver(const std::vector<LogMark>& marks) : marks_(marks) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
      std::vector<std::size_t>& own = of_name_[marks[i].name];
      place_.push_back(own.size());
      own.push_back(i);
    }
  }

  // Marks of one name nest like brackets (a log shown inside its own test's output). At the end
  // that balances, the entry is over if the log goes on as it does between two entries;
  // otherwise the test printed that end itself and a later one of its name, before its next
  // entry, is the real one.
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
  std::vector<std::size_t> place_;  // of each mark among those of its name
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
    entries.push_back({open.name, open.index, open.started, open.launched, close.result, open.end,
                       close.begin, open.explained, open.preamble, open.command,
                       close.took_no_time});
    i = *end;
  }
  return entries;
}

}  // namespace holdfast
