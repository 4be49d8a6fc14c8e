#pragma once
// WDFSTRING.

#include "wdf/object.h"

namespace drydock::wdf {

class String final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::String;
  explicit String(Client& client) : Object(kType, client) {}
  ~String() override;

  NTSTATUS assign(const UNICODE_STRING& text);
  const UNICODE_STRING& text() const { return text_; }

 private:
  UNICODE_STRING text_{};  ///< in the client's pool, where the driver can read it
};

}  // namespace drydock::wdf
