#include "core/bundle/bundle_sum.hpp"

#include <charconv>

#include "core/bundle/bundle_names.hpp"

namespace holdfast {

void BundleSum::begin(std::string_view name) {
  end();
  counts_ = is_of_report(name) && name != bundle_names::k_manifest;
  file_ = Fnv1a().add(name).end();
}

std::string BundleSum::text() {
  end();
  constexpr std::size_t k_length = 16;
  char digits[k_length];
  const auto written = std::to_chars(digits, digits + k_length, sum_, 16);
  const std::string_view text(digits, static_cast<std::size_t>(written.ptr - digits));
  return std::string(k_length - text.size(), '0').append(text);
}

void BundleSum::end() {
  if (counts_) sum_ += file_.value();
  counts_ = false;
}

}  // namespace holdfast
