#define FIXED
#include "waits_for_ever.c"
