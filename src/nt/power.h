#pragma once
// System and device power states, and what a power IRP carries.

#include "nt/base.h"

namespace drydock::nt {

enum SYSTEM_POWER_STATE : LONG {
  PowerSystemUnspecified = 0,
  PowerSystemWorking = 1,
  PowerSystemSleeping1 = 2,
  PowerSystemSleeping2 = 3,
  PowerSystemSleeping3 = 4,
  PowerSystemHibernate = 5,
  PowerSystemShutdown = 6,
  PowerSystemMaximum = 7
};
using PSYSTEM_POWER_STATE = SYSTEM_POWER_STATE*;
inline constexpr ULONG POWER_SYSTEM_MAXIMUM = 7;

enum DEVICE_POWER_STATE : LONG {
  PowerDeviceUnspecified,
  PowerDeviceD0,
  PowerDeviceD1,
  PowerDeviceD2,
  PowerDeviceD3,
  PowerDeviceMaximum
};
using PDEVICE_POWER_STATE = DEVICE_POWER_STATE*;

enum POWER_STATE_TYPE : LONG { SystemPowerState, DevicePowerState };
using PPOWER_STATE_TYPE = POWER_STATE_TYPE*;

union POWER_STATE {
  SYSTEM_POWER_STATE SystemState;
  DEVICE_POWER_STATE DeviceState;
};
static_assert(sizeof(POWER_STATE) == 4);
using PPOWER_STATE = POWER_STATE*;

enum POWER_ACTION : LONG {
  PowerActionNone = 0,
  PowerActionReserved,
  PowerActionSleep,
  PowerActionHibernate,
  PowerActionShutdown,
  PowerActionShutdownReset,
  PowerActionShutdownOff,
  PowerActionWarmEject,
  PowerActionDisplayOff
};
using PPOWER_ACTION = POWER_ACTION*;

struct SYSTEM_POWER_STATE_CONTEXT {
  union {
    struct {
      ULONG Reserved1 : 8;
      ULONG TargetSystemState : 4;
      ULONG EffectiveSystemState : 4;
      ULONG CurrentSystemState : 4;
      ULONG IgnoreHibernationPath : 1;
      ULONG PseudoTransition : 1;
      ULONG KernelSoftReboot : 1;
      ULONG DirectedDripsTransition : 1;
      ULONG Reserved2 : 8;
    };
    ULONG ContextAsUlong;
  };
};
static_assert(sizeof(SYSTEM_POWER_STATE_CONTEXT) == 4);
using PSYSTEM_POWER_STATE_CONTEXT = SYSTEM_POWER_STATE_CONTEXT*;

struct POWER_SEQUENCE {
  ULONG SequenceD1;
  ULONG SequenceD2;
  ULONG SequenceD3;
};
static_assert(sizeof(POWER_SEQUENCE) == 12);
using PPOWER_SEQUENCE = POWER_SEQUENCE*;

constexpr const char* system_power_state_name(SYSTEM_POWER_STATE state) {
  switch (state) {
    case PowerSystemUnspecified:
      return "PowerSystemUnspecified";
    case PowerSystemWorking:
      return "PowerSystemWorking";
    case PowerSystemSleeping1:
      return "PowerSystemSleeping1";
    case PowerSystemSleeping2:
      return "PowerSystemSleeping2";
    case PowerSystemSleeping3:
      return "PowerSystemSleeping3";
    case PowerSystemHibernate:
      return "PowerSystemHibernate";
    case PowerSystemShutdown:
      return "PowerSystemShutdown";
    default:
      return nullptr;
  }
}

constexpr const char* device_power_state_name(DEVICE_POWER_STATE state) {
  switch (state) {
    case PowerDeviceUnspecified:
      return "PowerDeviceUnspecified";
    case PowerDeviceD0:
      return "PowerDeviceD0";
    case PowerDeviceD1:
      return "PowerDeviceD1";
    case PowerDeviceD2:
      return "PowerDeviceD2";
    case PowerDeviceD3:
      return "PowerDeviceD3";
    default:
      return nullptr;
  }
}

}  // namespace drydock::nt
