/// seh_user.dll and the tests that drive it: PUPPET_ORDERS.Variant. Needs no Windows header.
#pragma once

enum { kSehAll, kSehUnhandled, kSehUnhandledFault, kSehForEver, kSehFilterRaises };
