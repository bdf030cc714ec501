#include "store/run_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "os/file/own_files.hpp"

namespace holdfast {

Result<OwnStream> OwnStream::open(const std::string& path) {
  HOLDFAST_TRY(os::UniqueFd file, os::open_own(path, O_RDONLY));
  return over(std::move(file), path);
}

Result<OwnStream> OwnStream::over(os::UniqueFd file, const std::string& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return os::system_error("read " + path);
  Buffer buffer(file.release(), std::ios::in | std::ios::binary);
  return OwnStream(std::move(buffer), static_cast<std::uint64_t>(info.st_size));
}

OwnStream::OwnStream(Buffer buffer, std::uint64_t size)
    : std::istream(nullptr), buffer_(std::move(buffer)), size_(size) {
  rdbuf(&buffer_);
}

OwnStream::OwnStream(OwnStream&& other) noexcept
    : std::istream(nullptr), buffer_(std::move(other.buffer_)), size_(other.size_) {
  rdbuf(&buffer_);
}

Result<RunFile> RunDirectory::open(const std::string& name) {
  HOLDFAST_TRY(OwnStream file, OwnStream::open((directory_ / name).string()));
  const std::uint64_t size = file.size();
  return RunFile{std::make_unique<OwnStream>(std::move(file)), size};
}

}  // namespace holdfast
