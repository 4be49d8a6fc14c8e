#define FIXED
#include "spin_at_high_irql.c"
