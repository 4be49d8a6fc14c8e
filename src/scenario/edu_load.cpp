#include "scenario/edu_load.h"

#include <cstring>

#include <fmt/format.h>

namespace drydock::scenario {

namespace user = ntos::io::user;

namespace {

constexpr std::string_view kInterfaceClass = "{5d7c8e0a-8e4b-4b7f-9b1c-0d6a6c2f31e8}";
constexpr std::uint32_t kFactorialControl = 0x22u << 16 | 0x800u << 2;
constexpr std::uint32_t kNumberMax = 34;  // whose factorial is 0 in 32 bits

std::uint32_t factorial_of(std::uint32_t number) {
  std::uint32_t result = 1;
  for (std::uint32_t factor = 2; factor <= number; ++factor) result *= factor;
  return result;
}

}  // namespace

bool EduSource::understands(const OpenInterface& interface) {
  std::string lower = interface.name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find(kInterfaceClass) != std::string::npos;
}

std::unique_ptr<SentRequest> EduSource::send(RandomStream& random) {
  auto call = std::make_unique<Call>();
  call->kind = static_cast<Kind>(random.below(3));
  if (call->kind == Kind::Factorial) {
    call->number = random.below(kNumberMax + 1);
    call->request = interface_.file.start_ioctl(kFactorialControl, std::as_bytes(std::span(&call->number, 1)),
                                                sizeof(call->number));
    return call;
  }
  call->number = random.below(kSectors);
  const bool write = call->kind == Kind::Write;
  if (writing_[call->number] || (write && reading_[call->number] != 0)) return nullptr;
  if (!write) {
    ++reading_[call->number];
    call->request = interface_.file.start_read(kSectorBytes, call->number * kSectorBytes);
    return call;
  }
  writing_[call->number] = true;
  call->version = interface_.ledger.begin_write(call->number, 1);
  std::array<std::byte, kSectorBytes> data;
  fill_sector(data, {interface_.devnode, call->version, call->number});
  call->request = interface_.file.start_write(data, call->number * kSectorBytes);
  return call;
}

void EduSource::ended(SentRequest& sent, const user::IoResult& result) {
  const auto& call = static_cast<const Call&>(sent);
  if (call.kind == Kind::Write) writing_[call.number] = false;
  if (call.kind == Kind::Read) --reading_[call.number];
  if (!result.ok()) {
    if (call.kind == Kind::Write) interface_.ledger.failed(call.number, 1, call.version);
    return;
  }
  const std::size_t bytes = call.kind == Kind::Factorial ? sizeof(std::uint32_t) : kSectorBytes;
  if (result.information != bytes)
    stage_.fail("short-transfer", fmt::format("{} succeeded with {} bytes moved", describe(sent), result.information));
  if (call.kind == Kind::Factorial) {
    std::uint32_t answer;
    std::memcpy(&answer, call.request->data().data(), sizeof(answer));
    if (answer != factorial_of(call.number))
      stage_.fail("wrong-data", fmt::format("{} is {}, not {}", describe(sent), answer, factorial_of(call.number)));
    return;
  }
  stage_.bytes_moved += bytes;
  if (call.kind == Kind::Write) {
    interface_.ledger.acknowledged(call.number, 1, call.version);
    return;
  }
  ++stage_.sectors_verified;
  const std::string difference = interface_.ledger.check(call.number, call.request->data().first(bytes));
  if (!difference.empty()) stage_.fail("wrong-data", difference);
}

std::string EduSource::describe(const SentRequest& sent) const {
  const auto& call = static_cast<const Call&>(sent);
  if (call.kind == Kind::Factorial) return fmt::format("the factorial of {}", call.number);
  return fmt::format("a {} of block {} of devnode#{}", call.kind == Kind::Write ? "write" : "read", call.number,
                     interface_.devnode);
}

}  // namespace drydock::scenario
