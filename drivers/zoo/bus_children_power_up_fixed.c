#define FIXED
#include "bus_children_power_up.c"
