#include "core/settings/preflight.hpp"

namespace holdfast {

void PreflightNeeds::replace_by(const PreflightNeeds& later) {
#define HOLDFAST_PREFLIGHT_KEY(field, ...) \
  if (later.field) field = later.field;
#include "core/settings/table_keys.def"
}

bool PreflightNeeds::is_empty() const {
  return true
#define HOLDFAST_PREFLIGHT_KEY(field, ...) &&(!field || field->all.empty())
#include "core/settings/table_keys.def"
      ;
}

void Preflight::replace_by(const Preflight& later) {
  fail.replace_by(later.fail);
  warn.replace_by(later.warn);
}

}  // namespace holdfast
