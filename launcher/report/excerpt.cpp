#include "report/excerpt.hpp"

#include "report/shown.hpp"

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "output/gtest_output.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_longest_line = 2000;
constexpr std::size_t k_longest_message = 2000;
constexpr std::size_t k_lines_of_a_message = 8;

// How much a line says. The most telling comes first. An `end` has no place of its own: it takes
// that of the last line that told one (Follow::place).
enum class Rank : std::uint8_t { finding, assertion, end, error };

enum class Follow : std::uint8_t {
  nothing,      // the line is all there is
  next_line,    // the next line belongs to it
  until_blank,  // the lines up to the next empty one belong to it
  place,        // no excerpt: the line says where the next excerpt happened
  place_of_it,  // no excerpt: the line says where the last excerpt happened
};

// The groups `file`, `line` and `what` of a pattern are what their names say.
struct Row {
  const char* pattern;
  Rank rank = Rank::assertion;
  Follow follow = Follow::nothing;
};

constexpr std::array k_rows = {
    // Sanitizers. The summary has the place of what the report tells at length.
    Row{R"re(^SUMMARY: (?P<what>\w+Sanitizer: \S+) (?P<file>[^()]+?):(?P<line>\d+)(?::\d+)?(?: in .*)?$)re",
        Rank::finding},
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+):\d+: (?P<what>runtime error: .*)$)re",
        Rank::finding},
    Row{R"re(^(?:==\d+==\s*)?(?:ERROR|WARNING): (?P<what>\w+Sanitizer: .*)$)re"},
    Row{R"re(^==\d+== (?P<what>(?:Invalid (?:read|write|free)|Conditional jump|Use of uninit).*)$)re"},
    // GoogleTest, Catch2, doctest, Boost.Test, Qt Test.
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+): Failure$)re", Rank::assertion,
        Follow::until_blank},
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+): FAILED:$)re", Rank::assertion,
        Follow::until_blank},
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+): (?:FATAL )?ERROR: (?P<what>.*)$)re",
        Rank::assertion, Follow::until_blank},
    Row{R"re(^(?P<file>[^\s(][^(]*)\((?P<line>\d+)\): (?:fatal )?error: in "[^"]*": (?P<what>.*)$)re"},
    Row{R"re(^FAIL!  : (?P<what>.*)$)re"},
    Row{R"re(^   Loc: \[(?P<file>.+)\((?P<line>\d+)\)\]$)re", Rank::assertion, Follow::place_of_it},
    // Other tools: the place may stand on either side of the words, and in either order.
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? (?:Failure|FAILURE|FAILED|failed)[: -]+(?P<what>\S.*)$)re"},
    Row{R"re(^\W*(?P<what>.*\b(?:FAILED|FAIL|FAILURE|Failed|Failure)\b.*?)\W* (?:at|in|on) line (?P<line>\d+)\W+(?:(?:of|in|file) )*(?P<file>[\w./+-]+\.\w+)\W*$)re"},
    Row{R"re(^\W*(?P<what>.*\b(?:FAILED|FAIL|FAILURE|Failed|Failure)\b.*?)\W* (?:at|in|on) (?:file )?(?P<file>[\w./+-]+\.\w+)\W+(?:at |on )?line (?P<line>\d+)\W*$)re"},
    Row{R"re(^\s*at line (?P<line>\d+), (?P<file>[\w./+-]+\.\w+)$)re", Rank::assertion,
        Follow::place_of_it},
    // assert(3) as glibc and musl print it.
    Row{R"re(^(?:[^:]*: )?(?P<file>[^\s:][^:]*):(?P<line>\d+): .*?(?P<what>Assertion [`'].*' failed\.)$)re"},
    Row{R"re(^(?P<what>Assertion failed: .*) \((?P<file>[^:]+): [^:]*: (?P<line>\d+)\)$)re"},
    // pytest and Python.
    Row{R"re(^E   +(?P<what>\S.*)$)re"},
    Row{R"re(^(?P<file>[^\s:][^:]*\.py):(?P<line>\d+): \w+$)re", Rank::assertion,
        Follow::place_of_it},
    Row{R"re(^\s*File "(?P<file>[^"]+)", line (?P<line>\d+))re", Rank::end, Follow::place},
    Row{R"re(^(?P<what>[\w.]+(?:Error|Exception|Interrupt|Exit)(?:: .*)?)$)re", Rank::end},
    // C++, Rust and Go.
    Row{R"re(^(?P<what>terminate called .*)$)re", Rank::end, Follow::next_line},
    Row{R"re(^thread '.*panicked at (?P<file>[^\s':]+):(?P<line>\d+):\d+:$)re", Rank::assertion,
        Follow::next_line},
    Row{R"re(^thread '.*' panicked at '(?P<what>.*)', (?P<file>[^:]+):(?P<line>\d+))re"},
    Row{R"re(^\s+(?P<file>[^\s:]+\.go):(?P<line>\d+): (?P<what>.*)$)re"},
    Row{R"re(^(?P<what>panic: .*)$)re", Rank::end},
    // Compilers and CMake.
    Row{R"re(^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<what>.*)$)re"},
    Row{R"re(^CMake Error at (?P<file>[^:]+):(?P<line>\d+) .*:$)re", Rank::assertion,
        Follow::until_blank},
    // Any tool's error, if nothing above is there.
    Row{R"re(^(?:\S+: )?(?i:error|fatal): (?P<what>.*)$)re", Rank::error},
};

// A line that fits a row, and what it says.
struct Match {
  const Row* row = nullptr;
  Excerpt said;
};

class Patterns {
 public:
  Patterns() : any_(RE2::Options(RE2::Quiet), RE2::UNANCHORED) {
    for (const Row& row : k_rows) {
      any_.Add(row.pattern, nullptr);
      each_.push_back(std::make_unique<RE2>(row.pattern, RE2::Quiet));
    }
    any_.Compile();
  }

  // The first row that fits the line.
  std::optional<Match> match(std::string_view line) const {
    std::vector<int> fitting;
    if (!any_.Match(piece(line), &fitting)) return std::nullopt;
    const auto at = static_cast<std::size_t>(*std::min_element(fitting.begin(), fitting.end()));
    const RE2& pattern = *each_[at];
    std::array<re2::StringPiece, 4> groups;
    (void)pattern.Match(piece(line), 0, line.size(), RE2::UNANCHORED, groups.data(),
                        1 + pattern.NumberOfCapturingGroups());
    Match found{&k_rows.at(at), {}};
    for (const auto& [name, number] : pattern.NamedCapturingGroups()) {
      const re2::StringPiece& group = groups.at(static_cast<std::size_t>(number));
      const std::string_view text(group.data(), group.size());
      if (name == "file") found.said.file = text;
      if (name == "what") found.said.message = text;
      if (name == "line") found.said.line = parse_number<std::int64_t>(text).value_or(0);
    }
    return found;
  }

 private:
  static re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

  RE2::Set any_;
  std::vector<std::unique_ptr<RE2>> each_;
};

const Patterns& patterns() {
  static const Patterns k_patterns;
  return k_patterns;
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = take_part(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return first_bytes(line, k_longest_line);
}

// Older versions of GoogleTest put no empty line between two failures.
bool begins_another(std::string_view line) {
  const std::optional<Match> match = patterns().match(line);
  return match && match->row->follow == Follow::until_blank;
}

// Takes the lines of `rest` that belong to the line before it.
std::string following(std::string_view& rest, Follow follow) {
  std::string text;
  const std::size_t limit = follow == Follow::until_blank ? k_lines_of_a_message
                            : follow == Follow::next_line ? 1
                                                          : 0;
  for (std::size_t i = 0; i < limit && !rest.empty(); ++i) {
    const std::string_view before = rest;
    const std::string_view line = take_line(rest);
    if (begins_another(line)) {
      rest = before;
      break;
    }
    const bool is_blank = line.find_first_not_of(" \t") == std::string_view::npos;
    if (is_blank && text.empty()) continue;
    if (is_blank || is_googletest_line(line)) break;
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

class Collection {
 public:
  void add(Match match, std::string_view& rest) {
    Excerpt& one = match.said;
    if (match.row->follow == Follow::place) {
      place_ = std::move(one);
      return;
    }
    if (match.row->follow == Follow::place_of_it) {
      if (!found_.empty() && found_.back().said.file.empty()) {
        found_.back().said.file = std::move(one.file);
        found_.back().said.line = one.line;
      }
      return;
    }
    const std::string more = following(rest, match.row->follow);
    if (!more.empty()) one.message += (one.message.empty() ? "" : "\n") + more;
    if (one.message.empty()) return;
    one.message.resize(std::min(one.message.size(), k_longest_message));
    if (one.file.empty() && match.row->rank == Rank::end) {
      one.file = std::exchange(place_.file, {});
      one.line = place_.line;
    }
    // Some tools say the same twice.
    const bool is_known = std::ranges::find(found_, one, &Match::said) != found_.end();
    if (!is_known && found_.size() < k_most) found_.push_back(std::move(match));
  }

  std::vector<Excerpt> take(std::size_t limit) {
    std::ranges::stable_sort(found_, {}, [](const Match& one) { return one.row->rank; });
    std::vector<Excerpt> excerpts;
    for (Match& one : found_) {
      if (excerpts.size() == limit) break;
      // What may be any tool's error counts only if there is nothing better.
      if (one.row->rank == Rank::error && !excerpts.empty()) break;
      excerpts.push_back(std::move(one.said));
    }
    return excerpts;
  }

 private:
  static constexpr std::size_t k_most = 200;
  std::vector<Match> found_;
  Excerpt place_;
};

}  // namespace

std::vector<Excerpt> excerpts_of(std::string_view output, std::size_t limit) {
  Collection found;
  std::string without_colours;
  if (output.find('\x1b') != std::string_view::npos) output = without_colours = shown(output);
  while (!output.empty()) {
    const std::string_view line = take_line(output);
    if (std::optional<Match> match = patterns().match(line)) found.add(*std::move(match), output);
  }
  return found.take(limit);
}

std::string headline(const Excerpt& excerpt) {
  std::string text;
  for (std::string_view rest = excerpt.message; !rest.empty();) {
    std::string_view line = take_line(rest);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!text.empty() && !line.empty()) text += text.back() == ':' ? " " : "; ";
    text += line;
  }
  if (excerpt.file.empty()) return text;
  return fmt::format("{}:{}: {}", excerpt.file, excerpt.line, text);
}

}  // namespace holdfast
