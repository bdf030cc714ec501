#include "report/quoted/reasons.hpp"

#include <fmt/format.h>

#include <set>

#include "base/text.hpp"
#include "output/gtest_output.hpp"
#include "report/describe.hpp"
#include "report/sections.hpp"
#include "report/shown.hpp"

namespace holdfast {
namespace {

// Each has an output of up to 64 KiB.
constexpr std::size_t k_most_failed = 1000;
constexpr std::array<std::string_view, 4> k_words = {"address already in use", "eaddrinuse",
                                                     "[errno 98]", "(os error 98)"};

constexpr std::size_t k_most_short = 10'000;
// A program that runs nothing prints little. These lines alone take more than the smaller number.
constexpr std::uint64_t k_shortest = 60;
constexpr std::uint64_t k_longest_reason = 4096;
constexpr std::string_view k_ran = "[==========] 0 tests from 0 test ";
constexpr std::string_view k_passed = "[  PASSED  ] 0 tests.";

// The names of the tests that `says_so`, among the first `most` that `may_say_so`.
template <typename MaySaySo, typename SaysSo>
std::vector<std::string> names_of(const RunReport& report, std::size_t most, MaySaySo may_say_so,
                                  SaysSo says_so) {
  std::vector<std::string> names;
  std::set<std::string_view> known;
  std::size_t looked_at = 0;
  for (const TestReport& test : report.tests) {
    if (!may_say_so(test)) continue;
    if (++looked_at > most) break;
    if (known.count(test.name) != 0 || !says_so(test)) continue;
    known.insert(test.name);
    names.push_back(test.name);
  }
  return names;
}

// "2 tests WHAT (a, b): ADVICE"; empty: there are none.
std::string sentence_on(const std::vector<std::string>& tests, std::string_view what,
                        std::string_view advice) {
  if (tests.empty()) return {};
  return fmt::format("{} {} ({}): {}", counted(tests.size(), "test"), what,
                     bounded_list(tests, k_names_shown, brief), advice);
}

constexpr std::size_t k_files_named = 8;
constexpr std::size_t k_tests_named = 3;
std::string file_text(const ChangedSource& source) {
  std::string file = brief(source.file);
  if (source.is_removed) return file + " (removed)";
  if (source.tests.empty()) return file;
  if (source.was_alone) return fmt::format("{} (while only {} ran)", file, brief(source.tests[0]));
  return fmt::format("{} (while {} ran)", file, bounded_list(source.tests, k_tests_named, brief));
}

constexpr std::size_t k_lines_of_a_message = 5;

std::string_view take_line(std::string_view& rest) {
  return trimmed(take_part(rest, '\n'), " \t\r");
}

// The place in `/s/a.cpp:12: Skipped` (GoogleTest) and `/s/a.cpp:12: SKIPPED:` (Catch2).
std::optional<std::string_view> place_of_skip(std::string_view line) {
  for (const std::string_view end : {": Skipped", ": SKIPPED:"}) {
    if (line.ends_with(end)) return line.substr(0, line.size() - end.size());
  }
  return std::nullopt;
}

std::string message_in(std::string_view rest) {
  std::string message;
  std::string_view last;
  for (std::size_t i = 0; i < k_lines_of_a_message && !rest.empty(); ++i) {
    const std::string_view line = take_line(rest);
    if (line == "explicitly with message:") continue;
    if (line.empty() || is_googletest_line(line) || line.starts_with("====")) break;
    // GoogleTest prints the words of a global environment twice.
    if (line == std::exchange(last, line)) continue;
    if (!message.empty()) message += "; ";
    message += line;
  }
  return message;
}

std::string words_in(std::string_view output) {
  constexpr std::size_t k_longest = 400;
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (said.empty()) return {};
  const std::string words = printable(headline(said.front()));
  return words.size() <= k_longest ? words : std::string(first_bytes(words, k_longest)) + "...";
}

std::string words_of_cases(const TestReport& test, const std::vector<const Case*>& red,
                           Outputs& outputs) {
  constexpr std::size_t k_cases = 5;
  std::string text =
      fmt::format("{} of {} cases: {}", red.size(), test.cases.size(),
                  bounded_list(red, k_cases, [](const Case* one) { return printable(one->name); }));
  if (const std::string words = words_in(outputs.of(*red.front())); !words.empty())
    text += "; " + words;
  return text;
}

}  // namespace

bool says_address_in_use(std::string_view output) {
  return std::ranges::any_of(k_words, [&](std::string_view words) {
    const auto is_same = [](char said, char wanted) { return lower(said) == wanted; };
    return std::search(output.begin(), output.end(), words.begin(), words.end(), is_same) !=
           output.end();
  });
}

std::vector<std::string> tests_with_address_in_use(
    const RunReport& report, Outputs& outputs,
    const std::function<bool(const TestReport&)>& is_apart) {
  const auto may_say_so = [&](const TestReport& test) {
    return went_wrong(test) && !test.attempts.empty() && !is_apart(test);
  };
  const auto says_so = [&](const TestReport& test) {
    if (says_address_in_use(outputs.of(test).text)) return true;
    return std::ranges::any_of(test.cases, [&](const Case& one) {
      return is_red(one.outcome) && says_address_in_use(outputs.of(one));
    });
  };
  return names_of(report, k_most_failed, may_say_so, says_so);
}

std::string address_in_use_text(const RunReport& report) {
  return sentence_on(report.run.address_in_use, "failed with \"address already in use\"",
                     "containment = \"netns\" in holdfast.toml gives each test a network of its "
                     "own, so that they do not meet");
}

bool says_ran_nothing(std::string_view output) {
  const std::size_t ran = output.find(k_ran);
  return ran != std::string_view::npos && output.find(k_passed, ran) != std::string_view::npos;
}

bool may_say_ran_nothing(const TestReport& test) {
  if (test.outcome != Outcome::passed || test.attempts.empty() || !test.output_place) return false;
  const std::uint64_t length = test.output_place->length;
  return length >= k_shortest && length <= k_longest_reason && test.cases.empty();
}

std::vector<std::string> tests_that_say_they_ran_nothing(const RunReport& report,
                                                         Outputs& outputs) {
  return names_of(report, k_most_short, may_say_ran_nothing,
                  [&](const TestReport& test) { return says_ran_nothing(outputs.of(test).text); });
}

std::string ran_nothing_text(const RunReport& report) {
  return sentence_on(
      report.run.ran_nothing, "had nothing to run, as printed",
      "no-tests = \"fail\" in holdfast.toml makes such a test fail, unless its record "
      "says that it was not asked");
}

std::string changed_sources_text(const RunReport& report) {
  const std::vector<ChangedSource>& sources = report.changed_sources;
  const auto more = static_cast<std::uint64_t>(report.more_changed_sources);
  const std::uint64_t count = sources.size() + more;
  if (count == 0) return {};
  return fmt::format("{} changed while tests ran: {}", counted(count, "tracked file"),
                     bounded_list(sources, k_files_named, file_text, more));
}

std::vector<std::string> remarks_of(const RunReport& report) {
  std::vector<std::string> remarks{lost_keeper_text(report), changed_sources_text(report),
                                   address_in_use_text(report), ran_nothing_text(report)};
  std::erase(remarks, "");
  return remarks;
}

std::string with_words_of_failure(std::string how, std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) how += "\n      " + brief(headline(said.front()));
  return how;
}

