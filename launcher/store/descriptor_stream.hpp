// A stream over a file that is known only by a descriptor.
#pragma once

#include <array>
#include <cstdint>
#include <ios>
#include <streambuf>

namespace holdfast {

// Reads from the beginning of the file, or from where seekg() with a position puts it. It neither
// uses nor moves the descriptor's own offset. The descriptor must outlive the buffer. A read error
// looks like the end of the file.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {}

 protected:
  int_type underflow() override;
  pos_type seekpos(pos_type place, std::ios_base::openmode which) override;
  pos_type seekoff(off_type place, std::ios_base::seekdir from,
                   std::ios_base::openmode which) override;

 private:
  int descriptor_;
  std::int64_t at_ = 0;
  std::array<char, 64U << 10U> bytes_{};
};

}  // namespace holdfast
