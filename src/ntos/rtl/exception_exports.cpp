#include <cstring>

#include "ntos/exports.h"
#include "ntos/rtl/exception.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::Export;
using image::ExportFamily;

/// Touches every page of the frame that the caller, with its size in RAX, is about to make. Keeps all registers but the
/// flags.
// clang-format off
constexpr unsigned char kStackProbe[] = {
    0x51,                                      // push rcx
    0x50,                                      // push rax
    0x48, 0x3D, 0x00, 0x10, 0x00, 0x00,        // cmp rax, 1000h
    0x48, 0x8D, 0x4C, 0x24, 0x18,              // lea rcx, [rsp + 18h]
    0x72, 0x19,                                // jb last
    0x48, 0x81, 0xE9, 0x00, 0x10, 0x00, 0x00,  // again: sub rcx, 1000h
    0x48, 0x83, 0x09, 0x00,                    // or qword ptr [rcx], 0
    0x48, 0x2D, 0x00, 0x10, 0x00, 0x00,        // sub rax, 1000h
    0x48, 0x3D, 0x00, 0x10, 0x00, 0x00,        // cmp rax, 1000h
    0x77, 0xE7,                                // ja again
    0x48, 0x29, 0xC1,                          // last: sub rcx, rax
    0x48, 0x83, 0x09, 0x00,                    // or qword ptr [rcx], 0
    0x58,                                      // pop rax
    0x59,                                      // pop rcx
    0xC3,                                      // ret
};
// clang-format on

void write_stack_probe(void* to) {
  std::memcpy(to, kStackProbe, sizeof kStackProbe);
}

const image::DataExport kStackProbeExport{sizeof kStackProbe, write_stack_probe, true};

const ExportFamily kRtlExceptions{"ntoskrnl.exe",
                                  {
                                      {"ExRaiseStatus", ExRaiseStatus, any_irql()},
                                      {"ExRaiseAccessViolation", ExRaiseAccessViolation, any_irql()},
                                      {"ExRaiseDatatypeMisalignment", ExRaiseDatatypeMisalignment, any_irql()},
                                      {"RtlRaiseStatus", RtlRaiseStatus, any_irql()},
                                      {"RtlRaiseException", RtlRaiseException, any_irql()},
                                      {"RtlUnwind", RtlUnwind, any_irql()},
                                      {"RtlUnwindEx", RtlUnwindEx, any_irql()},
                                      {"RtlVirtualUnwind", RtlVirtualUnwind, any_irql()},
                                      {"RtlLookupFunctionEntry", RtlLookupFunctionEntry, any_irql()},
                                      {"RtlCaptureContext", RtlCaptureContext, any_irql()},
                                      {"RtlCaptureStackBackTrace", RtlCaptureStackBackTrace, any_irql()},
                                      {"RtlWalkFrameChain", RtlWalkFrameChain, any_irql()},
                                      {"RtlPcToFileHeader", RtlPcToFileHeader, any_irql()},
                                      {"__C_specific_handler", __C_specific_handler, any_irql()},
                                      {"__chkstk", kStackProbeExport},
                                  },
                                  "rtl/exception"};

}  // namespace

namespace rtl {
void add_exception_exports(image::ExportIndex& index) {
  index.add(kRtlExceptions);
}
}  // namespace rtl

}  // namespace drydock::ntos
