#define FIXED
#include "query_remove_vetoed_for_ever.c"
