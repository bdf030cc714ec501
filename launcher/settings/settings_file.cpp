#include "settings/settings_file.hpp"

#include <sys/stat.h>
#include <algorithm>

#include <filesystem>
#include <system_error>
#include <tuple>

#include "core/base/printable.hpp"
#include "os/file/file_text.hpp"
#include "settings/affected_keys.hpp"
#include "settings/complaints.hpp"
#include "settings/keys.hpp"
#include "settings/known_flaky_keys.hpp"
#include "settings/preflight_keys.hpp"
#include "settings/profiles.hpp"
#include "settings/service_keys.hpp"
#include "settings/setting_keys.hpp"
#include "settings/spelling.hpp"
#include "settings/toml.hpp"

namespace holdfast {
namespace {

// Reads [cluster] of holdfast.toml: where etcd is, which has the locks of scope `cluster`.

class ClusterReader {
 public:
  ClusterReader(const NamedTable& named, const std::string& directory, Complaints& complaints)
      : named_(named), directory_(directory), complaints_(complaints) {}

  ClusterSettings read() {
    complain_of_unknown_keys(named_, keys_of_table(named_.name), complaints_);
    if (const toml::node* node = named_.table.get("endpoints")) read_endpoints(*node);
    if (const toml::node* node = named_.table.get("ttl")) read_ttl(*node);
    read_path("ca", settings_.ca);
    read_path("cert", settings_.cert);
    read_path("key", settings_.key);
    if (settings_.cert.empty() != settings_.key.empty()) {
      const char* const given = settings_.key.empty() ? "cert" : "key";
      complain_of(named_, given, "it alone", "`cert` and `key`, or neither", complaints_);
    }
    const std::string expected = "the name of a user of etcd";
    settings_.user = read_text(named_, "user", expected, complaints_).value_or("");
    return std::move(settings_);
  }

 private:
  void read_endpoints(const toml::node& node) {
    const std::string expected = R"(a list of addresses such as ["https://etcd1:2379"])";
    const toml::array* const list = node.as_array();
    if (list == nullptr || list->empty()) {
      return complain_of(named_, "endpoints", list == nullptr ? describe_type(node) : "nothing",
                         expected, complaints_);
    }
    settings_.endpoints_from = origin_of(node, named_);
    for (const toml::node& element : *list) {
      const auto* const text = element.as_string();
      if (text == nullptr) {
        return complain_of(named_, "endpoints", describe_type(element), expected, complaints_);
      }
      Result<std::string> endpoint = parse_etcd_address(text->get());
      if (!endpoint) {
        return complain_of(named_, "endpoints", found_in(endpoint.error()),
                           expected_by(endpoint.error()), complaints_);
      }
      settings_.endpoints.push_back(std::move(*endpoint));
    }
  }

  void read_ttl(const toml::node& node) {
    const std::string expected = "a time from 2s to 1h, in whole seconds";
    const Result<Milliseconds> ttl = duration_of(node);
    if (!ttl) return complain_of(named_, "ttl", ttl.error().message, expected, complaints_);
    if (*ttl < Milliseconds{2000} || *ttl > k_longest_cluster_ttl || ttl->count() % 1000 != 0) {
      return complain_of(named_, "ttl", describe(*ttl), expected, complaints_);
    }
    settings_.ttl = *ttl;
  }

  void read_path(std::string_view key, std::string& path) {
    const std::optional<std::string> text =
        read_text(named_, key, "the path of a file", complaints_);
    if (!text) return;
    path = text->front() == '/' ? *text : directory_ + "/" + *text;
  }

