// Reads [cluster] of holdfast.toml: where etcd is, which has the locks of scope `cluster`.
#pragma once

#include <string>

#include "core/cluster/cluster_settings.hpp"
#include "settings/complaints.hpp"
#include "settings/toml.hpp"

namespace holdfast {

// `directory`: that of the file; paths are relative to it.
ClusterSettings read_cluster(const toml::node& node, const std::string& directory,
                             Complaints& complaints);

}  // namespace holdfast
