// What the parts of the UMDF host process share.
#ifndef WUDFHOST_H
#define WUDFHOST_H

#include "host/umdf_protocol.h"

// ---- turn.S ----
void umdf_call_entry(void);
void umdf_return_entry(void);
_Noreturn void umdf_resume(const struct UmdfRegisters* registers);
_Noreturn void umdf_begin(void);  // our own stack, then the first turn

// ---- ntdll.c: what drivers may import, by name; the last has none ----
struct NtdllFunction {
  const char* name;
  void* function;
};
extern const struct NtdllFunction umdf_ntdll[];

#endif
