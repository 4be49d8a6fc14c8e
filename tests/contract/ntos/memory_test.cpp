// MDLs, mappings, physical addresses, and what DMA adapters make of them.

#include <gtest/gtest.h>

#include <cstring>

#include "contract/ntos/kernel_rig.h"
#include "nt/bugcheck.h"
#include "ntos/ex/pool.h"
#include "ntos/hal/dma.h"
#include "ntos/io/mdl.h"
#include "ntos/ke/irql.h"
#include "ntos/kernel.h"
#include "ntos/mm/io_space.h"
#include "ntos/mm/mdl.h"

namespace drydock::tests {
namespace {

using machine::OutcomeKind;
using namespace nt;
using namespace ntos;

constexpr ULONG kTag = 0x31747354;

MDL* mdl_over(void* buffer, ULONG bytes) {
  return MmCreateMdl(nullptr, buffer, bytes);
}

TEST(Memory, ALockedBufferHasASecondAddress) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    auto* buffer = static_cast<char*>(ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, kTag));
    MDL* mdl = mdl_over(buffer + 100, 2 * PAGE_SIZE);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    EXPECT_NE(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    auto* mapped =
        static_cast<char*>(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority));
    ASSERT_NE(mapped, nullptr);
    EXPECT_NE(mapped, buffer + 100);
    EXPECT_EQ(MmGetPhysicalAddress(mapped + 5000).QuadPart, MmGetPhysicalAddress(buffer + 5100).QuadPart);
    buffer[100] = 'a';
    buffer[100 + 2 * PAGE_SIZE - 1] = 'z';
    EXPECT_EQ(mapped[0], 'a');
    mapped[2 * PAGE_SIZE - 1] = 'y';
    EXPECT_EQ(buffer[100 + 2 * PAGE_SIZE - 1], 'y');
    EXPECT_TRUE(MmIsAddressValid(mapped));
    MmUnlockPages(mdl);
    EXPECT_FALSE(MmIsAddressValid(mapped));
    EXPECT_EQ(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0);
    EXPECT_TRUE(mm::leaks_of(0, ~0ull).empty());
    ExFreePool(mdl);
    ExFreePool(buffer);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Memory, NonpagedPoolIsItsOwnMapping) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    auto* buffer = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, 300, kTag));
    MDL* mdl = mdl_over(buffer, 300);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority), buffer);
    EXPECT_EQ((MmGetMdlPfnArray(mdl)[0] << PAGE_SHIFT) + mdl->ByteOffset,
              static_cast<ULONG64>(MmGetPhysicalAddress(buffer).QuadPart));
    EXPECT_EQ(MmGetVirtualForPhysical(MmGetPhysicalAddress(buffer)), buffer);
    ExFreePool(mdl);
    ExFreePool(buffer);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

MDL* mdl_for_device(PHYSICAL_ADDRESS at, SIZE_T bytes, NTSTATUS wanted) {
  MM_PHYSICAL_ADDRESS_LIST list{at, bytes};
  MDL* mdl;
  EXPECT_EQ(MmAllocateMdlForIoSpace(&list, 1, &mdl), wanted);
  return mdl;
}

