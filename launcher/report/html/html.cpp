// The HTML format: one file that needs no network. It has three layers, and each is readable
// without the next: plain markup, the style, the script with the data.
//
// Hazards: names and outputs are anybody's bytes. In the markup they go through markup.hpp, in the
// data through base64, and the script puts them into the page as text only. What a script could
// still do, the page's own Content-Security-Policy forbids.
#include "core/base/base64.hpp"
#include "report/describe.hpp"
#include "report/html/assets.hpp"
#include "report/html/data.hpp"
#include "report/html/failures.hpp"
#include "report/html/markup.hpp"
#include "report/html/overview.hpp"
#include "report/render.hpp"
#include "report/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace holdfast {
namespace {

// A source of a Content-Security-Policy.
std::string hash_source(std::string_view hexadecimal) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(value(hexadecimal[i]) * 16 + value(hexadecimal[i + 1]));
  return "'sha256-" + to_base64(bytes) + "'";
}

std::string head(const RunReport& report) {
  std::string title = verdict_text(report);
  if (!report.run.complete && !has_only_steps(report)) title = "INCOMPLETE: " + title;
  if (!report.run.tree.empty()) title += " - " + report.run.tree;
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src {}; script-src {}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      hash_source(page::k_style_hash), hash_source(page::k_script_hash), line_html(title),
      page::k_style);
}

// Parts that the script fills. They are hidden until it does, in a way that needs no style.
constexpr std::string_view k_without_script =
    "<p id=\"without-script\" class=\"notice quiet\">The timeline and the table of all tests are "
    "missing here: they need a script, which this browser or this server does not allow. Save the "
    "page and open the copy to see them.</p>\n";

constexpr std::string_view k_timeline =
    "<div id=\"timeline-part\" hidden>\n"
    "<div class=\"tools\"><button type=\"button\" id=\"zoom-in\">Zoom in</button> "
    "<button type=\"button\" id=\"zoom-out\">Zoom out</button> "
    "<button type=\"button\" id=\"zoom-all\">Whole run</button> "
    "<span id=\"timeline-says\" class=\"note\" role=\"status\"></span></div>\n"
    "<canvas id=\"timeline-view\" tabindex=\"0\" role=\"img\"></canvas>\n"
    "<ul id=\"legend\" class=\"legend\"></ul>\n</div>\n";

constexpr std::string_view k_all_tests =
    "<section id=\"all-tests\" aria-labelledby=\"all\" hidden>\n<h2 id=\"all\">All tests</h2>\n"
    "<div id=\"tools\" class=\"tools\" role=\"search\">"
    "<label for=\"search\">Search</label> "
    "<input id=\"search\" type=\"search\" placeholder=\"name or reason\" autocomplete=\"off\" "
    "spellcheck=\"false\" aria-describedby=\"keys\"> "
    "<span id=\"found\" role=\"status\" aria-live=\"polite\"></span>\n"
    "<div id=\"filters\" role=\"group\" aria-label=\"Show only\"></div></div>\n"
    "<table id=\"table\" aria-labelledby=\"all\" tabindex=\"-1\"><thead><tr id=\"heads\"></tr>"
    "</thead><tbody id=\"rows\"></tbody></table>\n"
    "<p id=\"keys\" class=\"note\">Keys: <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> or the "
    "arrows move, <kbd>Enter</kbd> unfolds, <kbd>Esc</kbd> goes back.</p>\n</section>\n";

// The last link leads to what only the script shows.
std::string links(const RunReport& report) {
  const bool has_failures = std::any_of(report.tests.begin(), report.tests.end(),
                                        [](const TestReport& test) { return went_wrong(test); });
  return fmt::format(
      "<nav aria-label=\"Parts of the page\">{}<a href=\"#time\">Timeline</a> "
      "<a id=\"to-all\" href=\"#all\" hidden>All tests</a></nav>\n",
      has_failures ? "<a href=\"#wrong\">What went wrong</a> " : "");
}

}  // namespace

void render_html(const RunReport& report, Outputs& outputs, const Write& write, JunitReader) {
  write(head(report));
  write("<header>\n" + top_html(report) + links(report) + "</header>\n<main>\n");
  write_failures(report, outputs, write);
  const std::string times = times_html(report);
  write("<section aria-labelledby=\"time\">\n<h2 id=\"time\">Timeline</h2>\n");
  write(k_without_script);
  write(k_timeline);
  write("<div class=\"pair\">" + times + "</div></section>\n" + rest_html(report, outputs));
  write(k_all_tests);
  write(
      "</main>\n<footer><p>Made by <code>holdfast report --format html</code>. The page is one "
      "file and "
      "loads nothing.</p></footer>\n");
  write_columns(report, write);
  write_details(report, outputs, write);
  write(fmt::format("<script>{}</script>\n</body>\n</html>\n", page::k_script));
}

}  // namespace holdfast
