#include "core/ctest/ctest_options.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace holdfast {
namespace {

// clang-format off
constexpr std::string_view k_plain[] = {
    "-V", "--verbose", "-VV", "--extra-verbose", "-Q", "--quiet", "--output-on-failure",
    "--progress", "--stop-on-failure", "--schedule-random", "--no-label-summary",
    "--no-subproject-summary", "--debug",
};
constexpr std::string_view k_with_value[] = {
    "-E", "--exclude-regex", "-L", "--label-regex", "-LE", "--label-exclude", "-FA",
    "--fixture-exclude-any", "-FS", "--fixture-exclude-setup", "-FC",
    "--fixture-exclude-cleanup", "-C", "--build-config", "-O", "--output-log", "--output-junit",
    "--test-dir", "--timeout", "--stop-time", "--test-load", "--repeat",
    "--test-output-size-passed", "--test-output-size-failed", "--test-output-truncation",
};
constexpr std::string_view k_other_with_value[] = {
    "-R", "--tests-regex", "-I", "--tests-information", "--tests-from-file",
    "--exclude-from-file", "-A", "-M", "-T", "-D", "-S", "-SP", "--preset", "--presets-file",
    "--resource-spec-file",
};
constexpr std::string_view k_selecting[] = {
    "-R", "--tests-regex", "-E", "--exclude-regex", "-L", "--label-regex", "-LE",
    "--label-exclude", "-I", "--tests-information", "--tests-from-file", "--exclude-from-file",
    "--rerun-failed", "-F", "--preset",
};
// clang-format on

template <std::size_t N>
bool is_in(const std::string_view (&options)[N], std::string_view word) {
  return std::ranges::find(options, word) != std::end(options);
}

}  // namespace

CtestOption ctest_option(std::string_view word) {
  if (is_in(k_plain, word)) return CtestOption::plain;
  if (is_in(k_with_value, word)) return CtestOption::with_value;
  return is_in(k_other_with_value, word) ? CtestOption::other_with_value : CtestOption::unknown;
}

bool asks_to_be_quiet(const std::vector<std::string>& command) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == "-Q" || word == "--quiet") return true;
    if (word == "--test-command") return false;  // what follows is another program's command
    const CtestOption kind = ctest_option(word);
    if (kind == CtestOption::with_value || kind == CtestOption::other_with_value) ++i;
  }
  return false;
}

std::vector<std::string> selecting_options(const std::vector<std::string>& command) {
  std::vector<std::string> selecting;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == "--test-command") break;  // what follows is another program's command
    const CtestOption kind = ctest_option(word);
    const bool has_value = kind == CtestOption::with_value || kind == CtestOption::other_with_value;
    if (is_in(k_selecting, word)) {
      selecting.push_back(word);
      if (has_value && i + 1 < command.size()) selecting.push_back(command[i + 1]);
    }
    if (has_value) ++i;
  }
  return selecting;
}

}  // namespace holdfast
