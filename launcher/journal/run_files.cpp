#include "journal/run_files.hpp"

#include <fcntl.h>

#include "os/file/own_files.hpp"

namespace holdfast {

Result<RunFile> open_run_file(const std::string& path) {
  HOLDFAST_TRY(os::UniqueFd file, os::open_own(path, O_RDONLY));
  return run_file_over(std::move(file));
}

RunFile run_file_over(os::UniqueFd file) {
  struct stat info {};
  (void)::fstat(file.get(), &info);
  return {std::make_unique<DescriptorStream>(std::move(file)),
          static_cast<std::uint64_t>(info.st_size)};
}

}  // namespace holdfast
