#include "settings/complaints.hpp"

#include "base/strings.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_quote = 80;

}  // namespace

void Complaints::add(Place at, const std::string& what, const std::string& found,
                     const std::string& expected) {
  add(at, what + ": found " + found + ", expected " + expected);
}

void Complaints::add(Place at, const std::string& sentence) { sentences_.emplace(at, sentence); }

std::optional<Error> Complaints::error() const {
  if (sentences_.empty()) return std::nullopt;
  std::string lines;
  std::size_t count = 0;
  for (const auto& [at, sentence] : sentences_) {
    if (count++ == k_most) break;
    const std::string line = line_ == LineTold::yes ? ":" + std::to_string(at.line) : "";
    lines += (lines.empty() ? "" : "\n") + path_ + line + ": " + sentence;
  }
  if (count > k_most) {
    lines += "\n" + path_ + ": " + counted(sentences_.size() - k_most, "more mistake");
  }
  return ErrorInWords{lines};
}

Error in_one_line(Error error) {
  for (std::size_t at; (at = error.message.find('\n')) != std::string::npos;) {
    error.message.replace(at, 1, "; ");
  }
  return error;
}

std::string in_quotes(std::string_view text) {
  const bool is_long = text.size() > k_longest_quote;
  std::string quote = "\"";
  for (char c : text.substr(0, k_longest_quote)) quote += is_control(c) ? '?' : c;
  return quote + (is_long ? "\"..." : "\"");
}

}  // namespace holdfast
