#include "settings/locks_for_ctest.hpp"

#include "base/text.hpp"
#include "values/kinds.hpp"

namespace holdfast {
namespace {

bool is_plain(char c) {
  return is_ascii_alphanumeric(c) ||
         std::string_view("_- /:,%@=~#!<>&").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_escaped_by_backslash(char c) {
  return std::string_view(".+*?^$()[]{}|/-").find(c) != std::string_view::npos;
}

// The text in CMake's bracket quotes. Empty if the text would end these quotes, or cannot be in a
// CMake list.
std::string bracketed(const std::string& text) {
  if (text.find(']') != std::string::npos) return {};
  return text_of({"[====[", text, "]====]"});
}

// A test holds its locks even if this leaves some of them out.
std::string words_of_locks(const Value& said) {
  std::vector<LockSpec> locks;
  (void)kind::Locks::read(said.text, locks);
  std::string words;
  for (const LockSpec& lock : locks) {
    const std::string text = to_text(lock);
    const std::string quoted = bracketed(text);
    if (quoted.empty() || text.find_first_of("[\\") != std::string::npos) continue;
    words += " " + quoted;
  }
  return words;
}

// The names of services have no character that CMake treats specially.
std::string words_of_services(const Value& said) {
  return said.text.empty() ? std::string() : " " + bracketed(said.text);
}

// The text of the function `_holdfast_<setting>_of_file`; empty: it would find nothing.
std::string function_of(const Settings& settings, Setting setting) {
  const bool is_of_locks = setting == Setting::locks;
  const std::string name = is_of_locks ? "locks" : "services";
  const auto set = [&](const Value& said) {
    const std::string words = is_of_locks ? words_of_locks(said) : words_of_services(said);
    return "set(" + name + (words.empty() ? " \"\"" : words) + ")";
  };
  std::string body;
  for (const ProfileLayer& layer : settings.layers) {
    const Value* said = last_of(layer.said, setting);
    if (said != nullptr) body += "  " + set(*said) + "\n";
  }
  for (const SettingsOverride& one : settings.overrides) {
    const Value* said = last_of(one.said, setting);
    if (said == nullptr || one.label) continue;
    const std::string pattern = one.test.value_or("");
    const std::string quoted = bracketed(pattern);
    if (quoted.empty() || !means_the_same_to_cmake(pattern)) continue;
    body += text_of({"  if(test MATCHES ", quoted, ")\n    ", set(*said), "\n  endif()\n"});
  }
  if (body.empty()) return {};
  return text_of({"function(_holdfast_", name, "_of_file test out)\n  set(", name, " \"\")\n", body,
                  "  set(${out} \"${", name, "}\" PARENT_SCOPE)\nendfunction()\n"});
}

}  // namespace

// CMake refuses a group that may be empty and is repeated, and more groups than nine. So no group
// is repeated, and no choice is empty.
bool means_the_same_to_cmake(std::string_view pattern) {
  constexpr unsigned k_most_groups = 9;
  unsigned groups = 0;
  unsigned open = 0;
  bool may_be_repeated = false;
  bool is_empty = true;  // what is read of a choice
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '^' && i == 0) continue;
    if (c == '$' && i + 1 == pattern.size()) continue;
    if ((c == '*' || c == '+' || c == '?') && may_be_repeated) {
      may_be_repeated = false;
      continue;
    }
    if (c == '(' || c == ')' || c == '|') {
      if (c == '(' && ++groups > k_most_groups) return false;
      if (c != '(' && is_empty) return false;
      if (c == ')' && open-- == 0) return false;
      if (c == '(') ++open;
      may_be_repeated = false;
      is_empty = c != ')';
      continue;
    }
    if (c == '\\') {
      if (++i == pattern.size() || !is_escaped_by_backslash(pattern[i])) return false;
    } else if (c != '.' && !is_plain(c)) {
      return false;
    }
    may_be_repeated = true;
    is_empty = false;
  }
  return open == 0 && (!is_empty || pattern.find('|') == std::string_view::npos);
}

std::string locks_for_ctest(const Settings& settings) {
  std::string functions =
      function_of(settings, Setting::locks) + function_of(settings, Setting::services);
  // The wait of a test for a step on a node must not count on ctest's clock.
  const bool may_run_afar = is_said(settings, Setting::engine, name_of(Engine::slurm));
  if (may_run_afar) functions += "set(_holdfast_far TRUE)\n";
  if (functions.empty()) return {};
  return "# Written by `holdfast begin`: the locks and services of holdfast.toml, for ctest.\n" +
         functions;
}

}  // namespace holdfast
