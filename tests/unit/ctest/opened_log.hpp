// A file by its descriptor, as the keeper has ctest's log.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace holdfast {

class OpenedLog {
 public:
  explicit OpenedLog(const std::filesystem::path& file)
      : descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenedLog() { ::close(descriptor_); }
  OpenedLog(const OpenedLog&) = delete;
  OpenedLog& operator=(const OpenedLog&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace holdfast
