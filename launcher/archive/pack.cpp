#include "archive/pack.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "archive/libarchive.hpp"
#include "core/bundle/packed_file.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"

namespace holdfast::archive {
namespace {

Error error_of(const Archive& writer) { return Error{"pack the archive: " + error_text(writer)}; }

la_ssize_t give(::archive* writer, void* to, const void* bytes, std::size_t size) {
  if (os::write_all(*static_cast<int*>(to), {static_cast<const char*>(bytes), size})) {
    return static_cast<la_ssize_t>(size);
  }
  ::archive_set_error(writer, errno, "%s", strerrordesc_np(errno));
  return -1;
}

bool set_form(const Archive& writer, std::string_view form) {
  if (form == "zip") return ::archive_write_set_format_zip(writer.get()) == ARCHIVE_OK;
  ::archive_write_set_format_pax_restricted(writer.get());
  if (form == "tar.gz") return ::archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK;
  if (form == "tar.zst") return ::archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK;
  return form == "tar";
}

// Reads what is packed, with the lines between.
class Source {
 public:
  explicit Source(int from) : from_(from) {}

  // None: the end, or read_so_far() has failed.
  std::optional<std::string> line() {
    while (true) {
      const std::size_t end = bytes_.find('\n');
      if (end != std::string::npos) {
        std::string line = bytes_.substr(0, end);
        bytes_.erase(0, end + 1);
        return line;
      }
      if (!fill()) return std::nullopt;
    }
  }

  // The next piece, at most `limit` bytes; empty: the end, or read_so_far() has failed.
  std::string piece(std::uint64_t limit) {
    if (bytes_.empty()) fill();
    std::string piece = bytes_.substr(0, std::min<std::uint64_t>(limit, bytes_.size()));
    bytes_.erase(0, piece.size());
    return piece;
  }

  // Fails if nothing more could be read, and it was not the end.
  const Result<void>& read_so_far() const { return read_so_far_; }

 private:
  bool fill() {
    std::array<char, k_piece> read{};
    const ssize_t got = os::retried([&] { return ::read(from_, read.data(), read.size()); });
    if (got < 0) read_so_far_ = os::system_error("read what is to be packed");
    if (got <= 0) return false;
    bytes_.append(read.data(), static_cast<std::size_t>(got));
    return true;
  }

  int from_;
  std::string bytes_;
  Result<void> read_so_far_;
};

bool begin_file(const Archive& writer, const PackedHead& head) {
  const Entry entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), head.name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(head.size));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0644);
  ::archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
  return is_fine(::archive_write_header(writer.get(), entry.get()));
}

Result<void> pack_file(const Archive& writer, const PackedHead& head, Source& source) {
  if (!begin_file(writer, head)) return error_of(writer);
  for (std::uint64_t left = head.size; left > 0;) {
    const std::string piece = source.piece(left);
    if (piece.empty() && !source.read_so_far()) return source.read_so_far();
    if (piece.empty()) return Error{"pack " + head.name + ": it is not whole"};
    if (::archive_write_data(writer.get(), piece.data(), piece.size()) < 0) return error_of(writer);
    left -= piece.size();
  }
  return {};
}

}  // namespace

Result<void> pack(std::string_view form, int from, int to) {
  const Archive writer(::archive_write_new());
  if (!set_form(writer, form)) return Error{"pack as " + std::string(form) + ": unknown form"};
  // Blocks of tape are of no use.
  ::archive_write_set_bytes_per_block(writer.get(), k_piece);
  ::archive_write_set_bytes_in_last_block(writer.get(), 1);
  if (::archive_write_open(writer.get(), &to, nullptr, give, nullptr) != ARCHIVE_OK) {
    return error_of(writer);
  }
  Source source(from);
  while (const std::optional<std::string> line = source.line()) {
    const std::optional<PackedHead> head = parse_packed_head(*line);
    if (!head) return Error{"pack the archive: expected a head of a file"};
    HOLDFAST_DO(pack_file(writer, *head, source));
  }
  if (!source.read_so_far()) return source.read_so_far();
  if (!is_fine(::archive_write_close(writer.get()))) return error_of(writer);
  return {};
}

}  // namespace holdfast::archive
