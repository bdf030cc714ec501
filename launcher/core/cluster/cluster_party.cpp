#include "core/cluster/cluster_party.hpp"

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/lock/amount.hpp"

namespace holdfast {

void read_how(std::string_view how, ClusterParty& party) {
  if (how.empty()) return;
  const Result<LockSpec> spec = parse_lock_spec(text_of({k_memory_name, ":", how}));
  if (!spec) return;
  party.mode = spec->mode;
  party.units = spec->units;
  party.size = spec->size;
}

std::string how_of(const ClusterParty& party) {
  switch (party.mode) {
    case LockMode::exclusive:
      return {};
    case LockMode::shared:
      return "shared";
    case LockMode::counted:
      return text_of({std::to_string(party.units), "/", std::to_string(party.size)});
    case LockMode::amount:
      return amounts_text(party.units, party.size);
  }
  return {};
}

std::string describe_party(const ClusterParty& party) {
  std::string text = text_of({"\"", printable(party.test), "\" (pid ", std::to_string(party.pid),
                              " on ", printable(party.host)});
  if (!party.tree.empty()) text += ", tree " + printable(party.tree);
  return text + ")";
}

}  // namespace holdfast
