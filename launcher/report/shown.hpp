// Prepares names and outputs of unknown origin for readers that are no terminal: for XML and HTML,
// and for people, to whom escape sequences say nothing there. For terminals see base/text.hpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "report/load.hpp"

namespace holdfast {

// Text for XML 1.0 character data and attribute values. Characters that XML cannot express (most
// control characters, U+FFFE, U+FFFF) become \xNN or \uNNNN.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);

// Returns valid UTF-8 without anything that only a terminal obeys. Colours and other escape
// sequences are left out, a carriage return becomes a line break, and any other control character
// becomes \x and two hexadecimal digits.
std::string shown(std::string_view output);

// Returns the last lines of the text, at most `limit` bytes. If something is missing, the first
// line says so.
std::string tail_of(std::string text, std::size_t limit);

// Outputs as shown() shows them, and at most `limit` bytes of each. The text of `inner` is bounded
// already. What good cases of batches printed is left out, because it has no place in a report for
// people.
class ShownOutputs final : public Outputs {
 public:
  explicit ShownOutputs(Outputs& inner) : inner_(inner) {}

  // From now on only the ends of outputs fit; 0: nothing does.
  void limit(std::size_t bytes) { limit_ = bytes; }

  Printed of(const TestReport& test) override {
    const Printed printed = inner_.of(test);
    return {bounded(printed.text), printed.note};
  }
  std::string of(const Case& one) override {
    return is_good(one.outcome) ? std::string() : bounded(inner_.of(one));
  }
  std::string of(const Attempt& earlier) override { return bounded(inner_.of(earlier)); }
  std::string of(const ServiceOutput& part) override { return bounded(inner_.of(part)); }

 private:
  std::string bounded(std::string_view text) const { return tail_of(shown(text), limit_); }

  Outputs& inner_;
  std::size_t limit_ = k_output_limit;
};

}  // namespace holdfast
