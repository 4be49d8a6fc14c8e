// A run that is named by a word or a file.

#include <cstdio>

#include "cli/job.h"
#include "explore/replay_token.h"
#include "host/whole_file.h"
#include "machine/processor.h"

namespace drydock::cli {

namespace {

constexpr std::size_t kRunFileBytesMax = std::size_t{4} << 30;

bool names_a_file(const std::string& text) {
  return text.find('=') == std::string::npos;
}

host::Error in_file(const std::string& path, host::Error failure) {
  failure.message = path + ": " + failure.message;
  return failure;
}

}  // namespace

host::Result<Wish> wish_of_token(const std::string& text) {
  std::string words = text;
  std::optional<std::vector<std::byte>> recorded;
  if (names_a_file(text)) {
    const std::vector<std::byte> bytes = TRY(host::read_whole_file(text, kRunFileBytesMax));
    if (host::is_record(bytes)) {
      auto record = host::parse_record(bytes);
      if (!record) return in_file(text, std::move(record).failure());
      words = record->run;
      recorded = std::move(record->entries);
    } else {
      words.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
  }
  auto parsed = explore::parse_token(words);
  if (!parsed) {
    host::Error failure = std::move(parsed).failure();
    return names_a_file(text) ? in_file(text, std::move(failure)) : failure;
  }
  explore::ReplayToken& token = *parsed;
  Wish wish;
  if (recorded) wish.record = text;
  wish.recorded = std::move(recorded);
  wish.drivers = token.drivers;
  wish.board = token.board;
  wish.scenario = token.scenario;
  wish.processors = token.processors;
  if (token.requests != 0) wish.requests = token.requests;
  wish.strategy = token.strategy;
  wish.verifier = token.verifier;
  if (token.budget.count() != 0) wish.budget.virtual_time = token.budget;
  wish.expected_digest = token.digest;
  if (token.processors > machine::kProcessorsMax)
    return host::error("the run cannot be replayed: a machine has 1 to ", machine::kProcessorsMax, " processors, not ",
                       token.processors);
  if (token.fingerprint != 0 && !wish.expected_digest.empty()) {
    const scenario::DriverFile driver = TRY(scenario::read_driver(wish.drivers.front()));
    if (driver.fingerprint != token.fingerprint) {
      std::fprintf(stderr, "drydock: %s is not the file that ran then; the digests are not compared\n",
                   driver.path.c_str());
      wish.expected_digest.clear();
    }
  }
  return wish;
}

}  // namespace drydock::cli
