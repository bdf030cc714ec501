#include "report/bundle/packing.hpp"

#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "report/bundle/archiver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;

// For the index of what was printed, for what is left out, and for what the bundle is.
constexpr std::uint64_t k_for_the_rest = 16U << 20U;

// As much as holdfast-archive counts when it takes the file out, or a little more.
std::uint64_t charge_of(const std::string& name, std::uint64_t size) {
  return k_packed_entry + line_of(PackedHead{size, name}).size() + size;
}

Error nothing_taken() { return Error{"write the archive: interrupted"}; }

}  // namespace

std::string_view archive_form(std::string_view file) {
  for (const std::string_view form : {"tar", "tar.zst", "zip"}) {
    if (file.ends_with('.' + std::string(form))) return form;
  }
  return "tar.gz";
}

bool Packing::has_room(const std::string& name, std::uint64_t size) const {
  return charge_of(name, size) + k_for_the_rest <= most_ - counted_;
}

Result<void> Packing::begin(const std::string& name, std::uint64_t size) {
  const std::uint64_t more = charge_of(name, size);
  if (more > most_ - counted_) {
    return Error{
        fmt::format("pack {}: no bundle of more than {} MiB can be read", name, most_ >> 20U)};
  }
  counted_ += more;
  sum_.begin(name);
  return take_({}) ? write(line_of(PackedHead{size, name})) : nothing_taken();
}

Result<void> Packing::write(std::string_view bytes) {
  if (os::write_all(store_.get(), bytes)) return {};
  return os::system_error("write a temporary copy of the run");
}

Result<void> Packing::add(const std::string& name, std::string_view text) {
  if (Result<void> begun = begin(name, text.size()); !begun) return begun;
  sum_.add(text);
  return write(text);
}

Result<void> Packing::add(const std::string& name, std::istream& stream, std::uint64_t size) {
  if (Result<void> begun = begin(name, size); !begun) return begun;
  std::array<char, k_piece> bytes{};
  while (size > 0) {
    const std::uint64_t wanted = std::min<std::uint64_t>(size, k_piece);
    stream.read(bytes.data(), static_cast<std::streamsize>(wanted));
    const auto got = static_cast<std::size_t>(stream.gcount());
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(got), bytes.end(), '\0');
    sum_.add({bytes.data(), wanted});
    if (Result<void> written = write({bytes.data(), wanted}); !written) return written;
    size -= wanted;
  }
  return {};
}

Result<void> Packing::finish(const std::string& program, std::string_view form) {
  int ends[2];
  if (::lseek(store_.get(), 0, SEEK_SET) != 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
    return os::system_error("make a pipe for the archive");
  }
  const os::UniqueFd output(ends[0]);
  os::UniqueFd input(ends[1]);
  Result<Archiver> archiver =
      Archiver::start({program, "pack", std::string(form)}, store_.get(), input.get());
  input.reset();
  if (!archiver) return archiver.error();
  std::string bytes(k_piece, '\0');
  while (true) {
    const ssize_t got =
        os::retried([&] { return ::read(output.get(), bytes.data(), bytes.size()); });
    if (got < 0) return os::system_error("read the archive");
    if (got == 0) return archiver->wait();
    if (!take_(std::string_view(bytes).substr(0, static_cast<std::size_t>(got)))) {
      return nothing_taken();
    }
  }
}

}  // namespace holdfast
