#include "image/unwind.h"

#include <cstring>

namespace drydock::image {
namespace {

constexpr unsigned kChainMax = 32;
constexpr unsigned kStackPointer = 4;

/// One UNWIND_INFO, whose bounds PeImage::parse has checked.
class UnwindInfo {
 public:
  UnwindInfo(const PeImage& pe, std::uint32_t rva) : rva_(rva), bytes_(pe.file_bytes(rva, 4)) {
    if (bytes_ && !pe.file_bytes(rva, tail() - rva)) bytes_ = nullptr;
  }
  bool valid() const { return bytes_ != nullptr; }
  unsigned flags() const { return at(0) >> 3; }
  unsigned prologue_bytes() const { return at(1); }
  unsigned codes() const { return at(2); }
  unsigned frame_register() const { return at(3) & 15; }
  unsigned frame_offset() const { return (at(3) >> 4) * 16u; }
  unsigned code_offset(unsigned i) const { return at(4 + i * 2); }
  unsigned operation(unsigned i) const { return at(5 + i * 2) & 15; }
  unsigned argument(unsigned i) const { return at(5 + i * 2) >> 4; }
  std::uint32_t word(unsigned i) const { return at(4 + i * 2) | at(5 + i * 2) << 8; }
  std::uint32_t dword(unsigned i) const { return word(i) | word(i + 1) << 16; }
  /// Where the handler, or the chained entry, stands.
  std::uint32_t tail() const { return rva_ + 4 + ((codes() + 1) & ~1u) * 2; }

 private:
  unsigned at(unsigned offset) const { return static_cast<unsigned>(bytes_[offset]); }
  std::uint32_t rva_;
  const std::byte* bytes_;
};

unsigned slots_of(unsigned operation, unsigned argument) {
  switch (operation) {
    case nt::UWOP_ALLOC_LARGE:
      return argument == 0 ? 2 : 3;
    case nt::UWOP_SAVE_NONVOL:
    case nt::UWOP_SAVE_XMM128:
    case nt::UWOP_EPILOG:
      return 2;
    case nt::UWOP_SAVE_NONVOL_FAR:
    case nt::UWOP_SAVE_XMM128_FAR:
    case nt::UWOP_SPARE_CODE:
      return 3;
    default:
      return 1;
  }
}

/// One step, while its registers change.
class Step {
 public:
  Step(const PeImage& pe, std::uint64_t base, Registers& registers, ReadStack read_stack)
      : pe_(pe), base_(base), registers_(registers), read_stack_(read_stack) {}

  bool run(const FunctionEntry* function, unsigned handler_kinds, UnwoundFrame& frame) {
    frame.establisher = registers_.rsp();
    if (!function) return pop_return_address();
    const auto rva = static_cast<std::uint32_t>(registers_.rip - base_);
    FunctionEntry entry = resolve(*function);
    bool machine_frame = false;
    for (unsigned depth = 0; depth <= kChainMax; ++depth) {
      const UnwindInfo info(pe_, entry.unwind);
      if (!info.valid()) return false;
      const unsigned past_begin = rva - entry.begin;
      // Chained parents have run all of their prologue.
      const bool in_prologue = rva >= entry.begin && past_begin < info.prologue_bytes();
      if (depth == 0) {
        frame.establisher = establisher(info, in_prologue, past_begin);
        if (!in_prologue && in_epilogue(rva, *function, info)) return finish_epilogue(rva);
      }
      if (!undo(info, in_prologue ? past_begin : ~0u, frame.establisher, machine_frame)) return false;
      if (!(info.flags() & nt::UNW_FLAG_CHAININFO)) {
        if ((info.flags() & handler_kinds) && !in_prologue) {
          const std::byte* handler = pe_.file_bytes(info.tail(), 4);
          if (!handler) return false;
          std::uint32_t handler_rva;
          std::memcpy(&handler_rva, handler, 4);
          frame.handler = base_ + handler_rva;
          frame.handler_data = base_ + info.tail() + 4;
        }
        return machine_frame || pop_return_address();
      }
      const std::byte* chained = pe_.file_bytes(info.tail(), sizeof entry);
      if (!chained) return false;
      std::memcpy(&entry, chained, sizeof entry);
    }
    return false;
  }

 private:
  bool pop(std::uint64_t& value) {
    if (!read_stack_(registers_.rsp(), &value, 8)) return false;
    registers_.rsp() += 8;
    return true;
  }
  bool pop_return_address() { return pop(registers_.rip); }

  /// An entry may borrow another's: its lowest bit says so.
  FunctionEntry resolve(FunctionEntry entry) const {
    for (unsigned depth = 0; (entry.unwind & 1) && depth < kChainMax; ++depth) {
      const std::byte* other = pe_.file_bytes(entry.unwind & ~1u, sizeof entry);
      if (!other) break;
      FunctionEntry borrowed;
      std::memcpy(&borrowed, other, sizeof borrowed);
      entry.unwind = borrowed.unwind;
    }
    return entry;
  }

