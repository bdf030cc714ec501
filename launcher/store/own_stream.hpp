// A stream over a file of ours, which somebody else may have put there (os/file/own_files.hpp).
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace holdfast {

class OwnStream final : public std::ifstream {
 public:
  // Opens the file at its beginning.
  static Result<OwnStream> open(const std::string& path);

  OwnStream(OwnStream&& other) noexcept : std::ifstream(std::move(other)), size_(other.size_) {}

  // What the file had when it was opened.
  std::uint64_t size() const { return size_; }

 private:
  OwnStream() = default;

  std::uint64_t size_ = 0;
};

}  // namespace holdfast
