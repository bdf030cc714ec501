// Keeps the first and the last part of the output of one generation of a service, in files of
// bounded size.
//
// While the service runs, the file itself has the first part, which is half of the limit. Two files
// beside it (`.tail`, `.tail.old`) take turns for the last part. close() makes one file of them,
// with mark_of_gap() (journal/kept_output.hpp) between the two parts. The files never take more
// than twice the limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::host {

class ServiceLog {
 public:
  // `limit` is in bytes. Fails if the file cannot be made.
  static Result<ServiceLog> open(const std::string& path, std::uint64_t limit);

  // If text cannot be written (disk full), it is left out.
  void add(std::string_view text);
  // Returns how many bytes came in all.
  std::uint64_t size() const { return size_; }
  // Returns the last lines, at most ten and at most 4 KiB. Each ends with a line feed. Blanks stand
  // for NUL bytes.
  std::string last_lines() const;
  // To be called last.
  void close();

 private:
  void add_to_head(std::string_view& text);
  void add_to_tail(std::string_view text);
  std::string tail_path(bool is_old) const { return path_ + (is_old ? ".tail.old" : ".tail"); }
  void append_file(const std::string& path, std::uint64_t from);

  std::string path_;
  std::uint64_t half_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t in_tail_ = 0;  // bytes in `.tail`
  std::uint64_t in_old_ = 0;   // bytes in `.tail.old`
  os::UniqueFd head_;
  os::UniqueFd tail_;
  std::string last_;  // the last bytes, for last_lines()
};

}  // namespace holdfast::host
