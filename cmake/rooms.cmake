# The rooms under src/: who may include whom, and which libraries from outside each one uses. The only place that
# says so: every room's library is linked against exactly the rooms named here, and tests/architecture reads the
# same list to check every #include.
#
# MAY_INCLUDE is complete: a room that is not named may not be included, however far below it lies.
# NEVER_SEES is stronger: no header of that room may be reached even through a header of another room.
# KNOWS_LINUX: may include the system's own headers (sys/, linux/, unistd.h, signal.h, ...).

drydock_room(host KNOWS_LINUX
  USES fmt::fmt PkgConfig::seccomp)
drydock_room(nt)

drydock_room(machine
  MAY_INCLUDE nt host
  USES Boost::context Zydis::Zydis)

drydock_room(image
  MAY_INCLUDE machine nt host
  USES Zydis::Zydis)
drydock_room(models
  MAY_INCLUDE machine host
  NEVER_SEES nt)

drydock_room(ntos
  MAY_INCLUDE image machine nt host)

drydock_room(verifier
  MAY_INCLUDE ntos image machine nt host)
drydock_room(bus
  MAY_INCLUDE ntos image models machine nt host
  USES tomlplusplus::tomlplusplus)
drydock_room(port
  MAY_INCLUDE ntos image machine nt host)
drydock_room(class
  MAY_INCLUDE ntos image machine nt host)
drydock_room(wdf
  MAY_INCLUDE ntos image machine nt host)

drydock_room(scenario
  MAY_INCLUDE port class wdf bus verifier ntos image models machine nt host
  USES tomlplusplus::tomlplusplus)

drydock_room(explore
  MAY_INCLUDE scenario port class wdf bus verifier ntos image models machine nt host)
drydock_room(report
  MAY_INCLUDE scenario port class wdf bus verifier ntos image models machine nt host
  USES PkgConfig::nlohmann_json)

drydock_room(cli
  MAY_INCLUDE explore report scenario port class wdf bus verifier ntos image models machine nt host
  USES CLI11::CLI11 PkgConfig::nlohmann_json)
