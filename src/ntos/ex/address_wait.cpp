#include "ntos/ex/address_wait.h"

#include "ntos/ex/state.h"
#include "ntos/ke/event.h"
#include "ntos/ke/wait.h"
#include "ntos/kernel.h"

namespace drydock::ntos::ex {

void wait_on(const void* address, const char* what) {
  auto& places = kernel().ex->wait_places;
  WaitPlace& place = places[address];
  if (place.event == nullptr) {
    place.event = new nt::KEVENT;
    KeInitializeEvent(place.event, nt::NotificationEvent, nt::FALSE);
  }
  place.event->Header.SignalState = 0;
  ++place.waiters;
  ke::wait_for_one(&place.event->Header, what);
  if (--place.waiters == 0) {
    delete place.event;
    places.erase(address);
  }
}

void wake(const void* address) {
  auto& places = kernel().ex->wait_places;
  auto place = places.find(address);
  if (place != places.end()) KeSetEvent(place->second.event, 0, nt::FALSE);
}

}  // namespace drydock::ntos::ex
