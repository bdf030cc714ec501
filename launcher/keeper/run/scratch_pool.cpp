#include "keeper/run/scratch_pool.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/scratch_directory.hpp"

namespace holdfast {

std::string ScratchPool::lend() {
  if (!free_.empty()) {
    std::string path = std::move(free_.back());
    free_.pop_back();
    return path;
  }
  std::string path = directory_ + "/" + std::to_string(++made_);
  if (Result<void> made = os::make_scratch_directory(path); !made) {
    trouble_ = "ignoring that tests have no scratch directory: " + to_text(made.error());
    return {};
  }
  return path;
}

void ScratchPool::close() {
  // Nobody gave back the directories of interrupted tests. A directory with contents stays.
  for (unsigned number = 1; number <= made_; ++number) {
    const std::string path = directory_ + "/" + std::to_string(number);
    os::remove_empty_scratch(path);
    // A /tmp that is kept has a link in the scratch directory, and may be in use.
    struct stat info {};
    if (::lstat(text_of({path, "/", names::k_private_tmp_link}).c_str(), &info) == 0) continue;
    os::remove_empty_directories(path + std::string(names::k_private_tmp_suffix));
  }
  free_.clear();
  (void)os::remove_own_directory(directory_);
}

}  // namespace holdfast
