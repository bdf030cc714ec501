#include "store/descriptor_stream.hpp"

#include <unistd.h>

#include <cerrno>

namespace holdfast {

DescriptorBuffer::int_type DescriptorBuffer::underflow() {
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, bytes_.data(), bytes_.size(), at_);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return traits_type::eof();
  at_ += got;
  setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
  return traits_type::to_int_type(bytes_[0]);
}

DescriptorBuffer::pos_type DescriptorBuffer::seekpos(pos_type place, std::ios_base::openmode) {
  at_ = place;
  setg(nullptr, nullptr, nullptr);
  return place;
}

DescriptorBuffer::pos_type DescriptorBuffer::seekoff(off_type place, std::ios_base::seekdir from,
                                                     std::ios_base::openmode which) {
  return from == std::ios_base::beg ? seekpos(place, which) : pos_type(off_type(-1));
}

}  // namespace holdfast