std::vector<const Case*> red_cases(const TestReport& test) {
  return which(test.cases, [](const Case& one) { return is_red(one.outcome); });
}

std::string words_of_failure(const TestReport& test, Outputs& outputs) {
  if (!went_wrong(test)) return reason(test);
  const std::vector<const Case*> red = red_cases(test);
  if (!red.empty()) return words_of_cases(test, red, outputs);
  const std::string words = words_in(outputs.of(test).text);
  return words.empty() ? reason(test) : words;
}

bool has_failed(const Attempt& earlier) {
  return earlier.verdict ? *earlier.verdict == Verdict::failed : earlier.outcome != Outcome::passed;
}

Excerpt words_of(const Attempt& earlier, Outputs& outputs) {
  constexpr std::size_t k_last_words = 400;
  const std::string output = outputs.of(earlier);
  std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) return std::move(said.front());
  std::string last = shown(last_of(output, k_last_words));
  while (!last.empty() && (last.back() == '\n' || last.back() == ' ')) last.pop_back();
  return {std::move(last), {}, 0};
}

std::string with_words(const Attempt& earlier, Outputs& outputs) {
  std::string text = fmt::format("attempt {}: {}", earlier.n, ending(earlier));
  const std::string words = brief(headline(words_of(earlier, outputs)));
  if (!words.empty()) text += ": " + words;
  return text;
}

std::string skip_reason(const TestReport& test, std::string_view output) {
  std::string why = reason(test);
  const std::string words = brief(skip_words(output));
  if (!words.empty()) why += (why.empty() ? "" : "; ") + words;
  return why;
}

std::string skip_words(std::string_view output) {
  std::string_view last;
  while (!output.empty()) {
    const std::string_view line = take_line(output);
    if (const std::optional<std::string_view> place = place_of_skip(line)) {
      const std::string message = message_in(output);
      return std::string(*place) + ": " + (message.empty() ? "skipped" : message);
    }
    if (!line.empty() && !line.starts_with("holdfast: ")) last = line;
  }
  return std::string(last);
}

}  // namespace holdfast
