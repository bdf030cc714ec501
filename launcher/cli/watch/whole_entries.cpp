#include "cli/watch/whole_entries.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cli {

WholeEntries whole_entries(const std::vector<LogMark>& marks, LastEntry last) {
  WholeEntries whole;
  auto next = marks.begin();
  const auto find_next = [&] {
    next = std::find_if(next, marks.end(), [&](const LogMark& mark) {
      return mark.kind == LogMark::Kind::entry && mark.begin >= whole.read;
    });
  };
  for (LogEntry& entry : resolve_entries(marks)) {
    find_next();
    const bool is_next = next != marks.end() && next->end == entry.output_begin;
    if (!is_next && last == LastEntry::may_grow) break;
    whole.read = entry.output_end;
    whole.entries.push_back(std::move(entry));
  }
  find_next();
  whole.is_all = next == marks.end();
  return whole;
}

}  // namespace holdfast::cli
