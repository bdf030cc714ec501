// A stream over a file of ours, which somebody else may have put there (os/file/own_files.hpp).
#pragma once

#include <ext/stdio_filebuf.h>

#include <cstdint>
#include <istream>
#include <string>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

class OwnStream final : public std::istream {
 public:
  // Opens the file at its beginning.
  static Result<OwnStream> open(const std::string& path);
  // Takes a file that is open. `path` is for messages.
  static Result<OwnStream> over(os::UniqueFd file, const std::string& path);

  OwnStream(OwnStream&& other) noexcept;

  // What the file had when it was opened.
  std::uint64_t size() const { return size_; }

 private:
  // libstdc++'s own, because the standard's streams open files by their names only.
  using Buffer = __gnu_cxx::stdio_filebuf<char>;

  OwnStream(Buffer buffer, std::uint64_t size);

  Buffer buffer_;
  std::uint64_t size_ = 0;
};

}  // namespace holdfast
