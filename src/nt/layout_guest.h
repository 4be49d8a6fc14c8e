#pragma once
// What layout_test.cpp and the guest objects agree on: one row for each line of the tables, all in section .rows.

#include <stddef.h>

enum { kLayoutType, kLayoutConstant };

// Of a type or field: its offset and size. Of a constant: its value and the size of its type.
struct layout_row {
  char name[104];
  unsigned long long kind;
  unsigned long long value;
  unsigned long long size;
};

#define NT_TYPE(type) {#type, kLayoutType, 0, sizeof(type)},
#define NT_FIELD(type, field) {#type "." #field, kLayoutType, offsetof(type, field), sizeof(((type*)0)->field)},
#define NT_TAIL(type, field) {#type "." #field, kLayoutType, offsetof(type, field), 0},
#define NT_CONSTANT(name) {#name, kLayoutConstant, (unsigned long long)(name), sizeof(name)},
#define NT_GUID(name)
