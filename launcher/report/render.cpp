#include "report/render.hpp"

#include "report/shown.hpp"

namespace holdfast {

void render(const RunReport& report, Outputs& outputs, Format format, const Write& write,
            JunitReader reader) {
  ShownOutputs shown(outputs);
  Outputs& whole = outputs;
  switch (format) {
#define HOLDFAST_REPORT_FORMAT(name, which, alone) \
  case Format::name:                               \
    return render_##name(report, which, write, reader);
#include "values/report_formats.def"
  }
}

}  // namespace holdfast
