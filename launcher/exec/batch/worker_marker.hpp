// The markers that processes of a batch leave (docs/reference/marker-protocol.md): each belongs to
// the worker, or to the child of the case, that wrote it.
#pragma once

#include <string>

#include "core/outcome/marker.hpp"

namespace holdfast::exec {

// Whether this process has left its marker; takes it away. `directory` empty: there is none.
bool take_marker(const std::string& directory, const MarkerOwner& owner);

}  // namespace holdfast::exec
