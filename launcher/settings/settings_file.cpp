#include "settings/settings_file.hpp"

#include <sys/stat.h>
#include <algorithm>

#include <filesystem>
#include <system_error>
#include <tuple>

#include "core/base/edit_distance.hpp"
#include "core/base/printable.hpp"
#include "core/base/words.hpp"
#include "os/file/file_text.hpp"
#include "settings/affected_keys.hpp"
#include "settings/complaints.hpp"
#include "settings/keys.hpp"
#include "settings/known_flaky_keys.hpp"
#include "settings/preflight_keys.hpp"
#include "settings/profiles.hpp"
#include "settings/service_keys.hpp"
#include "settings/setting_keys.hpp"
#include "settings/toml.hpp"

namespace holdfast {
namespace {

Result<std::string> endpoint_in(const toml::node& node) {
  const auto* const text = node.as_string();
  if (text == nullptr) return ErrorInWords{describe_type(node)};
  return parse_etcd_address(text->get());
}

void read_ttl(const TableReader& table, Milliseconds& ttl) {
  if (!table.has("ttl")) return;
  const std::string expected = "a time from 2s to 1h, in whole seconds";
  const Result<Milliseconds> read = duration_of(*table.get("ttl"));
  if (!read) return table.complain("ttl", read.error().message, expected);
  if (*read < Milliseconds{2000} || *read > k_longest_cluster_ttl || read->count() % 1000 != 0) {
    return table.complain("ttl", describe(*read), expected);
  }
  ttl = *read;
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
    if (settings.endpoints.empty()) table.complain("endpoints", "nothing", expected);
  }
  read_ttl(table, settings.ttl);
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

Values read_build_steps(const toml::node& node, Complaints& complaints) {
  const std::optional<TableReader> table = table_in(node, "build-steps", complaints);
  return table ? read_settings(*table, TableOf::build_steps, {}) : Values{};
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
    std::stable_sort(overrides_.begin(), overrides_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
    });
  }

  std::optional<Error> error() const { return complaints_.error(); }
  const Profiles& profiles() const { return profiles_; }

  // May be called only if there is no error and the profile exists.
  Settings select(const std::string& profile) const {
    Settings settings = common_;
    const std::vector<std::string> line = lineage(profiles_, profile);
    for (const std::string& name : line) {
      settings.layers.push_back(profiles_.at(name).layer);
      settings.preflight.replace_by(settings.layers.back().preflight);
    }
    for (const PlacedOverride& override : overrides_) {
      const bool applies = override.profile.empty() ||
                           std::find(line.begin(), line.end(), override.profile) != line.end();
      if (applies) settings.overrides.push_back(override.content);
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
      read_profiles(value);
    } else if (is("override", "[[override]]")) {
      read_overrides(value, "[[override]]", {});
    } else if (is("known-flaky", "[[known-flaky]]")) {
      common_.known_flaky = read_known_flaky(value, complaints_);
    } else if (is("affected", "[[affected]]")) {
      common_.affected = read_affected(value, complaints_);
    } else if (is("service", "[service.NAME]")) {
      common_.services = read_services(value, directory_, complaints_);
    } else if (is("build-steps", "[build-steps]")) {
      common_.build_steps = read_build_steps(value, complaints_);
    } else if (is("cluster", "[cluster]")) {
      common_.cluster = read_cluster(value, directory_, complaints_);
    } else if (is("preflight", "[preflight]")) {
      common_.preflight = read_preflight(value, "preflight", complaints_);
    } else {
      complaints_.add(
          place_of(key.source()), "top level", "the unknown key " + in_quotes(key.str()),
          alternatives(tables) + "; what holds for all tests goes into [profile.default]" +
              suggestion(key.str(), keys));
    }
  }

  void read_profiles(const toml::node& node) {
    for (const NamedTable& one : named_tables_in(node, "profile", complaints_)) read_profile(one);
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
    if (profile.inherits) profile.inherits_at = place_of(table.get("inherits")->source());
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
    complaints.add(place_of(parsed.error().source()), why.message);
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
