#include "cli/watch/whole_entries.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::cli {

WholeEntries whole_entries(const std::vector<LogMark>& marks) {
  WholeEntries whole;
  auto next = marks.begin();
  for (LogEntry& entry : resolve_entries(marks)) {
    next = std::find_if(next, marks.end(), [&](const LogMark& mark) {
      return mark.kind == LogMark::Kind::entry && mark.begin >= whole.read;
    });
    if (next == marks.end() || next->end != entry.output_begin) break;
    whole.read = entry.output_end;
    whole.entries.push_back(std::move(entry));
  }
  return whole;
}

}  // namespace holdfast::cli
