#include "os/process/program_search.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "core/base/parts.hpp"

namespace holdfast::os {

// A directory that may be entered is no program: execvp(3) goes on to the next one, too.
bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::string find_program(std::string_view path, std::string_view name) {
  while (!path.empty()) {
    const std::string_view directory = take_part(path, ':');
    if (directory.empty() || directory[0] != '/') continue;
    std::string file = std::string(directory) + "/" + std::string(name);
    if (is_program(file)) return file;
  }
  return {};
}

std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  return path == nullptr ? std::string() : find_program(path, name);
}

}  // namespace holdfast::os
