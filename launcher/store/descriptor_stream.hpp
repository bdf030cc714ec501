// A stream over a file that is known only by a descriptor.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ios>
#include <istream>
#include <limits>
#include <streambuf>

#include "os/file/system_call.hpp"

namespace holdfast {

// Reads from the beginning of the file, or from where seekg() with a position puts it. The
// descriptor's own offset is not used and stays as it is. The descriptor must outlive the buffer. A
// read error looks like the end of the file.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor)
      : DescriptorBuffer(descriptor, 0, std::numeric_limits<std::int64_t>::max()) {}
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
  DescriptorStream(int descriptor, std::int64_t begin, std::int64_t size)
      : std::istream(nullptr), bytes_(descriptor, begin, size) {
    rdbuf(&bytes_);
  }

 private:
  DescriptorBuffer bytes_;
};

}  // namespace holdfast
