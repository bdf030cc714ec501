// holdfast-archive pack FORM <files >archive
// holdfast-archive unpack ARCHIVE MOST >files
//
// On failure its stderr has what to_text() makes a line of, and its exit code is not 0.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "base/exit_codes.hpp"
#include "base/packed_file.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::archive {
namespace {

// So many bytes are read or written at once.
constexpr std::size_t k_piece = 64U << 10U;

struct Free {
  void operator()(::archive* archive) const { ::archive_free(archive); }
  void operator()(::archive_entry* entry) const { ::archive_entry_free(entry); }
};
using Archive = std::unique_ptr<::archive, Free>;
using Entry = std::unique_ptr<::archive_entry, Free>;

bool is_fine(int result) { return result == ARCHIVE_OK || result == ARCHIVE_WARN; }

// What libarchive says of an error, in one line. It ends some of its messages with a line feed.
std::string error_text(const Archive& archive) {
  const char* said = ::archive_error_string(archive.get());
  std::string text = said != nullptr ? said : "unknown error";
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

// --- Packing --------------------------------------------------------------------------------

Error not_read() { return os::system_error("read what is to be packed"); }
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

// The next line of what is packed. None: the end, or reading has failed.
std::optional<std::string> next_line(std::FILE* from) {
  std::string line;
  for (int byte = std::getc(from); byte != EOF; byte = std::getc(from)) {
    if (byte == '\n') return line;
    line += static_cast<char>(byte);
  }
  return std::nullopt;
}

bool begin_file(const Archive& writer, const PackedHead& head) {
  const Entry entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), head.name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(head.size));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0644);
  ::archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
  return is_fine(::archive_write_header(writer.get(), entry.get()));
}

Result<void> pack_file(const Archive& writer, const PackedHead& head, std::FILE* from) {
  if (!begin_file(writer, head)) return error_of(writer);
  std::array<char, k_piece> piece{};
  for (std::uint64_t left = head.size; left > 0;) {
    const std::size_t got =
        std::fread(piece.data(), 1, std::min<std::uint64_t>(left, piece.size()), from);
    if (got == 0 && std::ferror(from) != 0) return not_read();
    if (got == 0) return Error{"pack " + head.name + ": it is not whole"};
    if (::archive_write_data(writer.get(), piece.data(), got) < 0) return error_of(writer);
    left -= got;
  }
  return {};
}

// Reads files in the form of base/packed_file.hpp from `from`, and writes an archive to
// `to`. `form`: tar, tar.gz, tar.zst or zip. Names must be ASCII.
Result<void> pack(std::string_view form, std::FILE* from, int to) {
  const Archive writer(::archive_write_new());
  if (!set_form(writer, form)) return Error{"pack as " + std::string(form) + ": unknown form"};
  // Blocks of tape are of no use.
  ::archive_write_set_bytes_per_block(writer.get(), k_piece);
  ::archive_write_set_bytes_in_last_block(writer.get(), 1);
  if (::archive_write_open(writer.get(), &to, nullptr, give, nullptr) != ARCHIVE_OK) {
    return error_of(writer);
  }
  while (const std::optional<std::string> line = next_line(from)) {
    const std::optional<PackedHead> head = parse_packed_head(*line);
    if (!head) return Error{"pack the archive: expected a head of a file"};
    HOLDFAST_DO(pack_file(writer, *head, from));
  }
  if (std::ferror(from) != 0) return not_read();
  if (!is_fine(::archive_write_close(writer.get()))) return error_of(writer);
  return {};
}

// --- Unpacking ------------------------------------------------------------------------------

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

// Writes the files of the archive from which a report is made (base/packed_file.hpp) to
// `to`, which can seek, in the form of base/packed_file.hpp. Other entries, links and
// devices are passed over. Fails if the archive is cut off, or if it holds more than `most` bytes,
// whatever is in them. The archive is tar, plain or by gzip or zstd, or zip.
Result<void> unpack(const std::string& file, std::uint64_t most, int to) {
  // A FIFO would make us wait for ever.
  const os::UniqueFd there(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!there.valid() || ::fstat(there.get(), &status) != 0) return os::system_error("read " + file);
  if (!S_ISREG(status.st_mode)) return Error{"read " + file + ": it is no regular file"};
  return Unpacking(file, most, to).all();
}

Result<void> work(int count, char** arguments) {
  const std::string_view verb = count > 1 ? arguments[1] : "";
  if (verb == "pack" && count == 3) return pack(arguments[2], stdin, STDOUT_FILENO);
  const auto most =
      verb == "unpack" && count == 4 ? parse_number<std::uint64_t>(arguments[3]) : std::nullopt;
  if (most) return unpack(arguments[2], *most, STDOUT_FILENO);
  return Error{"understand the arguments: holdfast report starts this program"};
}

}  // namespace
}  // namespace holdfast::archive

int main(int count, char** arguments) {
  // Nobody would read the rest.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const holdfast::Result<void> done = holdfast::archive::work(count, arguments);
  if (done) return holdfast::exit_codes::k_success;
  (void)holdfast::os::write_all(STDERR_FILENO, done.error().message);
  return holdfast::exit_codes::k_usage;
}
