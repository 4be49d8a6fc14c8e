#include "wdf/um/host_process.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "machine/processor.h"
#include "machine/thread.h"
#include "wdf/misuse.h"
#include "wdf/um/exceptions.h"
#include "wdf/um/reflector.h"

namespace drydock::wdf::um {

namespace {

constexpr std::size_t kPage = machine::kPageSize;
constexpr std::size_t kTebPage = 1, kThunkPage = 2, kThunkPages = 2, kFirstFreePage = 4;
constexpr std::size_t kGuardBytes = 4 * kPage;  // below each stack
constexpr std::size_t kThunkBytes = 16;
constexpr std::size_t kServicesMax = kThunkPages * kPage / kThunkBytes - 1;
constexpr std::size_t kWordsMax = 16;
constexpr unsigned kDllProcessAttach = 1, kDllProcessDetach = 0;
constexpr std::uint64_t kFlags = 0x202;
constexpr std::uint32_t kPointsPerSlice = 1 << 16;
constexpr unsigned kExceptionsMax = 10'000;  ///< without a call of the framework between them
constexpr auto kSliceTime = std::chrono::microseconds(500);
constexpr LONGLONG kSecond_100ns = 10'000'000;

static_assert(sizeof(machine::TrapFrame) == sizeof(UmdfRegisters));
static_assert(offsetof(machine::TrapFrame, fx) == offsetof(UmdfRegisters, fx));
static_assert(offsetof(machine::TrapFrame, rip) == offsetof(UmdfRegisters, rip));

std::uint64_t word(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

std::size_t align_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

/// Registers of a function about to be called: as Windows starts a thread.
machine::TrapFrame fresh_registers() {
  machine::TrapFrame registers{};
  registers.rflags = kFlags;
  const std::uint16_t control = 0x27F;
  const std::uint32_t mxcsr = 0x1F80;
  std::memcpy(registers.fx, &control, sizeof control);
  std::memcpy(registers.fx + 24, &mxcsr, sizeof mxcsr);
  return registers;
}

std::uint64_t invoke(void* entry, const std::uint64_t (&w)[kWordsMax]) {
  using Word = std::uint64_t;
  auto* function = reinterpret_cast<Word(NTAPI*)(Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word)>(entry);
  return function(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11]);
}

/// Another value for as long as this lives.
template <class T>
class Restored {
 public:
  Restored(T& place, std::type_identity_t<T> value) : place_(place), before_(std::exchange(place, value)) {}
  ~Restored() { place_ = before_; }
  Restored(const Restored&) = delete;

