#include "core/step/step_slots.hpp"

#include <algorithm>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {

Result<StepSlots> parse_step_slots(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  const std::string_view what =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  StepSlots slots;
  slots.count = parse_number<unsigned>(what).value_or(0);
  const bool is_number = slots.count >= 1 && slots.count <= k_most_slots;
  if (equals == 0 || (!is_number && what != "memory")) {
    return BadValue{text_of({"\"", text, "\""}),
                    text_of({"PATTERN=N with 1 <= N <= ", std::to_string(k_most_slots),
                             ", or PATTERN=memory"})};
  }
  slots.pattern = text.substr(0, equals);
  return slots;
}

// On a mismatch, goes back to the latest `*` and no further: an earlier `*` never needs more text
// than it has.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;  // the place in the text where the latest `*` ends next
  std::size_t in_text = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in_text;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
      ++at;
      ++in_text;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_text = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

const StepSlots* slots_for(std::string_view output, const std::vector<StepSlots>& slots) {
  const auto found =
      std::ranges::find_if(slots, [&](const StepSlots& one) { return fits(one.pattern, output); });
  return found == slots.end() ? nullptr : &*found;
}

LockSpec lock_of(StepKind kind, const StepSlots& slots) {
  std::string pattern = slots.pattern;
  // Replaces the characters that the name of a lock cannot have.
  for (char& c : pattern) {
    if (std::string_view(":@,;/").find(c) != std::string_view::npos) c = '!';
  }
  return {text_of({"holdfast-", name_of(kind), "-", pattern, "-", std::to_string(slots.count)}),
          LockMode::counted, 1, slots.count, LockScope::user};
}

}  // namespace holdfast
