// kill_at REPORT SCHEDULE COMMAND…: runs a ctest and kills processes of Holdfast at chosen steps.
//
// A step is a stop before or after a system call, counted for each role. Between two steps a
// process changes nothing that others can see. SCHEDULE is `-` or a comma list of
// ROLE:STEP=VICTIM[/SIGNAL][+VICTIM…][~OTHER], as in `guard:17=guard+launcher,keeper:90=ctest/15`.
// When ROLE takes that step, the victims get SIGKILL (or SIGNAL), and none of them can act in
// between. ctest and the helper go on meanwhile. With ~OTHER, the process stays at that step until
// one of the role OTHER has ended, as if it got no time on a busy machine.
//
// The roles are begin (`holdfast begin`, or the process that starts a keeper later), end, keeper,
// launcher, guard and test (until its exec). ctest and helper (which looks after orphans) can only
// be victims. REPORT gets `ctest PID`, `struck …`, `ended ctest exit CODE|signal NUMBER` and `steps
// ROLE COUNT`. Returns when all processes but the test's own are gone. Exit code 3: this machine
// does not let us trace; 4: a process was still there after half a minute (it is named and ended).
#include <sys/ptrace.h>
#include <sys/user.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "habit.hpp"

namespace {

struct Strike {
  std::string role;
  long step = 0;
  std::vector<std::pair<std::string, int>> victims;
  std::string held_until;  // the role that must end first; empty: not held
};

struct Traced {
  std::string role;
  bool is_new = true;     // its first stop has not come yet
  bool is_early = false;  // its first stop came before its parent's event
};

constexpr long k_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                           PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

std::vector<Strike> schedule;
std::map<pid_t, Traced> traced;
std::map<std::string, long> steps;
std::map<std::string, pid_t> latest;  // the latest process of each role
std::map<pid_t, std::string> held;    // at its step, until one of that role ends
const char* report;
pid_t ctest;

Strike parse_strike(const std::string& text) {
  Strike strike;
  const std::size_t colon = text.find(':');
  const std::size_t equals = text.find('=');
  strike.role = text.substr(0, colon);
  strike.step = std::atol(text.c_str() + colon + 1);
  const std::size_t tilde = text.find('~');
  if (tilde != std::string::npos) strike.held_until = text.substr(tilde + 1);
  std::istringstream victims(text.substr(equals + 1, tilde - equals - 1));
  for (std::string victim; std::getline(victims, victim, '+');) {
    const std::size_t slash = victim.find('/');
    const int number = slash == std::string::npos ? SIGKILL : std::atoi(&victim[slash + 1]);
    strike.victims.emplace_back(victim.substr(0, slash), number);
  }
  return strike;
}

void parse_schedule(const std::string& text) {
  if (text == "-") return;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) schedule.push_back(parse_strike(item));
}

