// The shared memory in which a linked program tells about its cases without a system call
// (docs/internals/worker-protocol.md). The program can write anything into it, so every byte is
// checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/batch/case_result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::exec {

class ProgressLog {
 public:
  struct Entry {
    enum class Kind : std::uint8_t {
      begin,    // `text`: the case's name
      end,      // `said`: the end of the case that began last
      message,  // `text`: a message as in a packet
    };
    Kind kind = Kind::message;
    std::string_view text = {};  // valid until first() is called again
    CaseEnd said = CaseEnd::passed;
    std::int64_t at_us = 0;  // when, as the program says
  };

  // Not valid if the kernel has no sealed files in memory. Everything comes in packets then.
  static ProgressLog make();
  ProgressLog() = default;
  ProgressLog(ProgressLog&& other) noexcept { *this = std::move(other); }
  ProgressLog& operator=(ProgressLog&& other) noexcept;
  ~ProgressLog() { reset(); }

  bool valid() const { return start_ != nullptr; }
  // Returns the descriptor for the program.
  int fd() const { return file_.get(); }
  void reset();

  // True: the log has an entry that has not been taken.
  bool has_news() const;
  // Returns the same, and lets first() see such entries. What a program prints before it writes an
  // entry is in the pipe when the entry is seen. So the caller must look first, then read the pipe,
  // and then take the entries.
  bool look();
  // Returns the first entry that was seen and not taken. None: there is none, or the log is broken.
  std::optional<Entry> first();
  // Takes the entry that first() has returned.
  void drop_first();
  // True: first() has found bytes that are no entry.
  bool is_broken() const { return is_broken_; }
  // Returns when the last entry was written, as the program says. None: all entries were taken.
  std::optional<std::int64_t> last_us();

  // Asks the program for a packet with its next entry.
  void want_news();
  // Starts the log again at its beginning. All entries must be taken, and the program must wait.
  void begin_anew();

 private:
  struct Record {
    std::uint32_t size = 0;   // bytes of its message
    std::uint32_t whole = 0;  // bytes of the whole record
    std::int64_t at_us = 0;
  };

  // None: there is no record, or not all of it has been seen.
  std::optional<Record> record_at(std::uint32_t from) const;

  char* start_ = nullptr;
  os::UniqueFd file_;
  std::string message_;  // a copy: the program can change shared memory at any moment
  std::uint32_t taken_ = 0;
  std::uint32_t seen_ = 0;
  std::uint32_t size_of_first_ = 0;
  bool is_broken_ = false;
};

}  // namespace holdfast::exec
