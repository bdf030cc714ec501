#include "core/select/not_begun.hpp"

namespace holdfast {

NotBegun::NotBegun(TestSet ignored)
    : open_(ignored.size()),
      is_decided_(std::move(ignored)),
      undecided_(is_decided_.size() - size_of(is_decided_)) {}

void NotBegun::see_begun(const TestSet& begun) {
  for (std::size_t i = 0; i < is_decided_.size(); ++i) {
    if (!begun[i] || is_decided_[i]) continue;
    is_decided_[i] = true;
    --undecided_;
  }
}

void NotBegun::see_planned(const TestSet& planned) {
  for (std::size_t i = 0; i < is_decided_.size(); ++i) {
    if (!planned[i] || is_decided_[i]) continue;
    open_[i] = is_decided_[i] = true;
    --undecided_;
  }
}

}  // namespace holdfast