// For a driver that maps shared memory of a device through an MDL.
TEST(Memory, DeviceMemoryHasAnMdl) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    PHYSICAL_ADDRESS device{}, ram{};
    device.QuadPart = 0xE0000000;
    auto* page = static_cast<char*>(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, kTag));
    ram = MmGetPhysicalAddress(page);
    EXPECT_EQ(mdl_for_device(device, 100, STATUS_INVALID_PARAMETER_1), nullptr);
    EXPECT_EQ(mdl_for_device(device, 0, STATUS_INVALID_PARAMETER_2), nullptr);
    EXPECT_EQ(mdl_for_device(device, 1ull << 32, STATUS_INVALID_PARAMETER_2), nullptr);
    EXPECT_EQ(mdl_for_device(ram, PAGE_SIZE, STATUS_INVALID_PARAMETER_1), nullptr);
    MDL* mdl = mdl_for_device(device, 2 * PAGE_SIZE, STATUS_SUCCESS);
    ASSERT_NE(mdl, nullptr);
    EXPECT_EQ(MmGetMdlPfnArray(mdl)[1], 0xE0001u);
    EXPECT_EQ(mdl->MdlFlags & MDL_IO_SPACE, MDL_IO_SPACE);
    PVOID registers = MmMapIoSpace(device, 2 * PAGE_SIZE, MmNonCached);
    PVOID mapped = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, nullptr, FALSE, NormalPagePriority);
    EXPECT_EQ(mapped, registers);  // device memory has one address
    MmUnmapLockedPages(mapped, mdl);
    io::IoFreeMdl(mdl);
    MmUnmapIoSpace(registers, 2 * PAGE_SIZE);
    EXPECT_TRUE(mm::leaks_of(0, ~0ull).empty());
    ExFreePool(page);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Memory, AnMdlForDeviceMemoryHasNoRamInItAndEndsWithTheAddresses) {
  KernelRig rig({.ram_bytes = 64 << 20, .ram_above_4gb = 32 << 20});
  EXPECT_EQ(rig.run([] {
    constexpr LONGLONG kFourGigabytes = LONGLONG{1} << 32, kHalf = LONGLONG{1} << 31;
    PHYSICAL_ADDRESS below_ram{.QuadPart = kFourGigabytes - PAGE_SIZE}, last{.QuadPart = 0xF'FFFF'F000};
    EXPECT_EQ(mdl_for_device(below_ram, 2 * PAGE_SIZE, STATUS_INVALID_PARAMETER_1), nullptr);
    EXPECT_EQ(mdl_for_device(last, 2 * PAGE_SIZE, STATUS_INVALID_PARAMETER_1), nullptr);
    EXPECT_EQ(mdl_for_device({.QuadPart = -PAGE_SIZE}, 2 * PAGE_SIZE, STATUS_INVALID_PARAMETER_1), nullptr);
    EXPECT_EQ(mdl_for_device({.QuadPart = -kHalf}, kHalf, STATUS_INVALID_PARAMETER_1), nullptr);
    EXPECT_EQ(MmMapIoSpace(last, 2 * PAGE_SIZE, MmNonCached), nullptr);
    MDL* mdl = mdl_for_device(last, PAGE_SIZE, STATUS_SUCCESS);
    ASSERT_NE(mdl, nullptr);
    io::IoFreeMdl(mdl);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

void map_two_pages_of_device(LONGLONG apart) {
  MM_PHYSICAL_ADDRESS_LIST pages[] = {{{.QuadPart = 0xE0000000}, PAGE_SIZE},
                                      {{.QuadPart = 0xE0000000 + apart}, PAGE_SIZE}};
  MDL* mdl;
  ASSERT_EQ(MmAllocateMdlForIoSpace(pages, 2, &mdl), STATUS_SUCCESS);
  PVOID mapped = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, nullptr, FALSE, NormalPagePriority);
  ASSERT_NE(mapped, nullptr);
  MmUnmapLockedPages(mapped, mdl);
  io::IoFreeMdl(mdl);
  EXPECT_TRUE(mm::leaks_of(0, ~0ull).empty());
}

TEST(Memory, RangesOfDeviceMemoryAreMappedIfTheyAdjoin) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] { map_two_pages_of_device(PAGE_SIZE); }), OutcomeKind::Completed) << rig.what_happened();
  KernelRig other;
  EXPECT_EQ(other.run([] { map_two_pages_of_device(2 * PAGE_SIZE); }), OutcomeKind::NotImplemented)
      << other.what_happened();
}

