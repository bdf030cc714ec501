#include "values/build_step.hpp"

#include <algorithm>
#include <tuple>

#include "base/json_line.hpp"

namespace holdfast {
namespace {

// The word after the last `option`; empty: there is none.
std::string_view word_after(std::string_view option, const CommandWords& command) {
  for (std::size_t i = command.size(); i-- > 1;) {
    if (command[i - 1] == option) return command[i];
  }
  return {};
}

constexpr unsigned k_looked_at = 4;
constexpr std::string_view k_alone_lock = "holdfast-once-more";

std::string member(std::string_view key, std::string_view value) {
  std::string text = text_of({"\"", key, "\":"});
  append_json_string(text, value);
  return text;
}

bool has(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

std::optional<std::uint64_t> number_in(std::string_view line, std::string_view key) {
  return leading_number<std::uint64_t>(text_after(line, text_of({"\"", key, "\":"})));
}

}  // namespace

std::string BuildStep::title() const {
  const std::string& what = !output.empty() ? output : !target.empty() ? target : program;
  return text_of({name_of(kind), what.empty() ? "" : " ", what});
}

std::string_view output_in(const CommandWords& command) { return word_after("-o", command); }

std::string_view scanned_into(const CommandWords& command) {
  std::string_view file;
  bool only_preprocesses = false;
  for (std::string_view word : command) {
    if (take_words(word, "-fdeps-file=")) file = word;
    only_preprocesses = only_preprocesses || word == "-E";
  }
  if (!file.empty()) return only_preprocesses ? file : std::string_view();
  if (command.empty()) return {};
  const bool is_clangs = last_part_of(command[0]).starts_with("clang-scan-deps");
  return is_clangs ? word_after("-MT", command) : std::string_view();
}

bool is_cmakes_own(const CommandWords& command) {
  if (command.empty()) return false;
  const std::string_view program = last_part_of(command[0]);
  if (program == "ctest" || program == "ccmake" || program == "cmake-gui") return true;
  if (program != "cmake") return false;
  const auto has = [&](std::string_view word) {
    return std::ranges::find(command, word) != command.end();
  };
  return has("--regenerate-during-build") || has("cmake_install.cmake");
}

bool may_be_done_once_more(const BuildStep& step, const Observation& seen) {
  if (step.kind == StepKind::custom || step.earlier.count > 0) return false;
  // Somebody wanted the step to end, or the step never began.
  if (seen.end_reason != EndReason::none || seen.own_failure) return false;
  if (seen.lock_not_had || seen.lock_refused || seen.lock_lost) return false;
  return seen.main.kind == ProcessEnd::Kind::signalled ||
         (seen.main.kind == ProcessEnd::Kind::exited && seen.main.code != 0);
}

std::string why_once_more(const Observation& seen, const StepEvidence& evidence) {
  if (evidence.out_of_memory && seen.main.died_of(k_signal_kill))
    return "was killed because memory ran out";
  // The compiler's driver survives the killed process and says so: `g++: fatal error: Killed signal
  // terminated program cc1plus`.
  if (evidence.out_of_memory && seen.main.kind == ProcessEnd::Kind::exited) {
    return "failed while the kernel killed because memory ran out";
  }
  if (!evidence.signature.empty())
    return text_of({"failed of what may pass: \"", evidence.signature, "\""});
  return {};
}

unsigned memory_units(std::uint64_t expected_kb, std::uint64_t budget_kb) {
  if (expected_kb >= budget_kb) return k_memory_units;
  // The product fits into 64 bits, because both numbers are below 2^57 KiB: no machine has that
  // much.
  const std::uint64_t units = (expected_kb * k_memory_units + budget_kb - 1) / budget_kb;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(units, 1, k_memory_units));
}

LockSpec memory_lock(unsigned units, LockScope scope) {
  return {std::string(k_memory_lock), LockMode::counted, units, k_memory_units, scope};
}

std::optional<std::uint64_t> past_peak_kb(std::string_view journal, const BuildStep& step) {
  const std::string output = member("output", step.output);
  const std::string target = member("target", step.target);
  const std::string kind = member("kind", name_of(step.kind));
  std::optional<std::uint64_t> most;
  // Searches from the end. Looks for the output first, because hardly any line has it.
  std::size_t end = journal.size();
  for (unsigned found = 0; found < k_looked_at && end > 0;) {
    const std::size_t at = journal.substr(0, end).rfind(output);
    if (at == std::string_view::npos) break;
    const std::size_t begin = journal.rfind('\n', at) + 1;  // npos + 1 is 0
    const std::string_view line = journal.substr(begin, journal.find('\n', at) - begin);
    end = begin;
    const std::optional<std::uint64_t> peak = number_in(line, "max_rss_kb");
    if (!peak || *peak == 0 || !has(line, kind) || !has(line, target)) continue;
    if (!has(line, "\"outcome\":\"passed\"")) continue;
    most = std::max(most.value_or(0), *peak);
    ++found;
  }
  return most;
}

void make_alone(std::vector<LockSpec>& locks, LockScope memory) {
  std::erase_if(locks, [](const LockSpec& lock) { return lock.name == k_memory_lock; });
  for (LockSpec& lock : locks) {
    if (has_units(lock.mode)) lock.units = lock.size != 0 ? lock.size : k_largest_size_kb;
  }
  locks.push_back(memory_lock(k_memory_units, memory));
  locks.push_back({.name = std::string(k_alone_lock), .scope = LockScope::user});
  std::sort(locks.begin(), locks.end(), [](const LockSpec& a, const LockSpec& b) {
    return std::tie(a.scope, a.name) < std::tie(b.scope, b.name);
  });
}

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
