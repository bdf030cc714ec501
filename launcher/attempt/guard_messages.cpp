#include "attempt/guard_messages.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>

namespace holdfast::supervision {
namespace {

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

}  // namespace

unsigned list_processes(const std::vector<os::NamedProcess>& processes,
                        std::array<ListedProcess, k_most_listed>& list) {
  for (std::size_t i = 0; i < std::min(processes.size(), list.size()); ++i) {
    list[i].pid = processes[i].pid;
    std::strncpy(list[i].name.data(), processes[i].name.c_str(), list[i].name.size() - 1);
  }
  return static_cast<unsigned>(processes.size());
}

void add_usage(GuardReport& report) {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  report.user_us = microseconds(used.ru_utime);
  report.system_us = microseconds(used.ru_stime);
  report.max_rss_kb = used.ru_maxrss;
}

}  // namespace holdfast::supervision
