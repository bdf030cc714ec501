// What is wrong in a settings file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace holdfast {

struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
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

  // Of several at one place, only the first counts: the others follow from it.
  std::size_t size() const { return sentences_.size(); }
  // The complaints by their places, each a line, and at most k_most: then a line says how many more
  // there are. None: there is no complaint.
  std::optional<Error> error() const;

  static constexpr std::size_t k_most = 20;

 private:
  std::string path_;
  LineTold line_;
  std::map<Place, std::string> sentences_;
};

// The same error, with `; ` in place of ends of lines.
Error in_one_line(Error error);

// A name or text of the user's, quoted and shortened, on one line.
std::string in_quotes(std::string_view text);

}  // namespace holdfast
