// The plain part of a page about single tests: what failed and why, readable without scripts and
// styles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/load.hpp"
#include "report/model.hpp"
#include "report/render.hpp"
#include "report/shown.hpp"

namespace holdfast {

// The sections about the tests that went wrong, and about those that are flaky, left something
// behind or are stale. The first tests of a section are told in full, some more in a line with
// their words, and of all others the name and the reason.
void write_failures(const RunReport& report, Outputs& outputs, const Write& write);

// Pieces of HTML. Every text that comes from outside goes through these functions.

// The text as one line: a name, a reason, a path.
std::string line_html(std::string_view text);

// Printed text with its line breaks, in an element of its own. The text went through shown().
std::string printed_html(std::string_view text);

// A part that is folded until the reader unfolds it. `summary` and `inside` are HTML.
std::string folded_html(std::string_view summary, std::string_view inside);

// A term and its description, for a list of them (dl). `inside` is HTML.
std::string term_html(std::string_view term, std::string_view inside);

// The words that tell why a test has its outcome.

// One line, printable: the headline of what the test printed, for a batch the cases that went
// wrong, and without either its reason().
std::string words_of_failure(const TestReport& test, Outputs& outputs);

// The cases of a batch that went wrong.
std::vector<const Case*> red_cases(const TestReport& test);

}  // namespace holdfast
