#pragma once
// Faults and the CPU-time tick, as signals bring them. A handler may only look at and change the interrupted registers.

#include <cstddef>
#include <cstdint>
#include <span>

namespace drydock::host {

enum class Register { Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15, Rip, Rflags };
inline constexpr unsigned kRegisters = 18;

/// The interrupted registers of a signal; changes take effect when the handler returns.
class InterruptedContext {
 public:
  InterruptedContext(int signal, void* info, void* context) : signal_(signal), info_(info), context_(context) {}

  std::uint64_t get(Register which) const;
  void set(Register which, std::uint64_t value);
  /// 512 bytes in FXSAVE format.
  std::span<const std::byte, 512> fx() const;
  unsigned trap_number() const;       ///< processor exception: 13 general protection, 14 page fault, ...
  std::uint64_t error_code() const;   ///< of a page fault: bit 1 write, bit 4 instruction fetch
  std::uint64_t fault_address() const;
  bool is_tick() const;               ///< the CPU-time tick, not a fault

 private:
  int signal_;
  void* info_;
  void* context_;
};

/// Returns whether it dealt with the signal. A fault that nobody deals with ends the process with ExitCode::HostFault.
using InterruptedHandler = bool (*)(InterruptedContext&);

/// For the whole process, once; further calls with the same handler do nothing.
void install_fault_handler(InterruptedHandler handler);

/// Gives the calling thread a signal stack and a tick each `cpu_milliseconds` of its CPU time, until destroyed.
class ThreadSignals {
 public:
  explicit ThreadSignals(unsigned cpu_milliseconds);
  ~ThreadSignals();
  ThreadSignals(const ThreadSignals&) = delete;
  ThreadSignals& operator=(const ThreadSignals&) = delete;

  /// The calling thread's, made on first use and kept until the thread ends.
  static void ensure();

 private:
  void* stack_;
  void* timer_;
};

}  // namespace drydock::host
