#define FIXED
#include "count_at_high_irql.c"
