// Measures every type, field and constant of the tables with this compiler and compares them with what mingw-w64
// recorded in the guest objects (layout_kernel_guest.c, layout_user_guest.c).

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>
#include <places.h>

#include "nt/access.h"
#include "nt/base.h"
#include "nt/bitmap.h"
#include "nt/bugcheck.h"
#include "nt/csq.h"
#include "nt/data_set.h"
#include "nt/device_object.h"
#include "nt/device_property.h"
#include "nt/dispatcher.h"
#include "nt/dma.h"
#include "nt/exception.h"
#include "nt/file_information.h"
#include "nt/guid.h"
#include "nt/interface.h"
#include "nt/interrupt.h"
#include "nt/ioctl.h"
#include "nt/irp.h"
#include "nt/irp_codes.h"
#include "nt/irql.h"
#include "nt/kuser.h"
#include "nt/layout_guest.h"
#include "nt/list.h"
#include "nt/mdl.h"
#include "nt/object.h"
#include "nt/pass_through.h"
#include "nt/pci.h"
#include "nt/pe.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/power.h"
#include "nt/processor.h"
#include "nt/registry.h"
#include "nt/remove_lock.h"
#include "nt/resource.h"
#include "nt/resource_lock.h"
#include "nt/scsi.h"
#include "nt/srb.h"
#include "nt/srb_codes.h"
#include "nt/status.h"
#include "nt/storage.h"
#include "nt/string.h"
#include "nt/time.h"
#include "nt/version.h"
#include "nt/wmi.h"
#include "nt/work_item.h"

namespace drydock::nt {
namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
const layout_row kOurKernelRows[] = {
#include "nt/layout_kernel.inc"
};
const layout_row kOurUserRows[] = {
#include "nt/layout_user.inc"
};
#pragma GCC diagnostic pop

struct NamedGuid {
  const char* name;
  const GUID* guid;
};

#undef NT_TYPE
#undef NT_FIELD
#undef NT_TAIL
#undef NT_CONSTANT
#undef NT_GUID
#define NT_TYPE(type)
#define NT_FIELD(type, field)
#define NT_TAIL(type, field)
#define NT_CONSTANT(name)
#define NT_GUID(name) {#name, &name},
const NamedGuid kOurGuids[] = {
#include "nt/layout_kernel.inc"
};

/// A COFF object as the guest compiler leaves it: enough to find a section's bytes and what a symbol names.
class GuestObject {
 public:
  explicit GuestObject(const std::string& name) {
    std::ifstream in(std::string(DRYDOCK_BUILD_DIR) + "/guest/obj/nt/" + name + ".o", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }

  bool readable() const { return bytes_.size() > sizeof(IMAGE_FILE_HEADER); }

  std::vector<layout_row> rows() const {
    std::vector<layout_row> rows;
    for (uint32_t i = 0; i < header().NumberOfSections; ++i) {
      const auto section = section_header(i);
      if (std::strncmp(reinterpret_cast<const char*>(section.Name), ".rows", sizeof(section.Name)) != 0) continue;
      rows.resize(section.SizeOfRawData / sizeof(layout_row));
      std::memcpy(rows.data(), at(section.PointerToRawData, rows.size() * sizeof(layout_row)),
                  rows.size() * sizeof(layout_row));
    }
    return rows;
  }

  /// The 16 bytes a data symbol names; all zero if the object lacks it.
  GUID guid(const std::string& wanted) const {
    GUID result{};
    constexpr size_t kSymbolSize = 18;
    const size_t symbols = header().PointerToSymbolTable;
    const size_t strings = symbols + header().NumberOfSymbols * kSymbolSize;
    for (uint32_t i = 0; i < header().NumberOfSymbols; ++i) {
      const size_t symbol = symbols + i * kSymbolSize;
      const bool is_short = read<uint32_t>(symbol) != 0;
      const std::string name = is_short ? std::string(at(symbol, 8), strnlen(at(symbol, 8), 8))
                                        : std::string(at(strings + read<uint32_t>(symbol + 4), 1));
      const auto section = read<int16_t>(symbol + 12);
      if (name == wanted && section > 0) {
        const size_t data = section_header(section - 1).PointerToRawData + read<uint32_t>(symbol + 8);
        std::memcpy(&result, at(data, sizeof(result)), sizeof(result));
      }
      i += read<uint8_t>(symbol + 17);
    }
    return result;
  }

 private:
  const char* at(size_t offset, size_t size) const {
    if (offset + size > bytes_.size()) throw std::out_of_range("guest object is cut short");
    return bytes_.data() + offset;
  }
  template <typename T>
  T read(size_t offset) const {
    T value;
    std::memcpy(&value, at(offset, sizeof(T)), sizeof(T));
    return value;
  }
  IMAGE_FILE_HEADER header() const { return read<IMAGE_FILE_HEADER>(0); }
  IMAGE_SECTION_HEADER section_header(size_t index) const {
    return read<IMAGE_SECTION_HEADER>(sizeof(IMAGE_FILE_HEADER) + index * sizeof(IMAGE_SECTION_HEADER));
  }

  std::vector<char> bytes_;
};

/// The names of the "differs" sections of layout_exempt.txt.
std::set<std::string> known_differences() {
  std::ifstream in(std::string(DRYDOCK_SOURCE_DIR) + "/src/nt/layout_exempt.txt");
  std::set<std::string> names;
  bool differs = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      differs = line.compare(0, 9, "[differs:") == 0;
      continue;
    }
    std::stringstream words(line);
    for (std::string word; differs && words >> word;) names.insert(word);
  }
  return names;
}

