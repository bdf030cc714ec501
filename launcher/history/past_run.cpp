#include "history/past_run.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "report/describe.hpp"
#include "report/excerpt.hpp"
#include "report/quoted/reasons.hpp"

namespace holdfast {

namespace {

constexpr std::size_t k_longest_signature = 200;

bool is_of_word(char c) { return is_ascii_alphanumeric(c) || c == '_'; }

// What may stand inside of a path without quotes.
bool is_of_path(char c) {
  return is_of_word(c) || std::string_view("/.-+@~%#=").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80U;
}

// The length of the number at the start of `text`; 0: there is none. A digit inside a word
// (`int64`) is not the start of one.
std::size_t number_at(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const std::size_t end = text.find_first_not_of("0123456789abcdefABCDEF", 2);
    if (const std::size_t size = std::min(end, text.size()); size > 2) return size;
  }
  std::size_t size = 0;
  while (size < text.size() &&
         (is_ascii_digit(text[size]) || (size > 0 && text[size] == '.' && size + 1 < text.size() &&
                                         is_ascii_digit(text[size + 1]))))
    ++size;
  return size;
}

// The length of the directories at the start of `text`; 0: no path with directories begins here.
std::size_t directories_at(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with("./") && !text.starts_with("../")) return 0;
  const std::string_view path(text.begin(), std::ranges::find_if_not(text, is_of_path));
  const std::size_t slash = path.rfind('/');
  return slash + 1 == path.size() ? 0 : slash + 1;
}

std::int64_t milliseconds(double seconds) {
  constexpr double k_most_seconds = 1e9;
  return std::llround(std::clamp(seconds, 0.0, k_most_seconds) * 1000);
}

// `test` is as see_as_tests() and the report have it: a test of ctest, or a case of one.
PastResult result_of(const TestReport& test, Outputs& outputs) {
  PastResult result;
  result.test = {valid_utf8(test.name), valid_utf8(test.part_of), test.nth, test.key};
  result.outcome = name_of(test.outcome);
  result.grade = grade_of(test);
  result.flaky = test.flaky;
  result.program = valid_utf8(test.program);
  result.attempts = static_cast<std::int64_t>(test.attempts.size());
  if (!test.attempts.empty()) result.wall_ms = milliseconds(test.attempts.back().wall_s);
  for (std::size_t i = 0; i < test.attempts.size(); ++i) {
    const Attempt& attempt = test.attempts[i];
    const bool is_last = i + 1 == test.attempts.size();
    if (!(is_last ? is_wrong(test) : has_failed(attempt))) continue;
    const std::string output = is_last ? outputs.of(test).text : outputs.of(attempt);
    result.failures.push_back({static_cast<std::int64_t>(i) + 1,
                               std::string(name_of(outcome_of(attempt))),
                               signature_of(attempt, output)});
  }
  if (test.attempts.empty() && is_wrong(test)) {
    result.failures.push_back({1, result.outcome, bounded_signature(test.why)});
  }
  return result;
}

}  // namespace

std::string bounded_signature(std::string_view text) {
  const std::string line = printable(text);
  std::string result;
  char before = ' ';
  for (std::size_t at = 0; at < line.size() && result.size() <= k_longest_signature;) {
    const std::string_view rest = std::string_view(line).substr(at);
    const bool begins_word = !is_of_word(before);
    const std::size_t directories = begins_word ? directories_at(rest) : 0;
    const std::size_t number = begins_word ? number_at(rest) : 0;
    if (directories > 0) {
      at += directories;
      before = '/';
    } else if (number > 0) {
      result += '#';
      at += number;
      before = '0';
    } else {
      result += before = line[at];
      ++at;
    }
  }
  if (result.size() > k_longest_signature) {
    result = std::string(first_bytes(result, k_longest_signature - 3)) + "...";
  }
  return result;
}

std::string signature_of(const Attempt& attempt, std::string_view output) {
  const std::vector<Excerpt> said = excerpts_of(output, 1);
  if (!said.empty()) {
    Excerpt words = said.front();
    const std::string file(last_part_of(std::exchange(words.file, {})));
    return bounded_signature(file.empty() ? headline(words) : file + ": " + headline(words));
  }
  Attempt without_time = attempt;
  without_time.wall_s = 0;
  std::string how = ending(without_time);
  how.resize(how.find(" after ") == std::string::npos ? how.size() : how.find(" after "));
  const std::string name(attempt.outcome ? name_of(*attempt.outcome)
                                         : std::string_view("interrupted"));
  return how == name || !attempt.has_ended ? name : fmt::format("{}: {}", name, how);
}

PastRun past_run_of(const RunReport& report, Outputs& outputs, double started) {
  const double ended = std::max(report.run.ended.value_or(started), started);
  PastRun past{{report.run.id, started, ended, report.run.complete}, {}};
  std::map<std::pair<std::string, std::string>, std::int64_t> times;
  const auto add = [&](const TestReport& test) {
    if (test.verdict == Verdict::disabled) return;
    PastResult result = result_of(test, outputs);
    if (!report.run.has_keys) result.test.key.clear();
    const std::int64_t nth = ++times[{result.test.batch, result.test.name}];
    if (result.test.key.empty()) result.test.nth = nth;
    past.results.push_back(std::move(result));
  };
  for (const TestReport& test : report.tests) {
    add(test);
    for (const Case& one : test.cases) add(as_test(test, one));
  }
  return past;
}

std::string title_of(const TestId& test) {
  std::string text = printable(test.name);
  if (test.nth > 1) text += fmt::format(" #{}", test.nth);
  if (!test.batch.empty()) text += " in " + printable(test.batch);
  return text;
}

std::string signature_for(const PastResult& result) {
  return result.failures.empty() ? std::string() : result.failures.back().signature;
}

std::string words_for(const PastResult& result) {
  std::string words = result.outcome;
  std::ranges::replace(words, '_', ' ');
  const std::string signature = signature_for(result);
  if (signature.empty() || signature == result.outcome) return printable(words);
  // A signature that is the end of an attempt begins with the outcome.
  if (signature.starts_with(result.outcome + ": ")) {
    return printable(words + signature.substr(result.outcome.size()));
  }
  return printable(words + ": " + signature);
}

Json json_of(const TestId& test) {
  Json one;
  one["test"] = test.name;
  if (!test.batch.empty()) one["batch"] = test.batch;
  one["nth"] = test.nth;
  if (!test.key.empty()) one["key"] = test.key;
  return one;
}

}  // namespace holdfast
