#define FIXED
#include "bus_reports_duplicate.c"
