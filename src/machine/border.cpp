// Calls across the border; the instructions are in border.S.

#include <cstddef>
#include <cstring>

#include "host/check.h"
#include "machine/impl.h"

static_assert(offsetof(drydock::machine::BorderRecord, kind) == 8 && offsetof(drydock::machine::BorderRecord, irql) == 12 &&
              offsetof(drydock::machine::BorderRecord, rsp) == 16 && offsetof(drydock::machine::BorderRecord, r15) == 80 &&
              offsetof(drydock::machine::BorderRecord, slot) == 88 && offsetof(drydock::machine::BorderRecord, trap) == 96 &&
              offsetof(drydock::machine::BorderRecord, host_sp) == 104 &&
              offsetof(drydock::machine::BorderRecord, xmm6_to_15) == 112 && sizeof(drydock::machine::BorderRecord) == 272);
static_assert(offsetof(drydock::machine::TrapFrame, rip) == 128 && offsetof(drydock::machine::TrapFrame, fx) == 160);
static_assert(offsetof(drydock::machine::ExportSlot, irql_min) == 8 && offsetof(drydock::machine::ExportSlot, irql_max) == 9 &&
              offsetof(drydock::machine::ExportSlot, stack_args) == 10);
static_assert(offsetof(drydock::nt::KPCR, Irql) == 0x50);

namespace drydock::machine {

namespace {

struct GuestCall {
  const void* function;
  std::uint64_t rax;
  std::uint64_t count;
  const std::uint64_t* args;
  std::uint64_t call_stub;
};

constexpr std::size_t kThunkBytes = 16;
constexpr std::size_t kCallStub = 0;  // offsets in the thunk area
constexpr std::size_t kCallBytes = 3;
constexpr std::size_t kEntryStub = 32;
constexpr std::size_t kFirstThunk = 64;
constexpr std::size_t kThunksMax = (host::kThunksSize - kFirstThunk) / kThunkBytes;

}  // namespace

extern "C" {
std::uint64_t drydock_call_guest(const GuestCall* call);
void drydock_guest_return();
void drydock_import_entry();
[[noreturn]] void drydock_resume_guest(const TrapFrame* frame);

/// An import call that found the wrong IRQL or the attention flag.
void drydock_import_point(const ExportSlot* slot) {
  Machine& machine = Machine::current();
  nt::KIRQL irql = machine.impl().executing->irql();
  if (irql < slot->irql_min || irql > slot->irql_max) machine.hooks()->irql_violation(*slot, irql);
  GsBlock& gs = *machine.impl().executing->gs;
  if (gs.calls_left == 0) {
    gs.calls_left = kCallsPerSlice;
    spend(kSliceTime);
  }
  point();
}
}

/// Writes the stubs every thunk of a slot shares.
void write_shared_stubs(std::byte* thunks) {
  auto jump_to = [&](std::size_t offset, void (*target)()) {  // jmp [rip]
    const std::uint8_t code[6] = {0xFF, 0x25, 0, 0, 0, 0};
    std::memcpy(thunks + offset, code, 6);
    std::memcpy(thunks + offset + 6, &target, 8);
  };
  const std::uint8_t call_r11[kCallBytes] = {0x41, 0xFF, 0xD3};
  std::memcpy(thunks + kCallStub, call_r11, kCallBytes);
  jump_to(kCallStub + kCallBytes, drydock_guest_return);
  jump_to(kEntryStub, drydock_import_entry);
}

void* guest_entry(const ExportSlot* slot) {
  Machine::Impl& i = impl();
  std::byte* thunks = i.slot->base() + host::kThunks;
  auto [found, inserted] = i.thunks.emplace(slot, i.thunk_count);
  std::byte* thunk = thunks + kFirstThunk + found->second * kThunkBytes;
  if (!inserted) return thunk;
  HOST_CHECK(i.thunk_count < kThunksMax);
  ++i.thunk_count;
  // mov r11, slot; jmp entry stub
  std::uint8_t code[kThunkBytes] = {0x49, 0xBB, 0, 0, 0, 0, 0, 0, 0, 0, 0xE9};
  std::memcpy(code + 2, &slot, 8);
  auto distance = static_cast<std::int32_t>((thunks + kEntryStub) - (thunk + 15));
  std::memcpy(code + 11, &distance, 4);
  code[15] = 0xCC;
  std::memcpy(thunk, code, kThunkBytes);
  return thunk;
}

std::uint64_t guest_return_address() {
  return reinterpret_cast<std::uint64_t>(impl().slot->base() + host::kThunks + kCallStub + kCallBytes);
}

BorderRecord* innermost_border() {
  Processor* processor = impl().executing;
  return processor ? processor->gs->border : nullptr;
}

std::uint64_t call_guest(const void* function, const std::uint64_t* args, unsigned count, std::uint64_t rax) {
  Machine::Impl& i = impl();
  HOST_CHECK(i.executing != nullptr && !i.in_hardware);
  const GsBlock& gs = *i.executing->gs;
  if (reinterpret_cast<std::uint64_t>(function) - gs.remote_first < gs.remote_bytes)
    return i.remote->call(function, args, count);
  std::uint64_t four[4] = {};
  if (count < 4) {
    for (unsigned n = 0; n < count; ++n) four[n] = args[n];
    args = four;
  }
  GuestCall call{function, rax, count, args, guest_return_address() - kCallBytes};
  return drydock_call_guest(&call);
}

void continue_guest(const TrapFrame& frame, BorderRecord* left_by) {
  static_assert(alignof(TrapFrame) == 16);
  TrapFrame copy = frame;
  auto irql = static_cast<nt::KIRQL>(left_by->irql);
  GsBlock& gs = *impl().executing->gs;
  gs.border = left_by->previous;
  gs.host_sp = left_by->host_sp;
  if (current_irql() > irql) lower_irql(irql);
  impl().executing->set_irql(irql);  // lowering may have moved this thread to another processor
  drydock_resume_guest(&copy);
}

}  // namespace drydock::machine
