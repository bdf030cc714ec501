// All files that a report is made from, as one number. `bundle.json` has it, because a damaged
// archive may still be unpacked: libarchive does not check gzip's checksum, and tar has none. The
// order of the files does not count: people pack archives anew.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/fnv1a.hpp"

namespace holdfast {

class BundleSum {
 public:
  // Begins the next file. Its bytes follow, in pieces of any size.
  void begin(std::string_view name);
  void add(std::string_view bytes) {
    if (counts_) file_.add(bytes);
  }
  // 16 digits of all files so far.
  std::string text();

 private:
  void end();

  Fnv1a file_;
  bool counts_ = false;
  std::uint64_t sum_ = 0;
};

}  // namespace holdfast
