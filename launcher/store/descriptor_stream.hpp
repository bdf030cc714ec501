// A stream over a file that is known only by a descriptor.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdint>
#include <ios>
#include <streambuf>

#include "os/file/system_call.hpp"

namespace holdfast {

// Reads from the beginning of the file, or from where seekg() with a position puts it. The
// descriptor's own offset is not used and stays as it is. The descriptor must outlive the buffer. A
// read error looks like the end of the file.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {}

 protected:
  int_type underflow() override {
    const auto got =
        os::retried([&] { return ::pread(descriptor_, bytes_.data(), bytes_.size(), at_); });
    if (got <= 0) return traits_type::eof();
    at_ += got;
    setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
    return traits_type::to_int_type(bytes_[0]);
  }

  pos_type seekpos(pos_type place, std::ios_base::openmode /*which*/) override {
    at_ = place;
    setg(nullptr, nullptr, nullptr);
    return place;
  }

 private:
  int descriptor_;
  std::int64_t at_ = 0;
  std::array<char, 64U << 10U> bytes_{};
};

}  // namespace holdfast
