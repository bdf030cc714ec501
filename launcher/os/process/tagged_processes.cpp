#include "os/process/tagged_processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/process_name.hpp"
#include "base/text.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

Stream stream_in(int failed, const struct stat& info) {
  if (failed != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))) return {};
  return id_of(info);
}

constexpr int k_empty_scans_believed = 6;
constexpr std::size_t k_longest_environment = 4UL * 1024 * 1024;

// Returns the environment of the process, or of one of its threads. If the main thread has ended
// and others live, the process itself shows nothing.
std::string environment_of(pid_t pid) {
  Result<std::string> text = read_file(in_proc(pid, "environ"), k_longest_environment);
  if (text && !text->empty()) return std::move(*text);
  std::string found;
  const std::string tasks = in_proc(pid, "task/");
  for_each_number(tasks, [&](pid_t task) {
    if (!found.empty()) return;
    Result<std::string> of_task =
        read_file(tasks + std::to_string(task) + "/environ", k_longest_environment);
    if (of_task) found = std::move(*of_task);
  });
  return found;
}

}  // namespace

Stream stream_of(int fd) {
  struct stat info {};
  return stream_in(::fstat(fd, &info), info);
}

Stream stream_of(pid_t process, int fd) {
  struct stat info {};
  return stream_in(::stat(in_proc(process, "fd/" + std::to_string(fd)).c_str(), &info), info);
}

bool holds_stream(pid_t process, const std::vector<Stream>& streams) {
  bool holds = false;
  for_each_number(in_proc(process, "fd"), [&](int fd) {
    const Stream theirs = stream_of(process, fd);
    holds = holds || (theirs.is_there() && contains(streams, theirs));
  });
  return holds;
}

bool may_hold_unseen(pid_t process, unsigned user) {
  // The kernel asks for the same right for all links of a process.
  char first = 0;
  if (::readlink(in_proc(process, "cwd").c_str(), &first, 1) >= 0 || errno != EACCES) return false;
  const Result<std::string> status = read_process_status(process);
  if (!status) return false;
  // Real, effective, saved, of the file system.
  std::string_view line = rest_of_line(*status, "\nUid:");
  while (!line.empty()) {
    if (parse_number<unsigned>(take_part(line, '\t')) == user) return true;
  }
  return false;
}

std::vector<NamedProcess> holders_of(const Stream& stream, const std::vector<pid_t>& but) {
  std::vector<NamedProcess> found;
  if (!stream.is_there()) return found;
  for_each_process([&](pid_t pid) {
    if (contains(but, pid) || !holds_stream(pid, {stream})) return;
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (stat) found.push_back({pid, stat->name});
  });
  return found;
}

TaggedProcesses::TaggedProcesses(const std::string& attempt)
    : TaggedProcesses([attempt, number = tag_number(attempt)](const ProcessMarks& marks) {
        return marks.number == number || environment_has_attempt(marks.environment, attempt);
      }) {
  with_kin_ = true;
}

TaggedProcesses::TaggedProcesses(Belongs belongs) : belongs_(std::move(belongs)) {
  own_line_.push_back(::getpid());
  for (const ProcessName& one : ancestors_of(own_name())) own_line_.push_back(one.pid);
}

bool TaggedProcesses::is_tagged(pid_t pid) const {
  const std::string environment = environment_of(pid);
  const Result<std::string> limits = read_file(in_proc(pid, "limits"));
  return belongs_({pid, limits ? tag_in_limits(*limits) : 0, environment});
}

// Looks at the newest process first, and signals each member as soon as it is found. If a process
// forks all the time, each of its children lives for a much shorter time than a whole scan takes.
void TaggedProcesses::scan(std::initializer_list<int> signals) {
  members_.clear();
  std::vector<Seen> all;
  for_each_process([&](pid_t pid) {
    if (!with_kin_) return all.push_back({pid, 0, 0});
    const Result<ProcessStat> stat = read_process_stat(pid);
    if (stat) all.push_back({pid, stat->parent, stat->start});
  });
  std::for_each(all.rbegin(), all.rend(), [&](const Seen& one) {
    UniqueFd held = watch_living(one.pid);
    if (!held.valid() || contains(own_line_, one.pid) || !is_tagged(one.pid)) return;
    if (with_kin_) note_children_of(one.pid, all);
    meet(one.pid, std::move(held), signals);
  });
  // Each time anew: what is known by now may have started more since. The list grows meanwhile.
  for (std::size_t i = 0; i < kin_.size(); ++i) {
    if (contains(all, kin_[i])) note_children_of(kin_[i].pid, all);
  }
  meet_kin(signals);
}

void TaggedProcesses::meet(pid_t pid, UniqueFd held, std::initializer_list<int> signals) {
  const Result<ProcessStat> stat = read_process_stat(pid);
  if (!stat || has_ended(*stat)) return;
  for (int signal : signals) (void)send_signal(held.get(), signal);
  members_.push_back({{pid, stat->name}, std::move(held)});
}

void TaggedProcesses::note_children_of(pid_t pid, const std::vector<Seen>& all) {
  for (const Seen& one : all) {
    if (one.parent != pid || contains(own_line_, one.pid)) continue;
    if (!contains(kin_, one)) kin_.push_back(one);
  }
}

void TaggedProcesses::meet_kin(std::initializer_list<int> signals) {
  for (const Seen& one : kin_) {
    const bool is_met =
        std::ranges::any_of(members_, [&](const Member& m) { return m.process.pid == one.pid; });
    if (is_met) continue;
    Result<UniqueFd> held = watch_process({one.pid, one.start});
    if (held) meet(one.pid, std::move(*held), signals);
  }
}

void TaggedProcesses::signal_all(int signal) { scan({signal}); }

void TaggedProcesses::ask_to_end(int signal) { scan({signal, SIGCONT}); }

bool TaggedProcesses::is_empty() {
  for (int scans = 0; scans < k_empty_scans_believed; ++scans) {
    scan();
    if (!members_.empty()) return false;
  }
  return true;
}

std::vector<NamedProcess> TaggedProcesses::living() {
  scan();
  return collected(members_, &Member::process);
}

std::vector<int> TaggedProcesses::news() {
  return collected(members_, [](const Member& member) { return member.held.get(); });
}

}  // namespace holdfast::os