std::string first_words_of(pid_t pid) {
  char text[4096] = {};
  const int fd = open(("/proc/" + std::to_string(pid) + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
  if (fd >= 0) close(fd);
  const std::string words(text, length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::size_t end = words.find('\0');
  const std::string program = words.substr(0, end);
  std::string base = program.substr(program.rfind('/') + 1);
  if (base == "holdfast" && end < words.size()) base += std::string(" ") + &words[end + 1];
  return base;
}

// The role of a process after an exec. Empty: it is not one of Holdfast's.
std::string role_by_exec(pid_t pid) {
  const std::string words = first_words_of(pid);
  if (pid == ctest) return "ctest";
  if (words == "holdfast-launcher" || words == "holdfast-exec") return "launcher";
  if (words == "holdfast begin" || words == "holdfast keeper") return "begin";
  if (words == "holdfast end") return "end";
  return {};
}

std::string role_by_fork(const std::string& parent) {
  if (parent == "launcher") return "guard";
  if (parent == "guard") return "test";
  if (parent == "begin") return "keeper";
  if (parent == "keeper") return "helper";
  return "unknown";  // it gets a role at its exec
}

void let_go(pid_t pid) {
  traced.erase(pid);
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
}

// Steps of ctest and of the helper do not count. ctest is not ours to stop at each of them. The
// helper looks at every process of the machine several times, and no schedule names its steps.
void go_on(pid_t pid, int number) {
  const std::string& role = traced[pid].role;
  const bool counted = role != "ctest" && role != "unknown" && role != "helper";
  ptrace(counted ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr,
         reinterpret_cast<void*>(static_cast<long>(number)));  // NOLINT(performance-no-int-to-ptr)
}

void carry_out(const Strike& strike, pid_t at) {
  __ptrace_syscall_info call{};
  ptrace(PTRACE_GET_SYSCALL_INFO, at, sizeof call, &call);
  std::string line =
      "struck at " + strike.role + ":" + std::to_string(strike.step) + " " +
      (call.op == PTRACE_SYSCALL_INFO_ENTRY ? "before system call " + std::to_string(call.entry.nr)
                                            : "after a system call");
  std::vector<std::pair<pid_t, int>> victims;
  for (const auto& [role, number] : strike.victims) {
    const auto found = latest.find(role);
    if (found == latest.end() || traced.find(found->second) == traced.end()) continue;
    victims.emplace_back(found->second, number);
    line += ", " + role + " " + std::to_string(found->second);
  }
  habit::append_line(report, line.c_str());
  // The process at its step cannot act now. Any other that is to be killed is stopped first.
  for (const auto& [pid, number] : victims) {
    if (pid != at && number == SIGKILL && victims.size() > 1) kill(pid, SIGSTOP);
  }
  for (const auto& [pid, number] : victims) kill(pid, number);
}

void take_step(pid_t pid) {
  const std::string role = traced[pid].role;
  const long step = ++steps[role];
  for (const Strike& strike : schedule) {
    if (strike.role != role || strike.step != step) continue;
    carry_out(strike, pid);
    if (!strike.held_until.empty()) held[pid] = strike.held_until;
  }
  if (held.find(pid) == held.end()) go_on(pid, 0);
}

void on_end(pid_t pid) {
  const std::string role = traced[pid].role;
  traced.erase(pid);
  held.erase(pid);
  for (auto one = held.begin(); one != held.end();) {
    if (one->second != role) {
      ++one;
      continue;
    }
    go_on(one->first, 0);
    one = held.erase(one);
  }
}

void become(pid_t pid, const std::string& role) {
  traced[pid].role = role;
  latest[role] = pid;
}

void on_event(pid_t pid, int event) {
  if (event == PTRACE_EVENT_EXEC) {
    const std::string role = role_by_exec(pid);
    if (role.empty()) return let_go(pid);
    become(pid, role);
  } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
    unsigned long child = 0;
    ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child);
    const auto born = static_cast<pid_t>(child);
    become(born, role_by_fork(traced[pid].role));
    if (traced[born].is_early) go_on(born, 0);
  }
  go_on(pid, 0);
}

void on_stop(pid_t pid, int status) {
  const int number = WSTOPSIG(status);
  const int event = status >> 16;
  if (number == (SIGTRAP | 0x80)) return take_step(pid);
  if (event == PTRACE_EVENT_STOP) {
    // This is the first stop of a new process, or else a stop as by SIGSTOP, in which it must stay.
    if (number == SIGTRAP || traced[pid].is_new) {
      Traced& one = traced[pid];
      one.is_new = false;
      one.is_early = one.role.empty();
      return one.is_early ? void() : go_on(pid, 0);
    }
    ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);
    return;
  }
  if (event != 0) return on_event(pid, event);
  go_on(pid, number);
}

void start_ctest(char** command) {
  int go[2];
  if (pipe(go) != 0) _exit(99);
  ctest = fork();
  if (ctest == 0) {
    close(go[1]);
    char byte = 0;
    (void)!read(go[0], &byte, 1);
    close(go[0]);
    execvp(command[0], command);
    _exit(97);
  }
  if (ptrace(PTRACE_SEIZE, ctest, nullptr, k_options) != 0) {
    kill(ctest, SIGKILL);
    _exit(3);
  }
  habit::append_line(report, ("ctest " + std::to_string(ctest)).c_str());
  traced[ctest] = {"unknown", false, false};
  latest["ctest"] = ctest;
  (void)!write(go[1], "g", 1);
  close(go[0]);
  close(go[1]);
}

void end_traced(int /*signal*/) {
  for (const auto& [pid, one] : traced) {
    habit::append_line(report, ("stuck " + one.role + " " + std::to_string(pid)).c_str());
  }
  _exit(4);  // PTRACE_O_EXITKILL ends them
}

}  // namespace

int main(int /*count*/, char** words) {
  report = words[1];
  parse_schedule(words[2]);
  signal(SIGALRM, end_traced);
  alarm(30);
  start_ctest(words + 3);
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
    if (WIFSTOPPED(status)) {
      on_stop(pid, status);
      continue;
    }
    on_end(pid);
    if (pid != ctest) continue;
    habit::append_line(
        report, (WIFEXITED(status) ? "ended ctest exit " + std::to_string(WEXITSTATUS(status))
                                   : "ended ctest signal " + std::to_string(WTERMSIG(status)))
                    .c_str());
  }
  for (const auto& [role, count] : steps) {
    habit::append_line(report, ("steps " + role + " " + std::to_string(count)).c_str());
  }
}
