#include "scenario/driver_file.h"

#include <algorithm>

#include "host/whole_file.h"
#include "wdf/um/reflector.h"

namespace drydock::scenario {
namespace {

constexpr std::size_t kDriverBytesMax = 256 << 20;

std::uint64_t fingerprint_of(const std::vector<std::byte>& bytes) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3;
  return hash;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool DriverFile::imports_from(std::string_view module) const {
  return std::any_of(image->imports().begin(), image->imports().end(),
                     [module](const image::Import& import) { return image::same_module(import.module, module); });
}

std::string service_of(const std::string& path) {
  const std::string name = base_name(path);
  return name.substr(0, name.rfind('.'));
}

host::Result<DriverFile> read_driver(const std::string& path) {
  std::vector<std::byte> bytes = TRY(host::read_whole_file(path, kDriverBytesMax));
  DriverFile driver;
  driver.path = path;
  const std::string name = base_name(path);
  driver.service = service_of(path);
  driver.fingerprint = fingerprint_of(bytes);
  driver.file_bytes = bytes.size();
  auto image = image::PeImage::parse(bytes, name);
  if (!image) {
    // The parser knows only the base name.
    host::Error failure = std::move(image).failure();
    const std::string prefix = name + ": ";
    if (failure.message.starts_with(prefix)) failure.message.erase(0, prefix.size());
    failure.message = path + ": " + failure.message;
    return failure;
  }
  driver.image = std::move(image).value();
  if (driver.image->user_mode())
    if (host::Status suits = wdf::um::check_driver(*driver.image); !suits) {
      host::Error failure = std::move(suits).failure();
      failure.message = path + ": " + failure.message;
      return failure;
    }
  return driver;
}

std::size_t ImportSurvey::missing() const {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const Row& row) {
    return row.state == ImportState::NotBuilt || row.state == ImportState::Unknown;
  }));
}

ImportSurvey survey_imports(const DriverFile& driver, const image::ExportIndex& exports,
                            const std::vector<const DriverFile*>& others) {
  ImportSurvey survey;
  for (const image::Import& import : driver.image->imports()) {
    ImportSurvey::Row row{import.module, import.name, ImportState::Unknown, {}};
    for (const DriverFile* other : others) {
      if (!image::same_module(other->image->name(), import.module)) continue;
      const auto* found =
          import.by_ordinal ? other->image->find_export(import.ordinal) : other->image->find_export(import.name);
      if (found == nullptr) continue;
      row.state = ImportState::OtherDriver;
      row.where = other->image->name();
    }
    const image::Export* known =
        row.state == ImportState::Unknown && !import.by_ordinal ? exports.find(import.module, import.name) : nullptr;
    if (known != nullptr) {
      row.state = known->kind == image::Export::Kind::NotBuilt ? ImportState::NotBuilt : ImportState::Implemented;
      if (row.state == ImportState::NotBuilt) row.where = known->why;
    } else if (row.state == ImportState::Unknown && driver.image->user_mode() &&
               wdf::um::offers_import(import.module, import.name)) {
      row.state = ImportState::Implemented;
    } else if (row.state == ImportState::Unknown) {
      row.where = exports.has_module(import.module) ? "no table offers it" : "nothing of this module is offered";
    }
    survey.rows.push_back(std::move(row));
  }
  return survey;
}

}  // namespace drydock::scenario
