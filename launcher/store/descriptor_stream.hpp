// A file that is only known by a descriptor, as a stream.
#pragma once

#include <array>
#include <cstdint>
#include <ios>
#include <streambuf>

namespace holdfast {

// Reads from the beginning of the file, or from where it is told to (seekg with a position),
// whatever the descriptor's own offset is, and leaves that as it is. The descriptor must outlive
// it. A file that cannot be read ends there.
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
