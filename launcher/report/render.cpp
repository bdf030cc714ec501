#include "report/render.hpp"

#include "report/shown.hpp"

namespace holdfast {

void render(const RunReport& report, Outputs& outputs, Format format, const Write& write,
            JunitReader reader) {
  ShownOutputs shown(outputs);
  switch (format) {
    case Format::text:
      return render_text(report, shown, write);
    case Format::json:
      return render_json(report, outputs, write);
    case Format::junit:
      return render_junit(report, shown, write, reader);
    case Format::trace:
      return render_trace(report, outputs, write);
    case Format::github:
      return render_github(report, shown, write);
    case Format::html:
      return render_html(report, outputs, write);
  }
}

}  // namespace holdfast
