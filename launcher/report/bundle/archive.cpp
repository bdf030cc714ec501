#include "report/bundle/archive.hpp"

#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <new>
#include <utility>

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;

la_ssize_t give(archive* /*writer*/, void* take, const void* bytes, std::size_t size) {
  const std::string_view piece(static_cast<const char*>(bytes), size);
  const bool is_taken = (*static_cast<ArchiveWriter::Take*>(take))(piece);
  return is_taken ? static_cast<la_ssize_t>(size) : -1;
}

std::string_view said_by(archive* one) {
  const char* text = ::archive_error_string(one);
  return text == nullptr ? "unknown error" : text;
}

bool is_fine(int result) { return result == ARCHIVE_OK || result == ARCHIVE_WARN; }

void set_form(archive* writer, ArchiveForm form) {
  if (form == ArchiveForm::zip) {
    ::archive_write_set_format_zip(writer);
    return;
  }
  ::archive_write_set_format_pax_restricted(writer);
  if (form == ArchiveForm::tar_gzip) ::archive_write_add_filter_gzip(writer);
  if (form == ArchiveForm::tar_zstd) ::archive_write_add_filter_zstd(writer);
}

}  // namespace

ArchiveForm archive_form(std::string_view file) {
  if (file.ends_with(".tar")) return ArchiveForm::tar;
  if (file.ends_with(".tar.zst")) return ArchiveForm::tar_zstd;
  if (file.ends_with(".zip")) return ArchiveForm::zip;
  return ArchiveForm::tar_gzip;
}

void ArchiveWriter::Free::operator()(archive* one) const { ::archive_write_free(one); }

ArchiveWriter::ArchiveWriter(ArchiveForm form, Take take)
    : take_(std::move(take)), archive_(::archive_write_new()) {
  if (!archive_) throw std::bad_alloc();
  set_form(archive_.get(), form);
  // Blocks of tape are of no use.
  ::archive_write_set_bytes_per_block(archive_.get(), k_piece);
  ::archive_write_set_bytes_in_last_block(archive_.get(), 1);
  ::archive_write_open(archive_.get(), &take_, nullptr, give, nullptr);
}

Error ArchiveWriter::error(std::string_view tried) const {
  return Error{fmt::format("{}: {}", tried, said_by(archive_.get()))};
}

Result<void> ArchiveWriter::begin(const std::string& name, std::uint64_t size) {
  if (::archive_entry* entry = ::archive_entry_new()) {
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_perm(entry, 0644);
    ::archive_entry_set_mtime(entry, std::time(nullptr), 0);
    const int result = ::archive_write_header(archive_.get(), entry);
    ::archive_entry_free(entry);
    if (is_fine(result)) return {};
  }
  return error("put " + name + " into the archive");
}

Result<void> ArchiveWriter::write(std::string_view bytes) {
  if (bytes.empty()) return {};
  const la_ssize_t written = ::archive_write_data(archive_.get(), bytes.data(), bytes.size());
  return written < 0 ? error("write the archive") : Result<void>();
}

Result<void> ArchiveWriter::add(const std::string& name, std::string_view text) {
  if (Result<void> begun = begin(name, text.size()); !begun) return begun;
  return write(text);
}

Result<void> ArchiveWriter::add(const std::string& name, std::istream& stream, std::uint64_t size) {
  if (Result<void> begun = begin(name, size); !begun) return begun;
  std::array<char, k_piece> bytes{};
  while (size > 0) {
    stream.read(bytes.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(size, k_piece)));
    const auto got = static_cast<std::size_t>(stream.gcount());
    if (got == 0) break;  // libarchive adds the zeros
    if (Result<void> written = write({bytes.data(), got}); !written) return written;
    size -= got;
  }
  return {};
}

Result<void> ArchiveWriter::finish() {
  if (!is_fine(::archive_write_close(archive_.get()))) return error("write the archive");
  return {};
}

void ArchiveReader::Free::operator()(archive* one) const { ::archive_read_free(one); }

ArchiveReader::ArchiveReader(std::string file)
    : file_(std::move(file)), archive_(::archive_read_new()) {
  if (!archive_) throw std::bad_alloc();
  ::archive_read_support_format_tar(archive_.get());
  ::archive_read_support_format_zip(archive_.get());
  ::archive_read_support_filter_gzip(archive_.get());
  ::archive_read_support_filter_zstd(archive_.get());
}

Error ArchiveReader::error() const {
  return Error{fmt::format("read {}: {}", file_, said_by(archive_.get()))};
}

Result<ArchiveReader> ArchiveReader::open(const std::string& file) {
  // A FIFO would make us wait for ever.
  const os::UniqueFd there(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!there.valid() || ::fstat(there.get(), &status) != 0) {
    return os::system_error("read " + file);
  }
  if (!S_ISREG(status.st_mode)) return Error{"read " + file + ": it is no regular file"};
  ArchiveReader reader(file);
  if (!is_fine(::archive_read_open_filename(reader.archive_.get(), file.c_str(), k_piece))) {
    return reader.error();
  }
  return reader;
}

Result<bool> ArchiveReader::next() {
  const int result = ::archive_read_next_header(archive_.get(), &entry_);
  if (result == ARCHIVE_EOF) return false;
  return is_fine(result) ? Result<bool>(true) : error();
}

std::string ArchiveReader::name() const {
  const char* name = ::archive_entry_pathname(entry_);
  if (name == nullptr) return {};
  // tar(1) writes names so.
  return std::string_view(name).starts_with("./") ? name + 2 : name;
}

bool ArchiveReader::is_file() const {
  return ::archive_entry_filetype(entry_) == AE_IFREG &&
         ::archive_entry_hardlink(entry_) == nullptr;
}

std::uint64_t ArchiveReader::size() const {
  return static_cast<std::uint64_t>(std::max<la_int64_t>(0, ::archive_entry_size(entry_)));
}

Result<void> ArchiveReader::read(const std::function<bool(std::string_view)>& see) {
  std::string bytes(k_piece, '\0');
  while (true) {
    const la_ssize_t got = ::archive_read_data(archive_.get(), bytes.data(), bytes.size());
    if (got == 0) return {};
    if (got < 0) return error();
    if (!see({bytes.data(), static_cast<std::size_t>(got)})) return {};
  }
}

}  // namespace holdfast
