#include "settings/pattern.hpp"

#include <re2/re2.h>

#include <map>
#include <vector>

namespace holdfast {
namespace {

bool is_back_reference(std::string_view escape) {
  return escape.size() > 1 && escape[1] >= '1' && escape[1] <= '9';
}

// In words like those of other complaints; RE2's own are for programmers.
std::string describe(const re2::RE2& refused) {
  using re2::RE2;
  const std::string& part = refused.error_arg();
  switch (refused.error_code()) {
    case RE2::ErrorBadPerlOp:
      return "`" + part +
             "`: a group of an unknown kind (look-ahead and look-behind are not supported)";
    case RE2::ErrorBadEscape:
      return is_back_reference(part) ? "a back-reference, which is not supported"
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

}  // namespace

Pattern::Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::compile(const std::string& text) {
  // Arguments and messages pass the pattern on, and they would end at the NUL.
  if (text.find('\0') != std::string::npos) return ErrorInWords{"a NUL, which is not supported"};
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (!compiled->ok()) return ErrorInWords{describe(*compiled)};
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

bool Pattern::has_group(const std::string& name) const { return number_of_group(name) != 0; }

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

}  // namespace holdfast
