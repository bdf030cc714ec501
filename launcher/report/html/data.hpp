// A block of data in a page: JSON, compressed by gzip, in base64, in an element that no browser
// executes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "report/load.hpp"
#include "report/model.hpp"
#include "report/render.hpp"

namespace holdfast {

class DataBlock {
 public:
  // `id` is the element's. The bytes go to `write` as they are compressed.
  DataBlock(std::string_view id, Write write);
  ~DataBlock();
  DataBlock(const DataBlock&) = delete;
  DataBlock& operator=(const DataBlock&) = delete;

  void add(std::string_view json);

  // Ends the element. Nothing may be added afterwards.
  void end();

  std::size_t raw_size() const { return raw_; }          // of all that was added
  std::size_t written_size() const { return written_; }  // of what went to `write` by now

 private:
  class Gzip;
  void put(std::string_view bytes);
  void compress(bool is_end);

  Write write_;
  std::unique_ptr<Gzip> gzip_;
  std::string waiting_;  // not compressed yet
  std::string left_;     // compressed, and no multiple of three bytes yet
  std::size_t raw_ = 0;
  std::size_t written_ = 0;
};

// A list of numbers, or of what `of` writes by itself, as a member of a JSON object.
template <typename Items, typename Of>
void add_column(DataBlock& block, std::string_view name, const Items& items, Of of) {
  std::string text = std::string("\"").append(name).append("\":[");
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) text += ',';
    is_first = false;
    of(text, item);
    constexpr std::size_t k_piece = 4096;
    if (text.size() >= k_piece) {
      block.add(text);
      text.clear();
    }
  }
  block.add(text + "]");
}

void append_number(std::string& text, std::int64_t number);
void append_string(std::string& text, std::string_view string);  // valid UTF-8, without controls

// The data of a page: every test in columns, the timeline, and what there is to tell of tests that
// did not just pass. docs/reference/report-formats.md says what is where.

// The blocks `columns` and `timeline`. All times are in microseconds from the first job on.
void write_columns(const RunReport& report, const Write& write);

// The blocks `details-0`, `details-1`… and `words`, which says for which tests there are details
// and in which block.
void write_details(const RunReport& report, Outputs& outputs, const Write& write);

}  // namespace holdfast