// Either may come first, and either may go first.
TEST(Memory, DeviceMemoryMappedThroughAnMdlAndWithoutIsCountedTogether) {
  for (bool mdl_first : {true, false})
    for (bool mdl_goes_first : {true, false}) {
      KernelRig rig;
      EXPECT_EQ(rig.run([=] {
        PHYSICAL_ADDRESS device{.QuadPart = 0xE0000000};
        MDL* mdl = mdl_for_device(device, PAGE_SIZE, STATUS_SUCCESS);
        PVOID mapped = nullptr, registers = nullptr;
        const auto map_mdl = [&] { mapped = MmMapLockedPages(mdl, KernelMode); };
        if (mdl_first) map_mdl();
        registers = MmMapIoSpace(device, 2 * PAGE_SIZE, MmNonCached);
        if (!mdl_first) map_mdl();
        EXPECT_EQ(mapped, registers);
        if (mdl_goes_first) MmUnmapLockedPages(mapped, mdl);
        MmUnmapIoSpace(registers, 2 * PAGE_SIZE);
        if (!mdl_goes_first) {
          ASSERT_EQ(mm::leaks_of(0, ~0ull).size(), 1u);
          MmUnmapLockedPages(mapped, mdl);
        }
        EXPECT_TRUE(mm::leaks_of(0, ~0ull).empty());
        io::IoFreeMdl(mdl);
      }),
                OutcomeKind::Completed)
          << rig.what_happened();
      EXPECT_TRUE(rig.findings().empty()) << rig.what_happened();
    }
}

void expect_stop(std::uint32_t code, const std::function<void()>& mistake) {
  KernelRig rig;
  EXPECT_EQ(rig.run(mistake), OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), code) << rig.what_happened();
}

TEST(Memory, UnlockingTwiceStops) {
  expect_stop(PROCESS_HAS_LOCKED_PAGES, [] {
    MDL* mdl = mdl_over(ExAllocatePoolWithTag(PagedPool, 64, kTag), 64);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
  });
}

TEST(Memory, FreeingDeviceMemoryAsPagesStops) {
  expect_stop(PROCESS_HAS_LOCKED_PAGES,
              [] { MmFreePagesFromMdl(mdl_for_device({.QuadPart = 0xE0000000}, PAGE_SIZE, STATUS_SUCCESS)); });
}

TEST(Memory, MappingWhatIsNotLockedStops) {
  expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, [] {
    MDL* mdl = mdl_over(ExAllocatePoolWithTag(PagedPool, 64, kTag), 64);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority);
  });
}

TEST(Memory, AnMdlOverNothingStops) {
  expect_stop(PAGE_FAULT_IN_NONPAGED_AREA,
              [] { MmBuildMdlForNonPagedPool(mdl_over(reinterpret_cast<void*>(0x12345000), 64)); });
}