  NamedTable named_;
  const std::string& directory_;
  Complaints& complaints_;
  ClusterSettings settings_;
};

// `directory`: that of the file; paths are relative to it.
ClusterSettings read_cluster(const toml::node& node, const std::string& directory,
                             Complaints& complaints) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) {
    complaints.add(place_of(node.source()), "cluster", describe_type(node), "a table [cluster]");
    return {};
  }
  return ClusterReader({*table, "[cluster]"}, directory, complaints).read();
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
    for (const auto& [key, value] : file) {
      if (key.str() == "profile") {
        read_profiles(value);
      } else if (key.str() == "override") {
        read_overrides(value, "[[override]]", {});
      } else if (key.str() == "known-flaky") {
        known_flaky_ = read_known_flaky(value, complaints_);
      } else if (key.str() == "affected") {
        affected_ = read_affected(value, complaints_);
      } else if (key.str() == "service") {
        services_ = read_services(value, directory_, complaints_);
      } else if (key.str() == "build-steps") {
        read_build_steps(value);
      } else if (key.str() == "cluster") {
        cluster_ = read_cluster(value, directory_, complaints_);
      } else if (key.str() == "preflight") {
        preflight_ = read_preflight(value, "preflight", complaints_);
      } else {
        complain_of_top_level(key);
      }
    }
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
    Settings settings;
    const std::vector<std::string> line = lineage(profiles_, profile);
    settings.preflight = preflight_;
    for (const std::string& name : line) {
      settings.layers.push_back(profiles_.at(name).layer);
      settings.preflight.replace_by(settings.layers.back().preflight);
    }
    for (const PlacedOverride& override : overrides_) {
      const bool applies = override.profile.empty() ||
                           std::find(line.begin(), line.end(), override.profile) != line.end();
      if (applies) settings.overrides.push_back(override.content);
    }
    settings.known_flaky = known_flaky_;
    settings.affected = affected_;
    settings.build_steps = build_steps_;
    settings.services = services_;
    settings.cluster = cluster_;
    return settings;
  }

 private:
  void complain_of_top_level(const toml::key& key) {
    static const std::vector<std::string> known{"profile",  "override", "known-flaky",
                                                "affected", "service",  "build-steps",
                                                "cluster",  "preflight"};
    complaints_.add(
        place_of(key.source()), "top level", "the unknown key " + in_quotes(key.str()),
        "[profile.NAME], [[override]], [[known-flaky]], [[affected]], "
        "[service.NAME], [build-steps], [cluster] or [preflight]; what holds for all tests goes "
        "into [profile.default]" +
            suggestion(key.str(), known));
  }

  void read_profiles(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return complaints_.add(place_of(node.source()), "profile", describe_type(node),
                             "tables [profile.NAME]");
    }
    for (const auto& [key, value] : *table) read_profile(std::string(key.str()), key, value);
  }

  void read_profile(const std::string& name, const toml::key& key, const toml::node& node) {
    const std::string called = "[profile." + name + "]";
    const toml::table* table = node.as_table();
    if (table == nullptr || in_quotes(name) != "\"" + name + "\"" || name.empty()) {
      return complaints_.add(place_of(key.source()), "profile." + in_quotes(name),
                             table == nullptr ? describe_type(node) : "an unusable name",
                             "a table [profile.NAME]");
    }
    const NamedTable named{*table, called};
    Profile profile;
    profile.layer.name = name;
    profile.layer.said =
        read_settings(named, TableOf::profile, keys_of_table("[profile.NAME]"), complaints_);
    profile.inherits = read_text(named, "inherits", "the name of a profile", complaints_);
    if (profile.inherits) profile.inherits_at = place_of(table->get("inherits")->source());
    count_environment(named, profile.layer.said);
    place_hooks(profile.layer.said);
    if (const toml::node* own = table->get("preflight")) {
      profile.layer.preflight = read_preflight(*own, "profile." + name + ".preflight", complaints_);
    }
    profiles_[name] = std::move(profile);
    if (const toml::node* own = table->get("override")) {
      read_overrides(*own, "[[profile." + name + ".override]]", name);
    }
  }

  void read_overrides(const toml::node& node, const std::string& called,
                      const std::string& profile) {
    const toml::array* array = tables_in(node, "override", called, complaints_);
    if (array == nullptr) return;
    for (const toml::node& entry : *array) read_override(*entry.as_table(), called, profile);
  }

  void read_override(const toml::table& table, const std::string& called,
                     const std::string& profile) {
    const NamedTable named{table, called};
    PlacedOverride override;
    override.at = place_of(table.source());
    override.profile = profile;
    SettingsOverride& content = override.content;
    content.said = read_settings(named, TableOf::tests, keys_of_table("[[override]]"), complaints_);
    content.test = read_text(named, "test", "a regular expression", complaints_);
    content.label = read_text(named, "label", "the name of a label", complaints_);
    if (table.get("test") == nullptr && table.get("label") == nullptr) {
      complaints_.add(override.at, called, "neither `test` nor `label`", "one of them or both");
    }
    if (content.test) check_pattern(named, "test", *content.test, complaints_);
    count_environment(named, content.said);
    place_hooks(content.said);
    overrides_.push_back(std::move(override));
  }

  void read_build_steps(const toml::node& node) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return complaints_.add(place_of(node.source()), "build-steps", describe_type(node),
                             "a table [build-steps]");
    }
    build_steps_ = read_settings({*table, "[build-steps]"}, TableOf::build_steps, {}, complaints_);
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

  void count_environment(const NamedTable& named, const Values& said) {
    const std::size_t before = environment_;
    for (const Value& value : said) {
      if (value.setting == Setting::environment) environment_ += value.text.size() + 16;
    }
    if (environment_ <= k_most_environment || environment_ == before) return;
    complain_of(
        named, "environment", "too much",
        "at most " + std::to_string(k_most_environment) + " bytes of variables in the whole file",
        complaints_);
  }

  Complaints complaints_;
  std::string directory_;
  Profiles profiles_;
  std::vector<PlacedOverride> overrides_;
  std::vector<KnownFlaky> known_flaky_;
  std::vector<AffectedRule> affected_;
  Values build_steps_;
  std::vector<ServiceSpec> services_;
  ClusterSettings cluster_;
  Preflight preflight_;
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
  const Result<std::string> text = os::read_file(path, k_largest_settings_file + 1);
  if (!text) return text.error();
  if (text->size() > k_largest_settings_file) {
    return ErrorInWords{path + ": found more than 1 MiB, expected less"};
  }
  return parse_settings(*text, path, profile);
}

}  // namespace holdfast
