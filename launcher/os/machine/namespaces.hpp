// Where this process stands among the namespaces of the machine.
#pragma once

namespace holdfast::os {

// Whether we are in no container and no chroot, so that a path leads the kernel to the same file as
// us. True only if everything says so. A mount namespace alone is no container here: it usually
// shows the same programs.
bool is_at_top_of_machine();

}  // namespace holdfast::os
