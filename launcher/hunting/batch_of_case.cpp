#include "hunting/batch_of_case.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "batches/gtest_list.hpp"
#include "command/command.hpp"
#include "journal/journal_reader.hpp"
#include "journal/run_directory.hpp"
#include "os/process/execute.hpp"
#include "os/stack/program_reader.hpp"
#include "values/framework.hpp"

namespace holdfast::cli {
namespace {

// Empty: no batch of the tree's last run had the case.
std::string batch_on_record(const std::string& tree, const std::string& name) {
  const Result<RunEntry> run = find_run(tree, "latest", variable(environment::k_run_id));
  if (!run) return {};
  std::string test;
  (void)read_records(run->journal, [&](const Record& record) {
    const auto* const cases = std::get_if<CasesRecord>(&record);
    if (cases == nullptr) return;
    const auto found = std::ranges::find(cases->cases, name, &CaseRecord::name);
    if (found != cases->cases.end()) test = cases->test;
  });
  return test;
}

bool is_batch(const ListedTest& test) { return last_of(test.said, Setting::isolation) != nullptr; }

// Whether the batch's filter names that case, or its whole suite, and nothing else in that place
// (gtest_cases.cmake).
bool filter_has(const ListedTest& test, const std::string& name) {
  const std::string of_case = filter_pattern(name);
  const std::string of_suite = filter_pattern(name.substr(0, name.rfind('.'))) + ".*";
  constexpr std::string_view k_option = "--gtest_filter=";
  for (std::string_view word : test.command) {
    if (!take_words(word, k_option)) continue;
    for (const std::string_view part : TextParts{word, ':'}) {
      if (part == of_case || part == of_suite) return true;
    }
  }
  return false;
}

const Framework& framework_of(FrameworkKind kind) {
  switch (kind) {
    case FrameworkKind::catch2_two:
    case FrameworkKind::catch2_three:
      return catch2();
    case FrameworkKind::doctest:
      return doctest();
    case FrameworkKind::boost:
      return boost_test();
    case FrameworkKind::googletest:
      break;
  }
  return googletest();
}

}  // namespace

const ListedTest* find_batch_of(const std::string& tree, const std::vector<ListedTest>& tests,
                                const std::string& name) {
  const std::string recorded = batch_on_record(tree, name);
  const bool may_be_filtered = name.find('.') != std::string::npos;
  const auto found = std::ranges::find_if(tests, [&](const ListedTest& one) {
    if (!is_batch(one) || one.command.empty()) return false;
    return one.name == recorded || (may_be_filtered && filter_has(one, name));
  });
  return found == tests.end() ? nullptr : &*found;
}

bool select_cases(const std::vector<std::string>& names, std::vector<std::string>& command) {
  const std::vector<char*> given = os::pointers_to(command);
  const std::optional<FrameworkKind> kind = os::framework_of(given.data());
  if (!kind) return false;
  const Framework& framework = framework_of(*kind);
  std::string selection;
  for (const std::string& name : names) {
    const std::optional<std::string> one = framework.selection_without(name, {});
    if (!one) return false;
    if (!selection.empty()) selection += framework.separator();
    selection += *one;
  }
  std::vector<std::string> words{command[0]};
  for (const char* word : framework.without_selection(given.data() + 1)) words.emplace_back(word);
  words.push_back(std::string(framework.selecting_option()) + selection);
  command = std::move(words);
  return true;
}

}  // namespace holdfast::cli
