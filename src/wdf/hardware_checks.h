#pragma once
// What a driver may do with its hardware when (contract, sections 2, 10 and 22).

#include <string>
#include <vector>

#include "nt/base.h"

namespace drydock::wdf {

using namespace nt;

class Device;
class Queue;
struct Client;

/// WDF-182, WDF-221, WDF-224: STATUS_NOT_SUPPORTED is no answer to these callbacks.
void check_status(const Device& device, NTSTATUS status, const char* callback);

/// WDF-450: lines for interrupts that `client`'s driver has connected by itself, behind the framework's back.
std::vector<std::string> own_interrupts(const Client& client);
/// WDF-450: with its code gone, any connection ends in a fault.
void check_interrupts_at_unload(const Client& client);
/// WDF-452: the driver wants requests of a power-managed queue between ReleaseHardware and the next D0.
void check_not_released(Queue& queue, const char* function);

}  // namespace drydock::wdf
