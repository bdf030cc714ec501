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

class Complaints {
 public:
  explicit Complaints(std::string path) : path_(std::move(path)) {}

  // `<path>:<line>: <what>: found <found>, expected <expected>`
  void add(Place at, const std::string& what, const std::string& found,
           const std::string& expected);
  // `<path>:<line>: <sentence>`
  void add(Place at, const std::string& sentence);

  const std::optional<Error>& first() const { return first_; }

 private:
  std::string path_;
  Place place_;
  std::optional<Error> first_;
};

// A name or text of the user's, quoted and shortened, on one line.
std::string in_quotes(std::string_view text);

}  // namespace holdfast
