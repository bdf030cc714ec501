#include "values/framework.hpp"

#include "base/environment.hpp"

namespace holdfast {

bool has_googletest(const ProgramTexts& program) {
  return program.has(".rodata", environment::k_googletest_runs) ||
         program.has(".dynstr", "libgtest");
}

std::optional<FrameworkKind> framework_in(const ProgramTexts& program) {
  // Any other framework comes before GoogleTest: GoogleMock works with all of them.
  if (program.has(".dynstr", "libCatch2")) return FrameworkKind::catch2_three;
  if (program.has(".rodata", "A Catch2 test executable")) {
    return program.has(".rodata", "list-test-names-only") ? FrameworkKind::catch2_two
                                                          : FrameworkKind::catch2_three;
  }
  if (program.has(".rodata", "listing all test case names")) return FrameworkKind::doctest;
  if (program.has(".dynstr", "libboost_unit_test_framework") ||
      program.has(".rodata", "BOOST_TEST_RUN_FILTERS")) {
    return FrameworkKind::boost;
  }
  return has_googletest(program) ? std::optional(FrameworkKind::googletest) : std::nullopt;
}

namespace {

constexpr std::string_view k_beginning = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites";

std::string_view googletest_flag(std::string_view argument) {
  return take_words(argument, "--gtest_") ? argument : std::string_view();
}

bool is_flag(std::string_view argument, std::string_view name) {
  const std::string_view flag = googletest_flag(argument);
  return flag.starts_with(name) && (flag.size() == name.size() || flag[name.size()] == '=');
}

// Whether `fits` is true for an argument.
template <typename Fits>
bool has_argument(const char* const* command, Fits fits) {
  if (*command == nullptr) return false;
  for (const char* const* word = command + 1; *word != nullptr; ++word) {
    if (fits(std::string_view(*word))) return true;
  }
  return false;
}

bool has_flag(const char* const* command, std::string_view name) {
  return has_argument(command, [&](std::string_view word) { return is_flag(word, name); });
}

bool has_variable(const char* const* environment, std::string_view name) {
  return variable_in(environment, name).data() != nullptr;
}

// `python`, `python3`, `python3.11`
bool is_python(std::string_view program) {
  return take_words(program, "python") &&
         program.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_pytest_script(std::string_view program) {
  return program == "pytest" || program == "py.test" || program == "pytest-3" ||
         program == "py.test-3";
}

}  // namespace

bool has_googletest_argument(const char* const* command) {
  return has_argument(command,
                      [](std::string_view word) { return !googletest_flag(word).empty(); });
}

bool may_be_asked_for_report(const char* const* command, const char* const* environment) {
  const bool has_own_report = has_flag(command, "output") ||
                              has_variable(environment, "GTEST_OUTPUT") ||
                              has_variable(environment, "XML_OUTPUT_FILE");  // of Bazel
  return !has_own_report && !has_flag(command, "list_tests") && !has_flag(command, "help");
}

bool may_select_nothing(const char* const* command, const char* const* environment) {
  const bool selects = has_flag(command, "filter") || has_variable(environment, "GTEST_FILTER");
  const bool is_shard =
      has_variable(environment, "GTEST_TOTAL_SHARDS") || has_flag(command, "total_shards");
  return selects && !is_shard;
}

bool preloads(const char* const* environment) {
  return has_variable(environment, "LD_PRELOAD") || has_variable(environment, "LD_AUDIT");
}

bool is_googletest_report(std::string_view xml) { return xml.starts_with(k_beginning); }

bool reports_no_tests(std::string_view xml) {
  return take_words(xml, k_beginning) && xml.starts_with(" tests=\"0\"");
}

bool is_pytest(const char* const* command) {
  if (command[0] == nullptr) return false;
  const std::string_view program = last_part_of(command[0]);
  if (is_pytest_script(program)) return true;
  if (!is_python(program)) return false;
  // These are options of the interpreter. Of them, -W and -X take the next word too.
  const char* const* word = command + 1;
  for (; *word != nullptr; ++word) {
    const std::string_view text = *word;
    if (text == "-m") return word[1] != nullptr && std::string_view(word[1]) == "pytest";
    if (text == "-W" || text == "-X") {
      if (*++word == nullptr) return false;
    } else if (!text.starts_with("-") || text == "-c" || text == "-") {
      break;
    }
  }
  // `python3 /usr/bin/pytest`
  return *word != nullptr && is_pytest_script(last_part_of(*word));
}

}  // namespace holdfast
