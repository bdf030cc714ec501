#include "settings/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <iterator>
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

// Only for what compile() does not refuse.
Pattern pattern_of(const std::string& expression) { return *Pattern::compile(expression); }

template <typename Globs>
std::vector<Pattern> of_globs(const Globs& globs) {
  return collected(globs,
                   [](std::string_view glob) { return pattern_of(expression_for_glob(glob)); });
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

bool Pattern::names_group(const std::string& name) const {
  return compiled_->NamedCapturingGroups().contains(name);
}

std::optional<std::string> Pattern::group_in(std::string_view text, const std::string& name) const {
  const std::map<std::string, int>& named = compiled_->NamedCapturingGroups();
  const auto found = named.find(name);
  if (found == named.end() && compiled_->NumberOfCapturingGroups() != 1) return std::nullopt;
  const std::size_t group = found == named.end() ? 1 : static_cast<std::size_t>(found->second);
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

Result<std::optional<std::size_t>> signature_in(std::string_view output,
                                                const std::vector<std::string>& signatures) {
  std::vector<Pattern> patterns;
  for (const std::string& signature : signatures) {
    Result<Pattern> compiled = Pattern::compile(signature);
    if (!compiled) return ErrorInWords{to_text("\"" + signature + "\"", compiled.error())};
    patterns.push_back(std::move(*compiled));
  }
  const auto found = std::ranges::find_if(
      patterns, [&](const Pattern& pattern) { return is_found(pattern, output); });
  if (found == patterns.end()) return std::optional<std::size_t>();
  return std::optional(static_cast<std::size_t>(found - patterns.begin()));
}

AffectedPatterns::AffectedPatterns(const std::vector<AffectedRule>& rules) {
  bool has_documentation = false;
  for (const AffectedRule& rule : rules) {
    has_documentation = has_documentation || rule.documentation;
    if (rule.documentation)
      std::ranges::move(of_globs(*rule.documentation), std::back_inserter(documentation_));
    rules_.push_back(
        {of_globs(rule.files), collected(rule.tests, pattern_of), of_globs(rule.ignore)});
  }
  if (!has_documentation) documentation_ = of_globs(k_documentation);
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
