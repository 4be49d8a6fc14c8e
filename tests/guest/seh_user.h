/// seh_user.dll and the tests that drive it: PUPPET_ORDERS.Variant. Needs no Windows header.
#pragma once

enum { kSehAll, kSehUnhandled, kSehUnhandledFault, kSehForEver, kSehFilterRaises,
       kSehTwoForEver /* two faults, each handled, in turn */, kSehOften /* 12,000 raised at one place, each handled, with calls between */ };
