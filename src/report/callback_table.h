#pragma once
// What is documented of the order of a framework driver's callbacks (docs/contracts/wdf.md, "Scenarios: the exact
// order"): for each request, place in the device's life and failed step, what follows. S18 is not here, since class
// extensions are refused, S45 neither: what a user-mode driver's process does ends with it.

#include <cstdint>
#include <string_view>

namespace drydock::report {

/// Where a device stands in its life, as far as the order of its callbacks depends on it.
enum class Life : std::uint8_t {
  Added,
  InD0,
  Agreed,      ///< to be stopped or removed, in D0
  Idle,        ///< in Dx while the system works
  Asleep,      ///< in Dx with the system
  AgreedInDx,  ///< to be brought up first
  SaidFailed,  ///< its driver called WdfDeviceSetFailed
  Stopped,
  Surprised,
  FailedAtStart,  ///< before its self-managed I/O began
  Failed,
  FailedHolding,  ///< and still has its hardware, until its children have gone
  Removed,        ///< a PDO that its bus still reports
  Gone,
};

/// Some of them, as bits.
using Lives = std::uint16_t;
template <class... Each>
constexpr Lives in(Each... each) {
  return static_cast<Lives>((0u | ... | (1u << static_cast<unsigned>(each))));
}

struct DocumentedPart {
  std::string_view request;
  Lives lives;
  std::string_view scenario;  ///< of the contract's table, or the rule
  std::string_view failed;    ///< the callback, or the framework's own step, whose failure leads here; "": none failed
  std::string_view callbacks;
  Life after;
  std::string_view only = "";  ///< of a "PDO" or "filter"
};

// [...] is per object, as often as its driver registered it; {...} as often as it came: requests to ask about, or
// objects that it got as far as; <...> per object, as far as it came. Dx is any state but D3Final.
#define DMA_UP "[DmaFill; DmaEnable; DmaStart]; [Scan]; "
#define DMA_DOWN "[DmaStop; DmaDisable; DmaFlush]; "
#define ARMED_DOWN(arm, target) \
  "SmSuspend; {IoStop(S)}; " arm DMA_DOWN "PreInt(" target "); [IntDisable]; D0Exit(" target ")"
#define DOWN(target) ARMED_DOWN("", target)
#define FIRST_UP "D0Entry(D3Final); [IntEnable]; PostInt(D3Final); " DMA_UP
#define UP_AGAIN(disarm) "D0Entry(Dx); [IntEnable]; PostInt(Dx); " DMA_UP disarm "{IoResume}; SmRestart"
#define UP_AS_FAR_AS_DMA "; <DmaFill; DmaEnable; DmaStart>; <DmaStop; DmaDisable; DmaFlush>; PreInt(D3Final); "
#define PREPARED "RemoveAdded; PrepareHardware; "
#define AWAY "{IoStop(P)}; SmFlush"
#define OBJECTS "SmCleanup; ObjCleanup; ObjDestroy"
// The hardware is released at once or, with the order AfterDescendants, when all have gone.
#define UP_FAILED(scenario, failed, callbacks)                                                                         \
  {"SET_POWER D0", in(Life::Idle, Life::Asleep, Life::AgreedInDx), scenario, failed,                                   \
   callbacks "; ReleaseHardware; " AWAY, Life::Failed},                                                                \
      {"SET_POWER D0", in(Life::Idle, Life::Asleep, Life::AgreedInDx), scenario, failed, callbacks, Life::FailedHolding}

// The first of several that fit equally well is taken.
// clang-format off
inline constexpr DocumentedPart kParts[] = {
    // request, while it is, scenario, failed, callbacks, it is then, only a
    {"LOAD", in(Life::Added), "S41", "", "WdfVersionBind; DriverEntry; {DeviceAdd}; Unload; ObjCleanup; ObjDestroy; WdfVersionUnbind", Life::Added},
    {"LOAD", in(Life::Added), "S41", "", "WdfVersionBind; {DriverEntry}; {DeviceAdd}", Life::Added},  // and is there still
    {"LOAD", in(Life::Added), "S42", "", "WdfVersionBind; DriverEntry; WdfVersionUnbind; ObjCleanup; ObjDestroy", Life::Added},
    {"LOAD", in(Life::Added), "S43", "WdfVersionBind", "WdfVersionBind", Life::Added},

    {"ADD_DEVICE", in(Life::Added), "S39", "DeviceAdd", "ObjCleanup; ObjDestroy", Life::Gone},

    {"START", in(Life::Added), "S2", "", PREPARED FIRST_UP "SmInit", Life::InD0, "filter"},
    {"START", in(Life::Added), "S1", "", PREPARED FIRST_UP "SmInit", Life::InD0},
    {"START", in(Life::Added), "WDF-049", "RemoveAdded", "RemoveAdded", Life::Added},
    {"START", in(Life::Added), "WDF-057", "Lists", "", Life::Added},
    {"START", in(Life::Added), "WDF-057", "Lower", "{RemoveAdded}", Life::Added},
    {"START", in(Life::Added), "WDF-179", "Match", "RemoveAdded", Life::Added},
    {"START", in(Life::Added), "S17", "PrepareHardware", PREPARED "ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "WDF-063", "Capabilities", PREPARED "ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "S19", "D0Entry", PREPARED "D0Entry(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "S20", "IntEnable", PREPARED "D0Entry(D3Final); {IntEnable}; {IntDisable}; D0Exit(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "WDF-197", "Connect", PREPARED "D0Entry(D3Final); {IntEnable}; {IntDisable}; D0Exit(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "S21", "PostInt", PREPARED "D0Entry(D3Final); [IntEnable]; PostInt(D3Final); [IntDisable]; D0Exit(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "S22", "DmaEnable", PREPARED "D0Entry(D3Final); [IntEnable]; PostInt(D3Final)" UP_AS_FAR_AS_DMA "[IntDisable]; D0Exit(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "WDF-200", "DmaFill", PREPARED "D0Entry(D3Final); [IntEnable]; PostInt(D3Final)" UP_AS_FAR_AS_DMA "[IntDisable]; D0Exit(D3Final); ReleaseHardware", Life::FailedAtStart},
    {"START", in(Life::Added), "S23", "SmInit", PREPARED FIRST_UP "SmInit; {IoStop(S)}; " DMA_DOWN "PreInt(D3Final); [IntDisable]; D0Exit(D3Final); ReleaseHardware; " AWAY, Life::Failed},
    {"START", in(Life::Added), "S24", "Wmi", PREPARED FIRST_UP "SmInit; " DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Failed},
    {"START", in(Life::Stopped), "S7", "", PREPARED FIRST_UP "{IoResume}; SmRestart", Life::InD0},
    {"START", in(Life::Stopped), "WDF-057", "Lower", "{RemoveAdded}; " AWAY, Life::Failed},
    {"START", in(Life::Stopped), "WDF-179", "Match", "RemoveAdded; " AWAY, Life::Failed},
    {"START", in(Life::Stopped), "S31", "PrepareHardware", PREPARED "ReleaseHardware; " AWAY, Life::Failed},
    {"START", in(Life::InD0, Life::Agreed), "S9", "", DOWN("D3Final") "; ReleaseHardware; " PREPARED FIRST_UP "{IoResume}; SmRestart", Life::InD0},
    {"START", in(Life::Removed), "S35", "", "PrepareHardware; " FIRST_UP "SmRestart", Life::InD0},
    {"START", in(Life::FailedAtStart, Life::Failed), "S29", "", "", Life::Failed},

    {"QUERY_STOP", in(Life::InD0), "S7", "", "QueryStop", Life::Agreed},
    {"QUERY_STOP", in(Life::InD0), "WDF-223", "QueryStop", "QueryStop", Life::InD0},
    {"QUERY_STOP", in(Life::Idle, Life::Asleep), "S37", "", "QueryStop", Life::AgreedInDx},
    {"CANCEL_STOP", in(Life::InD0, Life::Agreed, Life::AgreedInDx), "S8", "", "", Life::InD0},
    {"STOP", in(Life::InD0, Life::Agreed), "S7", "", DOWN("D3Final") "; ReleaseHardware", Life::Stopped},
    {"STOP", in(Life::InD0, Life::Agreed), "S29", "ReleaseHardware", DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Failed},

    {"SET_POWER Dx, idle", in(Life::InD0), "S5", "", DOWN("Dx"), Life::Idle},
    {"SET_POWER Dx, idle", in(Life::InD0), "S4", "", ARMED_DOWN("ArmS0; ", "Dx"), Life::Idle},
    {"SET_POWER Dx, idle", in(Life::InD0), "S32", "ArmS0", ARMED_DOWN("ArmS0; ", "Dx"), Life::Idle},
    {"SET_POWER Dx, idle", in(Life::InD0), "S28", "D0Exit", DOWN("Dx") "; ReleaseHardware; " AWAY, Life::Failed},
    {"SET_POWER Dx", in(Life::InD0), "S3", "", DOWN("Dx"), Life::Asleep},
    {"SET_POWER Dx", in(Life::InD0), "WDF-092", "", ARMED_DOWN("ArmSx; ", "Dx"), Life::Asleep},
    {"SET_POWER Dx", in(Life::InD0), "WDF-214", "ArmSx", ARMED_DOWN("ArmSx; DisarmSx; ", "Dx"), Life::Asleep},
    {"SET_POWER Dx", in(Life::InD0), "S6", "", DOWN("D3Final"), Life::Asleep},
    {"SET_POWER Dx", in(Life::InD0), "S28", "D0Exit", DOWN("Dx") "; ReleaseHardware; " AWAY, Life::Failed},
    {"SET_POWER D0", in(Life::InD0), "WDF-105", "", "", Life::InD0},  // it could not be sent to Dx
    {"SET_POWER D0", in(Life::Idle), "S5", "", UP_AGAIN(""), Life::InD0},
    {"SET_POWER D0", in(Life::Idle), "S5", "", UP_AGAIN("DisarmS0; "), Life::InD0},
    {"SET_POWER D0", in(Life::Idle), "S4", "", UP_AGAIN("TriggeredS0; DisarmS0; "), Life::InD0},
    {"SET_POWER D0", in(Life::Asleep), "S3", "", UP_AGAIN(""), Life::InD0},
    {"SET_POWER D0", in(Life::Asleep), "WDF-098", "", UP_AGAIN("DisarmSx; "), Life::InD0},
    {"SET_POWER D0", in(Life::Asleep), "WDF-098", "", UP_AGAIN("TriggeredSx; DisarmSx; "), Life::InD0},
    {"SET_POWER D0", in(Life::AgreedInDx), "S11, S37", "", UP_AGAIN(""), Life::Agreed},
    {"SET_POWER D0", in(Life::AgreedInDx), "S11, S37", "", UP_AGAIN("DisarmS0; "), Life::Agreed},
    {"SET_POWER D0", in(Life::Idle, Life::Asleep, Life::AgreedInDx), "S25", "D0Entry", "D0Entry(Dx); ReleaseHardware; " AWAY, Life::Failed},
    {"SET_POWER D0", in(Life::Idle, Life::Asleep, Life::AgreedInDx), "S26", "D0Entry", "D0Entry(Dx)", Life::FailedHolding},
    UP_FAILED("WDF-190", "Request", ""),  // there was no memory for it
    UP_FAILED("WDF-197", "IntEnable", "D0Entry(Dx); {IntEnable}; {IntDisable}; D0Exit(D3Final)"),
    UP_FAILED("WDF-197", "Connect", "D0Entry(Dx); {IntEnable}; {IntDisable}; D0Exit(D3Final)"),
    UP_FAILED("WDF-199", "PostInt", "D0Entry(Dx); [IntEnable]; PostInt(Dx); [IntDisable]; D0Exit(D3Final)"),
    UP_FAILED("WDF-200", "DmaFill", "D0Entry(Dx); [IntEnable]; PostInt(Dx)" UP_AS_FAR_AS_DMA "[IntDisable]; D0Exit(D3Final)"),
    UP_FAILED("WDF-200", "DmaEnable", "D0Entry(Dx); [IntEnable]; PostInt(Dx)" UP_AS_FAR_AS_DMA "[IntDisable]; D0Exit(D3Final)"),
    UP_FAILED("S27", "SmRestart", UP_AGAIN("") "; {IoStop(S)}; " DMA_DOWN "PreInt(D3Final); [IntDisable]; D0Exit(D3Final)"),
    UP_FAILED("S27", "SmRestart", UP_AGAIN("DisarmS0; ") "; {IoStop(S)}; " DMA_DOWN "PreInt(D3Final); [IntDisable]; D0Exit(D3Final)"),
    UP_FAILED("S27", "SmRestart", UP_AGAIN("TriggeredS0; DisarmS0; ") "; {IoStop(S)}; " DMA_DOWN "PreInt(D3Final); [IntDisable]; D0Exit(D3Final)"),

    {"QUERY_REMOVE", in(Life::Added), "S38", "", "", Life::Added},
    {"QUERY_REMOVE", in(Life::InD0), "S34", "", "QueryRemove", Life::Agreed, "PDO"},
    {"QUERY_REMOVE", in(Life::InD0), "S10", "", "QueryRemove", Life::Agreed},
    {"QUERY_REMOVE", in(Life::InD0), "S13", "QueryRemove", "QueryRemove", Life::InD0},
    {"QUERY_REMOVE", in(Life::Idle, Life::Asleep), "S11", "", "QueryRemove", Life::AgreedInDx},
    {"CANCEL_REMOVE", in(Life::InD0, Life::Agreed, Life::AgreedInDx), "S13", "", "", Life::InD0},
    {"REMOVE", in(Life::Agreed), "S34", "", DOWN("D3Final") "; ReleaseHardware; " AWAY "; " OBJECTS, Life::Gone, "PDO"},
    {"REMOVE", in(Life::Agreed), "S10", "", DOWN("D3Final") "; ReleaseHardware; " AWAY "; " OBJECTS, Life::Gone},
    {"REMOVE", in(Life::InD0), "S12", "", DOWN("D3Final") "; ReleaseHardware; " AWAY "; " OBJECTS, Life::Gone},
    {"REMOVE", in(Life::InD0, Life::Agreed), "S30", "ReleaseHardware", DOWN("D3Final") "; ReleaseHardware; " AWAY "; " OBJECTS, Life::Gone},
    {"REMOVE", in(Life::InD0, Life::Agreed), "S35", "", DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Removed, "PDO"},
    {"REMOVE", in(Life::Removed), "S36", "", OBJECTS, Life::Gone},
    {"REMOVE", in(Life::Removed), "S44", "", "", Life::Removed},
    {"REMOVE", in(Life::Added), "S38", "", "ObjCleanup; ObjDestroy", Life::Gone},
    {"", in(Life::Added), "WDF-335", "", "ObjCleanup; ObjDestroy", Life::Gone, "PDO"},  // never reported
    {"REMOVE", in(Life::FailedAtStart), "S17", "", "ObjCleanup; ObjDestroy", Life::Gone},
    {"REMOVE", in(Life::Failed), "S23", "", OBJECTS, Life::Gone},
    {"REMOVE", in(Life::Added, Life::FailedAtStart, Life::Failed), "S35", "", "", Life::Removed, "PDO"},
    {"REMOVE", in(Life::Surprised), "S40", "", OBJECTS, Life::Gone, "PDO"},
    {"REMOVE", in(Life::Surprised), "WDF-141", "", "", Life::Surprised, "PDO"},  // its bus still reports it
    {"REMOVE", in(Life::Surprised), "S14", "", OBJECTS, Life::Gone},
    {"EJECT", in(Life::Removed), "S36", "", "Eject", Life::Removed},
    {"EJECT", in(Life::Removed), "S44", "Eject", "Eject", Life::Removed},

    {"SURPRISE_REMOVAL", in(Life::Added), "S38", "", "", Life::Added},
    {"SURPRISE_REMOVAL", in(Life::InD0, Life::Agreed), "S40", "", "SurpriseRemoval; " DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Surprised, "PDO"},
    {"SURPRISE_REMOVAL", in(Life::InD0, Life::Agreed), "S14", "", "SurpriseRemoval; " DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::SaidFailed), "S33", "", "SurpriseRemoval; " DOWN("D3Final") "; ReleaseHardware; " AWAY, Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::Idle, Life::Asleep, Life::AgreedInDx), "S15", "", "SurpriseRemoval; ReleaseHardware; " AWAY, Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::Stopped), "S16", "", "SurpriseRemoval; " AWAY, Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::FailedAtStart, Life::Failed), "S25", "", "SurpriseRemoval", Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::FailedHolding), "S26", "", "SurpriseRemoval; ReleaseHardware; " AWAY, Life::Surprised},
    {"SURPRISE_REMOVAL", in(Life::Removed), "S36", "", "SurpriseRemoval", Life::Removed},
};
// clang-format on

#undef DMA_UP
#undef DMA_DOWN
#undef ARMED_DOWN
#undef DOWN
#undef FIRST_UP
#undef UP_AGAIN
#undef UP_AS_FAR_AS_DMA
#undef UP_FAILED
#undef PREPARED
#undef AWAY
#undef OBJECTS

/// They come when a bus is asked about its children or a child about wake: in no fixed place among the others.
inline constexpr std::string_view kAnyTime[] = {"CreateChild", "ReportedMissing", "EnableWakeAtBus",
                                                "DisableWakeAtBus"};

}  // namespace drydock::report
