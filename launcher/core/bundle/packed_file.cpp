#include "core/bundle/packed_file.hpp"

#include "core/base/number.hpp"
#include "core/base/parts.hpp"
#include "core/bundle/bundle_names.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_digits = 20;

}  // namespace

std::string line_of(const PackedHead& head) {
  return text_of({padded(std::to_string(head.size), k_digits, '0'), " ", head.name, "\n"});
}

std::optional<PackedHead> parse_packed_head(std::string_view line) {
  if (line.size() < k_digits + 2 || line[k_digits] != ' ') return std::nullopt;
  const auto size = parse_number<std::uint64_t>(line.substr(0, k_digits));
  if (!size) return std::nullopt;
  return PackedHead{*size, std::string(line.substr(k_digits + 1))};
}

void BundleSum::begin(std::string_view name) {
  end();
  counts_ = is_of_report(name) && name != bundle_names::k_manifest;
  file_ = Fnv1a().add(name).end();
}

std::string BundleSum::text() {
  end();
  return hexadecimal(sum_, 16);
}

void BundleSum::end() {
  if (counts_) sum_ += file_.value();
  counts_ = false;
}

}  // namespace holdfast
