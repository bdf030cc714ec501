#include "core/ctest/ctest_options.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace holdfast {
namespace {

struct Option {
  std::string_view name;
  CtestOption kind;
};

constexpr auto k_options = std::to_array<Option>({
    {"-V", CtestOption::plain},
    {"--verbose", CtestOption::plain},
    {"-VV", CtestOption::plain},
    {"--extra-verbose", CtestOption::plain},
    {"-Q", CtestOption::plain},
    {"--quiet", CtestOption::plain},
    {"--output-on-failure", CtestOption::plain},
    {"--progress", CtestOption::plain},
    {"--stop-on-failure", CtestOption::plain},
    {"--schedule-random", CtestOption::plain},
    {"--no-label-summary", CtestOption::plain},
    {"--no-subproject-summary", CtestOption::plain},
    {"--debug", CtestOption::plain},
    {"-E", CtestOption::with_value},
    {"--exclude-regex", CtestOption::with_value},
    {"-L", CtestOption::with_value},
    {"--label-regex", CtestOption::with_value},
    {"-LE", CtestOption::with_value},
    {"--label-exclude", CtestOption::with_value},
    {"-FA", CtestOption::with_value},
    {"--fixture-exclude-any", CtestOption::with_value},
    {"-FS", CtestOption::with_value},
    {"--fixture-exclude-setup", CtestOption::with_value},
    {"-FC", CtestOption::with_value},
    {"--fixture-exclude-cleanup", CtestOption::with_value},
    {"-C", CtestOption::with_value},
    {"--build-config", CtestOption::with_value},
    {"-O", CtestOption::with_value},
    {"--output-log", CtestOption::with_value},
    {"--output-junit", CtestOption::with_value},
    {"--test-dir", CtestOption::with_value},
    {"--timeout", CtestOption::with_value},
    {"--stop-time", CtestOption::with_value},
    {"--test-load", CtestOption::with_value},
    {"--repeat", CtestOption::with_value},
    {"--test-output-size-passed", CtestOption::with_value},
    {"--test-output-size-failed", CtestOption::with_value},
    {"--test-output-truncation", CtestOption::with_value},
    {"-R", CtestOption::other_with_value},
    {"--tests-regex", CtestOption::other_with_value},
    {"-I", CtestOption::other_with_value},
    {"--tests-information", CtestOption::other_with_value},
    {"--tests-from-file", CtestOption::other_with_value},
    {"--exclude-from-file", CtestOption::other_with_value},
    {"-A", CtestOption::other_with_value},
    {"-M", CtestOption::other_with_value},
    {"-T", CtestOption::other_with_value},
    {"-D", CtestOption::other_with_value},
    {"-S", CtestOption::other_with_value},
    {"-SP", CtestOption::other_with_value},
    {"--preset", CtestOption::other_with_value},
    {"--presets-file", CtestOption::other_with_value},
    {"--resource-spec-file", CtestOption::other_with_value},
});

}  // namespace

CtestOption ctest_option(std::string_view word) {
  const auto* const found = std::ranges::find(k_options, word, &Option::name);
  return found == k_options.end() ? CtestOption::unknown : found->kind;
}

bool asks_to_be_quiet(const std::vector<std::string>& command) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == "-Q" || word == "--quiet") return true;
    if (word == "--test-command") return false;  // what follows is the command of somebody else
    const CtestOption kind = ctest_option(word);
    if (kind == CtestOption::with_value || kind == CtestOption::other_with_value) {
      ++i;
    }
  }
  return false;
}

}  // namespace holdfast