 private:
  T& place_;
  const T before_;
};

const char* fault_words(const UmdfMailbox& mailbox) {
  switch (mailbox.trap) {
    case 0:
      return "divides by zero";
    case 3:
      return "meets a breakpoint";
    case 6:
      return "meets an invalid instruction";
    case 13:
      return "uses an instruction or an address that no user-mode code may";
    case 14:
      return mailbox.error_code & 0x10 ? "jumps" : mailbox.error_code & 2 ? "writes" : "reads";
    default:
      return "faults";
  }
}

}  // namespace

HostProcess::HostProcess(UserModeService& service, std::uint32_t number, std::byte* window, bool shared)
    : service_(service), number_(number), window_(window), shared_(shared) {
  free_[kFirstFreePage * kPage] = kWindowBytes - kFirstFreePage * kPage;
  services_.reserve(kServicesMax);
  slots_.reserve(kServicesMax);
}

std::string HostProcess::name() const {
  return fmt::format("host process {} of {}", number_, image_ ? image_->name() : service_.name());
}

// ---- The window ----

void* HostProcess::allocate(std::size_t bytes, std::size_t alignment) {
  bytes = align_up(std::max<std::size_t>(bytes, 1), 16);
  for (auto at = free_.begin(); at != free_.end(); ++at) {
    const auto [offset, length] = *at;
    const std::size_t first = align_up(offset, alignment);
    if (first + bytes > offset + length) continue;
    free_.erase(at);
    if (first > offset) free_[offset] = first - offset;
    if (first + bytes < offset + length) free_[first + bytes] = offset + length - first - bytes;
    used_[first] = bytes;
    std::memset(window_ + first, 0, bytes);
    return window_ + first;
  }
  return nullptr;
}

void HostProcess::release(void* block) {
  if (!block) return;
  const auto found = used_.find(static_cast<std::size_t>(static_cast<std::byte*>(block) - window_));
  HOST_CHECK(found != used_.end());
  const auto [offset, bytes] = *found;
  used_.erase(found);
  auto at = free_.emplace(offset, bytes).first;
  if (auto next = std::next(at); next != free_.end() && at->first + at->second == next->first) {
    at->second += next->second;
    free_.erase(next);
  }
  if (at != free_.begin())
    if (auto previous = std::prev(at); previous->first + previous->second == at->first) {
      previous->second += at->second;
      free_.erase(at);
    }
}

void HostProcess::protect(std::byte* first, std::size_t bytes, machine::Access access) {
  process_.protect(first, bytes, static_cast<host::Protection>(access));
  for (std::size_t page = static_cast<std::size_t>(first - window_) / kPage, end = page + bytes / kPage; page < end; ++page)
    access_[page] = access;
}

bool HostProcess::accessible(std::uint64_t address, std::size_t bytes, bool write) const {
  if (bytes == 0) return true;
  if (!in_window(address) || bytes > kWindowBytes || !in_window(address + bytes - 1)) return false;
  const std::size_t first = (address - word(window_)) / kPage, last = (address + bytes - 1 - word(window_)) / kPage;
  for (auto at = access_.lower_bound(first); at != access_.end() && at->first <= last; ++at)
    if (at->second == machine::Access::None || (write && at->second != machine::Access::ReadWrite)) return false;
  return true;
}

// ---- Its beginning ----

host::Status HostProcess::start(const image::PeImage& dll) {
  process_ = TRY(host::UmdfProcess::start(machine::slot_of_machine(), window_, kWindowBytes, window_ + kTebPage * kPage,
                                          machine::guest_return_address()));
  const UmdfHello& hello = process_.hello();
  const std::uint64_t call_entry = hello.call_entry;
  for (std::uint64_t i = 0; i < hello.exports_count && i < kUmdfExportsMax; ++i)
    exports_[hello.exports[i].name] = hello.exports[i].address;
  std::memset(static_cast<void*>(window_), 0, kFirstFreePage * kPage);
  std::byte* teb = window_ + kTebPage * kPage;
  const std::uint64_t self = word(teb);
  std::memcpy(teb + 0x30, &self, sizeof self);
  std::memcpy(window_ + kThunkPage * kPage, &call_entry, sizeof call_entry);
  if (dll.mapped_pages() * kPage > kWindowBytes / 2)
    return host::error(dll.name(), " is larger than a host process of ", kWindowBytes >> 20, " MiB can hold");
  load_image(dll);
  if (HostProcessWatch* watch = user_mode().watch) watch->loaded(*this);
  protect(window_ + kThunkPage * kPage, kThunkPages * kPage, machine::Access::ReadExecute);
  note_progress();
  if (image_->entry()) {
    const std::uint64_t arguments[3] = {word(image_->base()), kDllProcessAttach, 0};
    if (static_cast<int>(call(image_->entry(), arguments, 3)) == 0 && !ended_)
      return host::error(dll.name(), ": DllMain returned FALSE, so the host process does not load it");
  }
  return {};
}

void HostProcess::load_image(const image::PeImage& dll) {
  auto* base = static_cast<std::byte*>(allocate(dll.mapped_pages() * kPage, kPage));
  image_ = image::Images::current().load_elsewhere(dll, base, [this](const image::Import& import) -> void* {
    const bool ours = image::same_module(import.module, "ntdll.dll");
    if (const auto found = ours ? exports_.find(import.name) : exports_.end(); found != exports_.end())
      return reinterpret_cast<void*>(found->second);
    if (ours)
      if (const Service system = system_service(import.name); system.entry) return thunk_for(system);
    Service missing;
    missing.name = import.missing.name;
    missing.why = "the UMDF host process offers no such import";
    return thunk_for(missing);
  });
  for (const image::PeImage::PageRun& run : dll.page_runs())
    if (run.access != machine::Access::ReadWrite) protect(base + run.first_page * kPage, run.pages * kPage, run.access);
}

void* HostProcess::thunk_for(const Service& service) {
  std::size_t index = 0;
  while (index < services_.size() && std::strcmp(services_[index].name, service.name) != 0) ++index;
  std::byte* const table = window_ + kThunkPage * kPage;
  std::byte* const thunk = table + (index + 1) * kThunkBytes;
  if (index < services_.size()) return thunk;
  HOST_CHECK(index < kServicesMax);
  services_.push_back(service);
  machine::ExportSlot slot;
  slot.entry = service.entry;
  slot.module = kUserModeModule;
  slot.name = service.name;
  slots_.push_back(slot);
  // mov eax, index; jmp [table]
  std::uint8_t code[kThunkBytes] = {0xB8, 0, 0, 0, 0, 0xFF, 0x25};
  const auto number = static_cast<std::uint32_t>(index);
  const auto distance = static_cast<std::int32_t>(table - (thunk + 11));
  std::memcpy(code + 1, &number, sizeof number);
  std::memcpy(code + 7, &distance, sizeof distance);
  std::fill(code + 11, code + kThunkBytes, std::uint8_t{0xCC});
  std::memcpy(thunk, code, kThunkBytes);
  return thunk;
}

// ---- Calls ----

HostProcess::Visit* HostProcess::visit_of_this_thread() {
  for (Visit& each : visits_)
    if (each.thread == &machine::current_thread()) return &each;
  return nullptr;
}

HostProcess::Visit* HostProcess::enter() {
  if (Visit* visit = visit_of_this_thread()) {
    ++visit->depth;
    return visit;
  }
  if (free_stacks_.empty()) {
    auto* pages = static_cast<std::byte*>(allocate(kStackBytes + kGuardBytes, kPage));
    if (!pages) return nullptr;
    protect(pages, kGuardBytes, machine::Access::None);
    free_stacks_.push_back(pages + kGuardBytes);
  }
  std::byte* stack = free_stacks_.back();
  free_stacks_.pop_back();
  std::memset(stack, 0xA5, kStackBytes);
  visits_.push_back({&machine::current_thread(), stack, word(stack) + kStackBytes - 0x100, 1});
  return &visits_.back();
}

void HostProcess::leave() {
  Visit* visit = visit_of_this_thread();
  if (--visit->depth != 0) return;
  free_stacks_.push_back(visit->stack);
  visits_.remove_if([visit](const Visit& each) { return &each == visit; });
}

void HostProcess::note_progress() {
  last_progress_ = machine::Machine::current().now();
}

std::uint64_t HostProcess::call_below(std::uint64_t sp, const void* function, const std::uint64_t* args,
                                      unsigned count, std::uint64_t rax, Dispatch& dispatch) {
  Visit& visit = *visit_of_this_thread();
  const Restored stack(visit.sp, sp);
  const Restored innermost(visit.dispatch, &dispatch);
  return call(function, args, count, rax);
}

Dispatch* HostProcess::dispatch_of_this_thread() {
  const Visit* visit = visit_of_this_thread();
  return visit ? visit->dispatch : nullptr;
}

std::uint64_t HostProcess::call(const void* function, const std::uint64_t* args, unsigned count, std::uint64_t rax) {
  if (ended_) return 0;  // WDF-427: nothing runs in the driver any more
  HOST_CHECK(machine::current_irql() < DISPATCH_LEVEL);
  irql_max_ = std::max<unsigned>(irql_max_, machine::current_irql());
  Visit* visit = enter();
  if (!visit) {
    end(EndKind::Misuse, "has more threads at work in it than its memory has room for");
    return static_cast<std::uint32_t>(STATUS_DRIVER_PROCESS_TERMINATED);
  }
  machine::TrapFrame registers = fresh_registers();
  registers.rip = word(function);
  registers.rax = rax;
  const std::size_t on_stack = count > 4 ? align_up(count - 4, 2) : 0;
  registers.rsp = (visit->sp & ~std::uint64_t{15}) - 32 - on_stack * 8 - 8;
  const std::uint64_t back = machine::guest_return_address();
  std::uint64_t result = static_cast<std::uint32_t>(STATUS_DRIVER_PROCESS_TERMINATED);
  if (!accessible(registers.rsp, 40 + on_stack * 8, true)) {
    leave();
    end(EndKind::Fault, "has used up a stack");
    return result;
  }
  std::memcpy(reinterpret_cast<void*>(registers.rsp), &back, sizeof back);
  for (unsigned i = 4; i < count; ++i)
    std::memcpy(reinterpret_cast<void*>(registers.rsp + 8 + i * 8), &args[i], sizeof args[i]);
  std::uint64_t* const in_registers[] = {&registers.rcx, &registers.rdx, &registers.r8, &registers.r9};
  for (unsigned i = 0; i < count && i < 4; ++i) *in_registers[i] = args[i];
  struct Leaving {
    HostProcess& process;
    ~Leaving() { process.leave(); }
  } const leaving{*this};  // also for an exception that passes this call
  const std::uint64_t returned = run(registers, *visit);
  return ended_ ? result : returned;
}

/// Until the function returns or the process ends. Other threads may be in the driver meanwhile: all that this one needs
/// is here and on its stack.
std::uint64_t HostProcess::run(machine::TrapFrame& registers, const Visit& visit) {
  const std::uint64_t stack_base = word(visit.stack) + kStackBytes, stack_limit = word(visit.stack);
  for (;;) {
    UmdfMailbox& mailbox = process_.mailbox();
    registers.rflags = kFlags | (registers.rflags & 0xCD5);
    std::memcpy(static_cast<void*>(&mailbox.registers), &registers, sizeof registers);
    std::byte* teb = window_ + kTebPage * kPage;
    std::memcpy(teb + 0x08, &stack_base, sizeof stack_base);
    std::memcpy(teb + 0x10, &stack_limit, sizeof stack_limit);
    const std::uint32_t event = process_.run();
    std::memcpy(static_cast<void*>(&registers), &mailbox.registers, sizeof registers);
    note_progress();
    switch (event) {
      case kUmdfReturned:
        return registers.rax;
      case kUmdfCalled: {
        std::string misuse;
        const std::uint32_t index = mailbox.index;  // others use the mailbox while this call is served
        if (index < services_.size() && services_[index].raise) {
          if (!raised(services_[index], registers)) return 0;
          break;
        }
        const std::uint64_t result = serve(index, registers, &misuse);
        if (!misuse.empty() && !ended_) {
          machine::RemoteBorder border(registers, &slots_[index < slots_.size() ? index : 0]);
          end(EndKind::Misuse, std::move(misuse), machine::Machine::current().hooks()->capture_stack(nullptr));
        }
        if (ended_) return 0;
        registers.rax = result;
        registers.rsp += 8;
        break;
      }
      case kUmdfFaulted:
        if (mailbox.trap == 13 && machine::emulate_replaced_instruction(registers)) break;
        if (handled(registers)) break;
        return 0;
      case kUmdfSpinning:
        spins(registers);
        return 0;
      default:
        end(EndKind::Gone, {});
        return 0;
    }
    if (ended_) return 0;
  }
}

std::uint64_t HostProcess::serve(std::uint32_t index, machine::TrapFrame& registers, std::string* misuse) {
  if (index >= services_.size()) {
    *misuse = "calls a function of the framework that does not exist";
    return 0;
  }
  const Service service = services_[index];
  if (!accessible(registers.rsp, 40, false)) {
    *misuse = "calls the framework on a stack that is none";
    return 0;
  }
  std::uint64_t words[kWordsMax] = {registers.rcx, registers.rdx, registers.r8, registers.r9};
  for (unsigned i = 4; i < service.words && i < kWordsMax; ++i)
    if (const std::uint64_t at = registers.rsp + 8 + i * 8; accessible(at, 8, false))
      std::memcpy(&words[i], reinterpret_cast<const void*>(at), 8);
  machine::RemoteBorder border(registers, &slots_[index]);
  pass_point();
  if (ended_) return 0;
  if (!service.entry) machine::Machine::current().not_implemented(service.name, service.why);
  Visit& visit = *visit_of_this_thread();
  visit.exceptions = 0;
  const Restored stack(visit.sp, registers.rsp - 0x100);
  const Restored innermost(visit.dispatch, nullptr);
  std::uint64_t result = 0;
  try {
    if (service.check) service.check(*this, words);
    result = invoke(service.entry, words);
  } catch (const Misuse& wrong) {
    *misuse = wrong.what;
  }
  note_progress();
  return result;
}

void HostProcess::pass_point() {
  if (++points_ % kPointsPerSlice == 0) machine::spend(kSliceTime);  // a loop over calls sees the clock move
  machine::point();
}

bool HostProcess::may_raise(machine::TrapFrame& registers) {
  {
    machine::RemoteBorder border(registers, nullptr);
    pass_point();
  }
  if (ended_) return false;
  if (++visit_of_this_thread()->exceptions <= kExceptionsMax) return true;
  spins(registers);
  return false;
}

bool HostProcess::handled(machine::TrapFrame& registers) {
  const UmdfMailbox mailbox = process_.mailbox();  // filters use it, too
  machine::TrapFrame at = registers;
  const EXCEPTION_RECORD record = record_of_fault(mailbox.trap, mailbox.error_code, mailbox.address);
  if (!may_raise(registers)) return false;
  if (record.ExceptionCode != 0 && dispatch_exception(*this, registers, record)) return true;
  faulted(at, mailbox);
  return false;
}

bool HostProcess::raised(const Service& service, machine::TrapFrame& registers) {
  registers.rsp += 8;
  machine::TrapFrame at = registers;
  EXCEPTION_RECORD record{};
  std::string why;
  try {
    service.raise(*this, registers, record);
    if (!may_raise(registers)) return false;
    if (dispatch_exception(*this, registers, record)) return true;
    const char* status = status_name(record.ExceptionCode);
    why = fmt::format("raises {} (0x{:08X}) at {}, which nobody handles", status ? status : "an exception",
                      static_cast<ULONG>(record.ExceptionCode), image::Images::current().symbol_at(at.rip));
  } catch (const Misuse& wrong) {
    why = wrong.what;
  }
  machine::RemoteBorder border(at, nullptr);
  end(EndKind::Fault, std::move(why), machine::Machine::current().hooks()->capture_stack(&at));
  return false;
}

void HostProcess::faulted(machine::TrapFrame& registers, const UmdfMailbox& mailbox) {
  machine::RemoteBorder border(registers, nullptr);
  std::string why = fmt::format("{} at {}", fault_words(mailbox), image::Images::current().symbol_at(registers.rip));
  if (mailbox.trap == 14)
    why += mailbox.address < 0x10000
               ? fmt::format(": address {:#x}, near null", mailbox.address)
               : (in_window(mailbox.address) ? fmt::format(": address {:#x}, which it may not", mailbox.address)
                                             : std::string(": an address outside of its process"));
  end(EndKind::Fault, std::move(why), machine::Machine::current().hooks()->capture_stack(&registers));
}

/// WDF-425: code that goes on and on makes no progress; the time-out is the same.
void HostProcess::spins(machine::TrapFrame& registers) {
  machine::RemoteBorder border(registers, nullptr);
  std::vector<machine::StackFrame> stack = machine::Machine::current().hooks()->capture_stack(&registers);
  LARGE_INTEGER interval{};
  interval.QuadPart = -kNoProgressSeconds * kSecond_100ns + 1;  // before who watches requests: here is the place known
  KeDelayExecutionThread(KernelMode, FALSE, &interval);
  end(EndKind::Timeout,
      fmt::format("runs on and on at {} without a call that could end it, for {} s",
                  image::Images::current().symbol_at(registers.rip), kNoProgressSeconds),
      std::move(stack));
}

// ---- Its end ----

void HostProcess::end(EndKind kind, std::string why, std::vector<machine::StackFrame> stack) {
  if (std::exchange(ended_, true)) return;
  const std::string how = process_.end();
  if (kind == EndKind::Gone) why = "is gone: " + (how.empty() ? std::string("it does not answer") : how);
  const char* rule = kind == EndKind::Timeout ? "WDF-425" : "WDF-424";
  machine::Finding finding =
      machine::finding(rule, fmt::format("host-process-ended: {}: the driver {}", name(), why), machine::Severity::Recorded);
  finding.stack = std::move(stack);
  machine::Machine::current().report(std::move(finding));
  if (HostProcessWatch* watch = user_mode().watch) watch->ended(*this);
  machine::create_thread("host process end", [this] { bury(*this); });
}

void HostProcess::close() {
  if (!ended_ && image_ && image_->entry()) {
    const std::uint64_t arguments[3] = {word(image_->base()), kDllProcessDetach, 0};
    call(image_->entry(), arguments, 3);
  }
  ended_ = true;
  process_.end();
  if (image_) image::Images::current().unload(std::exchange(image_, nullptr));
}

HostProcess* serving() {
  const machine::BorderRecord* border = machine::innermost_border();
  if (!border || !border->slot || border->slot->module != kUserModeModule) return nullptr;
  return process_at(reinterpret_cast<const void*>(border->rsp));
}

}  // namespace drydock::wdf::um
