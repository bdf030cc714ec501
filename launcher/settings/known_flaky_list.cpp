#include "settings/known_flaky_list.hpp"

#include <utility>

#include "core/settings/kinds.hpp"
#include "settings/complaints.hpp"

namespace holdfast {

KnownFlakyList::KnownFlakyList(const std::vector<KnownFlaky>& entries, const Day& today) {
  for (const KnownFlaky& entry : entries) {
    if (has_expired(entry, today)) {
      expired_ += (expired_.empty() ? "ignoring known-flaky " : ", ") + in_quotes(entry.tests) +
                  " (" + entry.flake.issue + "), which expired on " + to_text(entry.expires);
      continue;
    }
    Result<Pattern> tests = Pattern::compile(entry.tests);
    if (!tests) continue;
    entries_.push_back({std::move(*tests),
                        {Setting::known_flaky, Source::file, kind::KnownFlakes::print(entry.flake),
                         entry.origin}});
  }
}

Values KnownFlakyList::matching(std::string_view test) const {
  Values found;
  for (const Entry& entry : entries_) {
    if (entry.tests.is_found_in(test)) found.push_back(entry.flake);
  }
  return found;
}

}  // namespace holdfast
