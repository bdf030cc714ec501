#include "core/bundle/bundle_sum.hpp"

#include <fmt/format.h>

#include "core/bundle/bundle_names.hpp"

namespace holdfast {

void BundleSum::begin(std::string_view name) {
  end();
  counts_ = is_of_report(name) && name != bundle_names::k_manifest;
  file_ = Fnv1a().add(name).end();
}

std::string BundleSum::text() {
  end();
  return fmt::format("{:016x}", sum_);
}

void BundleSum::end() {
  if (counts_) sum_ += file_.value();
  counts_ = false;
}

}  // namespace holdfast
