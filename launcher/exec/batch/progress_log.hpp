// What a linked program says without a system call (docs/internals/worker-protocol.md). It is the
// program's to write into, so nothing in it is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/batch/case_result.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {

class ProgressLog {
 public:
  struct Entry {
    enum class Kind : std::uint8_t {
      begin,    // `text`: the case's name
      end,      // `said`, of the case that has begun
      message,  // `text`: as in a packet
    };
    Kind kind = Kind::message;
    std::string_view text = {};  // valid until first() is called again
    CaseEnd said = CaseEnd::passed;
    std::int64_t at_us = 0;  // as the program says
  };

  // Not valid where the kernel has no sealed files in memory: then everything comes as packets.
  static ProgressLog make();
  ProgressLog() = default;
  ProgressLog(ProgressLog&& other) noexcept { *this = std::move(other); }
  ProgressLog& operator=(ProgressLog&& other) noexcept;
  ~ProgressLog() { reset(); }

  bool valid() const { return start_ != nullptr; }
  // To be sent to the program.
  int fd() const { return file_.get(); }
  void reset();

  // What has been written so far and not been taken.
  bool has_news() const;
  // As has_news(); first() then goes as far as that. What is printed before an entry is written is
  // in the pipe by the time the entry is seen: so look, read the pipe, and take the entries.
  bool look();
  // The first that has been seen and not been taken; none: there is none, or what is there is no
  // record: is_broken().
  std::optional<Entry> first();
  // It is taken. first() has given it.
  void drop_first();
  bool is_broken() const { return is_broken_; }
  // When the last of what has been written was, as the program says; none: all has been taken.
  std::optional<std::int64_t> last_us();

  // The program is to send a packet with the next entry.
  void want_news();
  // All has been taken, and the program waits: it begins anew.
  void begin_anew();

 private:
  struct Record {
    std::uint32_t size = 0;   // of its message
    std::uint32_t whole = 0;  // of all of it
    std::int64_t at_us = 0;
  };

  // None: what is there is none, or not all of it has been seen.
  std::optional<Record> record_at(std::uint32_t from) const;

  char* start_ = nullptr;
  os::UniqueFd file_;
  std::string message_;  // a copy: what both see may change at any moment
  std::uint32_t taken_ = 0;
  std::uint32_t seen_ = 0;
  std::uint32_t size_of_first_ = 0;
  bool is_broken_ = false;
};

}  // namespace holdfast::exec
