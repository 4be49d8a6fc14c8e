#pragma once
// What the user got wrong, in one sentence. Drivers' mistakes are findings (machine/finding.h), ours are HOST_CHECKs.

#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace drydock::host {

/// Exit codes of the command; an Error carries the one it leads to.
enum class ExitCode : int {
  Pass = 0,
  Finding = 1,
  BadInput = 2,
  NotImplemented = 3,
  HostFault = 4,
  BudgetUsedUp = 5,
  Nondeterminism = 6,
  HardwareEnded = 7,  ///< QEMU: nothing is known to be the driver's fault, and not all was tried
};

struct Error {
  std::string message;
  ExitCode exit_code = ExitCode::BadInput;
};

/// error("board.toml:3: no device named ", name): every part is formatted with {fmt}'s default rules.
template <class... Parts>
[[nodiscard]] Error error(const Parts&... parts) {
  Error result;
  (fmt::format_to(std::back_inserter(result.message), "{}", parts), ...);
  return result;
}

template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  template <class U = T>
    requires std::is_same_v<U, std::monostate>
  Result() : state_(std::in_place_index<0>) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  T& operator*() & { return value(); }
  const Error& failure() const& { return std::get<1>(state_); }
  Error&& failure() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;

}  // namespace drydock::host

/// Yields the value, or returns the error to our caller. (A GNU statement expression, so that it can stand in an initialiser.)
#define TRY(expression)                                          \
  ({                                                             \
    auto try_result = (expression);                              \
    if (!try_result) return std::move(try_result).failure();     \
    std::move(try_result).value();                               \
  })
