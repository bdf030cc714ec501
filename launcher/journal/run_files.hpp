// Streams over files that are known by a descriptor, and the files of a run.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <istream>
#include <limits>
#include <memory>
#include <optional>
#include <streambuf>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast {

// Reads from the beginning of the file, or from where seekg() with a position puts it. The
// descriptor's own offset is not used and stays as it is. The descriptor must outlive the buffer. A
// read error looks like the end of the file.
class DescriptorBuffer final : public std::streambuf {
 public:
  // Reads a part of the file as if it were a file: `size` bytes from `begin` on.
  DescriptorBuffer(int descriptor, std::int64_t begin, std::int64_t size)
      : descriptor_(descriptor), begin_(begin), size_(size) {}

 protected:
  int_type underflow() override {
    const std::int64_t left = std::max<std::int64_t>(0, size_ - at_);
    const std::size_t wanted = std::min(bytes_.size(), static_cast<std::size_t>(left));
    const auto got =
        os::retried([&] { return ::pread(descriptor_, bytes_.data(), wanted, begin_ + at_); });
    if (got <= 0) return traits_type::eof();
    at_ += got;
    setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
    return traits_type::to_int_type(bytes_[0]);
  }

  pos_type seekpos(pos_type place, std::ios_base::openmode /*which*/) override {
    // A journal may name any place.
    at_ = place < 0 || place > size_ ? size_ : std::int64_t{place};
    setg(nullptr, nullptr, nullptr);
    return place;
  }

 private:
  int descriptor_;
  std::int64_t begin_;
  std::int64_t size_;
  std::int64_t at_ = 0;  // in the part
  std::array<char, 64U << 10U> bytes_{};
};

class DescriptorStream final : public std::istream {
 public:
  explicit DescriptorStream(int descriptor, std::int64_t begin = 0, std::int64_t size = k_all)
      : std::istream(nullptr), bytes_(descriptor, begin, size) {
    rdbuf(&bytes_);
  }
  explicit DescriptorStream(os::UniqueFd file)
      : std::istream(nullptr), own_(std::move(file)), bytes_(own_.get(), 0, k_all) {
    rdbuf(&bytes_);
  }

 private:
  static constexpr std::int64_t k_all = std::numeric_limits<std::int64_t>::max();

  os::UniqueFd own_;
  DescriptorBuffer bytes_;
};

// The files in a run's directory, or what stands for them: a bundle has the same files.
struct RunFile {
  std::unique_ptr<std::istream> stream;  // can seek
  std::uint64_t size = 0;                // when it was opened
};

// Opens a file of ours, which somebody else may have put there (os/file/own_files.hpp).
Result<RunFile> open_run_file(const std::string& path);
// Takes a file that is open.
RunFile run_file_over(os::UniqueFd file);

// Opens a file of a run. `name` is the path from the run's directory on: output/ctest.log. A file
// that does not exist and one that is no regular file are errors.
using OpenInRun = std::function<Result<RunFile>(const std::string& name)>;

// When files were written, as the journal dates things: in seconds since 1970.
inline double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// When `file` was last written. Nothing if it is no regular file or a link; then errno may say why.
inline std::optional<double> written_at(const std::filesystem::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return seconds_of(status.st_mtim);
}

}  // namespace holdfast
