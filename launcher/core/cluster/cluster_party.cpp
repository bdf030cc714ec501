#include "core/cluster/cluster_party.hpp"

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"

namespace holdfast {

void read_how(std::string_view how, ClusterParty& party) {
  const std::optional<LockSpec> spec = parse_how(how);
  if (!spec) return;
  party.mode = spec->mode;
  party.units = spec->units;
  party.size = spec->size;
}

std::string describe_party(const ClusterParty& party) {
  if (party.host.empty()) return "the key " + brief(party.key) + ", which is not Holdfast's";
  std::string text = text_of(
      {"\"", brief(party.test), "\" (pid ", std::to_string(party.pid), " on ", brief(party.host)});
  if (!party.tree.empty()) text += ", tree " + brief(party.tree);
  return text + ")";
}

}  // namespace holdfast
