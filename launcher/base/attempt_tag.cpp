#include "base/attempt_tag.hpp"

#include "base/encoding.hpp"
#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/number.hpp"
#include "base/strings.hpp"

namespace holdfast {
namespace {

// 2^62 and above: nobody sets a limit like that by hand.
constexpr std::uint64_t k_tag_bit = 1ULL << 62U;

// HOLDFAST_HELD names the attempts around this one: `place#attempt`, comma-separated.
bool names_attempt(std::string_view held, std::string_view attempt) {
  for (std::size_t at = held.find('#'); at != std::string_view::npos; at = held.find('#', at + 1)) {
    const std::string_view rest = held.substr(at + 1);
    if (rest.starts_with(attempt) &&
        (rest.size() == attempt.size() || rest[attempt.size()] == ',')) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::uint64_t tag_number(std::string_view attempt) {
  return (Fnv1a().add(attempt).value() & (k_tag_bit - 1)) | k_tag_bit;
}

bool is_tag(std::uint64_t limit) { return (limit & ~(k_tag_bit - 1)) == k_tag_bit; }

bool environment_has_attempt(std::string_view environment, std::string_view attempt) {
  while (!environment.empty()) {
    std::string_view value = take_part(environment, '\0');
    const std::string_view name = take_part(value, '=');
    if (name == environment::k_attempt_id && value == attempt) return true;
    if (name == environment::k_held && names_attempt(value, attempt)) return true;
  }
  return false;
}

std::uint64_t tag_in_limits(std::string_view limits) {
  const std::string_view soft = trimmed(text_after(limits, "Max file locks"), " ");
  return leading_number<std::uint64_t>(soft).value_or(0);
}

std::string cgroup_name(std::string_view tree, std::string_view attempt) {
  return cgroup_prefix(tree) + encode_file_name(attempt);
}

std::string cgroup_prefix(std::string_view tree) {
  return text_of({names::k_cgroup_prefix, std::to_string(Fnv1a().add(tree).value()), "-"});
}

}  // namespace holdfast
