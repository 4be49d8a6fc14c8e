#include "image/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/testing/synthetic_pe.h"
#include "image/unwind.h"
#include "machine/processor.h"

namespace drydock::image {
namespace {

using ::testing::HasSubstr;
using testing::SyntheticPe;
using L = testing::Layout;

std::uint64_t called_with;

std::uint64_t NTAPI record_call(std::uint64_t value) {
  called_with = value;
  return value + 1;
}
void fill_variable(void* guest) {
  std::memset(guest, 0x5A, 8);
}

const ExportFamily kKernelRows{"ntoskrnl.exe",
                               {
                                   {"IoCreateDevice", record_call, any_irql()},
                                   {"KernelVariable", DataExport{8, fill_variable}},
                                   {"IoDeleteDevice", not_built("this table is only a test's")},
                               },
                               "test"};
const ExportFamily kHalRows{"hal.dll", {{"HalThing", record_call, any_irql()}}, "test"};
const ExportFamily kTwice{"NTOSKRNL.EXE", {{"IoCreateDevice", record_call, any_irql()}}, "test/again"};

const ExportIndex& kernel_exports() {
  static const ExportIndex index = [] {
    ExportIndex made;
    made.add(kKernelRows);
    made.add(kHalRows);
    return made;
  }();
  return index;
}

class Loader : public ::testing::Test {
 protected:
  void SetUp() override {
    machine_ = machine::Machine::create({}).value();
    const ExportIndex& exports = kernel_exports();  // made outside of the machine
    machine_->enter([&] { Images::attach(*machine_, exports); });
  }
  const PeImage& parsed(const SyntheticPe& pe, std::string_view name = "sample.sys") {
    images_.push_back(PeImage::parse(pe.file, name).value());
    return *images_.back();
  }
  /// Runs `body` inside the machine; true if it came to its end.
  bool run(const std::function<void(Images&)>& body) {
    return machine_->run([&] { body(Images::current()); }).passed();
  }
  static std::uint64_t word(const LoadedImage& image, std::uint32_t rva) {
    std::uint64_t value;
    std::memcpy(&value, image.base() + rva, 8);
    return value;
  }

  std::vector<std::unique_ptr<const PeImage>> images_;
  std::unique_ptr<machine::Machine> machine_;
};

TEST_F(Loader, RelocatesProtectsAndMakesACookie) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    auto& memory = machine::Machine::current().memory();
    EXPECT_EQ(word(*image, L::kData), reinterpret_cast<std::uint64_t>(image->base()) + L::kWorker);
    EXPECT_NE(word(*image, L::kData + 8), 0x00002B992DDFA232u);
    EXPECT_NE(word(*image, L::kData + 8), 0u);
    EXPECT_EQ(memory.access_of(image->base()), machine::Access::Read);
    EXPECT_EQ(memory.access_of(image->base() + L::kText), machine::Access::ReadExecute);
    EXPECT_EQ(memory.access_of(image->base() + L::kRdata), machine::Access::Read);
    EXPECT_EQ(memory.access_of(image->base() + L::kData), machine::Access::ReadWrite);
    EXPECT_EQ(memory.access_of(image->base() + L::kInit), machine::Access::ReadExecute);
    images.discard_init(image);
    EXPECT_EQ(memory.access_of(image->base() + L::kInit), machine::Access::None);
    EXPECT_EQ(memory.access_of(image->base() + L::kPdata), machine::Access::Read);
  }));
}

TEST_F(Loader, BindsFunctionsAndListsWhatIsMissing) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    const std::uint64_t argument = 41;
    EXPECT_EQ(machine::call_guest(reinterpret_cast<void*>(word(*image, L::kSlots)), &argument, 1), 42u);
    EXPECT_EQ(called_with, 41u);
    EXPECT_EQ(images.address_of_export("NTOSKRNL.exe", "IoCreateDevice"),
              reinterpret_cast<void*>(word(*image, L::kSlots)));
    ASSERT_EQ(image->missing_imports().size(), 2u);
    EXPECT_EQ(image->missing_imports()[0].import->name, "#12");
    EXPECT_STREQ(image->missing_imports()[0].why, "no table offers it");
    EXPECT_EQ(image->missing_imports()[1].import->name, "IoDeleteDevice");
    EXPECT_STREQ(image->missing_imports()[1].why, "this table is only a test's");
  }));
}

TEST_F(Loader, ACallOfAMissingImportEndsTheRunByName) {
  // The entry jumps through the slot of import #12.
  SyntheticPe source;
  source.put_code(L::kInitAt, {0xFF, 0x25});
  source.put32(L::kInitAt + 2, L::kSlots + 8 - (L::kInit + 6));
  source.put32(L::kPdataAt + 28, L::kInit + 6);
  const PeImage& pe = parsed(source);
  machine::Outcome outcome = machine_->run([&] {
    LoadedImage* image = Images::current().load(pe).value();
    machine::call_guest(image->entry(), nullptr, 0);
    ADD_FAILURE() << "it returned";
  });
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::NotImplemented);
  ASSERT_FALSE(machine_->findings().empty());
  EXPECT_THAT(machine_->findings()[0].summary, HasSubstr("ntoskrnl.exe!#12"));
}

