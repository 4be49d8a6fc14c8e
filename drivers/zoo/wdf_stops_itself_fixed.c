// kmdf: 1.33
#define FIXED
#include "wdf_stops_itself.c"
