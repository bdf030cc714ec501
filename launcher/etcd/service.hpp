// The loop of holdfast-etcd.
#pragma once

#include "os/file/unique_fd.hpp"

namespace holdfast::etcd {

// Serves whoever has started this program, by `control`, and the attempts whose connections come
// from there. Blocks until both are gone. `password`: of the user in the settings.
void serve(os::UniqueFd control, const char* password);

}  // namespace holdfast::etcd
