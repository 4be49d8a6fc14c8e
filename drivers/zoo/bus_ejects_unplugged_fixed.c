#define FIXED
#include "bus_ejects_unplugged.c"
