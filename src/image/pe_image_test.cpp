#include "image/pe_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "image/code_patches.h"
#include "image/testing/synthetic_pe.h"

namespace drydock::image {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::SyntheticPe;
using L = testing::Layout;

std::unique_ptr<const PeImage> parsed(const SyntheticPe& pe) {
  auto result = PeImage::parse(pe.file, "sample.sys");
  EXPECT_TRUE(result) << (result ? "" : result.failure().message);
  return result ? std::move(result).value() : nullptr;
}

std::string refusal(std::span<const std::byte> file) {
  auto result = PeImage::parse(file, "sample.sys");
  return result ? "accepted" : result.failure().message;
}

TEST(PeImage, ReadsEveryDirectory) {
  auto pe = parsed(SyntheticPe());
  ASSERT_TRUE(pe);
  EXPECT_EQ(pe->entry_rva(), L::kEntry);
  EXPECT_EQ(pe->sections().size(), 6u);
  ASSERT_EQ(pe->imports().size(), 3u);
  EXPECT_EQ(pe->imports()[0].name, "IoCreateDevice");
  EXPECT_EQ(pe->imports()[0].slot_rva, L::kSlots);
  EXPECT_TRUE(pe->imports()[1].by_ordinal);
  EXPECT_EQ(pe->imports()[1].name, "#12");
  EXPECT_STREQ(pe->imports()[2].missing.name, "IoDeleteDevice");
  EXPECT_STREQ(pe->imports()[2].missing.module, "ntoskrnl.exe");
  EXPECT_EQ(pe->relocations(), std::vector<std::uint32_t>{L::kData});
  EXPECT_EQ(pe->security_cookie_rva(), L::kData + 8);
  EXPECT_EQ(pe->functions().size(), 3u);
}

TEST(PeImage, FindsExportsByNameAndOrdinal) {
  auto pe = parsed(SyntheticPe());
  ASSERT_TRUE(pe->find_export("Worker"));
  EXPECT_EQ(pe->find_export("Worker")->rva, L::kWorker);
  ASSERT_TRUE(pe->find_export("Away"));
  EXPECT_EQ(pe->find_export("Away")->forward_module, "OTHER");
  EXPECT_EQ(pe->find_export("Away")->forward_name, "Function");
  ASSERT_TRUE(pe->find_export(7));
  EXPECT_EQ(pe->find_export(7)->rva, L::kLeaf);
  EXPECT_FALSE(pe->find_export("worker"));
  EXPECT_FALSE(pe->find_export(""));
  EXPECT_FALSE(pe->find_export(8));
}

TEST(PeImage, KnowsFunctionsAndSymbols) {
  auto pe = parsed(SyntheticPe());
  ASSERT_TRUE(pe->function_at(L::kWorker + 23));
  EXPECT_EQ(pe->function_at(L::kWorker + 23)->begin, L::kWorker);
  EXPECT_FALSE(pe->function_at(L::kWorker + 24));
  EXPECT_FALSE(pe->function_at(L::kLeaf));
  EXPECT_EQ(pe->symbol_at(L::kWorker + 0x1c), "WorkerWithALongName+0x1c");
  EXPECT_EQ(pe->symbol_at(L::kLeaf), "TheLeaf");
  EXPECT_EQ(pe->symbol_at(L::kData), "");
  EXPECT_EQ(pe->rva_of_symbol("TheLeaf"), L::kLeaf);
  EXPECT_EQ(pe->rva_of_symbol("Worker"), L::kWorker);
}

TEST(PeImage, CopiesAndRelocates) {
  auto pe = parsed(SyntheticPe());
  ASSERT_EQ(pe->mapped_pages(), 7u);  // all but .reloc
  std::vector<std::byte> memory(pe->mapped_pages() * machine::kPageSize, std::byte{0xEE});
  pe->copy_to(memory.data(), 0x2000'0000'0000);
  std::uint64_t pointer;
  std::memcpy(&pointer, memory.data() + L::kData, 8);
  EXPECT_EQ(pointer, 0x2000'0000'0000 + L::kWorker);
  EXPECT_EQ(memory[L::kData + 0x200], std::byte{0});
  EXPECT_EQ(memory[L::kData + 0x1FFF], std::byte{0});
  EXPECT_EQ(memory[0x600], std::byte{0});
}

TEST(PeImage, PlansPageProtections) {
  auto pe = parsed(SyntheticPe());
  std::string plan;
  for (const auto& run : pe->page_runs())
    plan += fmt::format("{}+{}:{} ", run.first_page, run.pages, static_cast<int>(run.access));
  EXPECT_EQ(plan, "0+1:1 1+1:3 2+1:1 3+2:2 5+1:1 6+1:3 ");
  ASSERT_EQ(pe->init_runs().size(), 1u);
  EXPECT_EQ(pe->init_runs()[0].first_page, 6u);
}

TEST(PeImage, PatchesWhatCodeReachesAndNothingElse) {
  auto pe = parsed(SyntheticPe());
  std::string found;
  for (const auto& patch : pe->patches())
    found += fmt::format("{:x}:{}+{} ", patch.rva, static_cast<int>(patch.kind), patch.length);
  EXPECT_EQ(found, "1005:0+2 1007:1+2 1009:4+4 1040:3+2 ");
  const PatchedInstruction* rdrand = pe->patch_at(0x1009);
  ASSERT_TRUE(rdrand);
  EXPECT_EQ(rdrand->operand, 9);
  EXPECT_EQ(rdrand->operand_bytes, 8);
  EXPECT_EQ(*pe->file_bytes(0x1009, 1), std::byte{0xF4});
  EXPECT_EQ(*pe->file_bytes(0x1080, 1), std::byte{0x0F});
  EXPECT_FALSE(pe->patch_at(0x1006));
}

TEST(PeImage, FollowsTheCasesOfASwitch) {
  SyntheticPe pe;
  // Worker: jmp rax; int3; then a case nobody names: rdtsc; ret
  pe.put_code(L::kTextAt, {0xFF, 0xE0, 0xCC, 0x0F, 0x31, 0xC3});
  for (unsigned i = 6; i < 24; ++i) pe.put8(L::kTextAt + i, 0xCC);
  auto image = parsed(pe);
  EXPECT_TRUE(image->patch_at(0x1003));
}

TEST(PeImage, LeavesRelocatedBytesAlone) {
  SyntheticPe pe;
  pe.put32(L::kRelocAt, L::kText);
  pe.put16(L::kRelocAt + 8, 10 << 12 | 0x3);  // over pause and rdtsc
  auto image = parsed(pe);
  EXPECT_FALSE(image->patch_at(0x1005));
  EXPECT_FALSE(image->patch_at(0x1007));
  EXPECT_TRUE(image->patch_at(0x1040));
}

TEST(PeImage, RefusesOtherFiles) {
  const std::string text = "[board]\nname = \"lab\"\n";
  EXPECT_EQ(
      refusal(std::as_bytes(std::span(text))),
      "sample.sys: signature 'MZ' at file offset 0x0 is missing; this is no Windows driver, pass an x64 .sys file");
  EXPECT_THAT(refusal({}), HasSubstr("the file is empty"));
  EXPECT_EQ(PeImage::parse({}, "sample.sys").failure().exit_code, host::ExitCode::BadInput);
}

struct Damage {
  const char* name;
  std::function<void(SyntheticPe&)> damage;
  const char* field;
  std::uint32_t offset;
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class DamagedPe : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedPe, IsRefusedNamingFieldAndOffset) {
  SyntheticPe pe;
  GetParam().damage(pe);
  const std::string sentence = refusal(pe.file);
  EXPECT_THAT(sentence, StartsWith("sample.sys: "));
  EXPECT_THAT(sentence, HasSubstr(GetParam().field));
  EXPECT_THAT(sentence, HasSubstr(fmt::format(" at file offset 0x{:x} ", GetParam().offset)));
  EXPECT_THAT(sentence, HasSubstr("; ")) << "no remedy";
}

template <class T>
std::function<void(SyntheticPe&)> set(std::uint32_t at, T value) {
  return [=](SyntheticPe& pe) { pe.put(at, value); };
}
std::function<void(SyntheticPe&)> set16(std::uint32_t at, unsigned value) {
  return set(at, static_cast<std::uint16_t>(value));
}
std::function<void(SyntheticPe&)> set32(std::uint32_t at, std::uint32_t value) {
  return set(at, value);
}
std::function<void(SyntheticPe&)> cut(std::size_t bytes) {
  return [=](SyntheticPe& pe) { pe.file.resize(bytes); };
}

constexpr std::uint32_t at(std::uint32_t rva) {
  return L::rdata_at(rva);
}

const Damage kDamages[] = {
    {"NoMz", set16(0, 0x4D5B), "signature 'MZ'", 0},
    {"OneByte", cut(1), "signature 'MZ'", 0},
    {"CutInDosHeader", cut(40), "DOS header", 0},
    {"LfanewBeyondFile", set32(0x3C, 0x10000), "e_lfanew", 0x3C},
    {"LfanewHuge", set32(0x3C, 0xFFFFFFF0), "e_lfanew", 0x3C},
    {"LfanewInDosHeader", set32(0x3C, 8), "e_lfanew", 0x3C},
    {"LfanewOdd", set32(0x3C, 0x81), "e_lfanew", 0x3C},
    {"NoPe", set32(L::kNt, 0x454E), "signature 'PE'", L::kNt},
    {"X86", set16(L::kNt + 4, 0x14C), "Machine", L::kNt + 4},
    {"Arm64", set16(L::kNt + 4, 0xAA64), "ARM64", L::kNt + 4},
    {"NoSections", set16(L::kNt + 6, 0), "NumberOfSections", L::kNt + 6},
    {"ManySections", set16(L::kNt + 6, 97), "NumberOfSections", L::kNt + 6},
    {"SectionTableBeyondHeaders", set16(L::kNt + 6, 20), "SizeOfHeaders", L::kOptional + 60},
    {"SymbolsBeyondFile", set32(L::kNt + 12, 0x7000), "PointerToSymbolTable", L::kNt + 12},
    {"SymbolCountHuge", set32(L::kNt + 16, 0xFFFFFFFF), "PointerToSymbolTable", L::kNt + 12},
    {"OptionalHeaderSmall", set16(L::kNt + 20, 96), "SizeOfOptionalHeader", L::kNt + 20},
    {"OptionalHeaderCutsDirectories", set16(L::kNt + 20, 200), "SizeOfOptionalHeader", L::kNt + 20},
    {"ObjectFile", set16(L::kNt + 22, 0), "Characteristics", L::kNt + 22},
    {"RelocationsStripped", set16(L::kNt + 22, 0x23), "Characteristics", L::kNt + 22},
    {"Pe32", set16(L::kOptional, 0x10B), "optional header's Magic", L::kOptional},
    {"RomImage", set16(L::kOptional, 0x107), "optional header's Magic", L::kOptional},
    {"CutInOptionalHeader", cut(L::kOptional + 50), "optional header", L::kOptional},
    {"CutBeforeMagic", cut(L::kOptional), "optional header's Magic", L::kOptional},
    {"EntryInData", set32(L::kOptional + 16, L::kData), "AddressOfEntryPoint", L::kOptional + 16},
    {"EntryZero", set32(L::kOptional + 16, 0), "AddressOfEntryPoint", L::kOptional + 16},
    {"EntryOutside", set32(L::kOptional + 16, 0xFFFFFF00), "AddressOfEntryPoint", L::kOptional + 16},
    {"BaseOdd", set(L::kOptional + 24, std::uint64_t{0x140001000}), "ImageBase", L::kOptional + 24},
    {"SectionAlignmentOdd", set32(L::kOptional + 32, 0x1800), "SectionAlignment", L::kOptional + 32},
    {"SectionAlignmentZero", set32(L::kOptional + 32, 0), "SectionAlignment", L::kOptional + 32},
    {"FileAlignmentZero", set32(L::kOptional + 36, 0), "FileAlignment", L::kOptional + 36},
    {"FileAlignmentOdd", set32(L::kOptional + 36, 0x300), "FileAlignment", L::kOptional + 36},
    {"ImageSizeZero", set32(L::kOptional + 56, 0), "SizeOfImage", L::kOptional + 56},
    {"ImageSizeHuge", set32(L::kOptional + 56, 0xFFFFF000), "SizeOfImage", L::kOptional + 56},
    {"ImageSizeOdd", set32(L::kOptional + 56, 0x8010), "SizeOfImage", L::kOptional + 56},
    {"ImageSizeSmall", set32(L::kOptional + 56, 0x7000), "VirtualSize", L::section(5) + 8},
    {"HeadersBeyondFile", set32(L::kOptional + 60, 0x3000), "SizeOfHeaders", L::kOptional + 60},
    {"HeadersBelowTable", set32(L::kOptional + 60, 0x100), "SizeOfHeaders", L::kOptional + 60},
    {"WindowsProgram", set16(L::kOptional + 68, 3), "Subsystem", L::kOptional + 68},
    {"ManyDirectories", set32(L::kOptional + 108, 17), "NumberOfRvaAndSizes", L::kOptional + 108},
    {"SectionUnaligned", set32(L::section(1) + 12, 0x2010), "VirtualAddress of section '.rdata'", L::section(1) + 12},
    {"SectionOverlapsAnother", set32(L::section(2) + 12, 0x2000), "VirtualAddress of section '.data'", L::section(2) + 12},
    {"SectionInHeaders", set32(L::section(0) + 12, 0), "VirtualAddress of section '.text'", L::section(0) + 12},
    {"SectionEmpty",
     [](SyntheticPe& pe) { pe.put32(L::section(5) + 8, 0), pe.put32(L::section(5) + 16, 0); }, "VirtualSize", L::section(5) + 8},
    {"SectionWraps", set32(L::section(5) + 8, 0xFFFFFFFF), "VirtualSize of section '.reloc'", L::section(5) + 8},
    {"SectionDataUnaligned", set32(L::section(0) + 20, 0x410), "PointerToRawData of section '.text'", L::section(0) + 20},
    {"SectionDataBeyondFile", set32(L::section(5) + 20, 0x1800), "SizeOfRawData of section '.reloc'", L::section(5) + 16},
    {"SectionDataHuge", set32(L::section(5) + 16, 0xFFFFFE00), "SizeOfRawData of section '.reloc'", L::section(5) + 16},
    {"SectionDataShared", set32(L::section(1) + 20, 0x400), "PointerToRawData of section '.rdata'", L::section(1) + 20},
    {"SectionDataInHeaders", set32(L::section(0) + 20, 0x200), "PointerToRawData of section '.text'", L::section(0) + 20},
    {"CutInSections", cut(0x1300), "SizeOfRawData of section 'INIT'", L::section(4) + 16},
    {"CutInSectionTable",
     [](SyntheticPe& pe) { pe.put32(L::kOptional + 60, 0x180), pe.file.resize(L::section(2)); }, "section table", L::kSections},

    {"RelocationsOutside", set32(L::directory(5), 0x9000), "relocation directory's address", L::directory(5)},
    {"RelocationsNowhere", set32(L::directory(5), 0), "relocation directory's address", L::directory(5)},
    {"RelocationsCut", set32(L::directory(5) + 4, 14), "relocation block", L::kRelocAt + 12},
    {"RelocationBlockTiny", set32(L::kRelocAt + 4, 4), "SizeOfBlock", L::kRelocAt + 4},
    {"RelocationBlockLong", set32(L::kRelocAt + 4, 0x400), "SizeOfBlock", L::kRelocAt + 4},
    {"RelocationBlockOdd", set32(L::kRelocAt + 4, 11), "SizeOfBlock", L::kRelocAt + 4},
    {"RelocationPageOutside", set32(L::kRelocAt, 0x100000), "VirtualAddress of a relocation block", L::kRelocAt},
    {"RelocationPageOdd", set32(L::kRelocAt, 0x3004), "VirtualAddress of a relocation block", L::kRelocAt},
    {"RelocationType", set16(L::kRelocAt + 8, 3 << 12), "relocation", L::kRelocAt + 8},
    {"RelocationInGap",
     [](SyntheticPe& pe) { pe.put32(L::kRelocAt, 0x4000), pe.put16(L::kRelocAt + 8, 10 << 12 | 0x7FC); }, "relocation",
     L::kRelocAt + 8},
    {"RelocatedTwice",
     [](SyntheticPe& pe) { pe.put16(L::kRelocAt + 10, 10 << 12 | 4); }, "relocation directory", L::kRelocAt},

    {"ExportsOutside", set32(L::directory(0), 0x100000), "export directory's address", L::directory(0)},
    {"ExportsEmpty", set32(L::directory(0) + 4, 0), "export directory's size", L::directory(0) + 4},
    {"ExportsSmall", set32(L::directory(0) + 4, 20), "export directory's size", L::directory(0) + 4},
    {"ExportFunctionsHuge", set32(at(L::kExports) + 20, 0xFFFFFFFF), "NumberOfFunctions", at(L::kExports) + 20},
    {"ExportNamesHuge", set32(at(L::kExports) + 24, 0x100000), "NumberOfNames", at(L::kExports) + 24},
    {"ExportBase", set32(at(L::kExports) + 16, 0xFFFF), "Base", at(L::kExports) + 16},
    {"ExportFunctionsOutside", set32(at(L::kExports) + 28, 0x7FFFFFFF), "AddressOfFunctions", at(L::kExports) + 28},
    {"ExportNamesOutside", set32(at(L::kExports) + 32, 0x7FFFFFFF), "AddressOfNames", at(L::kExports) + 32},
    {"ExportOrdinalsOutside", set32(at(L::kExports) + 36, 0x7FFFFFFF), "AddressOfNameOrdinals", at(L::kExports) + 36},
    {"ExportOutside", set32(at(L::kExports) + 0x28, 0x80000), "address of export ordinal 5", at(L::kExports) + 0x28},
    {"ExportNameOutside", set32(at(L::kExports) + 0x34, 0x80000), "name of an export", at(L::kExports) + 0x34},
    {"ExportNameOrdinal", set16(at(L::kExports) + 0x3C, 3), "name ordinal", at(L::kExports) + 0x3C},
    {"ForwarderWithoutDot",
     [](SyntheticPe& pe) { pe.put_text(at(L::kExports) + 0x50, "Nowhere"); }, "forwarder", at(L::kExports) + 0x50},

    {"ImportsOutside", set32(L::directory(1), 0x20000), "import directory's address", L::directory(1)},
    {"ImportModuleOutside", set32(at(L::kImports) + 12, 0x70000000), "Name of import descriptor 0", at(L::kImports) + 12},
    {"ImportModuleNoText", set32(at(L::kImports) + 12, L::kSlots), "Name of import descriptor 0", at(L::kImports) + 12},
    {"ImportLookupOutside", set32(at(L::kImports), 0x70000000), "OriginalFirstThunk of the imports from ntoskrnl.exe", at(L::kImports)},
    {"ImportSlotsOutside", set32(at(L::kImports) + 16, 0x70000000), "FirstThunk of the imports from ntoskrnl.exe", at(L::kImports) + 16},
    {"ImportSlotsAtTheEnd", set32(at(L::kImports) + 16, L::kRdata + 0x7F8), "FirstThunk", at(L::kImports) + 16},
    {"ImportNameOutside", set(at(L::kLookup), std::uint64_t{0x70000000}), "import by name", at(L::kLookup)},
    {"ImportNameWide", set(at(L::kLookup), std::uint64_t{0x1'0000'2000}), "import by name", at(L::kLookup)},
    {"ImportOrdinalWide", set(at(L::kLookup) + 8, std::uint64_t{0x8000'0000'0001'0000}), "import by ordinal", at(L::kLookup) + 8},
    {"ImportNameNotEnding",
     [](SyntheticPe& pe) {
       pe.put64(L::directory(0), 0);
       for (unsigned i = at(L::kHints) + 2; i < L::kRdataAt + 0x800; ++i) pe.put8(i, 'x');
     },
     "Name of import descriptor 0", at(L::kImports) + 12},

    {"PdataSize", set32(L::directory(3) + 4, 35), "exception directory's size", L::directory(3) + 4},
    {"PdataOutside", set32(L::directory(3), 0x50000), "exception directory's address", L::directory(3)},
    {"FunctionInData", set32(L::kPdataAt, L::kData), "BeginAddress", L::kPdataAt},
    {"FunctionsUnordered", set32(L::kPdataAt + 12, L::kWorker + 4), "BeginAddress", L::kPdataAt + 12},
    {"FunctionEndsBeforeItBegins", set32(L::kPdataAt + 4, L::kWorker), "EndAddress", L::kPdataAt + 4},
    {"FunctionEndOutside", set32(L::kPdataAt + 4, 0x90000), "EndAddress", L::kPdataAt + 4},
    {"UnwindOutside", set32(L::kPdataAt + 8, 0x90000), "UnwindData", L::kPdataAt + 8},
    {"UnwindUnaligned", set32(L::kPdataAt + 8, L::kUnwind + 2), "UnwindData", L::kPdataAt + 8},
    {"UnwindBorrowsNothing", set32(L::kPdataAt + 8, L::kUnwind + 1), "UnwindData", L::kPdataAt + 8},
    {"UnwindVersion", set(at(L::kUnwind), std::uint8_t{5}), "version of an UNWIND_INFO", at(L::kUnwind)},
    {"UnwindFlags", set(at(L::kUnwind), std::uint8_t{1 | 7 << 3}), "flags of an UNWIND_INFO", at(L::kUnwind)},
    {"UnwindCode", set(at(L::kUnwind) + 5, std::uint8_t{0x0F}), "unwind code", at(L::kUnwind) + 5},
    {"UnwindEpilogueInVersion1", set(at(L::kUnwind) + 5, std::uint8_t{0x06}), "unwind code", at(L::kUnwind) + 5},
    {"UnwindCodeCut", set(at(L::kUnwind) + 7, std::uint8_t{0x05}), "CountOfCodes", at(L::kUnwind) + 2},
    {"UnwindCodesOutside", set32(L::kPdataAt + 8, L::kRdata + 0x7FC), "version of an UNWIND_INFO", L::kRdataAt + 0x7FC},
    {"UnwindHandlerInData", set32(at(L::kUnwind) + 8, L::kData), "ExceptionHandler", at(L::kUnwind) + 8},
    {"UnwindChainEndless",
     [](SyntheticPe& pe) {
       pe.put_code(at(L::kUnwind), {1 | 4 << 3, 0, 0, 0});
       pe.put32(at(L::kUnwind) + 4 + 8, L::kUnwind);
     },
     "UnwindData", L::kPdataAt + 8},

    {"LoadConfigOutside", set32(L::directory(10), 0x70000), "load config directory's address", L::directory(10)},
    {"LoadConfigTiny", set32(L::directory(10) + 4, 2), "load config directory's size", L::directory(10) + 4},
    {"LoadConfigLong", set32(at(L::kLoadConfig), 0x10000), "Size of the load config directory", at(L::kLoadConfig)},
    {"CookieOutside", set(at(L::kLoadConfig) + 0x58, std::uint64_t{0x1'5000'0000}), "SecurityCookie", at(L::kLoadConfig) + 0x58},
    {"CookieReadOnly", set(at(L::kLoadConfig) + 0x58, SyntheticPe::kBase + L::kRdata), "SecurityCookie", at(L::kLoadConfig) + 0x58},
};

INSTANTIATE_TEST_SUITE_P(EveryField, DamagedPe, ::testing::ValuesIn(kDamages),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(PeImage, EveryTruncationIsRefused) {
  const SyntheticPe whole;
  for (std::size_t bytes = 0; bytes < L::kSymbolsAt + 36; ++bytes) {
    const std::string sentence = refusal(std::span(whole.file).first(bytes));
    ASSERT_THAT(sentence, HasSubstr(" at file offset 0x")) << bytes;
  }
}

/// Whatever stands in a file, reading it ends in an image or in a sentence.
TEST(PeImage, SurvivesDeterministicMutations) {
  std::uint64_t state = 0x243F6A8885A308D3;
  const auto random = [&](std::uint64_t n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state % n;
  };
  const std::uint8_t interesting[] = {0, 1, 2, 4, 0x7F, 0x80, 0xFF, 0xFE, 0x10, 0x40};
  unsigned refused = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    SyntheticPe pe;
    for (std::uint64_t n = 1 + random(4); n > 0; --n) {
      const std::size_t place = random(8) ? random(0x1640) : random(L::section(6));
      pe.put8(place, random(2) ? interesting[random(sizeof interesting)] : static_cast<unsigned>(random(256)));
    }
    if (!random(16)) pe.file.resize(random(pe.file.size()));
    auto result = PeImage::parse(pe.file, "sample.sys");
    if (!result) {
      ++refused;
      ASSERT_THAT(result.failure().message, HasSubstr(" at file offset 0x"));
    } else if (round % 16 == 0) {
      for (std::uint32_t rva = 0; rva < 0x8000; rva += 0x3D) (*result)->symbol_at(rva);
      std::vector<std::byte> memory((*result)->mapped_pages() * machine::kPageSize);
      (*result)->copy_to(memory.data(), 0x2000'0000'0000);
    }
  }
  EXPECT_GT(refused, 2000u);
}

}  // namespace
}  // namespace drydock::image
