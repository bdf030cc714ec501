#include "settings/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace holdfast {
namespace {

// In words like those of other complaints; RE2's own are for programmers.
std::string trouble_in(const re2::RE2& refused) {
  using re2::RE2;
  const std::string& part = refused.error_arg();
  switch (refused.error_code()) {
    case RE2::ErrorBadPerlOp:
      return "`" + part +
             "`: a group of an unknown kind (look-ahead and look-behind are not supported)";
    case RE2::ErrorBadEscape:
      // A digit behind the backslash.
      return part.find_first_of("123456789") == 1 ? "a back-reference, which is not supported"
                                                  : "the unknown escape `" + part + "`";
    case RE2::ErrorMissingParen:
    case RE2::ErrorUnexpectedParen:
      return "an unmatched parenthesis";
    case RE2::ErrorMissingBracket:
      return "an unfinished `[`";
    case RE2::ErrorBadCharRange:
      return "`" + part + "`: a bad range within `[…]`";
    case RE2::ErrorRepeatArgument:
    case RE2::ErrorRepeatOp:
      return "`" + part + "`: a repetition of nothing";
    case RE2::ErrorTrailingBackslash:
      return "an unfinished escape";
    case RE2::ErrorPatternTooLarge:
      return "too large";
    case RE2::ErrorRepeatSize:
      return "`" + part + "`: more than 1000 repetitions in all, or a bad range of them";
    default:
      return refused.error();
  }
}

bool is_found(const Pattern& pattern, std::string_view output) {
  for (std::string_view line : TextParts{output, '\n'}) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (pattern.is_found_in(line)) return true;
  }
  return false;
}

void add(std::vector<Pattern>& patterns, const std::string& expression) {
  patterns.push_back(*Pattern::compile(expression));
}

bool is_any_in(const std::vector<Pattern>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const Pattern& one) { return one.is_found_in(text); });
}

}  // namespace

Pattern::Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::compile(const std::string& text) {
  // Arguments and messages pass the pattern on, and they would end at the NUL.
  if (text.find('\0') != std::string::npos) return ErrorInWords{"a NUL, which is not supported"};
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (!compiled->ok()) return ErrorInWords{trouble_in(*compiled)};
  return Pattern(std::move(compiled));
}

bool Pattern::is_found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

int Pattern::number_of_group(const std::string& name) const {
  const std::map<std::string, int>& named = compiled_->NamedCapturingGroups();
  const auto found = named.find(name);
  if (found != named.end()) return found->second;
  return compiled_->NumberOfCapturingGroups() == 1 ? 1 : 0;
}

bool Pattern::names_group(const std::string& name) const {
  return compiled_->NamedCapturingGroups().contains(name);
}

std::optional<std::string> Pattern::group_in(std::string_view text, const std::string& name) const {
  const auto group = static_cast<std::size_t>(number_of_group(name));
  if (group == 0) return std::nullopt;
  std::vector<re2::StringPiece> groups(group + 1);
  const re2::StringPiece all(text.data(), text.size());
  if (!compiled_->Match(all, 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                        static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  const re2::StringPiece& part = groups[group];
  if (part.data() == nullptr) return std::nullopt;
  return std::string(part.data(), part.size());
}

Result<Signatures> Signatures::of(const std::vector<std::string>& patterns) {
  Signatures signatures;
  for (const std::string& pattern : patterns) {
    Result<Pattern> compiled = Pattern::compile(pattern);
    if (!compiled) return ErrorInWords{to_text("\"" + pattern + "\"", compiled.error())};
    signatures.patterns_.push_back(std::move(*compiled));
  }
  return signatures;
}

std::optional<std::size_t> Signatures::found_in(std::string_view output) const {
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (is_found(patterns_[i], output)) return i;
  }
  return std::nullopt;
}

AffectedPatterns::AffectedPatterns(const std::vector<AffectedRule>& rules) {
  bool has_documentation = false;
  for (const AffectedRule& rule : rules) {
    has_documentation = has_documentation || rule.documentation;
    for (const std::string& glob : rule.documentation.value_or(std::vector<std::string>()))
      add(documentation_, expression_for_glob(glob));
    Patterns& patterns = rules_.emplace_back();
    for (const std::string& glob : rule.files) add(patterns.files, expression_for_glob(glob));
    for (const std::string& glob : rule.ignore) add(patterns.ignore, expression_for_glob(glob));
    for (const std::string& pattern : rule.tests) add(patterns.tests, pattern);
  }
  if (has_documentation) return;
  for (const std::string_view glob : k_documentation)
    add(documentation_, expression_for_glob(glob));
}

bool AffectedPatterns::is_documentation(std::string_view file) const {
  return is_any_in(documentation_, file);
}

bool AffectedPatterns::is_ignored(std::string_view file) const {
  return std::ranges::any_of(rules_,
                             [&](const Patterns& rule) { return is_any_in(rule.ignore, file); });
}

std::vector<std::size_t> AffectedPatterns::rules_for(std::string_view file) const {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (is_any_in(rules_[i].files, file)) fitting.push_back(i);
  }
  return fitting;
}

bool AffectedPatterns::fits(std::size_t rule, std::string_view test) const {
  return is_any_in(rules_[rule].tests, test);
}

}  // namespace holdfast
