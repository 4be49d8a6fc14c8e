#pragma once
// Who has which addresses, ports, lines, messages and bus numbers.

#include <cstdint>
#include <vector>

#include "ntos/pnp/resources.h"

namespace drydock::ntos::pnp {

class Arbiter {
 public:
  using Owner = std::uint32_t;  ///< a devnode's id

  /// Places one whole list of `requirements`; earlier lists, earlier alternatives and lower addresses come first.
  /// Nothing is changed if none fits. `avoid`: try first to give other addresses than these.
  bool assign(Owner owner, const Requirements& requirements, const std::vector<Resource>& avoid,
              std::vector<Resource>& assigned);
  /// What a device decodes already and keeps (boot configuration of root devices).
  void reserve(Owner owner, const std::vector<Resource>& resources);
  void release(Owner owner);
  /// Exactly these, in place of what `owner` has. False, and nothing is changed, if somebody else has any of them.
  bool claim(Owner owner, const std::vector<Resource>& resources);

  struct Claim {
    Owner owner;
    Resource resource;
  };
  /// In order of assignment.
  const std::vector<Claim>& claims() const { return claims_; }

 private:
  bool place_all(Owner owner, const std::vector<Requirement>& list, std::size_t index,
                 const std::vector<Resource>& avoid, std::vector<Resource>& assigned);
  bool place(Owner owner, const Alternative& wanted, const std::vector<Resource>& placed,
             const std::vector<Resource>& avoid, Resource& result) const;
  bool place_range(const Alternative& wanted, const std::vector<Resource>& placed, const std::vector<Resource>& avoid,
                   Resource& result) const;
  bool place_line(const Alternative& wanted, const std::vector<Resource>& placed, Resource& result) const;

  std::vector<Claim> claims_;
};

/// Takes message vectors and fills vector, irql and affinity of lines and messages. False if the vectors run out, then
/// none is taken.
bool translate(std::vector<Resource>& resources);
/// Gives the message vectors back.
void untranslate(const std::vector<Resource>& resources);

}  // namespace drydock::ntos::pnp
