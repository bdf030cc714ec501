// What is made from values/table.def: tables of docs/reference/config.md, the JSON schema of
// holdfast.toml, and the properties that ctest-integration knows. With HOLDFAST_WRITE_REFERENCE=1
// in the environment this writes them anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "settings/settings.hpp"
#include "values/kinds.hpp"
#include "values/policy.hpp"

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

// How a kind of value is written in holdfast.toml: for people, and as a JSON schema.
struct Form {
  std::string words;
  Json schema;
};

const Json k_text{{"type", "string"}};
const Json k_share{{"type", "number"}, {"minimum", 0}, {"maximum", 1}};

Form form_of(kind::Duration /*kind*/) {
  return {"time",
          {{"anyOf",
            {{{"type", "number"}, {"minimum", 0}},
             {{"type", "string"}, {"pattern", R"(^(\d+\.?\d*|\.\d+)(ms|s|m|h)?$)"}}}}}};
}
Form form_of(kind::Wait /*kind*/) { return {"time, or text", {{"type", {"number", "string"}}}}; }
Form form_of(kind::Flag /*kind*/) { return {"boolean", {{"type", "boolean"}}}; }
Form form_of(kind::Share /*kind*/) { return {"number, 0 to 1", k_share}; }
template <unsigned Most>
Form form_of(kind::UpTo<Most> /*kind*/) {
  return {"number, 0 to " + std::to_string(Most),
          {{"type", "integer"}, {"minimum", 0}, {"maximum", Most}}};
}
Form form_of(kind::Size /*kind*/) {
  return {"size", {{"type", "string"}, {"pattern", R"(^\d+(MiB|GiB)$)"}}};
}
Form form_of(kind::Mask /*kind*/) {
  return {"octal digits", {{"type", "string"}, {"pattern", "^0?[0-7]{3}$"}}};
}
Form form_of(kind::Rules /*kind*/) { return {"text", k_text}; }
Form form_of(kind::Command /*kind*/) { return {"text", k_text}; }
Form form_of(kind::Label /*kind*/) { return {"text", k_text}; }
Form form_of(kind::SrunOptions /*kind*/) { return {"text", k_text}; }
Form form_of(kind::Path /*kind*/) {
  return {"absolute path", {{"type", "string"}, {"pattern", "^/"}}};
}
Form form_of(kind::Boundaries /*kind*/) {
  return {"text",
          {{"type", "string"},
           {"pattern", R"(^(none|(cgroup|pidns|netns|tmp)( *, *(cgroup|pidns|netns|tmp))*)$)"}}};
}
Form form_of(kind::Locks /*kind*/) {
  return {"list of texts", {{"type", "array"}, {"items", k_text}}};
}
Form form_of(kind::Uses /*kind*/) { return form_of(kind::Locks{}); }
Form form_of(kind::Reports /*kind*/) { return form_of(kind::Locks{}); }
Form form_of(kind::Patterns /*kind*/) {
  return {"list of regular expressions", {{"type", "array"}, {"items", k_text}, {"maxItems", 64}}};
}
Form form_of(kind::Variables /*kind*/) {
  return {"table of strings", {{"type", "object"}, {"additionalProperties", k_text}}};
}
Form form_of(kind::Paths /*kind*/) {
  return {"list of absolute paths",
          {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", "^/"}}}}};
}
Form form_of(kind::KnownFlakes /*kind*/) { return {}; }

template <typename Words>
Form form_of_words(const Words& words) {
  Form form;
  for (const std::string_view word : words) {
    form.words += (form.words.empty() ? "`\"" : ", `\"") + std::string(word) + "\"`";
    form.schema["enum"].push_back(word);
  }
  return form;
}

// One word, or a table with the other settings of the engine.
Json table_of_engine();
Form form_of_engine() {
  Form form = form_of_words(words_of(Engine{}));
  const Json word = form.schema;
  const Json table = table_of_engine();
  form.words += ", or a table";
  form.schema = {{"anyOf", {word, table}}};
  return form;
}

template <typename Kind, typename Field>
Form form() {
  if constexpr (std::is_same_v<Kind, kind::EngineKind>) return form_of_engine();
  if constexpr (requires { words_of(Field{}); }) {
    return form_of_words(words_of(Field{}));
  } else if constexpr (requires { words_of(typename Field::value_type{}); }) {
    return form_of_words(words_of(typename Field::value_type{}));
  } else {
    return form_of(Kind{});
  }
}

// The value that holds if nothing is said; empty: none.
template <typename Kind, typename Field>
std::string built_in(const Field& field) {
  if constexpr (std::is_same_v<Kind, kind::Limit>) return {};
  if constexpr (requires { Kind::print(field); }) {
    const std::string text = Kind::print(field);
    return std::is_base_of_v<kind::Word, Kind> && !text.empty() ? "\"" + text + "\"" : text;
  } else if constexpr (requires { Kind::print(field.front()); }) {
    return separated(field, "`, `", [](const auto& one) { return Kind::print(one); });
  } else {
    return {};
  }
}

struct Row {
  std::string key;
  std::string since;
  std::string nothing;
  std::string meaning;
  std::string property;
  std::string option;
  Form form;
  std::string built_in;
};

std::vector<Row> rows_of_tests() {
  const Policy policy;
  std::vector<Row> rows;
#define HOLDFAST_SETTING(id, field, Kind, toml, since, nothing, meaning, property, option, ...) \
  rows.push_back({toml, since, nothing, meaning, property, option,                              \
                  form<kind::Kind, std::remove_cvref_t<decltype(policy.field)>>(),              \
                  built_in<kind::Kind>(policy.field)});
#include "values/table.def"
  std::erase_if(rows, [](const Row& row) { return row.key.empty(); });
  return rows;
}

std::vector<Row> rows_of_runs() {
  const RunSettings run;
  std::vector<Row> rows;
#define HOLDFAST_RUN_SETTING(id, field, Kind, toml, since, nothing, meaning)    \
  rows.push_back({toml,                                                         \
                  since,                                                        \
                  nothing,                                                      \
                  meaning,                                                      \
                  {},                                                           \
                  {},                                                           \
                  form<kind::Kind, std::remove_cvref_t<decltype(run.field)>>(), \
                  built_in<kind::Kind>(run.field)});
#include "values/table.def"
  return rows;
}

std::vector<Row> rows_of_build_steps() {
  const BuildStepSettings steps;
  std::vector<Row> rows;
#define HOLDFAST_STEP_SETTING(id, field, Kind, toml, since, nothing, meaning)     \
  rows.push_back({toml,                                                           \
                  since,                                                          \
                  nothing,                                                        \
                  meaning,                                                        \
                  {},                                                             \
                  {},                                                             \
                  form<kind::Kind, std::remove_cvref_t<decltype(steps.field)>>(), \
                  built_in<kind::Kind>(steps.field)});
#include "values/table.def"
  return rows;
}

// The forms of the fields of a ServiceSpec, by their types (settings/declared_services.cpp).
Form form_of_field(const std::string& /*field*/) { return {"text", k_text}; }
Form form_of_field(const std::vector<std::string>& /*field*/) { return form_of(kind::Locks{}); }
Form form_of_field(Milliseconds /*field*/) { return form_of(kind::Duration{}); }
Form form_of_field(bool /*field*/) { return form_of(kind::Flag{}); }
Form form_of_field(int /*field*/) { return {"name of a signal", k_text}; }
Form form_of_field(unsigned /*field*/) {
  return {"number", {{"type", "integer"}, {"minimum", 0}, {"maximum", 1000}}};
}
Form form_of_field(std::uint64_t /*field*/) { return form_of(kind::Size{}); }
Form form_of_field(const std::vector<Variable>& /*field*/) { return form_of(kind::Variables{}); }

std::vector<Row> rows_of_services() {
  const ServiceSpec service;
  std::vector<Row> rows;
#define HOLDFAST_SERVICE_KEY(field, key, nothing, meaning) \
  rows.push_back({key, {}, nothing, meaning, {}, {}, form_of_field(service.field), {}});
#include "values/service_keys.def"
  return rows;
}

std::string table_of_services() {
  std::string text = "| key | value | built-in | meaning |\n|---|---|---|---|\n";
  for (const Row& row : rows_of_services()) {
    text += "| `" + row.key + "` | " + row.form.words + " | " + row.nothing + " | " + row.meaning +
            " |\n";
  }
  return text;
}

// The forms of the fields of PreflightNeeds (settings/settings_file.cpp).
Form form_of_needed(const Needed<std::uint16_t>& /*field*/) {
  const Json port{{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}};
  return {"list of ports", {{"type", "array"}, {"items", port}}};
}
Form form_of_needed(const Needed<std::string>& /*field*/) { return form_of(kind::Locks{}); }
Form form_of_needed(const Needed<DiskNeed>& /*field*/) {
  return {"table of sizes",
          {{"type", "object"}, {"additionalProperties", form_of(kind::Size{}).schema}}};
}

std::vector<Row> rows_of_preflight() {
  const PreflightNeeds needs;
  std::vector<Row> rows;
#define HOLDFAST_PREFLIGHT_KEY(field, key, meaning)                              \
  rows.push_back({key,                                                           \
                  "0.1",                                                         \
                  {},                                                            \
                  meaning,                                                       \
                  {},                                                            \
                  {},                                                            \
                  form_of_needed(std::remove_cvref_t<decltype(*needs.field)>{}), \
                  {}});
#include "values/table_keys.def"
  return rows;
}

std::string table_of_preflight() {
  std::string text = "| key | value | meaning | since |\n|---|---|---|---|\n";
  for (const Row& row : rows_of_preflight()) {
    text += "| `" + row.key + "` | " + row.form.words + " | " + row.meaning + " | " + row.since +
            " |\n";
  }
  return text;
}

// The forms of values/table_keys.def. The schema has no form for `overrides` and
// `preflight`, which are tables with definitions of their own.
Form form_named(const std::string& word) {
  const Json text{{"type", "string"}, {"minLength", 1}};
  const auto list_of = [](const Json& one, int least) {
    return Json{{"type", "array"}, {"items", one}, {"minItems", least}};
  };
  if (word == "name") return {"name of a profile", text};
  if (word == "pattern") return {"regular expression", text};
  if (word == "text") return {"text", text};
  if (word == "path") return {"path", text};
  if (word == "day") return {"date", {{"type", "string"}}};
  if (word == "time") return form_of(kind::Duration{});
  if (word == "addresses") return {"list of texts", list_of(text, 1)};
  if (word == "texts") return {"text, or list of texts", {{"anyOf", {text, list_of(text, 1)}}}};
  if (word == "list") return {"text, or list of texts", {{"anyOf", {text, list_of(text, 0)}}}};
  if (word == "engine") return form_of_words(words_of(Engine{}));
  if (word == "overrides") return {"tables", {{"$ref", "#/definitions/overrides"}}};
  if (word == "preflight") return {"table", {{"$ref", "#/definitions/preflight"}}};
  if (word == "attempts") return form_of_field(unsigned{});
  ADD_FAILURE() << word << ": no form of this name";
  return {};
}

std::vector<Row> rows_of_table(std::string_view wanted) {
  std::vector<Row> rows;
#define HOLDFAST_TABLE_KEY(table, key, form, nothing, meaning) \
  if (wanted == table)                                         \
    rows.push_back({key, "0.1", nothing, meaning, {}, {}, form_named(#form), {}});
#include "values/table_keys.def"
  return rows;
}

std::vector<std::string> required_of(const std::vector<Row>& rows) {
  std::vector<std::string> keys;
  for (const Row& row : rows) {
    if (row.nothing == "required") keys.push_back(row.key);
  }
  return keys;
}

std::string table_of_variables(std::string_view wanted, const std::string& column) {
  std::string text = "| variable | " + column + " | meaning |\n|---|---|---|\n";
#define HOLDFAST_VARIABLE(id, whose, name, rest, column, meaning) \
  if (wanted == #whose) text += "| `" name rest "` | " column " | " meaning " |\n";
#include "base/variables.def"
  return text;
}

std::string table_of_service_variables() {
  std::string text = "| variable | example | meaning |\n|---|---|---|\n";
#define HOLDFAST_SERVICE_VARIABLE(id, word, column, meaning) \
  text += "| `HOLDFAST_SERVICE_<NAME>_" word "` | " column " | " meaning " |\n";
#include "base/variables.def"
  return text;
}

std::string table_of(const std::vector<Row>& rows, bool of_tests) {
  std::string text = of_tests
                         ? "| key | property, option | value | built-in | meaning | since |\n"
                           "|---|---|---|---|---|---|\n"
                         : "| key | value | built-in | meaning | since |\n|---|---|---|---|---|\n";
  for (const Row& row : rows) {
    text += "| `" + row.key + "` | ";
    if (of_tests) {
      const std::string both = row.property.empty() || row.option.empty() ? "" : ", ";
      text += (row.property.empty() ? "" : "`HOLDFAST_" + row.property + "`") + both +
              (row.option.empty() ? "" : "`" + row.option + "`") + " | ";
    }
    text += row.form.words + " | " +
            (row.built_in.empty() ? row.nothing : "`" + row.built_in + "`") + " | " + row.meaning +
            " | " + row.since + " |\n";
  }
  return text;
}

// Turns `[text](link)` into `text`.
std::string without_links(std::string text) {
  for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](")) {
    text.erase(at, text.find(')', at) + 1 - at);
    text.erase(text.rfind('[', at), 1);
  }
  return text;
}

Json properties_of(const std::vector<Row>& rows) {
  Json properties = Json::object();
  for (const Row& row : rows) {
    properties[row.key] = row.form.schema;
    properties[row.key]["description"] = without_links(row.meaning);
  }
  return properties;
}

Json table_schema(Json properties) {
  return {
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

Json table_of_engine() {
  return table_schema(properties_of(rows_of_table("[profile.NAME.engine]")));
}

std::string schema() {
  Json override = properties_of(rows_of_tests());
  override.update(properties_of(rows_of_table("[[override]]")));
  Json overrides{{"type", "array"}, {"items", table_schema(override)}};
  overrides["items"]["anyOf"] = {{{"required", {"test"}}}, {{"required", {"label"}}}};
  Json profile = properties_of(rows_of_tests());
  profile.update(properties_of(rows_of_runs()));
  profile.update(properties_of(rows_of_table("[profile.NAME]")));
  Json preflight = properties_of(rows_of_preflight());
  preflight["warn"] = table_schema(properties_of(rows_of_preflight()));
  const std::vector<Row> known_flaky = rows_of_table("[[known-flaky]]");
  Json known = table_schema(properties_of(known_flaky));
  known["required"] = required_of(known_flaky);
  Json affected = table_schema(properties_of(rows_of_table("[[affected]]")));
  affected["anyOf"] = {{{"required", {"files", "tests"}}},
                       {{"required", {"ignore"}}},
                       {{"required", {"documentation"}}}};
  affected["dependencies"] = {{"files", {"tests"}}, {"tests", {"files"}}};
  Json service = table_schema(properties_of(rows_of_services()));
  service["required"] = {"command"};
  Json cluster = table_schema(properties_of(rows_of_table("[cluster]")));
  cluster["dependencies"] = {{"cert", {"key"}}, {"key", {"cert"}}};
  Json all = table_schema(
      {{"profile", {{"type", "object"}, {"additionalProperties", table_schema(profile)}}},
       {"override", {{"$ref", "#/definitions/overrides"}}},
       {"known-flaky", {{"type", "array"}, {"items", known}}},
       {"affected", {{"type", "array"}, {"items", affected}}},
       {"service", {{"type", "object"}, {"additionalProperties", service}}},
       {"build-steps", table_schema(properties_of(rows_of_build_steps()))},
       {"cluster", cluster},
       {"preflight", {{"$ref", "#/definitions/preflight"}}}});
  Json whole{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "holdfast.toml"}};
  whole.update(all);
  whole["definitions"] = {{"overrides", overrides}, {"preflight", table_schema(preflight)}};
  return whole.dump(2) + "\n";
}

std::string setting_names() {
  std::vector<std::string> names;
  for (const Row& row : rows_of_tests()) {
    if (!row.property.empty()) names.push_back(row.property);
  }
  std::sort(names.begin(), names.end());
  std::string text =
      "# Written by settings_test from launcher/values/table.def.\n\n"
      "# The properties HOLDFAST_<name> that are settings: their values go to the launcher as they "
      "are.\n"
      "macro(_holdfast_setting_names out)\n  set(${out}";
  for (const std::string& name : names) text += " " + name;
  return text + ")\nendmacro()\n";
}

std::string path_of(const std::string& name) {
  return std::string(HOLDFAST_SOURCE_DIRECTORY) + "/" + name;
}

std::string read(const std::string& name) {
  std::ifstream file(path_of(name), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_file(const std::string& name, const std::string& text) {
  if (std::getenv("HOLDFAST_WRITE_REFERENCE") != nullptr) {
    std::ofstream(path_of(name), std::ios::binary) << text;
  }
  EXPECT_EQ(read(name), text) << "HOLDFAST_WRITE_REFERENCE=1 settings_test writes " << name;
}

// The page, with `table` between its two marks.
std::string with_table(const std::string& page, const std::string& mark, const std::string& table) {
  const std::string begin = "<!-- " + mark + ": begin, written by settings_test -->\n";
  const std::size_t first = page.find(begin);
  const std::size_t last = page.find("<!-- " + mark + ": end -->");
  if (first == std::string::npos || last == std::string::npos) return page + mark + " is missing\n";
  return page.substr(0, first + begin.size()) + "\n" + table + "\n" + page.substr(last);
}

TEST(Reference, ThePageOfSettingsHasEachRow) {
  const std::string name = "docs/reference/config.md";
  std::string page = with_table(read(name), "tests", table_of(rows_of_tests(), true));
  page = with_table(page, "runs", table_of(rows_of_runs(), false));
  page = with_table(page, "build steps", table_of(rows_of_build_steps(), false));
  page = with_table(page, "preflight", table_of_preflight());
  const std::pair<std::string, std::string> tables[] = {
      {"engine", "[profile.NAME.engine]"}, {"profile", "[profile.NAME]"},
      {"override", "[[override]]"},        {"known-flaky", "[[known-flaky]]"},
      {"affected", "[[affected]]"},        {"cluster", "[cluster]"}};
  for (const auto& [mark, table] : tables) {
    page = with_table(page, mark, table_of(rows_of_table(table), false));
  }
  expect_file(name, page);
}

TEST(Reference, ThePageOfVariablesHasEachRow) {
  const std::string name = "docs/reference/environment.md";
  std::string page = with_table(read(name), "user", table_of_variables("user", "read by"));
  page = with_table(page, "test", table_of_variables("test", "example"));
  expect_file(name, with_table(page, "hook", table_of_variables("hook", "example")));
}

TEST(Reference, ThePageOfServicesHasEachKey) {
  const std::string name = "docs/reference/services.md";
  const std::string page = with_table(read(name), "keys", table_of_services());
  expect_file(name, with_table(page, "variables", table_of_service_variables()));
}

TEST(Reference, TheSchemaHasEachRow) {
  expect_file("docs/reference/holdfast.schema.json", schema());
}

TEST(Reference, CtestIsToldEachProperty) {
  expect_file("ctest-integration/setting_names.cmake", setting_names());
}

}  // namespace
}  // namespace holdfast
