#include "cli/select/selection_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/base/number.hpp"
#include "core/base/process_name.hpp"
#include "core/ctest/test_order.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/system_call.hpp"
#include "os/process/process.hpp"
#include "os/signal/replacing.hpp"
#include "store/json_record.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// A process of another PID namespace looks as if it had ended. It has read its files by then.
constexpr std::chrono::hours k_least_age{1};
// The tasks of a job of Slurm read theirs when they begin, and the process may be of another host.
constexpr std::chrono::hours k_least_age_of_array{30 * 24};

// A line of a journal has a bound.
constexpr std::size_t k_tests_in_record = 1000;
constexpr std::size_t k_bytes_in_record = 512 * 1024;

std::optional<ProcessName> process_of(std::string_view name) {
  ProcessName process;
  const auto pid = take_number<decltype(process.pid)>(name);
  if (!pid || !name.starts_with('-')) return std::nullopt;
  name.remove_prefix(1);
  const auto start = take_number<decltype(process.start)>(name);
  if (!start || !name.starts_with('.')) return std::nullopt;
  process.pid = *pid;
  process.start = *start;
  return process;
}

void remove_left_files(const fs::path& directory) {
  for (const std::string& name : os::names_in_own(directory.string())) {
    const std::optional<ProcessName> process = process_of(name);
    if (!process || os::is_alive(*process)) continue;
    const fs::path path = directory / name;
    std::error_code ignored;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, ignored);
    const bool is_array = path.extension() == names::k_selected_array_suffix;
    if (ignored || age <= (is_array ? k_least_age_of_array : k_least_age)) continue;
    if (!os::remove_own(path.string())) (void)os::remove_directory(path.string());
  }
}

// The tests at these places, in as many records as it takes.
void add_records(PlannedRecord record, const std::vector<SelectableTest>& tests,
                 std::string& lines) {
  std::size_t bytes = 0;
  const bool has_keys =
      std::ranges::any_of(tests, [](const SelectableTest& test) { return !test.key.empty(); });
  const auto flush = [&] {
    if (!record.tests.empty()) lines += line_of(record);
    record.tests.clear();
    record.keys.clear();
    bytes = 0;
  };
  for (const SelectableTest& test : tests) {
    record.tests.push_back(test.name);
    if (has_keys) record.keys.push_back(test.key);
    bytes += test.name.size();
    if (record.tests.size() == k_tests_in_record || bytes > k_bytes_in_record) flush();
  }
  flush();
}

PlannedRecord own_record() {
  PlannedRecord record;
  record.at = static_cast<double>(os::unix_now_ms()) / 1000;
  record.is_own = true;
  return record;
}

}  // namespace

Result<SelectionFiles> SelectionFiles::make(const std::string& tree) {
  const fs::path directory = fs::path(tree) / names::k_selections_directory;
  if (Result<void> made = os::make_own_directories(directory.string(), 0777); !made) {
    return made.error();
  }
  remove_left_files(directory);
  return SelectionFiles(directory / begin_of_selected_file(os::own_name()));
}

fs::path SelectionFiles::path(std::string_view name) const {
  fs::path path = begin_;
  path += name;
  return path;
}

std::string planned_lines(const std::vector<SelectableTest>& tests) {
  std::string lines;
  add_records(own_record(), tests, lines);
  return lines;
}

std::string planned_lines(const Chosen& chosen, const Restrictions& restrictions) {
  std::vector<SelectableTest> tests;
  if (!chosen.division) {
    for (const std::size_t place : chosen.tests) tests.push_back(chosen.all.tests[place]);
    return planned_lines(tests);
  }
  std::string lines;
  PlannedRecord record = own_record();
  record.fingerprint = chosen.division->fingerprint;
  for (std::size_t i = 0; i < chosen.division->shards.size(); ++i) {
    record.shard = to_text(ShardNumber{i + 1, restrictions.shard->count});
    record.is_own = i + 1 == restrictions.shard->number;
    tests.clear();
    for (const std::size_t place : chosen.division->shards[i]) {
      tests.push_back(chosen.all.tests[chosen.divided[place]]);
    }
    add_records(record, tests, lines);
  }
  return lines;
}

bool is_attached(const std::string& tree) {
  std::error_code failed;
  return fs::exists(fs::path(tree) / names::k_tree_directory / "attach.cmake", failed);
}

Result<void> leave_plan(const std::string& tree, const SelectionFiles& files,
                        const std::string& lines) {
  if (!is_attached(tree)) return {};
  const std::string file = files.path(names::k_planned_file).string();
  if (Result<void> written = os::replace_file(file, lines); !written) return written;
  ::setenv(std::string(environment::k_planned).c_str(), file.c_str(), 1);
  return {};
}

}  // namespace holdfast::cli
