#pragma once
// The types of <wdm.h> that a user-mode driver meets: resources, power states, statuses. They are the kernel's, so here
// they come from its headers; none of its functions is linked (cmake/guest.cmake).

#include <ntddk.h>

typedef int BOOL;

// Of ntdll.
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval);
