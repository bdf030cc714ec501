#include "archive/unpack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "archive/libarchive.hpp"
#include "core/bundle/packed_file.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::archive {
namespace {

// The name of the entry if it is a file that is wanted, else empty.
std::string wanted_name(::archive_entry* entry) {
  const char* name = ::archive_entry_pathname(entry);
  const bool is_file =
      ::archive_entry_filetype(entry) == AE_IFREG && ::archive_entry_hardlink(entry) == nullptr;
  if (name == nullptr || !is_file) return {};
  // tar(1) writes the names so.
  if (std::string_view(name).starts_with("./")) name += 2;
  return is_of_report(name) ? name : std::string();
}

class Unpacking {
 public:
  Unpacking(std::string file, std::uint64_t most, int to)
      : file_(std::move(file)), most_(most), to_(to), reader_(::archive_read_new()) {}

  Result<void> all() {
    ::archive_read_support_format_tar(reader_.get());
    ::archive_read_support_format_zip(reader_.get());
    ::archive_read_support_filter_gzip(reader_.get());
    ::archive_read_support_filter_zstd(reader_.get());
    if (!is_fine(::archive_read_open_filename(reader_.get(), file_.c_str(), k_piece))) {
      return error();
    }
    ::archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while (is_fine(result = ::archive_read_next_header(reader_.get(), &entry))) {
      HOLDFAST_DO(take(entry));
    }
    return result == ARCHIVE_EOF ? Result<void>() : error();
  }

 private:
  Result<void> take(::archive_entry* entry) {
    // To pass over a file, its bytes must be uncompressed too.
    const auto size =
        static_cast<std::uint64_t>(std::max<la_int64_t>(0, ::archive_entry_size(entry)));
    passed_ += k_packed_entry + std::min(size, most_);
    if (passed_ > most_) return too_large();
    const std::string name = wanted_name(entry);
    return name.empty() ? Result<void>() : take_file(name);
  }

  // The archive may not say how large the file is, or say it wrongly.
  Result<void> take_file(const std::string& name) {
    const std::uint64_t begin = written_;
    HOLDFAST_DO(write(line_of(PackedHead{0, name})));
    const std::uint64_t first = written_;
    std::string bytes(k_piece, '\0');
    while (const la_ssize_t got = ::archive_read_data(reader_.get(), bytes.data(), bytes.size())) {
      if (got < 0) return error();
      const auto size = static_cast<std::size_t>(got);
      HOLDFAST_DO(write(std::string_view(bytes).substr(0, size)));
    }
    const std::string head = line_of(PackedHead{written_ - first, name});
    if (::pwrite(to_, head.data(), head.size(), static_cast<off_t>(begin)) < 0) return lost();
    return {};
  }

  Result<void> write(std::string_view bytes) {
    written_ += bytes.size();
    if (written_ > most_) return too_large();
    return os::write_all(to_, bytes) ? Result<void>() : lost();
  }

  Error error() const { return Error{"read " + file_ + ": " + error_text(reader_)}; }
  Error lost() const { return os::system_error("write a temporary copy of " + file_); }
  Error too_large() const {
    return Error{"read " + file_ + ": its files have more than " + std::to_string(most_ >> 20U) +
                 " MiB"};
  }

  std::string file_;
  std::uint64_t most_;
  int to_;
  Archive reader_;
  std::uint64_t passed_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

Result<void> unpack(const std::string& file, std::uint64_t most, int to) {
  // A FIFO would make us wait for ever.
  const os::UniqueFd there(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!there.valid() || ::fstat(there.get(), &status) != 0) {
    return os::system_error("read " + file);
  }
  if (!S_ISREG(status.st_mode)) return Error{"read " + file + ": it is no regular file"};
  return Unpacking(file, most, to).all();
}

}  // namespace holdfast::archive
