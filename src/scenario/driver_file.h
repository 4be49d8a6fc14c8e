#pragma once
// A driver on disk, and what of its imports we have.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/result.h"
#include "image/export_table.h"
#include "image/pe_image.h"

namespace drydock::scenario {

struct DriverFile {
  std::string path;               ///< as the user wrote it
  std::string service;            ///< "pvscsi" for build/guest/pvscsi.sys
  std::uint64_t fingerprint = 0;  ///< of the file's bytes
  std::size_t file_bytes = 0;
  std::unique_ptr<const image::PeImage> image;

  /// Whether any import comes from `module` ("scsiport.sys").
  bool imports_from(std::string_view module) const;
};

/// The name of a driver's service, by that of its file: "edu_filter" of "filters/edu_filter.sys".
std::string service_of(const std::string& path);

/// Reads and parses; every failure is one sentence that begins with the path.
host::Result<DriverFile> read_driver(const std::string& path);

enum class ImportState : std::uint8_t {
  Implemented,
  OtherDriver,  ///< exported by a driver on the same command line
  NotBuilt,     ///< a table has it, marked not_built
  Unknown,      ///< no table offers it
};

struct ImportSurvey {
  struct Row {
    std::string module, name;
    ImportState state;
    std::string where;  ///< the table it stands in, or why it is not built
  };
  std::vector<Row> rows;  ///< in the order of the import table
  std::size_t missing() const;
};
ImportSurvey survey_imports(const DriverFile& driver, const image::ExportIndex& exports,
                            const std::vector<const DriverFile*>& others = {});

/// Everything that Windows' parts of ours offer to drivers. Lives as long as the process.
std::unique_ptr<image::ExportIndex> build_export_index();

}  // namespace drydock::scenario
