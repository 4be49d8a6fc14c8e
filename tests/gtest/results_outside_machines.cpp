// While a machine runs, operator new takes from its arena; what GoogleTest remembers must outlive the machine. So the
// two calls through which assertions leave something behind are linked to these (-Wl,--wrap): they use the host's heap.

#include <gtest/gtest.h>

#include "host/arena.h"

namespace {
using testing::Message;
using testing::ScopedTrace;
using testing::internal::AssertHelper;
}  // namespace

extern "C" {

// AssertHelper::operator=(const Message&) const: every EXPECT and ASSERT that fails, ADD_FAILURE, SUCCEED.
void __real__ZNK7testing8internal12AssertHelperaSERKNS_7MessageE(const AssertHelper* self, const Message& message);
void __wrap__ZNK7testing8internal12AssertHelperaSERKNS_7MessageE(const AssertHelper* self, const Message& message) {
  drydock::host::ArenaScope on_the_host(nullptr);

  __real__ZNK7testing8internal12AssertHelperaSERKNS_7MessageE(self, message);
}

// ScopedTrace::PushTrace(const char*, int, std::string): SCOPED_TRACE.
void __real__ZN7testing11ScopedTrace9PushTraceEPKciNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE(
    ScopedTrace* self, const char* file, int line, std::string message);
void __wrap__ZN7testing11ScopedTrace9PushTraceEPKciNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE(
    ScopedTrace* self, const char* file, int line, std::string message) {
  drydock::host::ArenaScope on_the_host(nullptr);
  __real__ZN7testing11ScopedTrace9PushTraceEPKciNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE(
      self, file, line, std::string(message));  // a copy: the buffer itself may be the machine's
}

}  // extern "C"
