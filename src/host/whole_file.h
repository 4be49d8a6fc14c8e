#pragma once
// Files read in one go, for what a user names on the command line.

#include <cstddef>
#include <string>
#include <vector>

#include "host/result.h"

namespace drydock::host {

/// Fails with a sentence that names the file: it is missing, a directory, may not be read, or is larger than
/// `bytes_max`.
Result<std::vector<std::byte>> read_whole_file(const std::string& path, std::size_t bytes_max);

}  // namespace drydock::host
