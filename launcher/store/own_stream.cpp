#include "store/own_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"

namespace holdfast {

Result<OwnStream> OwnStream::open(const std::string& path) {
  const Result<os::UniqueFd> file = os::open_own(path, O_RDONLY);
  if (!file) return file.error();
  struct stat info {};
  OwnStream stream;
  // By the descriptor, because the name may be another file's by now.
  stream.std::ifstream::open("/proc/self/fd/" + std::to_string(file->get()), std::ios::binary);
  if (!stream.is_open() || ::fstat(file->get(), &info) != 0) {
    return os::system_error("read " + path);
  }
  stream.size_ = static_cast<std::uint64_t>(info.st_size);
  return stream;
}

}  // namespace holdfast
