// What is wrong in a settings file. The first complaint, by place, becomes the printed error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"

namespace holdfast {

struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// Whether a complaint names the line. It does not if the file is not the one that people wrote.
enum class LineTold : std::uint8_t { yes, no };

class Complaints {
 public:
  explicit Complaints(std::string path, LineTold line = LineTold::yes)
      : path_(std::move(path)), line_(line) {}

  // `<path>:<line>: <what>: found <found>, expected <expected>`
  void add(Place at, const std::string& what, const std::string& found,
           const std::string& expected);
  // `<path>:<line>: <sentence>`
  void add(Place at, const std::string& sentence);

  const std::optional<Error>& first() const { return first_; }

 private:
  std::string path_;
  LineTold line_;
  Place place_;
  std::optional<Error> first_;
};

// A name or text of the user's, quoted and shortened, on one line.
std::string in_quotes(std::string_view text);

}  // namespace holdfast
