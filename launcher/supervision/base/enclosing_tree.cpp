#include "supervision/base/enclosing_tree.hpp"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/names.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::supervision {

LockHome enclosing_tree() {
  char buffer[PATH_MAX];
  if (::getcwd(buffer, sizeof buffer) == nullptr) return {};
  std::string directory = buffer;
  while (!directory.empty()) {
    const std::string file = directory + "/" + std::string(names::k_project_file);
    // Anybody can leave a file in /tmp; only files of this user and of root count.
    struct stat info {};
    const bool ours = ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
                      (info.st_uid == ::geteuid() || info.st_uid == 0);
    if (Result<std::string> project = os::read_file(file, 4096); ours && project) {
      return {project->substr(0, project->find('\n')), directory};
    }
    directory.erase(directory.rfind('/'));
  }
  return {};
}

}  // namespace holdfast::supervision
