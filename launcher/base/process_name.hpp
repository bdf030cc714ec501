#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace holdfast {

// A process by its pid and start time, so that no later process with the same pid is taken for it.
struct ProcessName {
  int pid = 0;
  std::uint64_t start = 0;  // clock ticks since boot: field 22 of /proc/<pid>/stat, proc(5)

  friend bool operator==(const ProcessName&, const ProcessName&) = default;
};

// `<pid>:<start>`, as `holdfast begin --ctest` takes it.
Result<ProcessName> parse_process_name(std::string_view text);
std::string to_text(const ProcessName& process);

// What the name of a file says that processes of several PID namespaces may have made.
struct NamespacedProcess {
  ProcessName process;
  std::optional<std::uint64_t> pid_namespace;  // none: an older version made the file

  friend bool operator==(const NamespacedProcess&, const NamespacedProcess&) = default;
};

// `<pid>-<start>-<PID namespace>`
std::string file_name_of(const ProcessName& process, std::uint64_t pid_namespace);
// Reads such a name, which a dot and other text may follow. None: `name` is not of this form.
std::optional<NamespacedProcess> parse_file_name(std::string_view name);

// Reads /proc/<pid>/status, proc_pid_status(5).

// How many numbers the `NSpid:` line has: one for each PID namespace, from that of the mounted
// /proc down to the process's own. 1: the process is in the namespace of /proc. 0: the line is
// missing or cut off; a kernel without PID namespaces has none.
unsigned numbers_in_namespaces(std::string_view status);

// Whether `signal` was sent to the process and is still pending (`ShdPnd:`). SIGKILL stays pending
// until the process is gone.
bool pends(std::string_view status, int signal);

}  // namespace holdfast
