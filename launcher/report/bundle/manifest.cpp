#include "report/bundle/manifest.hpp"

#include "core/base/names.hpp"
#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view k_going_on = "going_on";
constexpr std::string_view k_over = "over";

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

// The part of `path` below `directory` (with its slash); empty: it is not there.
std::string_view below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) ? path.substr(directory.size()) : std::string_view();
}

// Empty: there is no such text.
std::string text_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

bool is_of_report(std::string_view path) {
  using namespace bundle_names;
  if (path == k_manifest || path == k_steps || path == k_printed) return true;
  if (is_plain_name(below(path, k_printed_pieces))) return true;
  const std::string_view file = below(path, k_run);
  if (file == names::k_journal_file) return true;
  for (const std::string_view directory : {names::k_output_directory, names::k_services_directory})
    if (is_plain_name(below(file, std::string(directory) + '/'))) return true;
  return false;
}

std::string text_of(const Manifest& manifest) {
  Json object;
  object["format"] = k_bundle_format;
  object["holdfast"] = valid_utf8(manifest.version);
  object["run"] = valid_utf8(manifest.run);
  object["state"] = manifest.state == RunState::going_on ? k_going_on : k_over;
  object["complete"] = manifest.complete;
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
  if (text_in(object, "state") == k_going_on) manifest.state = RunState::going_on;
  manifest.complete = object.value("complete", Json()) == Json(true);
  return manifest;
}

}  // namespace holdfast
