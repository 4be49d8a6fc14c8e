#pragma once
// WDFMEMORY: a buffer with an owner.

#include "wdf/object.h"

namespace drydock::wdf {

class Lookaside;
class Request;

/// The system address of locked pages; null if no mapping can be had.
PVOID system_address_of(MDL* mdl);

class Memory final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Memory;
  enum class Owner : std::uint8_t {
    Framework,  ///< allocated with it, freed with it
    Lookaside,  ///< goes back to its list
    Driver,     ///< preallocated by the driver
    Request,    ///< the buffer of a request
  };

  Memory(Client& client, Owner owner) : Object(kType, client), owner_(owner) {}
  ~Memory() override;

  NTSTATUS allocate(POOL_TYPE pool, ULONG tag, size_t bytes);
  void take_from(Lookaside& list, PVOID buffer, size_t bytes);
  void set_buffer(PVOID buffer, size_t bytes, MDL* mdl = nullptr) {
    buffer_ = buffer;
    bytes_ = bytes;
    mdl_ = mdl;
  }

  Owner owner() const { return owner_; }
  PVOID buffer() const { return buffer_; }
  size_t bytes() const { return bytes_; }
  /// Describes the buffer where a request came with one; null otherwise.
  MDL* mdl() const { return mdl_; }
  /// STATUS_BUFFER_TOO_SMALL if [offset, offset + bytes) is not within the buffer, STATUS_INTEGER_OVERFLOW.
  NTSTATUS check_range(size_t offset, size_t bytes) const;

 private:
  Owner owner_;
  PVOID buffer_ = nullptr;
  size_t bytes_ = 0;
  MDL* mdl_ = nullptr;
  Lookaside* list_ = nullptr;
};

class Lookaside final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::Lookaside;
  explicit Lookaside(Client& client) : Object(kType, client) {}
  ~Lookaside() override;

  PVOID take();
  void give_back(PVOID buffer);

  size_t bytes = 0;
  POOL_TYPE pool = NonPagedPool;
  ULONG tag = 0;
  WDF_OBJECT_ATTRIBUTES memory_attributes{};
  bool has_memory_attributes = false;

 private:
  static constexpr std::size_t kKeptMax = 4;  ///< Windows adapts the depth; it starts so
  std::vector<PVOID> kept_;
};

}  // namespace drydock::wdf
