// Pieces of HTML. Every text that comes from outside goes through these functions.
#pragma once

#include <string>
#include <string_view>

#include "core/outcome/outcome.hpp"

namespace holdfast {

// The text as one line: a name, a reason, a path.
std::string line_html(std::string_view text);

// Printed text with its line breaks, in an element of its own. The text went through shown().
std::string printed_html(std::string_view text);

// A part that is folded until the reader unfolds it. `summary` and `inside` are HTML.
std::string folded_html(std::string_view summary, std::string_view inside);

// By which the style colours an outcome.
std::string_view class_of(Outcome outcome);

// A term and its description, for a list of them (dl). `inside` is HTML.
std::string term_html(std::string_view term, std::string_view inside);

}  // namespace holdfast
