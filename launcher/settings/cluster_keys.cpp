#include "settings/cluster_keys.hpp"

#include <optional>
#include <utility>

#include "settings/keys.hpp"

namespace holdfast {
namespace {

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

}  // namespace

ClusterSettings read_cluster(const toml::node& node, const std::string& directory,
                             Complaints& complaints) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) {
    complaints.add(place_of(node.source()), "cluster", describe_type(node), "a table [cluster]");
    return {};
  }
  return ClusterReader({*table, "[cluster]"}, directory, complaints).read();
}

}  // namespace holdfast