  /// RSP of the function's body, or what its frame register says once it is set.
  std::uint64_t establisher(const UnwindInfo& info, bool in_prologue, unsigned past_begin) const {
    if (info.frame_register() == 0) return registers_.rsp();
    bool is_set = !in_prologue || (info.flags() & nt::UNW_FLAG_CHAININFO);
    for (unsigned i = 0; !is_set && i < info.codes(); i += slots_of(info.operation(i), info.argument(i)))
      is_set = info.operation(i) == nt::UWOP_SET_FPREG && past_begin >= info.code_offset(i);
    return is_set ? registers_.general[info.frame_register()] - info.frame_offset() : registers_.rsp();
  }

  bool undo(const UnwindInfo& info, unsigned executed, std::uint64_t frame, bool& machine_frame) {
    for (unsigned i = 0; i < info.codes();) {
      const unsigned operation = info.operation(i), argument = info.argument(i);
      const unsigned slots = slots_of(operation, argument);
      if (i + slots > info.codes()) return false;
      // Version 2 says where epilogues are; their instructions say it as well.
      const bool happened = operation == nt::UWOP_EPILOG || executed >= info.code_offset(i);
      if (happened && !undo_one(info, i, operation, argument, frame, machine_frame)) return false;
      i += slots;
    }
    return true;
  }

  bool undo_one(const UnwindInfo& info, unsigned i, unsigned operation, unsigned argument, std::uint64_t frame,
                bool& machine_frame) {
    switch (operation) {
      case nt::UWOP_PUSH_NONVOL:
        return pop(registers_.general[argument]);
      case nt::UWOP_ALLOC_LARGE:
        registers_.rsp() += argument == 0 ? info.word(i + 1) * 8ull : info.dword(i + 1);
        return true;
      case nt::UWOP_ALLOC_SMALL:
        registers_.rsp() += (argument + 1) * 8ull;
        return true;
      case nt::UWOP_SET_FPREG:
        registers_.rsp() = registers_.general[info.frame_register()] - info.frame_offset();
        return true;
      case nt::UWOP_SAVE_NONVOL:
        return read_stack_(frame + info.word(i + 1) * 8ull, &registers_.general[argument], 8);
      case nt::UWOP_SAVE_NONVOL_FAR:
        return read_stack_(frame + info.dword(i + 1), &registers_.general[argument], 8);
      case nt::UWOP_SAVE_XMM128:
        return read_stack_(frame + info.word(i + 1) * 16ull, registers_.xmm[argument], 16);
      case nt::UWOP_SAVE_XMM128_FAR:
        return read_stack_(frame + info.dword(i + 1), registers_.xmm[argument], 16);
      case nt::UWOP_PUSH_MACHFRAME: {
        const std::uint64_t at = registers_.rsp() + (argument ? 8 : 0);
        machine_frame = true;
        return read_stack_(at, &registers_.rip, 8) && read_stack_(at + 24, &registers_.general[kStackPointer], 8);
      }
      default:
        return true;
    }
  }

  // An epilogue is `add rsp, n` or `lea rsp, [frame + n]`, pops, then `ret` or a jump out of the function; nothing else
  // may stand in one. What is left of it is carried out here.
  struct Instruction {
    enum Kind { Other, AddRsp, LeaRsp, Pop, Return } kind = Other;
    unsigned length = 0;
    unsigned reg = 0;
    std::int64_t amount = 0;
  };

  Instruction decode(std::uint32_t rva, const FunctionEntry& function) const {
    std::uint8_t code[8] = {};
    for (unsigned i = 0; i < sizeof code; ++i) {
      const std::byte* byte = pe_.file_bytes(rva + i, 1);
      if (!byte) break;
      code[i] = static_cast<std::uint8_t>(*byte);
    }
    const std::uint8_t* at = code;
    if (at[0] == 0xF3 && at[1] == 0xC3) return {Instruction::Return, 2};
    unsigned rex = 0;
    if ((at[0] & 0xF0) == 0x40) rex = *at++;
    const auto done = [&](unsigned bytes) { return static_cast<unsigned>(at - code) + bytes; };
    const auto signed32 = [&](unsigned offset) {
      std::int32_t value;
      std::memcpy(&value, at + offset, 4);
      return value;
    };
    if (at[0] >= 0x58 && at[0] <= 0x5F) return {Instruction::Pop, done(1), (at[0] - 0x58u) | (rex & 1 ? 8u : 0u)};
    if ((rex & 8) && at[1] == 0xC4 && at[0] == 0x83)
      return {Instruction::AddRsp, done(3), 0, static_cast<std::int8_t>(at[2])};
    if ((rex & 8) && at[1] == 0xC4 && at[0] == 0x81) return {Instruction::AddRsp, done(6), 0, signed32(2)};
    if ((rex & 8) && !(rex & 4) && at[0] == 0x8D && (at[1] >> 3 & 7) == 4 && (at[1] & 7) != 4) {
      const unsigned base = (at[1] & 7u) | (rex & 1 ? 8u : 0u);
      if (at[1] >> 6 == 1) return {Instruction::LeaRsp, done(3), base, static_cast<std::int8_t>(at[2])};
      if (at[1] >> 6 == 2) return {Instruction::LeaRsp, done(6), base, signed32(2)};
    }
    if (at[0] == 0xC3) return {Instruction::Return, done(1)};
    if (at[0] == 0xC2) return {Instruction::Return, done(3)};
    if (at[0] == 0xEB || at[0] == 0xE9) {
      const unsigned length = done(at[0] == 0xEB ? 2 : 5);
      const std::uint32_t target =
          rva + length + static_cast<std::uint32_t>(at[0] == 0xEB ? static_cast<std::int8_t>(at[1]) : signed32(1));
      const bool leaves = target == function.begin || target < function.begin || target >= function.end;
      if (leaves) return {Instruction::Return, length};
    }
    if (at[0] == 0xFF && (at[1] == 0x25 || ((rex & 8) && (at[1] >> 3 & 7) == 4))) return {Instruction::Return, done(2)};
    return {};
  }

