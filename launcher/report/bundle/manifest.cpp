#include "report/bundle/manifest.hpp"

#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view k_going_on = "going_on";
constexpr std::string_view k_over = "over";

// Empty: there is no such text.
std::string text_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string text_of(const Manifest& manifest) {
  Json object;
  object["format"] = k_bundle_format;
  object["holdfast"] = valid_utf8(manifest.version);
  object["run"] = valid_utf8(manifest.run);
  object["state"] = manifest.state == RunState::going_on ? k_going_on : k_over;
  object["complete"] = manifest.complete;
  if (!manifest.sum.empty()) object["sum"] = manifest.sum;
  return object.dump(1) + '\n';
}

Result<Manifest> parse_manifest(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  const auto format = object.is_object() ? object.find("format") : object.end();
  if (format == object.end() || !format->is_number_integer()) {
    return ErrorInWords{fmt::format("its {} names no format", bundle_names::k_manifest)};
  }
  const auto number = format->get<std::int64_t>();
  if (number < 1 || number > k_bundle_format) {
    return ErrorInWords{fmt::format("it has format {} (of Holdfast {}): expected 1 to {}", number,
                                    brief(text_in(object, "holdfast")), k_bundle_format)};
  }
  Manifest manifest;
  manifest.version = text_in(object, "holdfast");
  manifest.run = text_in(object, "run");
  manifest.sum = text_in(object, "sum");
  if (text_in(object, "state") == k_going_on) manifest.state = RunState::going_on;
  manifest.complete = object.value("complete", Json()) == Json(true);
  return manifest;
}

}  // namespace holdfast
