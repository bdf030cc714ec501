#include "core/ctest_options.hpp"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

// As in ctest-integration/listing.cmake.
constexpr std::array<std::string_view, 36> k_take_a_value = {"-R",
                                                             "-E",
                                                             "-L",
                                                             "-LE",
                                                             "-FA",
                                                             "-FS",
                                                             "-FC",
                                                             "-I",
                                                             "-C",
                                                             "-O",
                                                             "-A",
                                                             "-M",
                                                             "-T",
                                                             "-D",
                                                             "-S",
                                                             "-SP",
                                                             "--tests-regex",
                                                             "--exclude-regex",
                                                             "--label-regex",
                                                             "--label-exclude",
                                                             "--tests-information",
                                                             "--build-config",
                                                             "--output-log",
                                                             "--output-junit",
                                                             "--test-dir",
                                                             "--timeout",
                                                             "--stop-time",
                                                             "--repeat",
                                                             "--resource-spec-file",
                                                             "--fixture-exclude-any",
                                                             "--fixture-exclude-setup",
                                                             "--fixture-exclude-cleanup",
                                                             "--preset",
                                                             "--tests-from-file",
                                                             "--exclude-from-file",
                                                             "--test-output-size-passed"};

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

}  // namespace

bool asks_to_be_quiet(std::string_view command_line) {
  (void)take_word(command_line);
  while (!command_line.empty()) {
    const std::string_view word = take_word(command_line);
    if (word == "-Q" || word == "--quiet") return true;
    if (word == "--test-command") return false;  // what follows is somebody else's
    if (std::ranges::find(k_take_a_value, word) != k_take_a_value.end())
      (void)take_word(command_line);
  }
  return false;
}

}  // namespace holdfast
