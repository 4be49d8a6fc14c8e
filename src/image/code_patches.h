#pragma once
// Finds code by following it, and the instructions in it that must trap although the processor would not.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image/pe_image.h"

namespace drydock::image {

/// A stretch of executable bytes.
struct CodeRange {
  std::uint32_t rva;
  std::span<const std::byte> bytes;
};

struct CodeRoots {
  std::span<const std::uint32_t> certain;   ///< entry point, exports, functions of .pdata
  std::span<const std::uint32_t> possible;  ///< addresses of code found in data: believed if all that follows decodes
};

/// All patchable instructions that `roots` reach, ascending.
std::vector<PatchedInstruction> find_patches(std::span<const CodeRange> code, const CodeRoots& roots,
                                             std::span<const FunctionEntry> functions);

/// Overwrites one with `hlt`, a tag naming its kind, and padding.
void write_patch(std::byte* instruction, const PatchedInstruction& patch);

}  // namespace drydock::image
