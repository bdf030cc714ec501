#include "os/process/process_description.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/number.hpp"
#include "os/file/file_text.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

constexpr std::size_t k_most_threads = 64;
constexpr std::size_t k_most_files = 32;
constexpr std::size_t k_socket_table = 256UL * 1024UL;

std::vector<long> numbers_in(const std::string& directory) {
  std::vector<long> numbers;
  for_each_number(directory, [&](int number) { numbers.push_back(number); });
  std::ranges::sort(numbers);
  return numbers;
}

std::string first_line(const std::string& path) {
  const Result<std::string> text = read_file(path, 4096);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

// The system calls in which a process usually hangs; other calls are shown by number.
std::string call_name(long number) {
  const struct {
    long number;
    const char* name;
  } calls[] = {
      {SYS_read, "read"},
      {SYS_write, "write"},
      {SYS_ppoll, "ppoll"},
      {SYS_pselect6, "pselect6"},
      {SYS_epoll_pwait, "epoll_pwait"},
      {SYS_futex, "futex"},
      {SYS_nanosleep, "nanosleep"},
      {SYS_clock_nanosleep, "clock_nanosleep"},
      {SYS_wait4, "wait4"},
      {SYS_waitid, "waitid"},
      {SYS_accept, "accept"},
      {SYS_accept4, "accept4"},
      {SYS_connect, "connect"},
      {SYS_recvfrom, "recvfrom"},
      {SYS_recvmsg, "recvmsg"},
      {SYS_sendto, "sendto"},
      {SYS_sendmsg, "sendmsg"},
      {SYS_flock, "flock"},
      {SYS_fcntl, "fcntl"},
      {SYS_openat, "openat"},
      {SYS_fsync, "fsync"},
      {SYS_rt_sigsuspend, "rt_sigsuspend"},
      {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
#ifdef SYS_poll
      {SYS_poll, "poll"},
      {SYS_select, "select"},
      {SYS_epoll_wait, "epoll_wait"},
      {SYS_pause, "pause"},
      {SYS_open, "open"},
#endif
  };
  for (const auto& call : calls) {
    if (call.number == number) return call.name;
  }
  return "system call " + std::to_string(number);
}

// The file has the form of proc_pid_syscall(5): "running", or number, arguments, stack and
// instruction pointer.
std::string call_text(const std::string& thread) {
  std::string line = first_line(thread + "/syscall");
  if (line.empty() || line == "running") return line;
  const std::optional<long> number = leading_number<long>(line);
  if (!number || *number < 0) return {};
  return "in " + call_name(*number) + " (" + line.substr(line.find(' ') + 1) + ")";
}

std::string thread_line(pid_t pid, long tid) {
  const std::string thread = in_proc(pid, "task/" + std::to_string(tid));
  const std::string stat = first_line(thread + "/stat");
  const std::size_t close = stat.rfind(") ");
  if (close == std::string::npos) return {};
  std::string line = "  thread " + std::to_string(tid) + " \"" + first_line(thread + "/comm") +
                     "\": state " + stat[close + 2];
  const std::string where = first_line(thread + "/wchan");
  if (!where.empty() && where != "0") line += ", waits at " + where;
  if (const std::string call = call_text(thread); !call.empty()) line += ", " + call;
  return line + "\n";
}

// Returns the line of `table` that has the socket's inode as a word.
std::string line_of_socket(const std::string& table, std::string_view inode) {
  const Result<std::string> text = read_file(table, k_socket_table);
  if (!text) return {};
  const std::string wanted = " " + std::string(inode) + " ";
  const std::size_t at = text->find(wanted);
  if (at == std::string::npos) return {};
  const std::size_t begin = text->rfind('\n', at) + 1;
  return text->substr(begin, text->find('\n', at) - begin);
}

// "0100007F:1F90" of proc_net_tcp(5), in this machine's byte order, is 127.0.0.1:8080.
std::string address_text(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return std::string(word);
  const auto port = leading_number<unsigned long>(word.substr(colon + 1), 16).value_or(0);
  std::string text;
  if (colon == 8) {
    for (std::size_t at = 8; at > 0; at -= 2) {
      const auto byte = leading_number<unsigned>(word.substr(at - 2, 2), 16).value_or(0);
      text += (text.empty() ? "" : ".") + std::to_string(byte);
    }
  } else {
    text = "[" + std::string(word.substr(0, colon)) + "]";
  }
  return text + ":" + std::to_string(port);
}

std::string socket_text(pid_t pid, std::string_view inode) {
  const std::string net = in_proc(pid, "net/");
  for (const char* kind : {"tcp", "tcp6", "udp", "udp6"}) {
    const std::string line = line_of_socket(net + kind, inode);
    if (line.empty()) continue;
    // "   0: 0100007F:1F90 00000000:0000 0A ..."
    const std::size_t local = line.find(": ") + 2;
    const std::size_t remote = line.find(' ', local) + 1;
    const std::size_t state = line.find(' ', remote) + 1;
    const std::string_view words = line;
    return std::string(kind) + " " + address_text(words.substr(local, remote - local - 1)) +
           " to " + address_text(words.substr(remote, state - remote - 1)) +
           (words.substr(state, 2) == "0A" ? ", listening" : "");
  }
  if (const std::string line = line_of_socket(net + "unix", inode); !line.empty()) {
    return "unix socket " + line.substr(line.find(inode) + inode.size());
  }
  return {};
}

std::string file_line(pid_t pid, long fd) {
  std::string text = read_link(in_proc(pid, "fd/" + std::to_string(fd)));
  if (text.empty()) return {};
  constexpr std::string_view k_socket = "socket:[";
  if (text.starts_with(k_socket)) {
    const std::string_view inode =
        std::string_view(text).substr(k_socket.size(), text.size() - k_socket.size() - 1);
    if (const std::string known = socket_text(pid, inode); !known.empty()) text = known;
  }
  std::ranges::replace(text, '\n', '?');
  return "  file " + std::to_string(fd) + ": " + text + "\n";
}

// Returns a line for each number in a directory of /proc/<pid>, up to `most`.
std::string lines_of(pid_t pid, std::string_view directory, std::string (*line)(pid_t, long),
                     std::size_t most, const char* more) {
  std::string text;
  const std::vector<long> numbers = numbers_in(in_proc(pid, directory));
  for (std::size_t i = 0; i < std::min(numbers.size(), most); ++i) text += line(pid, numbers[i]);
  if (numbers.size() > most) text += "  and " + std::to_string(numbers.size() - most) + more;
  return text;
}

}  // namespace

std::string describe_process(pid_t pid) {
  return lines_of(pid, "task", thread_line, k_most_threads, " more threads\n") +
         lines_of(pid, "fd", file_line, k_most_files, " more files\n");
}

}  // namespace holdfast::os
