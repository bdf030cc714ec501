#include "supervision/attempt/googletest_trace.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/environment.hpp"
#include "core/base/names.hpp"
#include "core/ctest/test_framework.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/system_call.hpp"
#include "os/stack/elf_text.hpp"

namespace holdfast::supervision {
namespace {

namespace env = environment;

// Longer than the part of a report that matters.
constexpr std::size_t k_head_of_report = 256;

std::string in(const std::string& directory, std::string_view name) {
  return directory + "/" + std::string(name);
}

// We open the FIFO for reading and writing, so that a program that begins does not wait for a
// reader.
os::UniqueFd make_beginnings(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) return {};
  os::UniqueFd fifo(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo.valid()) ::unlink(path.c_str());
  return fifo;
}

// Returns the name that GoogleTest gives its report in a directory without reports.
std::string own_report_of(const char* program) {
  const std::string_view path = program;
  return std::string(path.substr(path.rfind('/') + 1)) + std::string(names::k_googletest_report);
}

bool is_report(const std::string& name) {
  return std::string_view(name).ends_with(names::k_googletest_report);
}

std::size_t count_beginnings(const os::UniqueFd& fifo) {
  char bytes[8];
  const ssize_t got = os::retried([&] { return ::read(fifo.get(), bytes, sizeof bytes); });
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool is_fifo(int directory, std::string_view name) {
  struct stat info {};
  return ::fstatat(directory, std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISFIFO(info.st_mode);
}

std::string head_of(const os::ScratchContent& left, const std::string& report) {
  const Result<std::string> head =
      os::read_private_file(left.markers.get(), report, k_head_of_report);
  return head ? *head : std::string();
}

// `is_there`: whether the runs file exists.
bool is_unfinished(const GoogletestTrace& trace, const Invocation& invocation,
                   const os::ScratchContent& left, bool is_there) {
  if (!trace.beginnings.valid()) return is_there;
  const std::size_t begun = count_beginnings(trace.beginnings);
  // The runs file is either the FIFO that we made, or a new file. In the second case a program had
  // finished, and a later program made the file.
  if (is_there) return begun > 0 || !is_fifo(left.markers.get(), names::k_googletest_runs_file);
  // One of several programs has finished and has removed the runs file. Now only the test's own
  // report shows whether the test had finished, and only if the test's own program writes a report.
  // If the test is a script, a program that it starts is not the test.
  return begun > 1 && !trace.own_report.empty() &&
         !is_googletest_report(head_of(left, trace.own_report)) &&
         os::holds_googletest(invocation.command[0]);
}

// True: every complete report says that its program had no cases.
bool say_no_tests(const os::ScratchContent& left, const std::vector<std::string>& reports) {
  bool is_one_empty = false;
  for (const std::string& report : reports) {
    const std::string head = head_of(left, report);
    if (!is_googletest_report(head)) continue;
    if (!reports_no_tests(head)) return false;
    is_one_empty = true;
  }
  return is_one_empty;
}

}  // namespace

GoogletestTrace ask_for_trace(const Invocation& invocation, const std::string& markers,
                              TestEnvironment& told) {
  GoogletestTrace trace;
  const std::string runs = in(markers, names::k_googletest_runs_file);
  trace.runs_file = told.set_if_absent(env::k_googletest_runs, runs);
  if (!may_be_asked_for_report(invocation.command, invocation.environment)) return trace;
  trace.reports = told.set_if_absent(env::k_googletest_output, "xml:" + markers + "/");
  trace.may_be_empty = may_select_nothing(invocation.command, invocation.environment);
  if (!trace.reports || !trace.runs_file) return trace;
  trace.beginnings = make_beginnings(runs);
  const std::string began = in(markers, names::k_googletest_began_file);
  std::string own_report = own_report_of(invocation.command[0]);
  if (told.set_if_absent(env::k_googletest_shard_file, began) &&
      ::symlink(own_report.c_str(), began.c_str()) == 0) {
    trace.own_report = std::move(own_report);
  }
  return trace;
}

void weigh_trace(const GoogletestTrace& trace, const Invocation& invocation,
                 const os::ScratchContent& left, std::vector<std::string>& names,
                 Observation& seen) {
  const bool are_all_read = names.size() < os::k_most_marker_files;
  if (trace.runs_file) {
    const bool is_there = std::erase(names, names::k_googletest_runs_file) > 0;
    seen.unfinished = is_unfinished(trace, invocation, left, is_there);
  }
  if (!trace.reports) return;
  std::erase(names, names::k_googletest_began_file);
  const auto others = std::partition(names.begin(), names.end(),
                                     [](const std::string& name) { return !is_report(name); });
  const std::vector<std::string> reports(others, names.end());
  names.erase(others, names.end());
  const bool exited_well = seen.main.kind == ProcessEnd::Kind::exited && seen.main.code == 0;
  if (trace.may_be_empty && are_all_read && exited_well) {
    seen.ran_nothing = say_no_tests(left, reports);
  }
}

}  // namespace holdfast::supervision
