#include "ntos/exports.h"
#include "ntos/kernel.h"
#include "ntos/rtl/crt.h"
#include "ntos/rtl/debug.h"
#include "ntos/rtl/memory.h"
#include "ntos/rtl/state.h"
#include "ntos/rtl/string.h"
#include "ntos/rtl/version.h"

namespace drydock::ntos {

namespace {

using image::any_irql;
using image::at_most;
using image::DataExport;
using image::exactly;
using image::ExportFamily;
using image::not_built;

const ExportFamily kCrtMemory{
    "ntoskrnl.exe",
    {
        {"memset", crt::memset, any_irql()},
        {"memcpy", crt::memcpy, any_irql()},
        {"memmove", crt::memmove, any_irql()},
        {"memcmp", crt::memcmp, any_irql()},
        {"memchr", crt::memchr, any_irql()},
        {"memcpy_s", crt::memcpy_s, any_irql()},
        {"memmove_s", crt::memmove_s, any_irql()},
    },
    "rtl/crt memory"};

const ExportFamily kCrtStrings{
    "ntoskrnl.exe",
    {
        {"strlen", crt::strlen, any_irql()},
        {"strnlen", crt::strnlen, any_irql()},
        {"strcpy", crt::strcpy, any_irql()},
        {"strncpy", crt::strncpy, any_irql()},
        {"strcat", crt::strcat, any_irql()},
        {"strncat", crt::strncat, any_irql()},
        {"strcmp", crt::strcmp, any_irql()},
        {"strncmp", crt::strncmp, any_irql()},
        {"_stricmp", crt::_stricmp, any_irql()},
        {"_strnicmp", crt::_strnicmp, any_irql()},
        {"strchr", crt::strchr, any_irql()},
        {"strrchr", crt::strrchr, any_irql()},
        {"strstr", crt::strstr, any_irql()},
        {"strspn", crt::strspn, any_irql()},
        {"_strlwr", crt::_strlwr, any_irql()},
        {"_strupr", crt::_strupr, any_irql()},
        {"_strrev", crt::_strrev, any_irql()},
        {"strcpy_s", crt::strcpy_s, any_irql()},
        {"strncpy_s", crt::strncpy_s, any_irql()},
        {"strcat_s", crt::strcat_s, any_irql()},
        {"strncat_s", crt::strncat_s, any_irql()},
        {"wcslen", crt::wcslen, any_irql()},
        {"wcsnlen", crt::wcsnlen, any_irql()},
        {"wcscpy", crt::wcscpy, any_irql()},
        {"wcsncpy", crt::wcsncpy, any_irql()},
        {"wcscat", crt::wcscat, any_irql()},
        {"wcsncat", crt::wcsncat, any_irql()},
        {"wcscmp", crt::wcscmp, any_irql()},
        {"wcsncmp", crt::wcsncmp, any_irql()},
        {"_wcsicmp", crt::_wcsicmp, any_irql()},
        {"_wcsnicmp", crt::_wcsnicmp, any_irql()},
        {"wcschr", crt::wcschr, any_irql()},
        {"wcsrchr", crt::wcsrchr, any_irql()},
        {"wcsstr", crt::wcsstr, any_irql()},
        {"wcsspn", crt::wcsspn, any_irql()},
        {"wcscspn", crt::wcscspn, any_irql()},
        {"_wcslwr", crt::_wcslwr, any_irql()},
        {"_wcsupr", crt::_wcsupr, any_irql()},
        {"_wcsrev", crt::_wcsrev, any_irql()},
        {"wcscpy_s", crt::wcscpy_s, any_irql()},
        {"wcsncpy_s", crt::wcsncpy_s, any_irql()},
        {"wcscat_s", crt::wcscat_s, any_irql()},
        {"wcsncat_s", crt::wcsncat_s, any_irql()},
        {"mbstowcs", crt::mbstowcs, any_irql()},
        {"wcstombs", crt::wcstombs, any_irql()},
        {"wcslwr", crt::_wcslwr, any_irql()},
        {"strtok_s", not_built("no driver that has been seen calls it")},
        {"_strset", not_built("no driver that has been seen calls it")},
        {"_wcsnset", not_built("no driver that has been seen calls it")},
        {"_splitpath_s", not_built("no driver that has been seen calls it")},
        {"_makepath_s", not_built("no driver that has been seen calls it")},
        {"mbtowc", not_built("no driver that has been seen calls it")},
        {"wctomb", not_built("no driver that has been seen calls it")},
    },
    "rtl/crt string"};

const ExportFamily kCrtNumbers{
    "ntoskrnl.exe",
    {
        {"tolower", crt::tolower, any_irql()},
        {"toupper", crt::toupper, any_irql()},
        {"towlower", crt::towlower, any_irql()},
        {"towupper", crt::towupper, any_irql()},
        {"isdigit", crt::isdigit, any_irql()},
        {"islower", crt::islower, any_irql()},
        {"isupper", crt::isupper, any_irql()},
        {"isspace", crt::isspace, any_irql()},
        {"isprint", crt::isprint, any_irql()},
        {"isxdigit", crt::isxdigit, any_irql()},
        {"atoi", crt::atoi, any_irql()},
        {"atol", crt::atol, any_irql()},
        {"_wtoi", crt::_wtoi, any_irql()},
        {"_wtol", crt::_wtol, any_irql()},
        {"_itoa", crt::_itoa, any_irql()},
        {"_itow", crt::_itow, any_irql()},
        {"_itoa_s", crt::_itoa_s, any_irql()},
        {"_itow_s", crt::_itow_s, any_irql()},
        {"_ultoa_s", crt::_ultoa_s, any_irql()},
        {"_ultow_s", crt::_ultow_s, any_irql()},
        {"_i64toa_s", crt::_i64toa_s, any_irql()},
        {"_i64tow_s", crt::_i64tow_s, any_irql()},
        {"_ui64toa_s", crt::_ui64toa_s, any_irql()},
        {"_ui64tow_s", crt::_ui64tow_s, any_irql()},
        {"rand", crt::rand, any_irql()},
        {"srand", crt::srand, any_irql()},
        {"qsort", crt::qsort, any_irql()},
        {"bsearch", crt::bsearch, any_irql()},
        {"_purecall", crt::_purecall, any_irql()},
        {"_setjmp", not_built("a driver that jumps over frames needs __try instead")},
        {"longjmp", not_built("a driver that jumps over frames needs __try instead")},
    },
    "rtl/crt number"};

const ExportFamily kCrtPrintf{
    "ntoskrnl.exe",
    {
        {"sprintf", crt::sprintf, any_irql()},
        {"vsprintf", crt::vsprintf, any_irql()},
        {"_snprintf", crt::_snprintf, any_irql()},
        {"_vsnprintf", crt::_vsnprintf, any_irql()},
        {"sprintf_s", crt::sprintf_s, any_irql()},
        {"vsprintf_s", crt::vsprintf_s, any_irql()},
        {"_snprintf_s", crt::_snprintf_s, any_irql()},
        {"_vsnprintf_s", crt::_vsnprintf_s, any_irql()},
        {"swprintf", crt::swprintf, any_irql()},
        {"_vswprintf", crt::_vswprintf, any_irql()},
        {"_snwprintf", crt::_snwprintf, any_irql()},
        {"_vsnwprintf", crt::_vsnwprintf, any_irql()},
        {"swprintf_s", crt::swprintf_s, any_irql()},
        {"vswprintf_s", crt::vswprintf_s, any_irql()},
        {"_snwprintf_s", crt::_snwprintf_s, any_irql()},
        {"_vsnwprintf_s", crt::_vsnwprintf_s, any_irql()},
        {"_swprintf", crt::swprintf, any_irql()},
        {"sscanf_s", not_built("text is only formatted, not read back")},
        {"swscanf_s", not_built("text is only formatted, not read back")},
    },
    "rtl/crt printf"};

const ExportFamily kRtlStrings{
    "ntoskrnl.exe",
    {
        {"RtlInitString", RtlInitString, any_irql()},
        {"RtlInitAnsiString", RtlInitAnsiString, any_irql()},
        {"RtlInitAnsiStringEx", RtlInitAnsiStringEx, any_irql()},
        {"RtlInitUnicodeString", RtlInitUnicodeString, any_irql()},
        {"RtlInitUnicodeStringEx", RtlInitUnicodeStringEx, any_irql()},
        {"RtlCopyString", RtlCopyString, any_irql()},
        {"RtlCopyUnicodeString", RtlCopyUnicodeString, any_irql()},
        {"RtlAppendUnicodeToString", RtlAppendUnicodeToString, any_irql()},
        {"RtlAppendUnicodeStringToString", RtlAppendUnicodeStringToString, any_irql()},
        {"RtlAppendAsciizToString", RtlAppendAsciizToString, any_irql()},
        {"RtlAppendStringToString", RtlAppendStringToString, any_irql()},
        {"RtlCreateUnicodeString", RtlCreateUnicodeString, at_most(APC_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlDuplicateUnicodeString", RtlDuplicateUnicodeString, at_most(APC_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlFreeUnicodeString", RtlFreeUnicodeString, at_most(APC_LEVEL)},
        {"RtlFreeAnsiString", RtlFreeAnsiString, at_most(APC_LEVEL)},
        {"RtlCompareUnicodeString", RtlCompareUnicodeString, any_irql()},
        {"RtlCompareUnicodeStrings", RtlCompareUnicodeStrings, any_irql()},
        {"RtlCompareString", RtlCompareString, any_irql()},
        {"RtlEqualUnicodeString", RtlEqualUnicodeString, any_irql()},
        {"RtlEqualString", RtlEqualString, any_irql()},
        {"RtlPrefixUnicodeString", RtlPrefixUnicodeString, any_irql()},
        {"RtlPrefixString", RtlPrefixString, any_irql()},
        {"RtlSuffixUnicodeString", RtlSuffixUnicodeString, any_irql()},
        {"RtlHashUnicodeString", RtlHashUnicodeString, any_irql()},
        {"RtlValidateUnicodeString", RtlValidateUnicodeString, any_irql()},
        {"RtlUpcaseUnicodeChar", RtlUpcaseUnicodeChar, any_irql()},
        {"RtlDowncaseUnicodeChar", RtlDowncaseUnicodeChar, any_irql()},
        {"RtlUpperChar", RtlUpperChar, any_irql()},
        {"RtlUpperString", RtlUpperString, any_irql()},
        {"RtlUpcaseUnicodeString", RtlUpcaseUnicodeString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlDowncaseUnicodeString", RtlDowncaseUnicodeString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlAnsiStringToUnicodeString", RtlAnsiStringToUnicodeString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlUnicodeStringToAnsiString", RtlUnicodeStringToAnsiString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlUpcaseUnicodeStringToAnsiString", RtlUpcaseUnicodeStringToAnsiString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlOemStringToUnicodeString", RtlAnsiStringToUnicodeString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlUnicodeStringToOemString", RtlUnicodeStringToAnsiString, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlFreeOemString", RtlFreeAnsiString, at_most(APC_LEVEL)},
        {"RtlAnsiStringToUnicodeSize", RtlxAnsiStringToUnicodeSize, any_irql()},
        {"RtlUnicodeStringToAnsiSize", RtlxUnicodeStringToAnsiSize, any_irql()},
        {"RtlxAnsiStringToUnicodeSize", RtlxAnsiStringToUnicodeSize, any_irql()},
        {"RtlxUnicodeStringToAnsiSize", RtlxUnicodeStringToAnsiSize, any_irql()},
        {"RtlAnsiCharToUnicodeChar", RtlAnsiCharToUnicodeChar, any_irql()},
        {"RtlMultiByteToUnicodeN", RtlMultiByteToUnicodeN, any_irql()},
        {"RtlMultiByteToUnicodeSize", RtlMultiByteToUnicodeSize, any_irql()},
        {"RtlUnicodeToMultiByteN", RtlUnicodeToMultiByteN, any_irql()},
        {"RtlUnicodeToMultiByteSize", RtlUnicodeToMultiByteSize, any_irql()},
        {"RtlUTF8ToUnicodeN", RtlUTF8ToUnicodeN, any_irql()},
        {"RtlUnicodeToUTF8N", RtlUnicodeToUTF8N, any_irql()},
        {"RtlIntegerToUnicodeString", RtlIntegerToUnicodeString, any_irql()},
        {"RtlInt64ToUnicodeString", RtlInt64ToUnicodeString, any_irql()},
        {"RtlUnicodeStringToInteger", RtlUnicodeStringToInteger, any_irql()},
        {"RtlCharToInteger", RtlCharToInteger, any_irql()},
        {"RtlIntegerToChar", RtlIntegerToChar, any_irql()},
        {"RtlStringFromGUID", RtlStringFromGUID, exactly(PASSIVE_LEVEL), {STATUS_NO_MEMORY}},
        {"RtlGUIDFromString", RtlGUIDFromString, exactly(PASSIVE_LEVEL)},
    },
    "rtl/string"};

const ExportFamily kRtlMemory{
    "ntoskrnl.exe",
    {
        {"RtlCompareMemory", RtlCompareMemory, any_irql()},
        {"RtlCompareMemoryUlong", RtlCompareMemoryUlong, any_irql()},
        {"RtlFillMemory", RtlFillMemory, any_irql()},
        {"RtlZeroMemory", RtlZeroMemory, any_irql()},
        {"RtlMoveMemory", RtlMoveMemory, any_irql()},
        {"RtlCopyMemoryNonTemporal", RtlCopyMemoryNonTemporal, any_irql()},
        {"RtlPrefetchMemoryNonTemporal", RtlPrefetchMemoryNonTemporal, any_irql()},
        {"RtlCopyMemory", RtlMoveMemory, any_irql()},
        {"RtlRandom", RtlRandom, any_irql()},
        {"RtlRandomEx", RtlRandomEx, any_irql()},
        {"RtlComputeCrc32", RtlComputeCrc32, any_irql()},
        {"RtlUlongByteSwap", RtlUlongByteSwap, any_irql()},
        {"RtlUshortByteSwap", RtlUshortByteSwap, any_irql()},
        {"RtlUlonglongByteSwap", RtlUlonglongByteSwap, any_irql()},
        {"RtlNtStatusToDosError", RtlNtStatusToDosError, any_irql()},
        {"RtlNtStatusToDosErrorNoTeb", RtlNtStatusToDosError, any_irql()},
    },
    "rtl/memory"};

const ExportFamily kRtlBitmaps{
    "ntoskrnl.exe",
    {
        {"RtlInitializeBitMap", RtlInitializeBitMap, any_irql()},
        {"RtlClearAllBits", RtlClearAllBits, any_irql()},
        {"RtlSetAllBits", RtlSetAllBits, any_irql()},
        {"RtlClearBit", RtlClearBit, any_irql()},
        {"RtlSetBit", RtlSetBit, any_irql()},
        {"RtlTestBit", RtlTestBit, any_irql()},
        {"RtlClearBits", RtlClearBits, any_irql()},
        {"RtlSetBits", RtlSetBits, any_irql()},
        {"RtlAreBitsClear", RtlAreBitsClear, any_irql()},
        {"RtlAreBitsSet", RtlAreBitsSet, any_irql()},
        {"RtlFindClearBits", RtlFindClearBits, any_irql()},
        {"RtlFindSetBits", RtlFindSetBits, any_irql()},
        {"RtlFindClearBitsAndSet", RtlFindClearBitsAndSet, any_irql()},
        {"RtlFindSetBitsAndClear", RtlFindSetBitsAndClear, any_irql()},
        {"RtlNumberOfSetBits", RtlNumberOfSetBits, any_irql()},
        {"RtlNumberOfClearBits", RtlNumberOfClearBits, any_irql()},
        {"RtlNumberOfSetBitsUlongPtr", RtlNumberOfSetBitsUlongPtr, any_irql()},
        {"RtlFindFirstRunClear", RtlFindFirstRunClear, any_irql()},
        {"RtlFindLongestRunClear", RtlFindLongestRunClear, any_irql()},
        {"RtlFindNextForwardRunClear", RtlFindNextForwardRunClear, any_irql()},
        {"RtlFindClearRuns", RtlFindClearRuns, any_irql()},
        {"RtlFindLeastSignificantBit", RtlFindLeastSignificantBit, any_irql()},
        {"RtlFindMostSignificantBit", RtlFindMostSignificantBit, any_irql()},
    },
    "rtl/bitmap"};

const ExportFamily kRtlTimes{
    "ntoskrnl.exe",
    {
        {"RtlTimeToTimeFields", RtlTimeToTimeFields, any_irql()},
        {"RtlTimeFieldsToTime", RtlTimeFieldsToTime, any_irql()},
        {"RtlTimeToElapsedTimeFields", RtlTimeToElapsedTimeFields, any_irql()},
        {"RtlTimeToSecondsSince1970", RtlTimeToSecondsSince1970, any_irql()},
        {"RtlTimeToSecondsSince1980", RtlTimeToSecondsSince1980, any_irql()},
        {"RtlSecondsSince1970ToTime", RtlSecondsSince1970ToTime, any_irql()},
        {"RtlSecondsSince1980ToTime", RtlSecondsSince1980ToTime, any_irql()},
    },
    "rtl/time"};

const ExportFamily kRtlVersion{
    "ntoskrnl.exe",
    {
        {"RtlGetVersion", RtlGetVersion, exactly(PASSIVE_LEVEL)},
        {"RtlVerifyVersionInfo", RtlVerifyVersionInfo, exactly(PASSIVE_LEVEL)},
        {"VerSetConditionMask", VerSetConditionMask, any_irql()},
        {"RtlIsNtDdiVersionAvailable", RtlIsNtDdiVersionAvailable, any_irql()},
        {"RtlIsServicePackVersionInstalled", RtlIsServicePackVersionInstalled, any_irql()},
        {"NtBuildNumber", DataExport{4, [](void* guest) { *static_cast<ULONG*>(guest) = 0xF0000000 | rtl::kBuildNumber; }}},
        {"InitSafeBootMode", DataExport{4, [](void* guest) { *static_cast<ULONG*>(guest) = 0; }}},
        {"NlsMbCodePageTag", DataExport{1, [](void* guest) { *static_cast<BOOLEAN*>(guest) = FALSE; }}},
        {"NlsMbOemCodePageTag", DataExport{1, [](void* guest) { *static_cast<BOOLEAN*>(guest) = FALSE; }}},
    },
    "rtl/version"};

const ExportFamily kRtlDebug{
    "ntoskrnl.exe",
    {
        {"DbgPrint", DbgPrint, any_irql()},
        {"DbgPrintEx", DbgPrintEx, any_irql()},
        {"DbgPrintReturnControlC", DbgPrintReturnControlC, any_irql()},
        {"vDbgPrintEx", vDbgPrintEx, any_irql()},
        {"vDbgPrintExWithPrefix", vDbgPrintExWithPrefix, any_irql()},
        {"DbgBreakPoint", DbgBreakPoint, any_irql()},
        {"DbgBreakPointWithStatus", DbgBreakPointWithStatus, any_irql()},
        {"RtlAssert", RtlAssert, any_irql()},
        {"DbgQueryDebugFilterState", DbgQueryDebugFilterState, any_irql()},
        {"DbgSetDebugFilterState", DbgSetDebugFilterState, any_irql()},
        {"KdRefreshDebuggerNotPresent", KdRefreshDebuggerNotPresent, any_irql()},
        {"KdDisableDebugger", KdDisableDebugger, any_irql()},
        {"KdEnableDebugger", KdEnableDebugger, any_irql()},
        {"DbgPrompt", not_built("nobody sits at a debugger to answer")},
        {"KdSystemDebugControl", not_built("no debugger is ever attached")},
        {"KdDebuggerEnabled", DataExport{1, [](void* guest) { *static_cast<BOOLEAN*>(guest) = FALSE; }}},
        {"KdDebuggerNotPresent", DataExport{1, [](void* guest) { *static_cast<BOOLEAN*>(guest) = TRUE; }}},
    },
    "rtl/debug"};

const ExportFamily kRtlTables{
    "ntoskrnl.exe",
    {
        {"RtlInitializeGenericTable", not_built("generic tables have no user yet")},
        {"RtlInsertElementGenericTable", not_built("generic tables have no user yet")},
        {"RtlDeleteElementGenericTable", not_built("generic tables have no user yet")},
        {"RtlLookupElementGenericTable", not_built("generic tables have no user yet")},
        {"RtlEnumerateGenericTable", not_built("generic tables have no user yet")},
        {"RtlGetElementGenericTable", not_built("generic tables have no user yet")},
        {"RtlNumberGenericTableElements", not_built("generic tables have no user yet")},
        {"RtlIsGenericTableEmpty", not_built("generic tables have no user yet")},
        {"RtlInitializeGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlInsertElementGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlDeleteElementGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlLookupElementGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlEnumerateGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlGetElementGenericTableAvl", not_built("generic tables have no user yet")},
        {"RtlNumberGenericTableElementsAvl", not_built("generic tables have no user yet")},
        {"RtlIsGenericTableEmptyAvl", not_built("generic tables have no user yet")},
        {"RtlEnumerateGenericTableWithoutSplaying", not_built("generic tables have no user yet")},
        {"RtlEnumerateGenericTableWithoutSplayingAvl", not_built("generic tables have no user yet")},
    },
    "rtl/table"};

}  // namespace

void rtl::add_exports(image::ExportIndex& index) {
  for (const ExportFamily* family : {&kCrtMemory, &kCrtStrings, &kCrtNumbers, &kCrtPrintf, &kRtlStrings, &kRtlMemory, &kRtlBitmaps,
                                     &kRtlTimes, &kRtlVersion, &kRtlDebug, &kRtlTables})
    index.add(*family);
}

void rtl::install(Kernel& kernel) { kernel.rtl = new State; }

}  // namespace drydock::ntos