unsigned long long low_bytes(unsigned long long value, unsigned long long size) {
  return size >= 8 ? value : value & ((1ULL << (8 * size)) - 1);
}

void compare(const std::string& object_name, const layout_row* ours, size_t count) {
  const GuestObject object(object_name);
  ASSERT_TRUE(object.readable()) << object_name << ".o: build the target nt_guest_objects";
  const std::vector<layout_row> theirs = object.rows();
  ASSERT_EQ(theirs.size(), count) << object_name << ".o is not of this table";
  const std::set<std::string> known = known_differences();
  for (size_t i = 0; i < count; ++i) {
    const std::string name = ours[i].name;
    ASSERT_EQ(name, theirs[i].name);
    std::ostringstream difference;
    difference << std::hex;
    if (ours[i].kind == kLayoutConstant) {
      // mingw-w64's constants are macros of whatever type; the width of ours counts.
      if (low_bytes(theirs[i].value, ours[i].size) != low_bytes(ours[i].value, ours[i].size)) {
        difference << name << " is 0x" << ours[i].value << " here, 0x" << theirs[i].value << " there";
      }
    } else if (ours[i].value != theirs[i].value || ours[i].size != theirs[i].size) {
      difference << name << " is at 0x" << ours[i].value << ", 0x" << ours[i].size << " bytes here; at 0x"
                 << theirs[i].value << ", 0x" << theirs[i].size << " bytes there";
    }
    const bool differs = !difference.str().empty();
    if (known.count(name) == 0) {
      EXPECT_FALSE(differs) << difference.str();
    } else {
      EXPECT_TRUE(differs) << name << " is exempt in layout_exempt.txt, but both agree";
    }
  }
}

TEST(Layout, OfKernelTypesIsWhatMingwRecorded) {
  compare("layout_kernel_guest", kOurKernelRows, std::size(kOurKernelRows));
}

TEST(Layout, OfImageAndExceptionTypesIsWhatMingwRecorded) {
  compare("layout_user_guest", kOurUserRows, std::size(kOurUserRows));
}

TEST(Layout, GuidsAreWhatMingwRecorded) {
  const GuestObject object("layout_kernel_guest");
  ASSERT_TRUE(object.readable());
  for (const NamedGuid& ours : kOurGuids) EXPECT_TRUE(*ours.guid == object.guid(ours.name)) << ours.name;
}

}  // namespace
}  // namespace drydock::nt
