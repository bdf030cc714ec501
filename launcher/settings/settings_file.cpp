#include "settings/settings_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "settings/keys.hpp"
#include "settings/pattern.hpp"
#include "values/file_glob.hpp"
#include "values/lock_spec.hpp"
#include "values/retry_rules.hpp"

namespace holdfast {
namespace {

// The profiles of a file, and how they inherit from each other. Each ends in `default`, which
// exists even if the file does not mention it.
struct Profile {
  ProfileLayer layer;
  std::optional<std::string> inherits;  // none: `default`
  Place inherits_at = {};
};

using Profiles = std::map<std::string, Profile>;

// `name`, the profile from which it inherits and so on, up to `default`, an unknown profile or the
// first profile that comes twice.
std::vector<std::string> way_from(const Profiles& profiles, const std::string& name) {
  std::vector<std::string> way{name};
  for (bool seen = false; !seen;) {
    const auto found = profiles.find(way.back());
    const bool is_last =
        found == profiles.end() || (way.back() == k_default_profile && !found->second.inherits);
    if (is_last) break;
    const std::string parent = found->second.inherits.value_or(std::string(k_default_profile));
    seen = std::ranges::find(way, parent) != way.end();
    way.push_back(parent);
  }
  return way;
}

std::vector<std::string> names_of(const Profiles& profiles) {
  return collected(profiles, &Profiles::value_type::first);
}

// Complains of an `inherits` that names no profile or leads back to its own. `profiles` must have
// `default`.
void check_inheritance(const Profiles& profiles, Complaints& complaints) {
  for (const auto& [name, profile] : profiles) {
    if (!profile.inherits) continue;
    const std::string what = "inherits in [profile." + name + "]";
    if (profiles.count(*profile.inherits) == 0) {
      const std::vector<std::string> names = names_of(profiles);
      complaints.add(
          profile.inherits_at, what, in_quotes(*profile.inherits),
          "the name of a profile: " + alternatives(names) + suggestion(*profile.inherits, names));
      continue;
    }
    const std::vector<std::string> way = way_from(profiles, name);
    if (way.back() != name) continue;  // not on the cycle, if there is one
    // It is one mistake, however many profiles are on it.
    const Place& at = profile.inherits_at;
    const auto is_before = [&profiles, &at](const std::string& other) {
      const Profile& one = profiles.at(other);
      return one.inherits && one.inherits_at < at;
    };
    if (std::ranges::any_of(way, is_before)) continue;
    complaints.add(at, what, "a cycle (" + separated(way, " -> ") + ")", "an end in default");
  }
}

Result<std::string> endpoint_in(const toml::node& node) {
  const auto* const text = node.as_string();
  if (text == nullptr) return ErrorInWords{describe_type(node)};
  return parse_etcd_address(text->get());
}

Result<Milliseconds> ttl_in(const toml::node& node) {
  HOLDFAST_TRY(const Milliseconds ttl, duration_of(node));
  const bool is_good =
      ttl >= Milliseconds{2000} && ttl <= k_longest_cluster_ttl && ttl.count() % 1000 == 0;
  return is_good ? Result(ttl) : ErrorInWords{describe(ttl)};
}

// `directory`: that of the file; paths are relative to it.
// Reads [cluster] of holdfast.toml: where etcd is, which has the locks of scope `cluster`.
ClusterSettings read_cluster(const toml::node& node, const std::string& directory,
                             Complaints& complaints) {
  ClusterSettings settings;
  const std::optional<TableReader> found = table_in(node, "cluster", complaints);
  if (!found) return settings;
  const TableReader& table = *found;
  table.complain_of_unknown_keys(keys_of_table("[cluster]"));
  if (table.has("endpoints")) {
    const std::string expected = R"(a list of addresses such as ["https://etcd1:2379"])";
    settings.endpoints = table.list("endpoints", expected, endpoint_in);
    settings.endpoints_from = table.origin_of(*table.get("endpoints"));
    const toml::array* const list = table.get("endpoints")->as_array();
    if (list != nullptr && list->empty()) table.complain("endpoints", "nothing", expected);
  }
  settings.ttl =
      table.value("ttl", "a time from 2s to 1h, in whole seconds", ttl_in).value_or(settings.ttl);
  const auto read_path = [&](std::string_view key) {
    const std::string path = table.text(key, "the path of a file").value_or("");
    return path.empty() || path.front() == '/' ? path : directory + "/" + path;
  };
  settings.ca = read_path("ca");
  settings.cert = read_path("cert");
  settings.key = read_path("key");
  if (settings.cert.empty() != settings.key.empty()) {
    table.complain(settings.key.empty() ? "cert" : "key", "it alone",
                   "`cert` and `key`, or neither");
  }
  settings.user = table.text("user", "the name of a user of etcd").value_or("");
  return settings;
}

constexpr const char* k_affected = "[[affected]]";

std::vector<std::string> read_globs(const TableReader& table, std::string_view key,
                                    TableReader::Empty empty = TableReader::Empty::refused) {
  const std::string expected = R"(a glob for files, or a list of such, such as ["data/**"])";
  std::vector<std::string> globs = table.texts(key, expected, empty);
  for (const std::string& glob : globs) {
    const Result<Pattern> compiled = Pattern::compile(expression_for_glob(glob));
    if (compiled) continue;
    table.complain(key, in_quotes(glob) + " with " + to_text(compiled.error()), expected);
  }
  return globs;
}

void check_affected_keys(const TableReader& table) {
  const auto complain = [&](const char* found) {
    table.complain_of_table(found, "`files` with `tests`, `ignore` or `documentation`");
  };
  const bool has_files = table.has("files");
  if (has_files && !table.has("tests")) return complain("`files` without `tests`");
  if (table.has("tests") && !has_files) return complain("`tests` without `files`");
  if (has_files || table.has("ignore") || table.has("documentation")) return;
  complain("none of its keys");
}

// Complains of all that it does not understand, also in globs and patterns.
AffectedRule read_affected_rule(const TableReader& table) {
  table.complain_of_unknown_keys(keys_of_table(k_affected));
  AffectedRule rule;
  rule.origin = table.origin();
  rule.files = read_globs(table, "files");
  rule.tests = table.texts(
      "tests", R"(a regular expression for names of tests, or a list of such, such as ["^db\\."])");
  rule.ignore = read_globs(table, "ignore");
  if (table.has("documentation")) {
    rule.documentation = read_globs(table, "documentation", TableReader::Empty::allowed);
  }
  for (const std::string& pattern : rule.tests) table.check_pattern("tests", pattern);
  check_affected_keys(table);
  return rule;
}

constexpr const char* k_known_flaky = "[[known-flaky]]";
// Bytes of all entries of a file together: every grant carries them (settings/wire.hpp).
constexpr std::size_t k_most_known_flaky = 16 * 1024;

Result<Day> day_in(const toml::node& value) {
  std::optional<Day> day;
  if (const auto* text = value.as_string()) day = parse_day(text->get());
  if (const auto* date = value.as_date()) {
    const toml::date& one = date->get();
    day.emplace(std::chrono::year{one.year}, std::chrono::month{one.month},
                std::chrono::day{one.day});
  }
  if (!day) return ErrorInWords{describe_value(value)};
  return *day;
}

void check_is_there(const TableReader& table, std::string_view key, const std::string& expected) {
  if (!table.has(key)) table.complain_of_table("no `" + std::string(key) + "`", expected);
}

std::string needed_text(const TableReader& table, std::string_view key,
                        const std::string& expected) {
  check_is_there(table, key, expected);
  return table.text(key, expected).value_or("");
}

std::string needed_pattern(const TableReader& table, std::string_view key,
                           const std::string& expected) {
  std::string pattern = needed_text(table, key, expected);
  if (!pattern.empty()) table.check_pattern(key, pattern);
  return pattern;
}

KnownFlaky read_known_flake(const TableReader& table) {
  table.complain_of_unknown_keys(keys_of_table(k_known_flaky));
  KnownFlaky entry;
  entry.origin = table.origin();
  entry.tests = needed_pattern(table, "tests", "a regular expression for names of tests");
  entry.flake.signature =
      needed_pattern(table, "signature", "a regular expression for a line of the output");
  entry.flake.issue = needed_text(table, "issue", "where it is being dealt with");
  const std::string day = "the last day on which it holds, such as 2026-12-31";
  check_is_there(table, "expires", day);
  entry.expires = table.value("expires", day, day_in).value_or(Day{});
  const std::string attempts =
      "a number of further attempts, 0 to " + std::to_string(k_most_further_attempts);
  const auto attempts_in = [](const toml::node& value) {
    return number_in(value, 0, k_most_further_attempts);
  };
  entry.flake.attempts =
      table.value("attempts", attempts, attempts_in).value_or(k_default_flaky_attempts);
  return entry;
}

// Reads [[known-flaky]]. Complains of all that it does not understand, also in patterns.
std::vector<KnownFlaky> read_known_flaky(const toml::node& node, Complaints& complaints) {
  std::vector<KnownFlaky> entries;
  std::size_t size = 0;
  for (const TableReader& table : tables_in(node, "known-flaky", k_known_flaky, complaints)) {
    entries.push_back(read_known_flake(table));
    size += entries.back().flake.signature.size() + entries.back().flake.issue.size() + 64;
    if (size <= k_most_known_flaky) continue;
    table.complain_of_table("too much", "at most " + std::to_string(k_most_known_flaky) +
                                            " bytes of signatures and issues in the whole file");
    break;
  }
  return entries;
}

constexpr unsigned k_most_port = 65535;

Error as_found(const toml::node& node) {
  const auto* number = node.as_integer();
  return ErrorInWords{number != nullptr ? std::to_string(number->get()) : describe_value(node)};
}

Result<std::uint16_t> port_in(const toml::node& node) {
  const Result<unsigned> number = number_in(node, 1, k_most_port);
  if (!number) return as_found(node);
  return static_cast<std::uint16_t>(*number);
}

Result<std::string> word_in(const toml::node& node) {
  Result<std::string> text = holdfast::text_in(node);
  if (!text || text->empty()) return as_found(node);
  return text;
}

void read_key(const TableReader& table, std::string_view key, Needed<std::uint16_t>& needed) {
  needed.all = table.list(key, "a list of TCP ports such as [5432, 8080]", port_in);
}

void read_key(const TableReader& table, std::string_view key, Needed<std::string>& needed) {
  const std::string expected = key == "sockets"
                                   ? R"(a list of paths such as ["/run/docker.sock"])"
                                   : R"(a list of programs such as ["docker", "/opt/bin/psql"])";
  needed.all = table.list(key, expected, word_in);
}

void read_key(const TableReader& table, std::string_view key, Needed<DiskNeed>& needed) {
  const std::string expected =
      R"(a table of directories and sizes such as { "." = "2GiB", "/tmp" = "500MiB" })";
  const toml::table* sizes = table.get(key)->as_table();
  if (sizes == nullptr) return table.complain(key, describe_type(*table.get(key)), expected);
  for (const auto& [directory, size] : *sizes) {
    const std::string name(directory.str());
    if (name.empty() || name.find('\0') != std::string::npos) {
      return table.complain(key, in_quotes(name), expected);
    }
    const Result<std::string> text = word_in(size);
    const std::optional<std::uint64_t> kb = text ? parse_size_kb(*text) : std::nullopt;
    if (!kb) return table.complain(size, key, as_found(size), expected);
    needed.all.push_back({name, *kb});
  }
}

PreflightNeeds read_needs(const TableReader& table, const std::vector<std::string>& other_keys) {
  std::vector<std::string> known;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...) known.emplace_back(key);
#include "values/table_keys.def"
  known.insert(known.end(), other_keys.begin(), other_keys.end());
  table.complain_of_unknown_keys(known);
  PreflightNeeds needs;
#define HOLDFAST_PREFLIGHT_KEY(field, key, ...)            \
  if (const toml::node* node = table.get(key)) {           \
    needs.field.emplace().origin = table.origin_of(*node); \
    read_key(table, key, *needs.field);                    \
  }
#include "values/table_keys.def"
  return needs;
}

// Reads [preflight], and [profile.NAME.preflight]. `key` is where the table stands in the file:
// `preflight`, `profile.ci.preflight`. Complains of all that it does not understand.
Preflight read_preflight(const toml::node& node, const std::string& key, Complaints& complaints) {
  Preflight preflight;
  const std::optional<TableReader> table = table_in(node, key, complaints);
  if (!table) return preflight;
  preflight.fail = read_needs(*table, {"warn"});
  const toml::node* warn = table->get("warn");
  if (warn == nullptr) return preflight;
  if (const auto only_warn = table_in(*warn, key + ".warn", complaints)) {
    preflight.warn = read_needs(*only_warn, {});
  }
  return preflight;
}

struct PlacedOverride {
  Place at;
  std::string profile;  // empty: for all profiles
  SettingsOverride content;
};

// If the file is a link, what it names is beside the real file.
std::string directory_of(const std::string& path) {
  std::error_code failed;
  std::string file = path;
  if (std::filesystem::is_symlink(path, failed)) {
    file = std::filesystem::canonical(path, failed).string();
  }
  if (failed) file = path;
  return file.substr(0, file.rfind('/'));
}

class FileReader {
 public:
  explicit FileReader(const std::string& path)
      : complaints_(path), directory_(directory_of(path)) {}

  void read(const toml::table& file) {
    profiles_[std::string(k_default_profile)].layer.name = k_default_profile;
    for (const auto& [key, value] : file) read_top_level(key, value);
    check_inheritance(profiles_, complaints_);
    // toml++ sorts tables by name, but the later one in the file must win.
    std::ranges::stable_sort(overrides_, {}, &PlacedOverride::at);
  }

  std::optional<Error> error() const { return complaints_.error(); }
  const Profiles& profiles() const { return profiles_; }

  // May be called only if there is no error and the profile exists.
  Settings select(const std::string& profile) const {
    Settings settings = common_;
    std::vector<std::string> line = way_from(profiles_, profile);
    std::ranges::reverse(line);  // `default` comes first
    for (const std::string& name : line) {
      settings.layers.push_back(profiles_.at(name).layer);
      settings.preflight.replace_by(settings.layers.back().preflight);
    }
    for (const PlacedOverride& override : overrides_) {
      if (override.profile.empty() || contains(line, override.profile))
        settings.overrides.push_back(override.content);
    }
    return settings;
  }

 private:
  void read_top_level(const toml::key& key, const toml::node& value) {
    // Whatever the key is compared with is also what the complaint at the end names.
    std::vector<std::string> keys;
    std::vector<std::string> tables;
    const auto is = [&](const char* name, const char* called) {
      keys.emplace_back(name);
      tables.emplace_back(called);
      return key.str() == name;
    };
    if (is("profile", "[profile.NAME]")) {
      for (const NamedTable& one : named_tables_in(value, "profile", complaints_)) {
        read_profile(one);
      }
    } else if (is("override", "[[override]]")) {
      read_overrides(value, "[[override]]", {});
    } else if (is("known-flaky", "[[known-flaky]]")) {
      common_.known_flaky = read_known_flaky(value, complaints_);
    } else if (is("affected", "[[affected]]")) {
      common_.affected =
          collected(tables_in(value, "affected", k_affected, complaints_), read_affected_rule);
    } else if (is("service", "[service.NAME]")) {
      common_.services = read_services(value, directory_, complaints_);
    } else if (is("build-steps", "[build-steps]")) {
      if (const auto table = table_in(value, "build-steps", complaints_)) {
        common_.build_steps = read_settings(*table, TableOf::build_steps, {});
      }
    } else if (is("cluster", "[cluster]")) {
      common_.cluster = read_cluster(value, directory_, complaints_);
    } else if (is("preflight", "[preflight]")) {
      common_.preflight = read_preflight(value, "preflight", complaints_);
    } else {
      complaints_.add(key.source().begin, "top level", "the unknown key " + in_quotes(key.str()),
                      alternatives(tables) +
                          "; what holds for all tests goes into [profile.default]" +
                          suggestion(key.str(), keys));
    }
  }

  void read_profile(const NamedTable& named) {
    const std::string& name = named.name;
    const TableReader& table = named.table;
    if (in_quotes(name) != "\"" + name + "\"" || name.empty()) {
      return complaints_.add(named.name_at, "profile." + in_quotes(name), "an unusable name",
                             "a table [profile.NAME]");
    }
    Profile profile;
    profile.layer.name = name;
    profile.layer.said = read_said(table, TableOf::profile, keys_of_table("[profile.NAME]"));
    profile.inherits = table.text("inherits", "the name of a profile");
    if (profile.inherits) profile.inherits_at = table.get("inherits")->source().begin;
    if (const toml::node* own = table.get("preflight")) {
      profile.layer.preflight = read_preflight(*own, "profile." + name + ".preflight", complaints_);
    }
    profiles_[name] = std::move(profile);
    if (const toml::node* own = table.get("override")) {
      read_overrides(*own, "[[profile." + name + ".override]]", name);
    }
  }

  void read_overrides(const toml::node& node, const std::string& called,
                      const std::string& profile) {
    for (const TableReader& table : tables_in(node, "override", called, complaints_)) {
      read_override(table, profile);
    }
  }

  void read_override(const TableReader& table, const std::string& profile) {
    SettingsOverride content;
    content.said = read_said(table, TableOf::tests, keys_of_table("[[override]]"));
    content.test = table.text("test", "a regular expression");
    content.label = table.text("label", "the name of a label");
    if (!table.has("test") && !table.has("label")) {
      table.complain_of_table("neither `test` nor `label`", "one of them or both");
    }
    if (content.test) table.check_pattern("test", *content.test);
    overrides_.push_back({table.place(), profile, std::move(content)});
  }

  // The settings of a profile or an override.
  Values read_said(const TableReader& table, TableOf of,
                   const std::vector<std::string>& other_keys) {
    Values said = read_settings(table, of, other_keys);
    count_environment(table, said);
    place_hooks(said);
    return said;
  }

  // A hook that begins with ./ or ../ names a file beside the settings file.
  void place_hooks(Values& said) const {
    for (Value& value : said) {
      const bool is_hook =
          value.setting == Setting::on_failure || value.setting == Setting::before_kill;
      if (is_hook && (value.text.starts_with("./") || value.text.starts_with("../"))) {
        value.text.insert(0, for_shell(directory_ + "/"));
      }
    }
  }

  void count_environment(const TableReader& table, const Values& said) {
    const std::size_t before = environment_;
    for (const Value& value : said) {
      if (value.setting == Setting::environment) environment_ += value.text.size() + 16;
    }
    if (environment_ <= k_most_environment || environment_ == before) return;
    table.complain(
        "environment", "too much",
        "at most " + std::to_string(k_most_environment) + " bytes of variables in the whole file");
  }

  Complaints complaints_;
  std::string directory_;
  Profiles profiles_;
  std::vector<PlacedOverride> overrides_;
  Settings common_;  // all but layers and overrides
  std::size_t environment_ = 0;
};

}  // namespace

Result<Settings> parse_settings(std::string_view text, const std::string& path,
                                const std::string& profile) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    Complaints complaints(path);
    const Error why = in_one_line(ErrorInWords{std::string(parsed.error().description())});
    complaints.add(parsed.error().source().begin, why.message);
    return *complaints.error();
  }
  FileReader reader(path);
  reader.read(parsed.table());
  if (const std::optional<Error> error = reader.error()) return *error;
  if (reader.profiles().count(profile) == 0) {
    const std::vector<std::string> names = names_of(reader.profiles());
    return ErrorInWords{path + ": found no profile " + in_quotes(profile) + ", expected " +
                        alternatives(names) + suggestion(profile, names)};
  }
  Settings settings = reader.select(profile);
  settings.file = path;
  return settings;
}

Result<Settings> read_settings_file(const std::string& path, const std::string& profile) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return ErrorInWords{path + ": found no regular file, expected one"};
  }
  HOLDFAST_TRY(const std::string text, os::read_file(path, k_largest_settings_file + 1));
  if (text.size() > k_largest_settings_file) {
    return ErrorInWords{path + ": found more than 1 MiB, expected less"};
  }
  return parse_settings(text, path, profile);
}

}  // namespace holdfast