TEST_F(Loader, ARowNotBuiltSaysWhy) {
  SyntheticPe source;
  source.put_code(L::kInitAt, {0xFF, 0x25});
  source.put32(L::kInitAt + 2, L::kSlots + 16 - (L::kInit + 6));
  source.put32(L::kPdataAt + 28, L::kInit + 6);
  const PeImage& pe = parsed(source);
  machine::Outcome outcome =
      machine_->run([&] { machine::call_guest(Images::current().load(pe).value()->entry(), nullptr, 0); });
  EXPECT_EQ(outcome.kind, machine::OutcomeKind::NotImplemented);
  ASSERT_FALSE(machine_->findings().empty());
  EXPECT_THAT(machine_->findings()[0].summary, HasSubstr("ntoskrnl.exe!IoDeleteDevice"));
  EXPECT_THAT(machine_->findings()[0].summary, HasSubstr("only a test's"));
}

/// An image that imports `name` from `module` in its first slot.
SyntheticPe importing(std::string_view module, std::string_view name) {
  SyntheticPe pe;
  pe.put_text(L::rdata_at(L::kModule), module);
  pe.put_text(L::rdata_at(L::kHints) + 2, name);
  return pe;
}

TEST_F(Loader, BindsToImagesThatAreLoaded) {
  const PeImage& lower = parsed(SyntheticPe(), "lower.sys");
  const PeImage& upper = parsed(importing("LOWER.SYS", "Worker"), "upper.sys");
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* provider = images.load(lower).value();
    LoadedImage* user = images.load(upper).value();
    EXPECT_EQ(word(*user, L::kSlots), reinterpret_cast<std::uint64_t>(provider->base()) + L::kWorker);
    EXPECT_EQ(provider->importers(), 1u);
    EXPECT_EQ(images.find("Lower.sys"), provider);
    EXPECT_EQ(images.at(user->base() + 5), user);
    images.unload(user);
    EXPECT_EQ(provider->importers(), 0u);
  }));
}

TEST_F(Loader, BindsByOrdinal) {
  SyntheticPe source = importing("lower.sys", "Worker");
  source.put64(L::rdata_at(L::kLookup) + 8, 0x8000'0000'0000'0007);
  const PeImage& lower = parsed(SyntheticPe(), "lower.sys");
  const PeImage& upper = parsed(source, "upper.sys");
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* provider = images.load(lower).value();
    EXPECT_EQ(word(*images.load(upper).value(), L::kSlots + 8),
              reinterpret_cast<std::uint64_t>(provider->base()) + L::kLeaf);
  }));
}

SyntheticPe forwarding_to(std::string_view target) {
  SyntheticPe pe;
  pe.put_text(L::rdata_at(L::kExports) + 0x50, target);
  return pe;
}

TEST_F(Loader, FollowsForwarders) {
  const PeImage& far = parsed(SyntheticPe(), "far.sys");
  const PeImage& by_name = parsed(forwarding_to("FAR.Worker"), "byname.sys");
  const PeImage& by_ordinal = parsed(forwarding_to("far.#7"), "byordinal.sys");
  const PeImage& to_kernel = parsed(forwarding_to("NTOSKRNL.IoCreateDevice"), "tokernel.sys");
  const PeImage& to_itself = parsed(forwarding_to("TOITSELF.Away"), "toitself.sys");
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* target = images.load(far).value();
    for (const PeImage* pe : {&by_name, &by_ordinal, &to_kernel, &to_itself}) images.load(*pe).value();
    EXPECT_EQ(images.address_of_export("byname.sys", "Away"), target->base() + L::kWorker);
    EXPECT_EQ(images.address_of_export("byordinal.sys", "Away"), target->base() + L::kLeaf);
    EXPECT_EQ(images.address_of_export("tokernel.sys", "Away"),
              images.address_of_export("ntoskrnl.exe", "IoCreateDevice"));
    EXPECT_EQ(images.address_of_export("toitself.sys", "Away"), nullptr);
  }));
}

TEST_F(Loader, VariablesAreTheMachinesOwn) {
  EXPECT_TRUE(run([&](Images& images) {
    auto* variable = static_cast<unsigned char*>(images.address_of_export("ntoskrnl.exe", "KernelVariable"));
    ASSERT_TRUE(variable);
    EXPECT_TRUE(machine::Machine::current().memory().is_ram(variable));
    EXPECT_EQ(variable[7], 0x5A);
    EXPECT_EQ(images.address_of_export("ntoskrnl.exe", "KernelVariable"), variable);
  }));
}