TEST(Memory, ContiguousMemoryIsContiguousAndWithinReach) {
  KernelRig rig({.ram_bytes = 64 << 20, .ram_above_4gb = 32 << 20});
  EXPECT_EQ(rig.run([] {
    PHYSICAL_ADDRESS highest{.QuadPart = 0xFFFFFFFF};
    auto* block = static_cast<char*>(MmAllocateContiguousMemory(5 * PAGE_SIZE, highest));
    ASSERT_NE(block, nullptr);
    LONGLONG first = MmGetPhysicalAddress(block).QuadPart;
    for (int i = 1; i < 5; ++i)
      EXPECT_EQ(MmGetPhysicalAddress(block + i * PAGE_SIZE).QuadPart, first + i * LONGLONG{PAGE_SIZE});
    EXPECT_LE(first + 5 * LONGLONG{PAGE_SIZE} - 1, 0xFFFFFFFF);
    MmFreeContiguousMemory(block);
    PHYSICAL_ADDRESS zero{.QuadPart = 0}, boundary{.QuadPart = 0x4000};
    for (int i = 0; i < 8; ++i) {
      void* run = MmAllocateContiguousMemorySpecifyCache(0x3000, zero, highest, boundary, MmCached);
      LONGLONG start = MmGetPhysicalAddress(run).QuadPart;
      EXPECT_EQ(start / 0x4000, (start + 0x2FFF) / 0x4000);
    }
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

TEST(Memory, FreeingContiguousMemoryTwiceStops) {
  expect_stop(BAD_POOL_CALLER, [] {
    void* block = MmAllocateContiguousMemory(PAGE_SIZE, {.QuadPart = 0xFFFFFFFF});
    MmFreeContiguousMemory(block);
    MmFreeContiguousMemory(block);
  });
}

TEST(Memory, PagesForAnMdlComeAndGo) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    std::size_t before = machine::Machine::current().memory().pages_in_use();
    MDL* mdl = MmAllocatePagesForMdlEx({.QuadPart = 0}, {.QuadPart = -1}, {.QuadPart = 0}, 4 * PAGE_SIZE, MmCached, 0);
    auto* mapped =
        static_cast<char*>(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority));
    for (unsigned i = 0; i < 4 * PAGE_SIZE; ++i) ASSERT_EQ(mapped[i], 0);
    std::memset(mapped, 7, 4 * PAGE_SIZE);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    EXPECT_LE(machine::Machine::current().memory().pages_in_use(), before + 1);
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

// ---- DMA ----

DMA_ADAPTER* make_adapter(bool scatter_gather, bool all_of_memory) {
  DEVICE_DESCRIPTION description{};
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = scatter_gather;
  description.Dma32BitAddresses = TRUE;
  description.Dma64BitAddresses = all_of_memory;
  description.InterfaceType = PCIBus;
  description.MaximumLength = 64 * 1024;
  ULONG map_registers = 0;
  DMA_ADAPTER* adapter = IoGetDmaAdapter(nullptr, &description, &map_registers);
  EXPECT_EQ(map_registers, 17u);
  return adapter;
}

struct Seen {
  SCATTER_GATHER_LIST* list = nullptr;
};

VOID NTAPI take_list(DEVICE_OBJECT*, IRP*, SCATTER_GATHER_LIST* list, PVOID context) {
  static_cast<Seen*>(context)->list = list;
}

std::size_t device_reads(const SCATTER_GATHER_LIST* list, std::byte* to) {
  std::size_t done = 0;
  for (ULONG i = 0; i < list->NumberOfElements; ++i) {
    const SCATTER_GATHER_ELEMENT& element = list->Elements[i];
    EXPECT_TRUE(machine::Machine::current().memory().read(static_cast<ULONG64>(element.Address.QuadPart),
                                                          {to + done, element.Length}));
    done += element.Length;
  }
  return done;
}

void round_trip(bool all_of_memory) {
  DMA_ADAPTER* adapter = make_adapter(true, all_of_memory);
  DEVICE_OBJECT device{};
  auto* buffer = static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, kTag));
  for (unsigned i = 0; i < 5 * PAGE_SIZE; ++i) buffer[i] = static_cast<std::byte>(i * 7);
  MDL* mdl = mdl_over(buffer + 10, 4 * PAGE_SIZE);
  MmBuildMdlForNonPagedPool(mdl);
  KIRQL irql = KeRaiseIrqlToDpcLevel();
  Seen seen;
  ASSERT_EQ(GetScatterGatherList(adapter, &device, mdl, buffer + 110, 3 * PAGE_SIZE, take_list, &seen, TRUE),
            STATUS_SUCCESS);
  ASSERT_NE(seen.list, nullptr);
  std::vector<std::byte> read(3 * PAGE_SIZE);
  EXPECT_EQ(device_reads(seen.list, read.data()), read.size());
  EXPECT_EQ(std::memcmp(read.data(), buffer + 110, read.size()), 0);
  if (!all_of_memory)
    for (ULONG i = 0; i < seen.list->NumberOfElements; ++i)
      EXPECT_LE(seen.list->Elements[i].Address.QuadPart, 0xFFFFFFFF);
  PutScatterGatherList(adapter, seen.list, TRUE);

  ASSERT_EQ(GetScatterGatherList(adapter, &device, mdl, buffer + 10, PAGE_SIZE, take_list, &seen, FALSE),
            STATUS_SUCCESS);
  std::byte written[] = {std::byte{0xAB}};
  auto last = seen.list->Elements[seen.list->NumberOfElements - 1];
  EXPECT_TRUE(machine::Machine::current().memory().write(static_cast<ULONG64>(last.Address.QuadPart) + last.Length - 1,
                                                         written));
  PutScatterGatherList(adapter, seen.list, FALSE);
  EXPECT_EQ(buffer[10 + PAGE_SIZE - 1], std::byte{0xAB});
  KeLowerIrql(irql);
  EXPECT_FALSE(hal::dma_leaks_of(0, ~0ull).empty());
  PutDmaAdapter(adapter);
  EXPECT_TRUE(hal::dma_leaks_of(0, ~0ull).empty());
}

TEST(Dma, AScatterGatherListNamesTheBuffersPages) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] { round_trip(true); }), OutcomeKind::Completed) << rig.what_happened();
}

