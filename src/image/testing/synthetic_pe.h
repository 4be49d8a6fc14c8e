#pragma once
// A small but complete driver image, built byte by byte: every directory, every kind of section, known offsets.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace drydock::image::testing {

/// Where things stand in the file of SyntheticPe.
struct Layout {
  static constexpr std::uint32_t kNt = 0x80, kFileHeader = kNt + 4, kOptional = kNt + 24, kSections = kOptional + 240;
  static constexpr std::uint32_t kDirectories = kOptional + 112;
  static constexpr std::uint32_t directory(unsigned i) { return kDirectories + i * 8; }
  static constexpr std::uint32_t section(unsigned i) { return kSections + i * 40; }

  // RVA and file offset of each section.
  static constexpr std::uint32_t kText = 0x1000, kTextAt = 0x400;
  static constexpr std::uint32_t kRdata = 0x2000, kRdataAt = 0x600;
  static constexpr std::uint32_t kData = 0x3000, kDataAt = 0xE00;
  static constexpr std::uint32_t kPdata = 0x5000, kPdataAt = 0x1000;
  static constexpr std::uint32_t kInit = 0x6000, kInitAt = 0x1200;
  static constexpr std::uint32_t kReloc = 0x7000, kRelocAt = 0x1400;
  static constexpr std::uint32_t kSymbolsAt = 0x1600;

  // Inside .rdata.
  static constexpr std::uint32_t kImports = kRdata, kLookup = kRdata + 0x80, kSlots = kRdata + 0xC0;
  static constexpr std::uint32_t kHints = kRdata + 0x100, kModule = kRdata + 0x180;
  static constexpr std::uint32_t kExports = kRdata + 0x200, kLoadConfig = kRdata + 0x300, kUnwind = kRdata + 0x400;
  static constexpr std::uint32_t rdata_at(std::uint32_t rva) { return rva - kRdata + kRdataAt; }

  // Inside .text.
  static constexpr std::uint32_t kWorker = kText, kLeaf = kText + 0x40, kHandler = kText + 0x60;
  static constexpr std::uint32_t kEntry = kInit;
};

class SyntheticPe {
 public:
  static constexpr std::uint64_t kBase = 0x1'4000'0000;
  std::vector<std::byte> file;

