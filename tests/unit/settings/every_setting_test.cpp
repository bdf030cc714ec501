// Each row of values/table.def, in each way in which a user may say it.
#include <gtest/gtest.h>

#include "settings/command_line.hpp"
#include "settings/resolution.hpp"
#include "settings/settings_file.hpp"
#include "values/kinds.hpp"

namespace holdfast {
namespace {

// A value that differs from the built-in one: in holdfast.toml, and as a text.
struct Sample {
  std::string toml;
  std::string text;
};

template <typename Kind>
Sample sample_of();
template <>
Sample sample_of<kind::Limit>() {
  return {"7", "7"};
}
template <>
Sample sample_of<kind::Duration>() {
  return {"\"70ms\"", "70ms"};
}
template <>
Sample sample_of<kind::Locks>() {
  return {"[\"db\", \"net:shared\"]", "db,net:shared"};
}
template <>
Sample sample_of<kind::Uses>() {
  return {"[\"db\", \"web:exclusive\"]", "db,web:exclusive"};
}
template <>
Sample sample_of<kind::Reports>() {
  return {"[\"junit:a.xml\", \"github\"]", "junit:a.xml,github"};
}
template <>
Sample sample_of<kind::Variables>() {
  return {"{ A = \"1\" }", "A=1"};
}
template <>
Sample sample_of<kind::Mask>() {
  return {"\"027\"", "027"};
}
template <>
Sample sample_of<kind::Rules>() {
  return {"\"crash=2\"", "crash=2"};
}
template <>
Sample sample_of<kind::Wait>() {
  return {"2", "2s"};
}
template <>
Sample sample_of<kind::Share>() {
  return {"0.25", "0.25"};
}
template <>
Sample sample_of<kind::Boundaries>() {
  return {"\"pidns,tmp\"", "pidns,tmp"};
}
template <>
Sample sample_of<kind::Paths>() {
  return {"[\"/tmp/x\"]", "/tmp/x"};
}
template <>
Sample sample_of<kind::Command>() {
  return {"\"look\"", "look"};
}
template <>
Sample sample_of<kind::Label>() {
  return {"\"gui\"", "gui"};
}
template <>
Sample sample_of<kind::SrunOptions>() {
  return {"\"--mem=4G\"", "--mem=4G"};
}
template <>
Sample sample_of<kind::Path>() {
  return {"\"/p\"", "/p"};
}
template <>
Sample sample_of<kind::Patterns>() {
  return {"[\"x\"]", "x"};
}
template <>
Sample sample_of<kind::Size>() {
  return {"\"8GiB\"", "8GiB"};
}
template <>
Sample sample_of<kind::KnownFlakes>() {
  return {};
}

template <unsigned Most>
Sample sample_of_number(kind::UpTo<Most> /*kind*/) {
  return {"3", "3"};
}

template <typename Kind, typename Field>
Sample sample([[maybe_unused]] const Field& built_in) {
  if constexpr (std::is_same_v<Field, bool>) {
    const std::string other = built_in ? "false" : "true";
    return {other, other};
  } else if constexpr (requires { words_of(Field{}); }) {
    const std::string word(words_of(Field{}).back());
    return {"\"" + word + "\"", word};
  } else if constexpr (requires { words_of(typename Field::value_type{}); }) {
    const std::string word(words_of(typename Field::value_type{}).back());
    return {"\"" + word + "\"", word};
  } else if constexpr (requires { sample_of_number(Kind{}); }) {
    return sample_of_number(Kind{});
  } else {
    return sample_of<Kind>();
  }
}

struct Row {
  Setting setting;
  std::string key;
  std::string property;
  std::string option;
  Sample sample;
};

std::vector<Row> rows_of_tests() {
  const Policy policy;
  std::vector<Row> rows;
#define HOLDFAST_SETTING(id, field, Kind, toml, since, nothing, meaning, property, option, ...) \
  rows.push_back({Setting::id, toml, property, option, sample<kind::Kind>(policy.field)});
#include "values/table.def"
  return rows;
}

std::vector<Row> rows_of_runs() {
  const RunSettings run;
  std::vector<Row> rows;
#define HOLDFAST_RUN_SETTING(id, field, Kind, toml, ...) \
  rows.push_back({Setting::id, toml, {}, {}, sample<kind::Kind>(run.field)});
#include "values/table.def"
  return rows;
}

std::vector<Row> rows_of_build_steps() {
  const BuildStepSettings steps;
  std::vector<Row> rows;
#define HOLDFAST_STEP_SETTING(id, field, Kind, toml, ...) \
  rows.push_back({Setting::id, toml, {}, {}, sample<kind::Kind>(steps.field)});
#include "values/table.def"
  return rows;
}

std::string shown_as(const Row& row) {
  return row.setting == Setting::environment ? row.key + ".A" : row.key;
}

ExplainedValue value_of(const std::vector<ExplainedValue>& explained, const std::string& key) {
  for (const ExplainedValue& value : explained) {
    if (value.key == key) return value;
  }
  return {key, "none of that name", "nowhere"};
}

Settings settings_of(const std::string& text, const std::string& profile = "default") {
  const Result<Settings> settings = parse_settings(text, "/p/holdfast.toml", profile);
  EXPECT_TRUE(settings) << settings.error().message;
  return settings ? *settings : Settings{};
}

// `in` says it. The result differs from the built-in value, and has that origin.
void expect_origin(const Row& row, const Values& in, const std::string& origin) {
  const Result<ResolvedPolicy> resolved = resolve(in, {});
  ASSERT_TRUE(resolved) << row.key;
  const ExplainedValue said = value_of(explain(*resolved, {}), shown_as(row));
  EXPECT_EQ(said.origin, origin) << row.key;
  EXPECT_NE(said.value, value_of(explain({}, {}), shown_as(row)).value) << row.key;
}

TEST(EverySetting, OfTestsHasItsOriginInProfilesAndOverrides) {
  for (const Row& row : rows_of_tests()) {
    if (row.key.empty()) continue;
    const std::string line = row.key + " = " + row.sample.toml + "\n";
    expect_origin(row, values_of(settings_of("[profile.default]\n" + line), {}),
                  "holdfast.toml:2, [profile.default]");
    expect_origin(
        row,
        values_of(settings_of("[profile.a]\n" + line + "[profile.b]\ninherits = \"a\"\n", "b"), {}),
        "holdfast.toml:2, [profile.a]");
    expect_origin(row, values_of(settings_of("[[override]]\ntest = \"x\"\n" + line), {0}),
                  "holdfast.toml:3, [[override]]");
  }
}

TEST(EverySetting, OfTestsHasItsOriginInItsProperty) {
  for (const Row& row : rows_of_tests()) {
    TestProperties properties;
    Values said;
    EXPECT_EQ(learn(row.property, row.sample.text, properties, said), !row.property.empty())
        << row.key;
    if (!row.property.empty()) expect_origin(row, said, "the test's HOLDFAST_" + row.property);
  }
}

TEST(EverySetting, OfTestsIsUnderstoodAsAnOption) {
  for (const Row& row : rows_of_tests()) {
    // Locks add up, so they have a test of their own.
    if (row.option.empty() || row.setting == Setting::locks) continue;
    const std::string argument = row.option + "=" + row.sample.text;
    const Result<CommandLine> line = parse_command_line({argument, "--", "c"});
    ASSERT_TRUE(line) << argument << ": " << line.error().message;
    ASSERT_EQ(line->options.said.size(), 1U);
    EXPECT_EQ(origin_of(line->options.said[0]), row.option);
    expect_origin(row, line->options.said, row.option);
  }
}

TEST(EverySetting, OfRunsHasItsOriginInProfilesOnly) {
  for (const Row& row : rows_of_runs()) {
    const std::string line = row.key + " = " + row.sample.toml + "\n";
    const Settings settings = settings_of("[profile.ci]\n" + line, "ci");
    const ExplainedValue said = value_of(explain_run(settings), row.key);
    EXPECT_EQ(said.origin, "holdfast.toml:2, [profile.ci]");
    EXPECT_NE(said.value, value_of(explain_run({}), row.key).value);
    EXPECT_FALSE(parse_settings("[[override]]\ntest = \"x\"\n" + line, "f", "default"));
  }
}

TEST(EverySetting, OfBuildStepsHasItsOriginInTheirTable) {
  for (const Row& row : rows_of_build_steps()) {
    const Settings settings =
        settings_of("[build-steps]\n" + row.key + " = " + row.sample.toml + "\n");
    const ExplainedValue said = value_of(explain_build_steps(settings), row.key);
    EXPECT_EQ(said.origin, "holdfast.toml:2, [build-steps]");
    EXPECT_EQ(explain_build_steps({}).size(), 0U);
  }
}

}  // namespace
}  // namespace holdfast
