#include "models/pvscsi/pvscsi_model.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "host/check.h"
#include "models/pvscsi/request_stream.h"

namespace drydock::models::pvscsi {

namespace {

constexpr machine::Duration kSpuriousInterruptDelay = std::chrono::microseconds(20);
constexpr machine::Duration kSpuriousInterruptLength = std::chrono::microseconds(20);
constexpr machine::Duration kForeignResetDelay = std::chrono::microseconds(50);
constexpr machine::Duration kBusyFor = std::chrono::minutes(1);
constexpr machine::Duration kScribbleDelay = std::chrono::microseconds(50);
constexpr std::size_t kScribbleBytes = 512;
constexpr std::byte kScribble{0xDD};

pci::FunctionDescription describe(const Options& options) {
  pci::FunctionDescription d;
  d.vendor = d.subsystem_vendor = kVendorId;
  d.device = d.subsystem = kDeviceId;
  d.class_code = kClassCode;
  d.revision = kRevision;
  d.interrupt_pin = 1;
  d.bars[0] = {.size = kBar0Bytes};
  d.pci_express.offset = kPciExpressOffset;
  if (options.has_msi) d.msi.offset = kMsiOffset;
  return d;
}

constexpr std::uint16_t unit_key(std::uint8_t target, std::uint8_t lun) {
  return static_cast<std::uint16_t>(target << 8 | lun);
}

scsi::LogicalUnit make_unit(const Disk& disk) {
  scsi::UnitIdentity identity = disk.identity;
  const std::uint64_t number = unit_key(disk.target, disk.lun);
  if (identity.serial_number.empty()) {
    identity.serial_number = "DD0000";
    for (unsigned i = 0; i < 4; ++i) identity.serial_number[5 - i] = "0123456789ABCDEF"[number >> (4 * i) & 0xF];
  }
  if (identity.name == 0) identity.name = 0x0DD0C00000000000ull | number;
  return scsi::LogicalUnit(std::move(identity), disk.backing, disk.block_bytes);
}

/// Dwords that follow a command; 0 for those that act at once.
constexpr std::size_t argument_dwords(Command command) {
  switch (command) {
    case Command::SetupRings:
      return sizeof(SetupRingsArguments) / 4;
    case Command::ResetDevice:
      return sizeof(ResetDeviceArguments) / 4;
    case Command::AbortCommand:
      return sizeof(AbortArguments) / 4;
    case Command::Config:
      return kConfigArgumentDwords;
    case Command::SetupMessageRing:
      return sizeof(SetupMessageRingArguments) / 4;
    default:
      return 0;
  }
}

}  // namespace

std::uint64_t PvscsiModel::Ring::address_of(std::uint32_t at) const {
  const std::uint64_t offset = std::uint64_t{at & (std::bit_floor(entries()) - 1)} * entry_bytes;
  return pages[offset / kPageBytes] + offset % kPageBytes;
}

PvscsiModel::PvscsiModel(machine::DeviceWires& wires, Options options)
    : wires_(wires), options_(std::move(options)), config_(describe(options_)) {
  request_ring_.entry_bytes = sizeof(RequestDescriptor);
  completion_ring_.entry_bytes = sizeof(CompletionDescriptor);
  message_ring_.entry_bytes = sizeof(MessageDescriptor);
  for (const Disk& disk : options_.disks) {
    targets_[disk.target].add(disk.lun, make_unit(disk));
    units_[unit_key(disk.target, disk.lun)].queue_depth_max = disk.queue_depth_max;
  }
}

bool PvscsiModel::strikes(unsigned Faults::*fault) {
  if (unsigned& certain = certain_.*fault; certain != 0) {
    --certain;
    wires_.note(site_of(fault));
    return true;
  }
  unsigned& strikes_left = options_.faults.*fault;
  if (strikes_left == 0 || wires_.choose(site_of(fault), 2) == 0) return false;
  --strikes_left;
  wires_.note(site_of(fault));
  return true;
}

// ---- configuration space and registers

std::uint32_t PvscsiModel::config_read(unsigned offset, unsigned size) {
  return dead_ ? static_cast<std::uint32_t>(pci::all_ones(size)) : config_.read(offset, size);
}

void PvscsiModel::config_write(unsigned offset, unsigned size, std::uint32_t value) {
  if (!dead_) config_.write(offset, size, value);
}

std::uint64_t PvscsiModel::read(unsigned, std::uint64_t offset, unsigned size) {
  if (dead_) return pci::all_ones(size);
  const std::uint32_t value = read_register(offset & ~3ull);
  if ((offset & ~3ull) == reg::kInterruptStatus) end_spurious_interrupt();
  return std::uint64_t{value} >> (offset % 4 * 8);
}

void PvscsiModel::write(unsigned, std::uint64_t offset, unsigned size, std::uint64_t value) {
  if (dead_ || offset % 4 != 0) return;
  write_register(offset, static_cast<std::uint32_t>(value));
  if (size == 8 && !dead_) write_register(offset + 4, static_cast<std::uint32_t>(value >> 32));
}

std::uint32_t PvscsiModel::read_register(std::uint64_t offset) const {
  switch (offset) {
    case reg::kCommandStatus:
      return command_status_;
    case reg::kInterruptStatus:
      return interrupt_status_;
    case reg::kInterruptMask:
      return interrupt_mask_;
    default:
      return 0;
  }
}

void PvscsiModel::write_register(std::uint64_t offset, std::uint32_t value) {
  switch (offset) {
    case reg::kCommand:
      begin_command(value);
      break;
    case reg::kCommandData:
      command_data(value);
      break;
    case reg::kInterruptStatus:
      interrupt_status_ &= ~value;
      interrupt_lost_ = line_stale_ = false;
      update_interrupt();
      break;
    case reg::kInterruptMask:
      interrupt_mask_ = value & interrupt::kAll;
      line_stale_ = false;
      update_interrupt();
      break;
    case reg::kKickOther:
    case reg::kKickReadWrite:
      take_requests();
      break;
    default:
      break;
  }
}

// ---- commands

void PvscsiModel::begin_command(std::uint32_t value) {
  command_ = value >= 1 && value <= static_cast<std::uint32_t>(Command::DeviceUnplug) ? static_cast<Command>(value)
                                                                                      : Command::None;
  command_dwords_.clear();
  run_command_if_complete();
}

void PvscsiModel::command_data(std::uint32_t value) {
  if (command_ == Command::None) return;
  command_dwords_.push_back(value);
  run_command_if_complete();
}

void PvscsiModel::run_command_if_complete() {
  if (command_dwords_.size() < argument_dwords(command_)) {
    command_status_ = command_status::kMoreData;
    return;
  }
  command_status_ = run_command();
  command_ = Command::None;
}

template <class Arguments>
Arguments PvscsiModel::arguments() const {
  HOST_CHECK(command_dwords_.size() * 4 == sizeof(Arguments));
  Arguments result;
  std::memcpy(&result, command_dwords_.data(), sizeof result);
  return result;
}

std::uint32_t PvscsiModel::run_command() {
  switch (command_) {
    case Command::AdapterReset:
      return adapter_reset_command();
    case Command::SetupRings:
      return set_up_rings(arguments<SetupRingsArguments>());
    case Command::ResetBus:
      return bus_reset_command();
    case Command::ResetDevice:
      return device_reset_command(arguments<ResetDeviceArguments>());
    case Command::AbortCommand:
      return abort_command(arguments<AbortArguments>());
    case Command::SetupMessageRing:
      return set_up_message_ring(arguments<SetupMessageRingArguments>());
    default:
      return command_status::kFailed;
  }
}

std::uint32_t PvscsiModel::set_up_rings(const SetupRingsArguments& a) {
  if (a.request_pages == 0 || a.request_pages > kRingPagesMax || a.completion_pages == 0 ||
      a.completion_pages > kRingPagesMax)
    return command_status::kFailed;
  const auto fill = [](Ring& ring, std::uint32_t pages, const auto& numbers) {
    ring.index = 0;
    ring.pages.clear();
    for (std::uint32_t i = 0; i < pages; ++i) ring.pages.push_back(numbers[i] << kPageShift);
  };
  fill(request_ring_, a.request_pages, a.request_page);
  fill(completion_ring_, a.completion_pages, a.completion_page);
  state_page_ = a.state_page << kPageShift;
  rings_valid_ = write_state(ring_state::kRequestEntriesLog2, std::bit_width(request_ring_.entries()) - 1) &&
                 write_state(ring_state::kCompletionEntriesLog2, std::bit_width(completion_ring_.entries()) - 1);
  return rings_valid_ ? command_status::kGood : command_status::kFailed;
}

std::uint32_t PvscsiModel::set_up_message_ring(const SetupMessageRingArguments& a) {
  if (!rings_valid_ || a.pages == 0 || a.pages > kMessageRingPagesMax) return command_status::kFailed;
  message_ring_.index = 0;
  message_ring_.pages.clear();
  for (std::uint32_t i = 0; i < a.pages; ++i) message_ring_.pages.push_back(a.page[i] << kPageShift);
  message_ring_valid_ = write_state(ring_state::kMessageEntriesLog2, std::bit_width(message_ring_.entries()) - 1);
  return message_ring_valid_ ? sizeof a / 4 : command_status::kFailed;
}

std::uint32_t PvscsiModel::adapter_reset_command() {
  ++statistics_.adapter_resets;
  wires_.bus_reset(0);
  for (const auto& [id, request] : requests_) maybe_scribble(request);
  // What is cancelled goes into the old ring now, on this write; afterwards no old request is touched any more.
  const bool interrupts_were_wanted = interrupt_mask_ & interrupt::kCompletion;
  const bool cancels_some = rings_valid_ && !requests_.empty();
  const std::uint32_t mask = std::exchange(interrupt_mask_, 0);
  cancel([](const Request&) { return true; }, HostStatus::BusReset);
  interrupt_mask_ = mask;
  reset_all_targets();
  forget_rings();
  interrupt_status_ = 0;
  bus_stuck_ = interrupt_lost_ = false;
  bus_busy_until_ = {};
  line_stale_ = options_.line_outlives_adapter_reset && cancels_some && interrupts_were_wanted;
  update_interrupt();
  return command_status::kGood;
}

std::uint32_t PvscsiModel::bus_reset_command() {
  if (strikes(&Faults::failing_bus_resets)) return command_status::kFailed;
  ++statistics_.bus_resets;
  if (!bus_stuck_ && strikes(&Faults::endless_bus_resets)) bus_stuck_ = true;
  if (bus_stuck_) {
    for (auto& [id, request] : requests_) wires_.cancel(std::exchange(request.event, 0));
    return command_status::kGood;
  }
  wires_.bus_reset(0);
  cancel_after_reset([](const Request&) { return true; });
  reset_all_targets();
  return command_status::kGood;
}

std::uint32_t PvscsiModel::device_reset_command(const ResetDeviceArguments& a) {
  RequestDescriptor addressed{};
  addressed.lun = a.lun;
  addressed.target = static_cast<std::uint8_t>(a.target);
  scsi::Target* found = a.target <= 0xFF ? target(addressed.target) : nullptr;
  scsi::LogicalUnit* unit = found && addresses_unit(addressed) ? found->unit(a.lun[1]) : nullptr;
  if (unit == nullptr) return command_status::kFailed;
  ++statistics_.device_resets;
  if (bus_stuck_) return command_status::kGood;
  cancel_after_reset([&](const Request& request) {
    return request.descriptor.target == addressed.target && request.descriptor.lun == addressed.lun;
  });
  unit->reset();
  unit_of(addressed)->busy_until = {};
  return command_status::kGood;
}

std::uint32_t PvscsiModel::abort_command(const AbortArguments& a) {
  if (bus_stuck_) return command_status::kGood;
  bool found = false;
  cancel(
      [&](const Request& request) {
        const bool this_one =
            !found && request.descriptor.context == a.context && request.descriptor.target == a.target;
        found |= this_one;
        return this_one;
      },
      HostStatus::Aborted);
  return command_status::kGood;  // also when it had ended by itself
}

// ---- rings

std::uint32_t PvscsiModel::read_state(unsigned field, bool& ok) {
  std::uint32_t value = 0;
  ok = wires_.dma_read(state_page_ + field, std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

bool PvscsiModel::write_state(unsigned field, std::uint32_t value) {
  return wires_.dma_write(state_page_ + field, std::as_bytes(std::span(&value, 1)));
}

void PvscsiModel::forget_rings() {
  rings_valid_ = message_ring_valid_ = false;
  command_ = Command::None;
  command_dwords_.clear();
  request_ring_.pages.clear();
  completion_ring_.pages.clear();
  message_ring_.pages.clear();
}

// ---- requests

bool PvscsiModel::addresses_unit(const RequestDescriptor& d) {
  if (d.bus != 0 || d.lun[0] != 0) return false;
  return std::all_of(d.lun.begin() + 2, d.lun.end(), [](std::uint8_t byte) { return byte == 0; });
}

scsi::Target* PvscsiModel::target(std::uint8_t number) {
  const auto found = targets_.find(number);
  return found == targets_.end() ? nullptr : &found->second;
}

PvscsiModel::Unit* PvscsiModel::unit_of(const RequestDescriptor& d) {
  const auto found = addresses_unit(d) ? units_.find(unit_key(d.target, d.lun[1])) : units_.end();
  return found == units_.end() ? nullptr : &found->second;
}

machine::Duration PvscsiModel::latency_of(const RequestDescriptor& d) const {
  constexpr std::uint64_t kKibMax = 1u << 20;  // an absurd length is refused later; it must not overflow the clock
  const std::uint64_t kib = (d.flags & request_flag::kNoData) ? 0 : std::min(d.data_length / 1024, kKibMax);
  return options_.latency_per_request + options_.latency_per_kib * static_cast<std::int64_t>(kib);
}

void PvscsiModel::take_requests() {
  if (!rings_valid_) return;
  if (strikes(&Faults::deaths)) {
    die();
    return;
  }
  maybe_interrupt_spuriously();
  if (strikes(&Faults::foreign_bus_resets)) wires_.after(kForeignResetDelay, [this] { reset_bus_from_outside(); });
  bool ok = false;
  const std::uint32_t producer = read_state(ring_state::kRequestProducer, ok);
  if (!ok) return;
  if (producer - request_ring_.index > std::bit_floor(request_ring_.entries())) {
    wires_.note("pvscsi: request producer is more than a ring ahead");
    return;
  }
  while (request_ring_.index != producer) {
    RequestDescriptor descriptor;
    if (!wires_.dma_read(request_ring_.address_of(request_ring_.index),
                         std::as_writable_bytes(std::span(&descriptor, 1)))) {
      wires_.note("pvscsi: request ring is not memory");
      return;
    }
    ++request_ring_.index;
    write_state(ring_state::kRequestConsumer, request_ring_.index);
    accept(descriptor);
  }
}

void PvscsiModel::accept(const RequestDescriptor& descriptor) {
  ++statistics_.requests;
  const RequestId id = ++last_request_;
  if (watch_.to_come != 0 && --watch_.to_come == 0) {
    watch_.id = id;
    if (watch_.taken) watch_.taken();
  }
  Request& request = requests_[id];
  request.descriptor = descriptor;
  request.due = std::max(wires_.now(), bus_busy_until_) + latency_of(descriptor);
  if (Unit* unit = unit_of(descriptor)) {
    if (strikes(&Faults::busy_units)) unit->busy_until = wires_.now() + kBusyFor;
    const bool busy = wires_.now() < unit->busy_until;
    if (busy || (unit->queue_depth_max != 0 && unit->queued >= unit->queue_depth_max)) {
      requests_.erase(id);
      CompletionDescriptor refused{};
      refused.context = descriptor.context;
      refused.scsi_status = static_cast<std::uint16_t>(busy ? scsi::Status::Busy : scsi::Status::TaskSetFull);
      complete(refused);
      return;
    }
    ++unit->queued;
    request.counted = true;
    request.due = std::max(request.due, unit->ordered_after);
    if (descriptor.tag == kOrderedTag) {
      // It ends after everything this unit already has.
      for (const auto& [other_id, other] : requests_)
        if (other_id != id && other.event != 0 && unit_of(other.descriptor) == unit)
          request.due = std::max(request.due, other.due);
      unit->ordered_after = request.due;
    }
  }
  if (bus_stuck_ || strikes(&Faults::hung_requests)) return;
  if (strikes(&Faults::late_completions)) request.due += options_.faults.late_by;
  request.event = wires_.after(request.due - wires_.now(), [this, id] { finish(id); });
}

/// Takes a request that ends, one way or another, off the books.
void PvscsiModel::forget(Request& request) {
  wires_.cancel(std::exchange(request.event, 0));
  if (!std::exchange(request.counted, false)) return;
  if (Unit* unit = unit_of(request.descriptor)) --unit->queued;
}

void PvscsiModel::finish(RequestId id) {
  auto node = requests_.extract(id);
  HOST_CHECK(!node.empty());
  if (id == watch_.id) {
    watch_.id = 0;
    if (watch_.ended) watch_.ended();
  }
  node.mapped().event = 0;
  forget(node.mapped());
  const RequestDescriptor& descriptor = node.mapped().descriptor;
  const CompletionDescriptor completion = execute(descriptor);
  wires_.command_ended(std::array{descriptor.data_address, descriptor.sense_address});
  complete(completion);
}

CompletionDescriptor PvscsiModel::execute(const RequestDescriptor& descriptor) {
  CompletionDescriptor completion{};
  completion.context = descriptor.context;
  const auto host_status = [&](HostStatus status) { completion.host_status = static_cast<std::uint16_t>(status); };
  scsi::Target* addressed = addresses_unit(descriptor) ? target(descriptor.target) : nullptr;
  if (addressed == nullptr) {
    host_status(HostStatus::SelectionTimeout);
    return completion;
  }
  if (descriptor.cdb_length == 0 || descriptor.cdb_length > descriptor.cdb.size()) {
    host_status(HostStatus::InvalidParameter);
    return completion;
  }
  RequestStream stream(wires_, descriptor);
  const scsi::Response response =
      addressed->execute(descriptor.lun[1], std::span(descriptor.cdb).first(descriptor.cdb_length), stream);
  completion.data_length = stream.transferred();
  (descriptor.flags & request_flag::kToDevice ? statistics_.bytes_written : statistics_.bytes_read) +=
      stream.transferred();
  if (stream.wrong_direction()) {
    host_status(HostStatus::BadMessage);
    return completion;
  }
  if (stream.failed()) {
    host_status(HostStatus::Hardware);
    return completion;
  }
  completion.scsi_status = static_cast<std::uint16_t>(response.status);
  const std::uint64_t expected = (descriptor.flags & request_flag::kNoData) ? 0 : descriptor.data_length;
  if (response.status == scsi::Status::CheckCondition)
    write_sense(descriptor, response.sense, completion);
  else if (response.status == scsi::Status::Good && (stream.overran() || stream.transferred() != expected))
    host_status(HostStatus::DataRun);
  return completion;
}

void PvscsiModel::write_sense(const RequestDescriptor& descriptor, scsi::Sense sense,
                              CompletionDescriptor& completion) {
  const auto data = scsi::fixed_sense(sense);
  const std::size_t count = std::min<std::size_t>(descriptor.sense_length, data.size());
  if (count != 0 && wires_.dma_write(descriptor.sense_address, std::span(data).first(count)))
    completion.sense_length = static_cast<std::uint32_t>(count);
}

void PvscsiModel::complete(const CompletionDescriptor& completion) {
  if (!rings_valid_) return;
  bool ok = false;
  const std::uint32_t consumer = read_state(ring_state::kCompletionConsumer, ok);
  if (ok && completion_ring_.index - consumer >= std::bit_floor(completion_ring_.entries()))
    wires_.note("pvscsi: completion ring overflows");
  if (!wires_.dma_write(completion_ring_.address_of(completion_ring_.index), std::as_bytes(std::span(&completion, 1))))
    return;
  ++completion_ring_.index;
  write_state(ring_state::kCompletionProducer, completion_ring_.index);
  ++statistics_.completions;
  raise(interrupt::kCompletion);
}

/// Ends those requests now.
void PvscsiModel::cancel(const std::function<bool(const Request&)>& which, HostStatus status) {
  for (auto it = requests_.begin(); it != requests_.end();) {
    const auto candidate = it++;
    if (which(candidate->second)) end_cancelled(candidate->first, status);
  }
}

void PvscsiModel::end_cancelled(RequestId id, HostStatus status) {
  auto node = requests_.extract(id);
  HOST_CHECK(!node.empty());
  forget(node.mapped());
  CompletionDescriptor completion{};
  completion.context = node.mapped().descriptor.context;
  completion.host_status = static_cast<std::uint16_t>(status);
  ++statistics_.cancelled;
  complete(completion);
}

/// Ends those requests when the reset is over, which may be now.
void PvscsiModel::cancel_after_reset(const std::function<bool(const Request&)>& which) {
  for (const auto& [id, request] : requests_)
    if (which(request)) maybe_scribble(request);
  if (options_.reset_latency == machine::Duration{0}) {
    cancel(which, HostStatus::BusReset);
    return;
  }
  bus_busy_until_ = wires_.now() + options_.reset_latency;
  for (auto& [id, request] : requests_) {
    if (!which(request)) continue;
    wires_.cancel(request.event);
    request.due = bus_busy_until_;
    request.event = wires_.after(options_.reset_latency, [this, id = id] { end_cancelled(id, HostStatus::BusReset); });
  }
}

void PvscsiModel::maybe_scribble(const Request& request) {
  const RequestDescriptor& d = request.descriptor;
  if (!(d.flags & request_flag::kToHost) || !strikes(&Faults::dma_after_reset)) return;
  const machine::Duration delay = std::max(request.due - wires_.now(), kScribbleDelay);
  wires_.after(delay, [this, d] {
    if (dead_) return;
    std::array<std::byte, kScribbleBytes> pattern;
    pattern.fill(kScribble);
    RequestStream(wires_, d).to_initiator(
        std::span(pattern).first(std::min<std::size_t>(d.data_length, kScribbleBytes)));
  });
}

void PvscsiModel::reset_all_targets() {
  for (auto& [number, target] : targets_) target.reset();
  for (auto& [key, unit] : units_) unit.ordered_after = unit.busy_until = {};
}

// ---- interrupts and messages

void PvscsiModel::raise(std::uint32_t status_bits) {
  interrupt_status_ |= status_bits;
  interrupt_lost_ = false;
  if (!(interrupt_status_ & interrupt_mask_)) return;
  if (strikes(&Faults::lost_interrupts))
    interrupt_lost_ = true;
  else
    ++statistics_.interrupts;
  update_interrupt();
}

void PvscsiModel::update_interrupt() {
  const bool wanted = (interrupt_status_ & interrupt_mask_) != 0 && !interrupt_lost_;
  if (wanted) wires_.send_message(0);
  wires_.set_line(wanted || interrupting_spuriously_ || line_stale_);
}

void PvscsiModel::maybe_interrupt_spuriously() {
  if (!strikes(&Faults::spurious_interrupts)) return;
  wires_.after(kSpuriousInterruptDelay, [this] {
    if (dead_) return;
    if (wires_.send_message(0)) return;
    interrupting_spuriously_ = true;
    update_interrupt();
    wires_.after(kSpuriousInterruptLength, [this] { end_spurious_interrupt(); });
  });
}

void PvscsiModel::end_spurious_interrupt() {
  if (!std::exchange(interrupting_spuriously_, false)) return;
  const bool wanted = (interrupt_status_ & interrupt_mask_) != 0 && !interrupt_lost_;
  wires_.set_line(wanted || line_stale_);
}

void PvscsiModel::send_device_message(MessageType type, std::uint8_t target, std::uint8_t lun) {
  if (!message_ring_valid_) return;
  bool ok = false;
  const std::uint32_t consumer = read_state(ring_state::kMessageConsumer, ok);
  if (!ok || message_ring_.index - consumer >= std::bit_floor(message_ring_.entries())) return;  // full: lost
  MessageDescriptor message{};
  message.type = static_cast<std::uint32_t>(type);
  message.target = target;
  message.lun[1] = lun;
  if (!wires_.dma_write(message_ring_.address_of(message_ring_.index), std::as_bytes(std::span(&message, 1)))) return;
  ++message_ring_.index;
  write_state(ring_state::kMessageProducer, message_ring_.index);
  raise(interrupt::kMessage);
}

// ---- what happens to it

void PvscsiModel::add_disk(const Disk& disk) {
  targets_[disk.target].add(disk.lun, make_unit(disk));
  units_[unit_key(disk.target, disk.lun)].queue_depth_max = disk.queue_depth_max;
  if (!dead_) send_device_message(MessageType::DeviceAdded, disk.target, disk.lun);
}

void PvscsiModel::remove_disk(std::uint8_t target_number, std::uint8_t lun) {
  scsi::Target* found = target(target_number);
  HOST_CHECK(found != nullptr && found->unit(lun) != nullptr);
  cancel(
      [&](const Request& request) {
        return addresses_unit(request.descriptor) && request.descriptor.target == target_number &&
               request.descriptor.lun[1] == lun;
      },
      HostStatus::Aborted);
  found->remove(lun);
  units_.erase(unit_key(target_number, lun));
  if (found->empty()) targets_.erase(target_number);
  if (!dead_) send_device_message(MessageType::DeviceRemoved, target_number, lun);
}

void PvscsiModel::reset_bus_from_outside() {
  if (dead_ || bus_stuck_) return;
  if (!requests_.empty()) wires_.bus_reset(0);  // a driver learns of it from its requests alone
  cancel_after_reset([](const Request&) { return true; });
  reset_all_targets();
}

void PvscsiModel::die() {
  for (auto& [id, request] : requests_) forget(request);
  requests_.clear();
  interrupting_spuriously_ = line_stale_ = false;
  interrupt_status_ = 0;
  forget_rings();
  dead_ = true;
  wires_.set_line(false);
}

void PvscsiModel::reset(machine::ResetKind kind) {
  // The fabric has ended our clock events; nothing of the old requests is told to anybody.
  for (auto& [id, request] : requests_) forget(request);
  requests_.clear();
  if (dead_ && kind != machine::ResetKind::PowerOn) return;
  dead_ = false;
  config_.reset(kind);
  forget_rings();
  reset_all_targets();
  command_status_ = command_status::kGood;
  interrupt_status_ = 0;
  if (kind == machine::ResetKind::PowerOn) interrupt_mask_ = 0;  // the mask survives all other resets
  bus_stuck_ = interrupt_lost_ = interrupting_spuriously_ = line_stale_ = false;
  bus_busy_until_ = {};
  wires_.set_line(false);
}

void PvscsiModel::unplugged() {
  requests_.clear();
  forget_rings();
  dead_ = true;
}

// ---- making one

pci::ModelFactory factory(Options options, PvscsiModel** created) {
  return [options = std::move(options), created](machine::DeviceWires& wires) -> std::unique_ptr<machine::DeviceModel> {
    auto model = std::make_unique<PvscsiModel>(wires, options);
    if (created) *created = model.get();
    return model;
  };
}

std::vector<Disk> memory_disks(unsigned count, std::uint64_t size_bytes) {
  std::vector<Disk> disks;
  for (unsigned i = 0; i < count; ++i)
    disks.push_back(
        {.target = static_cast<std::uint8_t>(i), .backing = std::make_shared<disk::MemoryBacking>(size_bytes)});
  return disks;
}

}  // namespace drydock::models::pvscsi
