#include "scenario/device_load.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "nt/status.h"

namespace drydock::scenario {

namespace user = ntos::io::user;

namespace {

constexpr std::size_t kTransferBytes = 512;

/// What a driver says to a request that it does not know, or whose length or contents are not of its protocol.
constexpr nt::NTSTATUS kAnswers[] = {
    nt::STATUS_INVALID_DEVICE_REQUEST, nt::STATUS_NOT_SUPPORTED,       nt::STATUS_NOT_IMPLEMENTED,
    nt::STATUS_INVALID_PARAMETER,      nt::STATUS_BUFFER_TOO_SMALL,    nt::STATUS_INVALID_BUFFER_SIZE,
    nt::STATUS_INFO_LENGTH_MISMATCH,   nt::STATUS_INVALID_USER_BUFFER, nt::STATUS_END_OF_FILE,
};

}  // namespace

std::unique_ptr<SentRequest> DeviceSource::send(RandomStream& random) {
  auto transfer = std::make_unique<Transfer>();
  transfer->write = random.below(2) != 0;
  transfer->bytes = 1 + random.below(kTransferBytes);
  if (!transfer->write) {
    transfer->request = interface_.file.start_read(transfer->bytes);
    return transfer;
  }
  std::vector<std::byte> data(transfer->bytes);
  for (std::byte& each : data) each = static_cast<std::byte>(random.below(256));
  transfer->request = interface_.file.start_write(data);
  return transfer;
}

void DeviceSource::ended(SentRequest& sent, const user::IoResult& result) {
  auto& transfer = static_cast<Transfer&>(sent);
  if (!result.ok()) return;
  if (result.information > transfer.bytes)
    stage_.fail("short-transfer", fmt::format("{} succeeded with {} bytes moved", describe(sent), result.information));
  stage_.bytes_moved += result.information;
}

std::string DeviceSource::describe(const SentRequest& sent) const {
  const auto& transfer = static_cast<const Transfer&>(sent);
  return fmt::format("a {} of {} by way of {}", transfer.write ? "write" : "read", counted(transfer.bytes, "byte"),
                     interface_.name);
}

bool DeviceSource::is_an_answer(nt::NTSTATUS status) const {
  return std::find(std::begin(kAnswers), std::end(kAnswers), status) != std::end(kAnswers);
}

std::string DeviceSource::kind_that_may_wait(const SentRequest& sent) const {
  return std::string(static_cast<const Transfer&>(sent).write ? "write " : "read ") + interface_.kind;
}

}  // namespace drydock::scenario
