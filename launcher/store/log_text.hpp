// The bytes of a log that may be larger than memory, at any place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

class LogText {
 public:
  // The descriptor is open for reading, and must outlive this object. Its offset is not used. What
  // is written later is not seen.
  explicit LogText(int descriptor);

  std::uint64_t size() const { return size_; }
  // The errno of the read that failed; 0: none has. What could not be read counts as the end.
  int read_error() const { return read_error_; }

  // The bytes from `begin` on, at most `length`, and fewer at the end. The view is valid until the
  // next call of any function.
  std::string_view at(std::uint64_t begin, std::size_t length);
  // At most `length` bytes before `end`.
  std::string_view before(std::uint64_t end, std::size_t length);
  bool has(std::string_view text, std::uint64_t begin) { return at(begin, text.size()) == text; }

  // Where the text stands first, wholly within [begin, end).
  std::optional<std::uint64_t> find(std::string_view text, std::uint64_t begin, std::uint64_t end);
  // Where it stands last.
  std::optional<std::uint64_t> find_last(std::string_view text, std::uint64_t begin,
                                         std::uint64_t end);

  // A search that is hardly ever needed and may look at many bytes asks first. False: such searches
  // have taken so much that the rest is not made. So the time to read a log grows with its size.
  bool may_search(std::uint64_t bytes) {
    searched_ += bytes;
    return searched_ <= std::max<std::uint64_t>(512ULL << 20U, 4 * size_);
  }

 private:
  void load(std::uint64_t begin, std::size_t length);

  int descriptor_;
  std::uint64_t size_ = 0;
  int read_error_ = 0;
  std::uint64_t searched_ = 0;
  std::uint64_t base_ = 0;  // the place of what is in memory
  std::string loaded_;
};

}  // namespace holdfast
