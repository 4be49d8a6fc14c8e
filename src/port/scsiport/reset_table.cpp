#include "port/scsiport/reset_table.h"

namespace drydock::port::scsiport {

const char* state_name(ResetState state) {
  switch (state) {
    case ResetState::Running:
      return "Running";
    case ResetState::Resetting:
      return "Resetting";
    case ResetState::HoldOff:
      return "HoldOff";
    case ResetState::Stopped:
      return "Stopped";
    case ResetState::Failed:
      return "Failed";
  }
  return "?";
}

const char* event_name(ResetEvent event) {
  switch (event) {
    case ResetEvent::AdapterStarted:
      return "AdapterStarted";
    case ResetEvent::ResetWanted:
      return "ResetWanted";
    case ResetEvent::ResetDetected:
      return "ResetDetected";
    case ResetEvent::ResetRequestCompleted:
      return "ResetRequestCompleted";
    case ResetEvent::RoutineReturned:
      return "RoutineReturned";
    case ResetEvent::RequestArrives:
      return "RequestArrives";
    case ResetEvent::SrbGivenBack:
      return "SrbGivenBack";
    case ResetEvent::NextRequestNotified:
      return "NextRequestNotified";
    case ResetEvent::ClockEnds:
      return "ClockEnds";
    case ResetEvent::ResetsWithoutEnd:
      return "ResetsWithoutEnd";
    case ResetEvent::AdapterStopped:
      return "AdapterStopped";
  }
  return "?";
}

const char* action_name(ResetAction action) {
  switch (action) {
    case ResetAction::nothing:
      return "nothing";
    case ResetAction::open_queues:
      return "open_queues";
    case ResetAction::call_reset_bus:
      return "call_reset_bus";
    case ResetAction::start_hold_off:
      return "start_hold_off";
    case ResetAction::restart_hold_off:
      return "restart_hold_off";
    case ResetAction::start_request:
      return "start_request";
    case ResetAction::queue_request:
      return "queue_request";
    case ResetAction::refuse_request:
      return "refuse_request";
    case ResetAction::take_back:
      return "take_back";
    case ResetAction::take_back_after_return:
      return "take_back_after_return";
    case ResetAction::become_ready:
      return "become_ready";
    case ResetAction::remember_ready:
      return "remember_ready";
    case ResetAction::end_hold_off:
      return "end_hold_off";
    case ResetAction::drop_hold_off:
      return "drop_hold_off";
    case ResetAction::stop:
      return "stop";
    case ResetAction::fail_adapter:
      return "fail_adapter";
  }
  return "?";
}

}  // namespace drydock::port::scsiport
