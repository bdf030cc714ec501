// Collects files and makes an archive of them.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"
#include "core/bundle/packed_file.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

// The form of an archive as holdfast-archive names it, by the end of the file's name: tar, tar.zst,
// zip. Any other name gets a tar.gz.
std::string_view archive_form(std::string_view file);

class Packing {
 public:
  // Takes the bytes of the archive. False: nothing more can be taken. No bytes ask only that.
  using Take = std::function<bool(std::string_view)>;

  // `store`: where the files are collected, before they are packed. `most`: as k_largest_bundle.
  Packing(os::UniqueFd store, Take take, std::uint64_t most = k_largest_bundle)
      : store_(std::move(store)), take_(std::move(take)), most_(most) {}

  // Whether such a file can be added, and what the bundle needs can still be added then.
  bool has_room(const std::string& name, std::uint64_t size) const;

  // `name` is ASCII. Fails if the bundle would be too large to be read. The error is one line that
  // fits after "failed to".
  Result<void> add(const std::string& name, std::string_view text);
  // The next `size` bytes of `stream`. If it has less by now, zeros follow.
  Result<void> add(const std::string& name, std::istream& stream, std::uint64_t size);

  // BundleSum of the files so far.
  std::string sum() { return sum_.text(); }

  // Packs all files by `program`, which is holdfast-archive.
  Result<void> finish(const std::string& program, std::string_view form);

 private:
  Result<void> begin(const std::string& name, std::uint64_t size);
  Result<void> write(std::string_view bytes);

  os::UniqueFd store_;
  Take take_;
  std::uint64_t most_;
  std::uint64_t counted_ = 0;  // of most_
  BundleSum sum_;
};

}  // namespace holdfast
