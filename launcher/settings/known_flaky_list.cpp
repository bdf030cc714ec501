#include "settings/known_flaky_list.hpp"

#include <utility>

#include "core/settings/kinds.hpp"
#include "settings/complaints.hpp"
#include "settings/override_patterns.hpp"

namespace holdfast {

KnownFlakyList::KnownFlakyList(const std::vector<KnownFlaky>& entries, const Day& today) {
  for (const KnownFlaky& entry : entries) {
    if (has_expired(entry, today)) {
      expired_ += (expired_.empty() ? "ignoring known-flaky " : ", ") + in_quotes(entry.tests) +
                  " (" + entry.flake.issue + "), which expired on " + to_text(entry.expires);
      continue;
    }
    Result<std::regex> tests = compile_pattern(entry.tests);
    if (!tests) continue;
    entries_.push_back({std::move(*tests),
                        {Setting::known_flaky, Source::file, kind::KnownFlakes::print(entry.flake),
                         entry.origin}});
  }
}

Values KnownFlakyList::matching(std::string_view test) const {
  Values found;
  // Overrides have the same limit, and warn about it.
  if (test.size() > k_longest_matched_name) return found;
  for (const Entry& entry : entries_) {
    if (std::regex_search(test.begin(), test.end(), entry.tests)) found.push_back(entry.flake);
  }
  return found;
}

}  // namespace holdfast
