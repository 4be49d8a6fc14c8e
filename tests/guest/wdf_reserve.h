/// wdf_reserve.sys and the tests that drive it: its queue's forward-progress policy, PUPPET_ORDERS.Variant. What it
/// notes. Needs no Windows header.
#pragma once

enum { kReserveAlways, kReserveExamine, kReservePaging, kReserveSpoilt /* all the wrong policies first */,
       kReserveForwards /* to another queue, and lets it go only 100 ms after the device wanted to leave */,
       kReserveOne /* the same with a single request */, kReserveSends /* one, which goes to the lower driver */,
       kReserveInCallerContext, kReserveBlocks, kReserveAgain /* assigns it once more while it equips the first */,
       kReserveHuge };

/// PuppetNote: a reserved request is equipped, any other is, an IRP is looked at, a read came, by its request's mark.
enum { kNoteReserved = 1, kNoteRequest = 2, kNoteExamined = 3, kNoteRead = 10, kNoteLate = 20,
       kNoteCaller = 30 /* EvtIoInCallerContext */, kNoteSent = 31 /* a sent one is back */ };

#define RESERVE_REQUESTS 2u
/// A read of so many bytes is not worth a reserved request.
#define RESERVE_UNWORTHY 13u
/// kReserveBlocks: EvtIoRead of such a read returns only when one of the other kind has come.
#define RESERVE_BLOCKS 14u
#define RESERVE_FREES 15u
