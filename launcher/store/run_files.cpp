#include "store/run_files.hpp"

#include "os/file/system_call.hpp"
#include "store/file_time.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace holdfast {

Result<RunFile> RunDirectory::open(const std::string& name) {
  const std::filesystem::path path = directory_ / name;
  errno = 0;
  auto stream = std::make_unique<std::ifstream>();
  // A FIFO would make us wait for ever.
  if (written_at(path)) stream->open(path, std::ios::binary);
  if (!stream->is_open() && errno != 0) return os::system_error("read " + path.string());
  if (!stream->is_open()) return Error{"read " + path.string() + ": it is no regular file"};
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed) return os::system_error("read " + path.string(), failed.value());
  return RunFile{std::move(stream), size};
}

}  // namespace holdfast
