#include "report/render.hpp"

namespace holdfast {

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
