#include "values/lock_spec.hpp"

#include <algorithm>
#include <tuple>

#include "base/encoding.hpp"

namespace holdfast {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;  // how many KiB it has, as a power of two
};
constexpr std::array<Unit, 4> k_units{{{"TiB", 30}, {"GiB", 20}, {"MiB", 10}, {"KiB", 0}}};

constexpr std::size_t k_longest_lock_name = 200;

Error refused(std::string_view text, std::string_view why) {
  return ErrorInWords{text_of({"lock \"", text, "\": ", why})};
}

std::optional<unsigned> parse_count(std::string_view text) {
  return text.size() > 6 ? std::nullopt : parse_number<unsigned>(text);
}

Result<void> parse_amount(std::string_view whole, std::string_view mode, LockSpec& spec) {
  const bool is_of_machine = spec.name == k_memory_name && mode.find('/') == mode.npos;
  std::string_view rest = mode;
  const std::optional<std::uint64_t> units = parse_size_kb(take_part(rest, '/'));
  const std::optional<std::uint64_t> size = is_of_machine ? 0 : parse_size_kb(rest);
  if (!units || !size || (!is_of_machine && *units > *size)) {
    return refused(
        whole, text_of({"expected SIZE/SIZE, a part and the whole, such as 6GiB/24GiB",
                        spec.name == k_memory_name ? " or 6GiB" : "", ", found \"", mode, "\""}));
  }
  spec.mode = LockMode::amount;
  spec.units = *units;
  spec.size = *size;
  return {};
}

// Slots are plain numbers, and an amount has a unit.
bool is_amount(std::string_view mode) {
  return !mode.empty() && mode[0] >= '0' && mode[0] <= '9' && mode.find('B') != mode.npos;
}

Result<void> parse_mode(std::string_view whole, std::string_view mode, LockSpec& spec) {
  if (mode == "shared") {
    spec.mode = LockMode::shared;
    return {};
  }
  if (is_amount(mode)) return parse_amount(whole, mode, spec);
  const std::size_t slash = mode.find('/');
  if (slash == std::string_view::npos) {
    return refused(
        whole, text_of({"after `:` expected `shared`, K/N or SIZE/SIZE, found \"", mode, "\""}));
  }
  const std::optional<unsigned> units = parse_count(mode.substr(0, slash));
  const std::optional<unsigned> size = parse_count(mode.substr(slash + 1));
  if (!units || !size || *units < 1 || *units > *size || *size > k_most_slots) {
    return refused(whole, text_of({"expected K/N with 1 <= K <= N <= ",
                                   std::to_string(k_most_slots), ", found \"", mode, "\""}));
  }
  spec.mode = LockMode::counted;
  spec.units = *units;
  spec.size = *size;
  return {};
}

Result<void> check_name(std::string_view whole, std::string_view name) {
  if (name.empty())
    return refused(whole, "expected NAME[:shared|:K/N|:SIZE/SIZE][@scope], the name is empty");
  if (name.find_first_of(",;/") != name.npos || std::ranges::any_of(name, is_control)) {
    return refused(whole, "a name cannot hold `,`, `;`, `/` or control characters");
  }
  if (encode_file_name(name).size() > k_longest_lock_name) {
    return refused(whole, "the name is longer than 200 bytes");
  }
  return {};
}

// Returns the beginning of a variable by which both locks would tell the test of themselves; empty:
// there is none.
std::string_view common_variable(const LockSpec& one, const LockSpec& other) {
  if (slot_variable(one.name) != slot_variable(other.name)) return {};
  if (one.mode == LockMode::counted && other.mode == LockMode::counted) return "SLOT_";
  const bool have_fences = one.scope == LockScope::cluster && other.scope == LockScope::cluster;
  return have_fences ? "FENCE_" : std::string_view();
}

// A test must not run if it cannot tell what it has of one lock from what it has of another.
Result<void> check_variables(const std::vector<LockSpec>& locks) {
  for (std::size_t i = 0; i < locks.size(); ++i) {
    for (std::size_t j = i + 1; j < locks.size(); ++j) {
      const std::string_view prefix = common_variable(locks[i], locks[j]);
      if (prefix.empty()) continue;
      const bool are_slots = prefix == "SLOT_";
      return refused(to_text(locks[j]),
                     text_of({are_slots ? "its slots and those of \"" : "its fence and that of \"",
                              to_text(locks[i]), "\" would both be HOLDFAST_", prefix,
                              slot_variable(locks[i].name)}));
    }
  }
  return {};
}

constexpr unsigned k_first_ephemeral = 32768;
constexpr unsigned k_last_port = 65535;

constexpr std::size_t k_longest_key = 200;

// The path of a build tree, or a project's key, may be longer than a file name can be.
std::string hash_of(std::string_view text) { return std::to_string(Fnv1a().add(text).value()); }

}  // namespace

std::optional<std::uint64_t> parse_size_kb(std::string_view text) {
  const std::uint64_t number = take_number<std::uint64_t>(text).value_or(0);
  for (const Unit& unit : k_units) {
    if (text != unit.name) continue;
    if (number == 0 || number > k_largest_size_kb >> unit.shift) return std::nullopt;
    return number << unit.shift;
  }
  return std::nullopt;
}

std::string size_text(std::uint64_t kb) {
  const Unit* unit = k_units.begin();
  while (unit->shift > 0 && (kb == 0 || kb % (std::uint64_t{1} << unit->shift) != 0)) ++unit;
  return std::to_string(kb >> unit->shift) + std::string(unit->name);
}

std::string slot_variable(std::string_view name) {
  std::string variable = upper(std::string(name));
  for (char& c : variable) {
    if (!is_ascii_alphanumeric(c)) c = '_';
  }
  return variable;
}