  SyntheticPe() : file(0x1800) {
    headers();
    text();
    imports();
    exports();
    load_config();
    functions();
    relocations();
    symbols();
  }

  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(file.data() + at, &value, sizeof value);
  }
  void put8(std::size_t at, unsigned value) { put(at, static_cast<std::uint8_t>(value)); }
  void put16(std::size_t at, unsigned value) { put(at, static_cast<std::uint16_t>(value)); }
  void put32(std::size_t at, std::uint32_t value) { put(at, value); }
  void put64(std::size_t at, std::uint64_t value) { put(at, value); }
  void put_text(std::size_t at, std::string_view text) {
    std::memcpy(file.data() + at, text.data(), text.size());
    file[at + text.size()] = {};
  }
  void put_code(std::size_t at, std::initializer_list<unsigned> code) {
    for (unsigned byte : code) put8(at++, byte);
  }

 private:
  using L = Layout;

  void headers() {
    put16(0, 0x5A4D);
    put32(0x3C, L::kNt);
    put32(L::kNt, 0x4550);
    put16(L::kNt + 4, 0x8664);
    put16(L::kNt + 6, 6);
    put32(L::kNt + 8, 0x5F000000);
    put16(L::kNt + 20, 240);
    put16(L::kNt + 22, 0x0022);
    put16(L::kOptional, 0x20B);
    put32(L::kOptional + 16, L::kEntry);
    put64(L::kOptional + 24, kBase);
    put32(L::kOptional + 32, 0x1000);
    put32(L::kOptional + 36, 0x200);
    put32(L::kOptional + 56, 0x8000);
    put32(L::kOptional + 60, 0x400);
    put16(L::kOptional + 68, 1);
    put32(L::kOptional + 108, 16);
    directory(0, L::kExports, 0x80);
    directory(1, L::kImports, 0x3C);
    directory(3, L::kPdata, 36);
    directory(5, L::kReloc, 12);
    directory(10, L::kLoadConfig, 0x60);
    section(0, ".text", L::kText, 0x200, L::kTextAt, 0x200, 0x60000020);
    section(1, ".rdata", L::kRdata, 0x800, L::kRdataAt, 0x800, 0x40000040);
    section(2, ".data", L::kData, 0x1800, L::kDataAt, 0x200, 0xC0000040);
    section(3, ".pdata", L::kPdata, 0x200, L::kPdataAt, 0x200, 0x40000040);
    section(4, "INIT", L::kInit, 0x200, L::kInitAt, 0x200, 0x62000020);
    section(5, ".reloc", L::kReloc, 0x200, L::kRelocAt, 0x200, 0x42000040);
  }
  void directory(unsigned i, std::uint32_t rva, std::uint32_t bytes) {
    put32(L::directory(i), rva);
    put32(L::directory(i) + 4, bytes);
  }
  void section(unsigned i, std::string_view name, std::uint32_t rva, std::uint32_t bytes, std::uint32_t at,
               std::uint32_t file_bytes, std::uint32_t flags) {
    std::memcpy(file.data() + L::section(i), name.data(), name.size());
    put32(L::section(i) + 8, bytes);
    put32(L::section(i) + 12, rva);
    put32(L::section(i) + 16, file_bytes);
    put32(L::section(i) + 20, at);
    put32(L::section(i) + 36, flags);
  }

  void text() {
    for (std::uint32_t at = L::kTextAt; at < L::kTextAt + 0x200; ++at) put8(at, 0xCC);
    // Worker: push rbx; sub rsp, 20h; pause; rdtsc; rdrand r9; call Leaf; add rsp, 20h; pop rbx; ret
    put_code(L::kTextAt, {0x53, 0x48, 0x83, 0xEC, 0x20, 0xF3, 0x90, 0x0F, 0x31, 0x49, 0x0F, 0xC7,
                          0xF1, 0xE8, 0x2E, 0,    0,    0,    0x48, 0x83, 0xC4, 0x20, 0x5B, 0xC3});
    // Leaf, which .pdata does not know: cpuid; ret
    put_code(L::kTextAt + 0x40, {0x0F, 0xA2, 0xC3});
    // Handler: mov eax, 1; ret
    put_code(L::kTextAt + 0x60, {0xB8, 1, 0, 0, 0, 0xC3});
    // Bytes like rdtsc that no code reaches.
    put_code(L::kTextAt + 0x80, {0x0F, 0x31, 0xC3});
    // Entry, in INIT: xor eax, eax; ret
    put_code(L::kInitAt, {0x31, 0xC0, 0xC3});
    // A relocated pointer to Worker, and room for the cookie.
    put64(L::kDataAt, kBase + L::kWorker);
    put64(L::kDataAt + 8, 0x00002B992DDFA232);
  }

  void imports() {
    const auto at = [](std::uint32_t rva) { return L::rdata_at(rva); };
    put32(at(L::kImports), L::kLookup);
    put32(at(L::kImports) + 12, L::kModule);
    put32(at(L::kImports) + 16, L::kSlots);
    put64(at(L::kLookup), L::kHints);
    put64(at(L::kLookup) + 8, 0x8000'0000'0000'000C);  // ordinal 12
    put64(at(L::kLookup) + 16, L::kHints + 0x20);
    put_text(at(L::kHints) + 2, "IoCreateDevice");
    put_text(at(L::kHints) + 0x22, "IoDeleteDevice");
    put_text(at(L::kModule), "ntoskrnl.exe");
    for (unsigned i = 0; i < 3; ++i) put64(at(L::kSlots) + i * 8, L::kHints);
  }

  void exports() {
    const std::uint32_t at = L::rdata_at(L::kExports);
    put32(at + 16, 5);  // first ordinal
    put32(at + 20, 3);
    put32(at + 24, 2);
    put32(at + 28, L::kExports + 0x28);
    put32(at + 32, L::kExports + 0x34);
    put32(at + 36, L::kExports + 0x3C);
    put32(at + 0x28, L::kWorker);
    put32(at + 0x2C, L::kExports + 0x50);  // forwarder
    put32(at + 0x30, L::kLeaf);            // by ordinal only
    put32(at + 0x34, L::kExports + 0x40);
    put32(at + 0x38, L::kExports + 0x48);
    put16(at + 0x3C, 1);
    put16(at + 0x3E, 0);
    put_text(at + 0x40, "Away");
    put_text(at + 0x48, "Worker");
    put_text(at + 0x50, "OTHER.Function");
  }

  void load_config() {
    const std::uint32_t at = L::rdata_at(L::kLoadConfig);
    put32(at, 0x60);
    put64(at + 0x58, kBase + L::kData + 8);
  }

  void functions() {
    // Worker: push rbx, sub rsp 20h; a handler.
    const std::uint32_t info = L::rdata_at(L::kUnwind);
    put_code(info, {1 | 3 << 3, 5, 2, 0, 5, 2 | 3 << 4, 1, 0 | 3 << 4});
    put32(info + 8, L::kHandler);
    put32(info + 12, 0x1234);  // its data
    // Handler and entry: nothing to undo.
    put_code(info + 0x20, {1, 0, 0, 0});
    function(0, L::kWorker, L::kWorker + 24, L::kUnwind);
    function(1, L::kHandler, L::kHandler + 6, L::kUnwind + 0x20);
    function(2, L::kEntry, L::kEntry + 3, L::kUnwind + 0x20);
  }
  void function(unsigned i, std::uint32_t begin, std::uint32_t end, std::uint32_t unwind) {
    put32(L::kPdataAt + i * 12, begin);
    put32(L::kPdataAt + i * 12 + 4, end);
    put32(L::kPdataAt + i * 12 + 8, unwind);
  }

  void relocations() {
    put32(L::kRelocAt, L::kData);
    put32(L::kRelocAt + 4, 12);
    put16(L::kRelocAt + 8, 10 << 12);
    put16(L::kRelocAt + 10, 0);
  }

  void symbols() {
    put32(L::kNt + 12, L::kSymbolsAt);
    put32(L::kNt + 16, 2);
    symbol(0, 1, L::kLeaf - L::kText);
    std::memcpy(file.data() + L::kSymbolsAt, "TheLeaf", 7);
    symbol(1, 1, L::kWorker - L::kText);
    put32(L::kSymbolsAt + 18, 0);
    put32(L::kSymbolsAt + 22, 4);
    put32(L::kSymbolsAt + 36, 30);
    put_text(L::kSymbolsAt + 40, "WorkerWithALongName");
  }
  void symbol(unsigned i, unsigned section_number, std::uint32_t value) {
    const std::uint32_t at = L::kSymbolsAt + i * 18;
    put32(at + 8, value);
    put16(at + 12, section_number);
    put16(at + 14, 0x20);
    put8(at + 16, 2);
  }
};

}  // namespace drydock::image::testing
