// What the parts of a page share: pieces of HTML, through which every text goes that comes from
// outside, and the words that tell why a test has its outcome.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/load.hpp"
#include "report/model.hpp"
#include "values/outcome.hpp"

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

// One line, printable: the headline of what the test printed, for a batch the cases that went
// wrong, and without either its reason().
std::string words_of_failure(const TestReport& test, Outputs& outputs);

// The locks and the services of an attempt.
std::vector<std::string> used_by(const Attempt& attempt);

// The cases of a batch that went wrong.
std::vector<const Case*> red_cases(const TestReport& test);

}  // namespace holdfast
