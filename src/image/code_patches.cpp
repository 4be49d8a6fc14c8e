#include "image/code_patches.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <Zydis/Zydis.h>

namespace drydock::image {
namespace {

constexpr std::uint8_t kHlt = 0xF4;
constexpr std::uint8_t kTag = 0xD0;
constexpr std::uint8_t kInt3 = 0xCC;
/// What follows a possible root and is longer than this is data that happens to decode.
constexpr std::size_t kTentativeInstructionsMax = 4096;

std::optional<PatchedKind> patched_kind(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_PAUSE:
      return PatchedKind::Pause;
    case ZYDIS_MNEMONIC_RDTSC:
      return PatchedKind::Rdtsc;
    case ZYDIS_MNEMONIC_RDTSCP:
      return PatchedKind::Rdtscp;
    case ZYDIS_MNEMONIC_CPUID:
      return PatchedKind::Cpuid;
    case ZYDIS_MNEMONIC_RDRAND:
      return PatchedKind::Rdrand;
    case ZYDIS_MNEMONIC_RDSEED:
      return PatchedKind::Rdseed;
    case ZYDIS_MNEMONIC_RDPID:
      return PatchedKind::Rdpid;
    case ZYDIS_MNEMONIC_XGETBV:
      return PatchedKind::Xgetbv;
    case ZYDIS_MNEMONIC_SYSCALL:
      return PatchedKind::Syscall;
    default:
      return {};
  }
}

bool ends_the_flow(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_INT3:
      return true;
    default:
      return false;
  }
}

class CodeWalk {
 public:
  explicit CodeWalk(std::span<const CodeRange> code) : code_(code) {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (const CodeRange& range : code) marks_.emplace_back(range.bytes.size(), Mark::Unknown);
  }

  /// Follows code from `root`. A tentative walk leaves no trace unless everything it reaches is sound.
  void walk(std::uint32_t root, bool certain) {
    pending_.assign(1, root);
    steps_.clear();
    bool sound = true;
    while (sound && !pending_.empty()) {
      const std::uint32_t at = pending_.back();
      pending_.pop_back();
      sound = follow(at, certain) || certain;
      if (!certain && steps_.size() > kTentativeInstructionsMax) sound = false;
    }
    for (const Step& step : steps_) {
      if (!sound) unmark(step);
      if (sound && step.patch) patches_.push_back(*step.patch);
    }
  }

  /// Code behind an indirect jump (the cases of a switch) lies in its function but nothing names it.
  void walk_gaps(const FunctionEntry& function) {
    for (std::uint32_t at = function.begin; at < function.end; ++at) {
      const Mark* mark = mark_of(at);
      if (!mark) return;
      if (*mark != Mark::Unknown) continue;
      std::uint32_t end = at;
      while (end < function.end && mark_of(end) && *mark_of(end) == Mark::Unknown) ++end;
      while (at < end && byte_at(at) == kInt3) ++at;
      if (at < end) walk(at, false);
      // Refused, or its end reached: whatever is left of the gap is looked at from its next unknown byte.
      if (at < end && *mark_of(at) == Mark::Unknown) at = end - 1;
    }
  }

  std::vector<PatchedInstruction> take_patches() {
    std::sort(patches_.begin(), patches_.end(), [](const auto& a, const auto& b) { return a.rva < b.rva; });
    return std::move(patches_);
  }

  std::vector<std::uint32_t> possible;  ///< code addresses that instructions compute (lea)

 private:
  enum class Mark : std::uint8_t { Unknown, Start, Inside };
  struct Step {
    std::uint32_t rva;
    std::uint8_t length;
    std::optional<PatchedInstruction> patch;
  };

  const CodeRange* range_of(std::uint32_t rva, std::size_t* index = nullptr) const {
    for (std::size_t i = 0; i < code_.size(); ++i)
      if (rva - code_[i].rva < code_[i].bytes.size()) {
        if (index) *index = i;
        return &code_[i];
      }
    return nullptr;
  }
  Mark* mark_of(std::uint32_t rva) {
    std::size_t index = 0;
    const CodeRange* range = range_of(rva, &index);
    return range ? &marks_[index][rva - range->rva] : nullptr;
  }
  std::uint8_t byte_at(std::uint32_t rva) const {
    const CodeRange* range = range_of(rva);
    return static_cast<std::uint8_t>(range->bytes[rva - range->rva]);
  }
  void unmark(const Step& step) {
    for (unsigned i = 0; i < step.length; ++i) *mark_of(step.rva + i) = Mark::Unknown;
  }