TEST_F(Loader, TheKernelAndTheHalAreOneForImporters) {
  EXPECT_TRUE(kernel_exports().find("ntoskrnl.exe", "HalThing"));
  EXPECT_TRUE(kernel_exports().find("HAL.dll", "IoCreateDevice"));
  EXPECT_FALSE(kernel_exports().find("scsiport.sys", "IoCreateDevice"));
  EXPECT_TRUE(kernel_exports().has_module("Hal.DLL"));
  ExportIndex index;
  index.add(kKernelRows);
  index.add(kTwice);
  EXPECT_THAT(index.duplicates(), ::testing::ElementsAre("NTOSKRNL.EXE!IoCreateDevice in test and in test/again"));
}

TEST_F(Loader, RemembersWhatWasUnloaded) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    const std::byte* address = image->base() + L::kWorker + 4;
    EXPECT_EQ(images.symbol_at(reinterpret_cast<std::uint64_t>(address)), "sample.sys!WorkerWithALongName+0x4");
    EXPECT_EQ(images.symbol_at(reinterpret_cast<std::uint64_t>(image->base() + L::kData)), "sample.sys+0x3000");
    images.unload(image);
    EXPECT_EQ(images.at(address), nullptr);
    ASSERT_TRUE(images.unloaded_at(address));
    EXPECT_EQ(images.symbol_at(reinterpret_cast<std::uint64_t>(address)), "unloaded sample.sys+0x1004");
    images.load(pe).value();
    EXPECT_EQ(images.unloaded_at(address), nullptr);
  }));
}

TEST_F(Loader, KnowsItsPatches) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    const auto worker = reinterpret_cast<std::uint64_t>(image->base()) + L::kWorker;
    PatchedInstruction patched;
    ASSERT_TRUE(images.patched_at(worker + 7, patched));
    EXPECT_EQ(patched.kind, PatchedKind::Rdtsc);
    std::uint8_t bytes[16];
    ASSERT_EQ(images.original_instruction(worker + 7, bytes), 2u);
    EXPECT_EQ(bytes[1], 0x31);
    EXPECT_EQ(images.original_instruction(worker, bytes), 0u);
  }));
}

/// Answers what a trapped instruction was, and nothing else.
class PatchHooks final : public machine::KernelHooks {
 public:
  void fault(machine::TrapFrame*, const machine::FaultInfo&) override { ADD_FAILURE() << "a fault"; }
  void deliver_apcs(machine::Thread&) override {}
  std::vector<machine::StackFrame> capture_stack(const machine::TrapFrame*) override { return {}; }
  std::uint64_t kuser_read(unsigned, unsigned) override { return 0; }
  unsigned original_instruction(std::uint64_t instruction, std::uint8_t (&bytes)[16]) override {
    return Images::current().original_instruction(instruction, bytes);
  }
  void irql_violation(const machine::ExportSlot&, nt::KIRQL) override {}
};

TEST_F(Loader, PatchedInstructionsAskTheMachine) {
  const PeImage& pe = parsed(SyntheticPe());
  PatchHooks hooks;
  machine_->set_hooks(&hooks);
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    machine::call_guest(image->find_symbol("WorkerWithALongName"), nullptr, 0);  // pause, rdtsc, rdrand, cpuid
    EXPECT_GT(machine::Machine::current().now().count(), 0);
  }));
}

TEST_F(Loader, ReadsGuestMemoryWithoutFaulting) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    LoadedImage* image = images.load(pe).value();
    images.discard_init(image);
    const auto base = reinterpret_cast<std::uint64_t>(image->base());
    std::uint64_t value = 0;
    EXPECT_TRUE(read_guest(base + L::kData, &value, 8));
    EXPECT_EQ(value, base + L::kWorker);
    EXPECT_FALSE(read_guest(base + L::kInit, &value, 8));
    EXPECT_FALSE(read_guest(base + L::kInit - 4, &value, 8));
    EXPECT_FALSE(read_guest(8, &value, 8));
    EXPECT_FALSE(read_guest(~0ull - 3, &value, 8));
  }));
}

TEST_F(Loader, AThousandLoadsLeaveNothingBehind) {
  const PeImage& pe = parsed(SyntheticPe());
  EXPECT_TRUE(run([&](Images& images) {
    images.unload(images.load(pe).value());
    const std::size_t pages = machine::Machine::current().memory().pages_in_use();
    for (unsigned i = 0; i < 1000; ++i) images.unload(images.load(pe).value());
    EXPECT_EQ(machine::Machine::current().memory().pages_in_use(), pages);
  }));
}

TEST_F(Loader, SaysWhenTheMachineHasNoRoom) {
  SyntheticPe source;
  source.put32(L::kOptional + 56, 0x8000000);
  source.put32(L::section(5) + 12, 0x7000000);
  source.put32(L::directory(5), 0x7000000);
  source.put32(L::section(4) + 12, 0x6000000);
  source.put32(L::kOptional + 16, 0x6000000);
  source.put32(L::kPdataAt + 24, 0x6000000);
  source.put32(L::kPdataAt + 28, 0x6000003);
  const PeImage& pe = parsed(source, "huge.sys");
  EXPECT_TRUE(run([&](Images& images) {
    auto loaded = images.load(pe);
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.failure().message, HasSubstr("huge.sys needs"));
  }));
}

}  // namespace
}  // namespace drydock::image