  bool in_epilogue(std::uint32_t rva, const FunctionEntry& function, const UnwindInfo& info) {
    function_ = function;
    Instruction instruction = decode(rva, function);
    if (instruction.kind == Instruction::AddRsp ||
        (instruction.kind == Instruction::LeaRsp && instruction.reg == info.frame_register() && info.frame_register()))
      instruction = decode(rva += instruction.length, function);
    while (instruction.kind == Instruction::Pop) instruction = decode(rva += instruction.length, function);
    return instruction.kind == Instruction::Return;
  }

  bool finish_epilogue(std::uint32_t rva) {
    for (;;) {
      const Instruction instruction = decode(rva, function_);
      switch (instruction.kind) {
        case Instruction::AddRsp:
          registers_.rsp() += static_cast<std::uint64_t>(instruction.amount);
          break;
        case Instruction::LeaRsp:
          registers_.rsp() = registers_.general[instruction.reg] + static_cast<std::uint64_t>(instruction.amount);
          break;
        case Instruction::Pop:
          if (!pop(registers_.general[instruction.reg])) return false;
          break;
        default:
          return pop_return_address();
      }
      rva += instruction.length;
    }
  }

  const PeImage& pe_;
  std::uint64_t base_;
  Registers& registers_;
  ReadStack read_stack_;
  FunctionEntry function_{};
};

}  // namespace

Registers registers_of(const machine::TrapFrame& trap) {
  Registers registers;
  std::memcpy(registers.general, &trap.rax, sizeof registers.general);
  registers.rip = trap.rip;
  std::memcpy(registers.xmm, trap.fx + 160, sizeof registers.xmm);
  return registers;
}

void write_registers(machine::TrapFrame& trap, const Registers& registers) {
  std::memcpy(&trap.rax, registers.general, sizeof registers.general);
  trap.rip = registers.rip;
  std::memcpy(trap.fx + 160, registers.xmm, sizeof registers.xmm);
}

std::optional<Registers> registers_of(const machine::BorderRecord& border) {
  if (border.trap) return registers_of(*border.trap);
  Registers registers;
  registers.general[3] = border.rbx;
  registers.general[5] = border.rbp;
  registers.general[6] = border.rsi;
  registers.general[7] = border.rdi;
  registers.general[12] = border.r12;
  registers.general[13] = border.r13;
  registers.general[14] = border.r14;
  registers.general[15] = border.r15;
  std::memcpy(registers.xmm[6], border.xmm6_to_15, sizeof border.xmm6_to_15);
  registers.rsp() = border.rsp + 8;
  if (!read_guest(border.rsp, &registers.rip, 8)) return {};
  return registers;
}

bool read_guest(std::uint64_t address, void* to, std::size_t bytes) {
  if (address + bytes < address) return false;
  machine::Memory& memory = machine::Machine::current().memory();
  for (std::uint64_t page = address & ~(machine::kPageSize - 1); page < address + bytes; page += machine::kPageSize) {
    const auto* at = reinterpret_cast<const void*>(page);
    if (!memory.is_ram(at) || memory.access_of(at) == machine::Access::None) return false;
  }
  std::memcpy(to, reinterpret_cast<const void*>(address), bytes);
  return true;
}

bool unwind_in(const PeImage& pe, std::uint64_t base, const FunctionEntry* function, Registers& registers,
               unsigned handler_kinds, UnwoundFrame& frame, ReadStack read_stack) {
  frame.function = function;
  return Step(pe, base, registers, read_stack).run(function, handler_kinds, frame);
}

bool unwind(const Images& images, Registers& registers, unsigned handler_kinds, UnwoundFrame& frame) {
  frame = {};
  frame.image = images.at(reinterpret_cast<const void*>(registers.rip));
  if (!frame.image) {
    // A call into nowhere: what lies on the stack is where it came from.
    frame.establisher = registers.rsp();
    std::uint64_t caller;
    if (!read_guest(registers.rsp(), &caller, 8)) return false;
    registers.rip = caller;
    registers.rsp() += 8;
    return true;
  }
  const auto base = reinterpret_cast<std::uint64_t>(frame.image->base());
  const PeImage& pe = frame.image->pe();
  return unwind_in(pe, base, pe.function_at(static_cast<std::uint32_t>(registers.rip - base)), registers, handler_kinds,
                   frame, read_guest);
}

}  // namespace drydock::image