Result<LockSpec> parse_lock_spec(std::string_view text) {
  LockSpec spec;
  std::string_view rest = text;
  std::optional<LockScope> given;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view scope_name = rest.substr(at + 1);
    given = named<LockScope>(scope_name);
    if (!given) {
      return refused(text, text_of({"after `@` expected ", alternatives(words_of(LockScope{})),
                                    ", found \"", scope_name, "\""}));
    }
    rest = rest.substr(0, at);
  }
  const std::size_t colon = rest.find(':');
  spec.name = rest.substr(0, colon);
  if (colon != std::string_view::npos) {
    HOLDFAST_DO(parse_mode(text, rest.substr(colon + 1), spec));
  }
  HOLDFAST_DO(check_name(text, spec.name));
  const bool is_of_machine = spec.mode == LockMode::amount && spec.size == 0;
  if (is_of_machine && given == LockScope::cluster) {
    return refused(text, "the memory of many machines has no whole: expected SIZE/SIZE");
  }
  spec.scope = given.value_or(is_of_machine ? LockScope::user : LockScope::project);
  return spec;
}

Result<LockSpec> promote_resource_lock(std::string_view name) {
  if (name.empty()) return refused(name, "a RESOURCE_LOCK has no name");
  if (encode_file_name(name).size() > k_longest_lock_name) {
    return refused(name, "the name is longer than 200 bytes");
  }
  return LockSpec{.name = std::string(name)};
}

std::string to_text(const LockSpec& spec) {
  const std::string how = how_of(spec);
  return text_of({spec.name, how.empty() ? "" : ":", how, "@", name_of(spec.scope)});
}

std::string how_text(LockMode mode, std::uint64_t units, std::uint64_t size) {
  switch (mode) {
    case LockMode::exclusive:
      return {};
    case LockMode::shared:
      return "shared";
    case LockMode::counted:
      return text_of({std::to_string(units), "/", std::to_string(size)});
    case LockMode::amount:
      return size == 0 ? size_text(units) : text_of({size_text(units), "/", size_text(size)});
  }
  return {};
}

std::optional<LockSpec> parse_how(std::string_view how) {
  if (how.empty()) return std::nullopt;
  Result<LockSpec> spec = parse_lock_spec(text_of({k_memory_name, ":", how}));
  if (!spec) return std::nullopt;
  return std::move(*spec);
}

Result<std::vector<LockSpec>> canonical_locks(std::vector<LockSpec> specs) {
  const auto place = [](const LockSpec& s) { return std::tie(s.scope, s.name); };
  std::stable_sort(specs.begin(), specs.end(),
                   [&](const LockSpec& a, const LockSpec& b) { return place(a) < place(b); });
  std::vector<LockSpec> merged;
  for (LockSpec& spec : specs) {
    if (merged.empty() || place(merged.back()) != place(spec)) {
      merged.push_back(std::move(spec));
      continue;
    }
    LockSpec& same = merged.back();
    const bool in_units = has_units(same.mode) || has_units(spec.mode);
    if (in_units && (same.mode != spec.mode || same.size != spec.size)) {
      return refused(to_text(spec),
                     text_of({"also asked for as \"", to_text(same), "\"; one name has one size"}));
    }
    if (in_units) same.units = std::max(same.units, spec.units);
    if (spec.mode == LockMode::exclusive) same.mode = LockMode::exclusive;
  }
  HOLDFAST_DO(check_variables(merged));
  return merged;
}

LockSpec lock_of_port(std::uint16_t port) {
  return {.name = text_of({k_port_lock_prefix, std::to_string(port)}), .scope = LockScope::user};
}

std::string_view port_in_text(const LockSpec& lock) {
  return std::string_view(lock.name).substr(k_port_lock_prefix.size());
}

PortRange ports_below(std::string_view ephemeral) {
  PortRange range;
  const unsigned end = leading_number<unsigned>(ephemeral).value_or(k_first_ephemeral);
  if (end > range.first && end <= k_last_port) range.count = end - range.first;
  return range;
}

std::uint16_t candidate(const PortRange& range, std::uint32_t start, unsigned tried) {
  const unsigned place = (start % range.count + tried) % range.count;
  return static_cast<std::uint16_t>(range.first + place);
}

std::string ports_in_text(const std::vector<std::uint16_t>& ports) {
  return separated(ports, ";", in_digits);
}

std::string scope_directory(LockScope scope, const LockHome& home) {
  if (scope == LockScope::build && !home.tree.empty()) return "build-" + hash_of(home.tree);
  if (scope == LockScope::project && !home.project.empty()) {
    const std::string key = encode_file_name(home.project);
    return "project-" + (key.size() <= k_longest_key ? key : hash_of(home.project));
  }
  // Outside a build tree, the next wider scope is the user.
  return std::string(name_of(std::max(scope, LockScope::user)));
}

std::string place_of(const LockSpec& spec, const LockHome& home) {
  return text_of({scope_directory(spec.scope, home), "/", encode_file_name(spec.name)});
}

Result<std::vector<LockSpec>> locks_at(const LockHome& home, std::vector<LockSpec> specs) {
  for (LockSpec& spec : specs) {
    const bool no_tree = spec.scope == LockScope::build && home.tree.empty();
    const bool no_project = spec.scope == LockScope::project && home.project.empty();
    if (no_tree || no_project) spec.scope = LockScope::user;
  }
  return canonical_locks(std::move(specs));
}

std::string run_place(const std::string& tree) { return text_of({"tree-", hash_of(tree), "/run"}); }

}  // namespace holdfast