  /// One straight run, up to a jump or to code that is known. False where it stops making sense.
  bool follow(std::uint32_t at, bool certain) {
    for (;;) {
      std::size_t index = 0;
      const CodeRange* range = range_of(at, &index);
      if (!range) return false;
      const std::size_t offset = at - range->rva;
      std::vector<Mark>& marks = marks_[index];
      if (marks[offset] == Mark::Start) return true;
      if (marks[offset] == Mark::Inside) return false;

      ZydisDecoderContext context;
      ZydisDecodedInstruction instruction;
      if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, &context, range->bytes.data() + offset,
                                                      range->bytes.size() - offset, &instruction)))
        return false;
      for (unsigned i = 1; i < instruction.length; ++i)
        if (marks[offset + i] != Mark::Unknown) return false;
      marks[offset] = Mark::Start;
      for (unsigned i = 1; i < instruction.length; ++i) marks[offset + i] = Mark::Inside;
      steps_.push_back({at, instruction.length, patch_for(at, range->bytes.data() + offset, instruction)});

      const std::uint32_t next = at + instruction.length;
      if (instruction.raw.imm[0].is_relative) {
        const auto target = static_cast<std::uint32_t>(next + instruction.raw.imm[0].value.s);
        if (range_of(target))
          pending_.push_back(target);
        else if (!certain)
          return false;
      } else if (instruction.mnemonic == ZYDIS_MNEMONIC_LEA && instruction.raw.modrm.mod == 0 &&
                 instruction.raw.modrm.rm == 5) {
        const auto target = static_cast<std::uint32_t>(next + instruction.raw.disp.value);
        if (range_of(target)) possible.push_back(target);
      }
      if (ends_the_flow(instruction)) return true;
      // __fastfail never comes back; what follows it need not be code.
      if (instruction.mnemonic == ZYDIS_MNEMONIC_INT && instruction.raw.imm[0].value.u == 0x29) {
        pending_.push_back(next);
        return true;
      }
      at = next;
      if (!certain && steps_.size() > kTentativeInstructionsMax) return false;
    }
  }

  std::optional<PatchedInstruction> patch_for(std::uint32_t rva, const std::byte* bytes,
                                              const ZydisDecodedInstruction& instruction) const {
    const auto kind = patched_kind(instruction.mnemonic);
    if (!kind || instruction.length < 2 || instruction.length > sizeof PatchedInstruction{}.original) return {};
    PatchedInstruction patch;
    patch.rva = rva;
    patch.kind = *kind;
    patch.length = instruction.length;
    if (*kind == PatchedKind::Rdrand || *kind == PatchedKind::Rdseed || *kind == PatchedKind::Rdpid) {
      patch.operand = static_cast<std::uint8_t>(instruction.raw.modrm.rm | (instruction.raw.rex.B ? 8 : 0));
      patch.operand_bytes = *kind == PatchedKind::Rdpid ? 8 : static_cast<std::uint8_t>(instruction.operand_width / 8);
    }
    std::memcpy(patch.original, bytes, instruction.length);
    return patch;
  }

  std::span<const CodeRange> code_;
  ZydisDecoder decoder_;
  std::vector<std::vector<Mark>> marks_;
  std::vector<std::uint32_t> pending_;
  std::vector<Step> steps_;
  std::vector<PatchedInstruction> patches_;
};

}  // namespace

std::vector<PatchedInstruction> find_patches(std::span<const CodeRange> code, const CodeRoots& roots,
                                             std::span<const FunctionEntry> functions) {
  CodeWalk walk(code);
  for (std::uint32_t root : roots.certain) walk.walk(root, true);
  for (const FunctionEntry& function : functions) walk.walk(function.begin, true);
  for (const FunctionEntry& function : functions) walk.walk_gaps(function);
  for (std::uint32_t root : roots.possible) walk.walk(root, false);
  for (std::size_t i = 0; i < walk.possible.size(); ++i) walk.walk(walk.possible[i], false);
  return walk.take_patches();
}

void write_patch(std::byte* instruction, const PatchedInstruction& patch) {
  instruction[0] = std::byte{kHlt};
  instruction[1] = std::byte(kTag + static_cast<std::uint8_t>(patch.kind));
  for (unsigned i = 2; i < patch.length; ++i) instruction[i] = std::byte{kInt3};
}

}  // namespace drydock::image
