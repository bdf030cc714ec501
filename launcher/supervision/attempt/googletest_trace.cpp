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
#include "os/file/own_place.hpp"
#include "os/file/system_call.hpp"

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
  const Result<os::OwnPlace> place = os::own_place(path);
  if (!place) return {};
  const int directory = place->directory.get();
  if (::mkfifoat(directory, place->name.c_str(), 0600) != 0) return {};
  os::UniqueFd fifo(
      ::openat(directory, place->name.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo.valid()) ::unlinkat(directory, place->name.c_str(), 0);
  return fifo;
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
GoogletestEnd end_shown_by(const GoogletestTrace& trace, const os::ScratchContent& left,
                           bool is_there) {
  const std::size_t begun = count_beginnings(trace.beginnings);
  // The file that we made is there, so nobody was through.
  if (is_there && is_fifo(left.markers.get(), names::k_googletest_runs_file)) {
    return begun > 0 ? GoogletestEnd::unfinished : GoogletestEnd::through;
  }
  // One program was through and removed the file. Another one began before or after that. Nobody
  // knows which of them was the test's own.
  return is_there || begun > 1 ? GoogletestEnd::unclear : GoogletestEnd::through;
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

bool wants_report(const Policy& policy, const Invocation& invocation) {
  return policy.no_tests != NoTests::keep &&
         may_select_nothing(invocation.command, invocation.environment) &&
         may_be_asked_for_report(invocation.command, invocation.environment);
}

GoogletestTrace ask_for_trace(const Invocation& invocation, const Policy& policy,
                              const std::string& markers, TestEnvironment& told) {
  GoogletestTrace trace;
  if (policy.premature_exit != PrematureExit::ignore && !told.has(env::k_googletest_runs)) {
    std::string runs = in(markers, names::k_googletest_runs_file);
    // GoogleTest crashes if it cannot open the file.
    trace.beginnings = make_beginnings(runs);
    if (trace.beginnings.valid()) {
      told.set(env::k_googletest_runs, runs);
      trace.runs_file = std::move(runs);
    }
  }
  if (wants_report(policy, invocation)) {
    trace.reports = told.set_if_absent(env::k_googletest_output, "xml:" + markers + "/");
  }
  return trace;
}

WeighedTrace weigh_trace(const GoogletestTrace& trace, const os::ScratchContent& left,
                         std::vector<std::string>& names) {
  WeighedTrace weighed;
  const bool are_all_read = names.size() < os::k_most_marker_files;
  if (!trace.runs_file.empty()) {
    const bool is_there = std::erase(names, names::k_googletest_runs_file) > 0;
    weighed.end = end_shown_by(trace, left, is_there);
  }
  if (!trace.reports) return weighed;
  const auto others = std::partition(names.begin(), names.end(),
                                     [](const std::string& name) { return !is_report(name); });
  const std::vector<std::string> reports(others, names.end());
  names.erase(others, names.end());
  weighed.ran_nothing = are_all_read && say_no_tests(left, reports);
  return weighed;
}

}  // namespace holdfast::supervision
