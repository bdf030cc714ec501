#include "report/render.hpp"

#include "report/json.hpp"
#include "report/junit.hpp"
#include "report/text.hpp"

namespace holdfast {

std::optional<Format> format_named(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  if (name == "junit") return Format::junit;
  return std::nullopt;
}

std::string render(const RunReport& report, Format format) {
  switch (format) {
    case Format::text:
      return render_text(report);
    case Format::json:
      return render_json(report);
    case Format::junit:
      return render_junit(report);
  }
  return {};
}

}  // namespace holdfast
