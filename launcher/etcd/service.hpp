// The loop of holdfast-etcd.
#pragma once

#include "os/file/descriptors.hpp"

namespace holdfast::etcd {

// Serves the process that has started this program, over `control`, and the attempts whose
// connections come from that process. Blocks until all of them are gone. `password` belongs to the
// user in the settings.
void serve(os::UniqueFd control, const char* password);

}  // namespace holdfast::etcd
