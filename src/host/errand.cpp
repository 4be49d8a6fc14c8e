#include "host/errand.h"

#include <unistd.h>

#include "host/socket.h"

namespace drydock::host {

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr char kEnd = '\n';  // of the supervisor's sentence; alone: it is done

}  // namespace

Result<Errand> Errand::create() {
  Errand errand;
  errand.sockets_ = TRY(make_socket_pair());
  errand.home_ = getpid();
  limit_waiting(errand.sockets_.theirs.get(), kPatience);
  return errand;
}

bool Errand::at_home() const {
  return getpid() == home_;
}

Status Errand::send(const Descriptor& first, const Descriptor& second) {
  const int socket = sockets_.theirs.get();
  const int both[] = {first.get(), second.get()};
  TRY(send_with_descriptors(socket, &kEnd, 1, both));
  std::string sentence;
  for (char byte; receive(socket, &byte, 1, true).bytes == 1; sentence += byte)
    if (byte == kEnd) return sentence.empty() ? Status{} : error(sentence);
  return error("the supervisor does not answer");
}

void Errand::done(const Status& how) {
  std::string sentence = how ? "" : how.failure().message;
  for (char& c : sentence)
    if (c == kEnd) c = ' ';
  sentence += kEnd;
  send_all(sockets_.ours.get(), sentence.data(), sentence.size());
}

}  // namespace drydock::host
