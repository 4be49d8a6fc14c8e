#include "class/disk/names.h"

#include <fmt/format.h>

#include "class/disk/kernel.h"

namespace drydock::class_::disk {

namespace {

std::u16string wide(const std::string& text) {
  return {text.begin(), text.end()};
}

/// Valid as long as `text`.
UNICODE_STRING counted(const std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, const_cast<PWCH>(text.data())};
}

std::u16string directory_name(ULONG number) {
  return wide(fmt::format("\\Device\\Harddisk{}", number));
}
std::u16string partition_name(ULONG number) {
  return wide(fmt::format("\\Device\\Harddisk{}\\Partition0", number));
}
std::u16string drive_name(ULONG number) {
  return wide(fmt::format("\\DosDevices\\PhysicalDrive{}", number));
}

}  // namespace

NTSTATUS take_number(DiskNames& names) {
  for (names.number = 0;; ++names.number) {
    const std::u16string text = directory_name(names.number);
    UNICODE_STRING name = counted(text);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    constexpr ACCESS_MASK kDirectoryAllAccess = 0x000F000F;
    const NTSTATUS status = ZwCreateDirectoryObject(&names.directory, kDirectoryAllAccess, &attributes);
    if (status != STATUS_OBJECT_NAME_COLLISION && status != STATUS_OBJECT_NAME_EXISTS) return status;
  }
}

std::u16string device_name(const DiskNames& names, ULONG serial) {
  return wide(fmt::format("\\Device\\Harddisk{}\\DR{}", names.number, serial));
}

void make_links(DiskNames& names, ULONG serial) {
  const std::u16string device_text = device_name(names, serial);
  const std::u16string partition_text = partition_name(names.number), drive_text = drive_name(names.number);
  UNICODE_STRING device = counted(device_text), partition = counted(partition_text), drive = counted(drive_text);
  IoCreateSymbolicLink(&partition, &device);
  IoCreateSymbolicLink(&drive, &device);
  names.linked = true;
}

void drop_names(DiskNames& names) {
  if (names.linked) {
    const std::u16string partition_text = partition_name(names.number), drive_text = drive_name(names.number);
    UNICODE_STRING partition = counted(partition_text), drive = counted(drive_text);
    IoDeleteSymbolicLink(&drive);
    IoDeleteSymbolicLink(&partition);
    names.linked = false;
  }
  if (names.directory != nullptr) ZwClose(names.directory);
  names.directory = nullptr;
}

}  // namespace drydock::class_::disk
