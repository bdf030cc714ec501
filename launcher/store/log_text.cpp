#include "store/log_text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/file/system_call.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_log_piece = 1U << 20U;
// Those who look at a place look before it, too.
constexpr std::size_t k_log_margin = 64U << 10U;

const char* first_in(std::string_view piece, std::string_view text) {
  return static_cast<const char*>(::memmem(piece.data(), piece.size(), text.data(), text.size()));
}

}  // namespace

LogText::LogText(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

void LogText::load(std::uint64_t begin, std::size_t length) {
  base_ = begin - std::min<std::uint64_t>(begin, k_log_margin);
  const std::uint64_t end = begin + std::max(length, k_log_piece);
  loaded_.resize(static_cast<std::size_t>(std::min(end, size_) - base_));
  std::size_t got = 0;
  while (got < loaded_.size()) {
    const ssize_t count = os::retried([&] {
      return ::pread(descriptor_, loaded_.data() + got, loaded_.size() - got,
                     static_cast<off_t>(base_ + got));
    });
    if (count < 0) read_error_ = errno;
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  if (got == loaded_.size()) return;
  // Somebody has cut the file off, or it cannot be read.
  loaded_.resize(got);
  size_ = base_ + got;
}

std::string_view LogText::at(std::uint64_t begin, std::size_t length) {
  if (begin >= size_) return {};
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - begin));
  if (begin < base_ || begin + length > base_ + loaded_.size()) load(begin, length);
  const std::string_view loaded = loaded_;
  if (begin - base_ >= loaded.size()) return {};
  return loaded.substr(static_cast<std::size_t>(begin - base_), length);
}

std::string_view LogText::before(std::uint64_t end, std::size_t length) {
  const std::uint64_t begin = end - std::min<std::uint64_t>(end, length);
  return at(begin, static_cast<std::size_t>(end - begin));
}

std::optional<std::uint64_t> LogText::find(std::string_view text, std::uint64_t begin,
                                           std::uint64_t end) {
  while (begin < end) {
    // What is in memory is searched first: a new piece for each find would cost more than the
    // search.
    const std::uint64_t in_memory = base_ + loaded_.size();
    const bool has_enough = begin >= base_ && begin + text.size() <= in_memory;
    const std::uint64_t wanted = has_enough ? in_memory - begin : k_log_piece;
    const auto length = static_cast<std::size_t>(std::min(wanted, end - begin));
    const std::string_view piece = at(begin, length);
    if (piece.size() < text.size()) return std::nullopt;
    if (const char* const found = first_in(piece, text)) {
      return begin + static_cast<std::uint64_t>(found - piece.data());
    }
    if (piece.size() < length) return std::nullopt;
    begin += piece.size() - text.size() + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> LogText::find_last(std::string_view text, std::uint64_t begin,
                                                std::uint64_t end) {
  while (end > begin) {
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(k_log_piece, end - begin));
    const std::string_view piece = before(end, length);
    if (piece.size() < text.size()) return std::nullopt;
    // To look for each one is faster than to look from the end: memmem(3) compares no byte twice.
    std::optional<std::uint64_t> last;
    for (std::string_view rest = piece; const char* found = first_in(rest, text);) {
      last = end - piece.size() + static_cast<std::uint64_t>(found - piece.data());
      rest = piece.substr(static_cast<std::size_t>(found - piece.data()) + 1);
    }
    if (last) return last;
    end -= piece.size() - text.size() + 1;
  }
  return std::nullopt;
}

}  // namespace holdfast
