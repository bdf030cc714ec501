#include "core/step/build_step.hpp"

#include <algorithm>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

// Takes a number and the colon after it off the front.
template <typename Number>
bool take_field(std::string_view& text, Number& number) {
  const std::optional<Number> taken = take_number<Number>(text);
  if (!taken || !text.starts_with(':')) return false;
  text.remove_prefix(1);
  number = *taken;
  return true;
}

// The word after the last `option`; empty: there is none.
std::string_view word_after(std::string_view option, const CommandWords& command) {
  for (std::size_t i = command.size(); i-- > 1;) {
    if (command[i - 1] == option) return command[i];
  }
  return {};
}

}  // namespace

std::string BuildStep::title() const {
  const std::string& what = !output.empty() ? output : !target.empty() ? target : program;
  return text_of({name_of(kind), what.empty() ? "" : " ", what});
}

std::string_view output_in(const CommandWords& command) { return word_after("-o", command); }

std::string_view scanned_into(const CommandWords& command) {
  constexpr std::string_view k_option = "-fdeps-file=";
  std::string_view file;
  bool only_preprocesses = false;
  for (const std::string_view word : command) {
    if (word.starts_with(k_option)) file = word.substr(k_option.size());
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

bool died_of_sigkill(const Observation& seen) {
  return seen.main.kind == ProcessEnd::Kind::signalled && seen.main.code == k_signal_kill;
}

std::string why_once_more(const Observation& seen, const StepEvidence& evidence) {
  if (evidence.out_of_memory && died_of_sigkill(seen)) return "was killed because memory ran out";
  // The compiler's driver survives the killed process and says so: `g++: fatal error: Killed signal
  // terminated program cc1plus`.
  if (evidence.out_of_memory && seen.main.kind == ProcessEnd::Kind::exited) {
    return "failed while the kernel killed because memory ran out";
  }
  if (!evidence.signature.empty())
    return text_of({"failed of what may pass: \"", evidence.signature, "\""});
  return {};
}

}  // namespace holdfast
