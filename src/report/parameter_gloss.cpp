// What Windows' documentation says about the parameters of bug checks.

#include "report/finding_text.h"

namespace drydock::report {
namespace {

struct Row {
  std::uint32_t code;
  ParameterGloss gloss;
};

constexpr ParameterGloss kAccess{
    {"memory referenced", "IRQL", "0 read, 1 write, 8 execute", "address which referenced memory"}};

constexpr Row kRows[] = {
    {0x0A, kAccess},
    {0xD1, kAccess},
    {0xD5, {{"memory referenced", "0 read, 1 write", "address which referenced memory", ""}}},
    {0xC5, kAccess},
    {0x18, {{"object type, or 0", "object whose reference count is being lowered", "1: a count that cannot be", ""}}},
    {0x19, {{"what is wrong with the pool header", "pool entry", "", ""}}},
    {0x1E, {{"exception code", "address that caused the exception", "exception parameter 0", "exception parameter 1"}}},
    {0x3B, {{"exception code", "address that caused the exception", "context record", ""}}},
    {0x44, {{"the IRP", "", "", ""}}},
    {0x48, {{"the IRP", "cancel routine", "", ""}}},
    {0x35, {{"the IRP", "", "", ""}}},
    {0x50,
     {{"memory referenced", "0 read, 2 write, 10 execute", "address which referenced memory", "type of the fault"}}},
    {0x76, {{"", "the process", "pages still locked", ""}}},
    {0x7E, {{"exception code", "address that caused the exception", "exception record", "context record"}}},
    {0x7F, {{"trap number (8: double fault)", "", "", ""}}},
    {0x8E, {{"exception code", "address that caused the exception", "trap frame", ""}}},
    {0x0F, {{"the spin lock", "", "", ""}}},
    {0x10, {{"the spin lock", "", "", ""}}},
    {0x9F, {{"which power violation", "device object or IRP", "", ""}}},
    {0xB8, {{"old thread", "new thread", "stack address", ""}}},
    {0xBE, {{"address of the write", "page table entry", "", ""}}},
    {0xC1, {{"address of the allocation", "what is wrong with it", "bytes", "reason"}}},
    {0xC2, {{"which mistake with pool", "pool header or tag", "contents of the header", "address of the block"}}},
    {0xC4, {{"which rule was broken", "", "", ""}}},
    {0xC7,
     {{"0: a timer, 1: a DPC, 2: a DPC routine", "the object", "start of the range checked",
       "end of the range checked"}}},
    {0xC9, {{"which rule was broken", "", "the IRP or device", ""}}},
    {0xCA, {{"which mistake with Plug and Play", "physical device object", "", ""}}},
    {0xCC, {{"memory referenced", "0 read, 1 write", "address which referenced memory", ""}}},
    {0xCE, {{"memory referenced", "0 read, 1 write", "address which referenced memory", ""}}},
    {0xCD, {{"memory referenced", "0 read, 1 write", "address which referenced memory", ""}}},
    {0xF1, {{"which rule of SCSI verification", "adapter extension", "", ""}}},
    {0xF7, {{"cookie found", "cookie expected", "complement of the cookie expected", ""}}},
    {0xFC, {{"address that was to be executed", "page table entry", "", ""}}},
    {0x101, {{"clock ticks", "", "processor control block", "processor"}}},
    {0x133, {{"0: one DPC, 1: DISPATCH_LEVEL as a whole", "time spent, in ticks", "time allowed, in ticks", ""}}},
    {0x139, {{"which check of the compiler or kernel failed", "trap frame", "exception record", ""}}},
};

}  // namespace

ParameterGloss gloss_of(std::uint32_t bug_check) {
  for (const Row& row : kRows)
    if (row.code == bug_check) return row.gloss;
  return {};
}

}  // namespace drydock::report
