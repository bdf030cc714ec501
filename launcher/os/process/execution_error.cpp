#include "os/process/execution_error.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::os {

std::string missing_interpreter(const std::string& command) {
  // The kernel reads this much of the first line (BINPRM_BUF_SIZE).
  constexpr std::size_t k_first_line = 256;
  struct stat info {};
  if (command.find('/') == std::string::npos || ::stat(command.c_str(), &info) != 0 ||
      !S_ISREG(info.st_mode)) {
    return {};
  }
  const Result<std::string> head = read_file(command, k_first_line);
  if (!head || !head->starts_with("#!")) return {};
  const std::size_t begin = head->find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return {};
  std::string interpreter = head->substr(begin, head->find_first_of(" \t\r\n", begin) - begin);
  return ::access(interpreter.c_str(), F_OK) == 0 ? "" : interpreter;
}

std::string execution_error(const std::string& command, int error) {
  std::string text = to_text(system_error("execute " + command, error));
  const std::string interpreter = error == ENOENT ? missing_interpreter(command) : "";
  return interpreter.empty() ? text : text + " (its interpreter " + interpreter + " is missing)";
}

}  // namespace holdfast::os