TEST(Dma, PagesOutOfReachGoThroughABounceBuffer) {
  KernelRig rig({.ram_bytes = 64 << 20, .ram_above_4gb = 60 << 20});
  EXPECT_EQ(rig.run([] { round_trip(false); }), OutcomeKind::Completed) << rig.what_happened();
}

TEST(Dma, CommonBuffersAreContiguousAndMustGoBackToTheirAdapter) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DMA_ADAPTER* adapter = make_adapter(true, true);
    PHYSICAL_ADDRESS logical;
    auto* buffer = static_cast<char*>(AllocateCommonBuffer(adapter, 10'000, &logical, TRUE));
    EXPECT_EQ(MmGetPhysicalAddress(buffer + 9'999).QuadPart, logical.QuadPart + 9'999);
    FreeCommonBuffer(adapter, 10'000, logical, buffer, TRUE);
    FreeCommonBuffer(adapter, 10'000, logical, buffer, TRUE);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), DRIVER_VERIFIER_DMA_VIOLATION);
}

TEST(Dma, AnAdapterPutAwayIsGone) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    DMA_ADAPTER* adapter = make_adapter(true, true);
    PutDmaAdapter(adapter);
    GetDmaAlignment(adapter);
  }),
            OutcomeKind::BugCheck);
  EXPECT_EQ(rig.stop_code(), DRIVER_VERIFIER_DMA_VIOLATION);
}

struct Channel {
  PVOID base = nullptr;
};
IO_ALLOCATION_ACTION NTAPI keep_registers(DEVICE_OBJECT*, IRP*, PVOID base, PVOID context) {
  static_cast<Channel*>(context)->base = base;
  return DeallocateObjectKeepRegisters;
}

TEST(Dma, ATransferIsMappedPieceByPieceOrAllAtOnceForADeviceThatCannotScatter) {
  KernelRig rig;
  EXPECT_EQ(rig.run([] {
    for (bool scatter_gather : {true, false}) {
      DMA_ADAPTER* adapter = make_adapter(scatter_gather, true);
      DEVICE_OBJECT device{};
      auto* buffer = static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, kTag));
      std::memset(buffer, 1, 4 * PAGE_SIZE);
      MDL* mdl = mdl_over(buffer, 4 * PAGE_SIZE);
      MmBuildMdlForNonPagedPool(mdl);
      KIRQL irql = KeRaiseIrqlToDpcLevel();
      Channel channel;
      ASSERT_EQ(AllocateAdapterChannel(adapter, &device, 4, keep_registers, &channel), STATUS_SUCCESS);
      ULONG done = 0, pieces = 0;
      while (done < 4 * PAGE_SIZE) {
        ULONG length = 4 * PAGE_SIZE - done;
        PHYSICAL_ADDRESS address = MapTransfer(adapter, mdl, channel.base, buffer + done, &length, FALSE);
        std::vector<std::byte> from(length, static_cast<std::byte>(0x40 + pieces));
        EXPECT_TRUE(machine::Machine::current().memory().write(static_cast<ULONG64>(address.QuadPart), from));
        done += length;
        ++pieces;
      }
      EXPECT_TRUE(FlushAdapterBuffers(adapter, mdl, channel.base, buffer, 4 * PAGE_SIZE, FALSE));
      FreeMapRegisters(adapter, channel.base, 4);
      KeLowerIrql(irql);
      if (scatter_gather)
        EXPECT_GT(pieces, 1u);
      else
        EXPECT_EQ(pieces, 1u);
      EXPECT_EQ(buffer[0], std::byte{0x40});
      EXPECT_EQ(buffer[4 * PAGE_SIZE - 1], static_cast<std::byte>(0x40 + pieces - 1));
    }
  }),
            OutcomeKind::Completed)
      << rig.what_happened();
}

}  // namespace
}  // namespace drydock::tests
