// The function table as our headers have it against the published one.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace drydock::wdf {
namespace {

std::map<int, std::string> ours() {
  return {
#define WDF_FUNCTION(index, result, name, parameters, arguments) {index, #name},
#define WDF_FUNCTION_BY_NAME(index, name) {index, #name},
#include <places.h>
#include <wdf/wdffunctions.inc>
#undef WDF_FUNCTION
#undef WDF_FUNCTION_BY_NAME
  };
}

std::map<int, std::string> published() {
  std::ifstream in(std::string(DRYDOCK_SOURCE_DIR) + "/docs/contracts/wdf-functions.tsv");
  std::map<int, std::string> names;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    int index = 0;
    std::string name;
    fields >> index >> name;
    names[index] = name;
  }
  return names;
}

TEST(WdfHeaders, WDF_396_EveryFunctionSitsWhereThePublishedTableHasIt) {
  const std::map<int, std::string> theirs = published();
  EXPECT_EQ(theirs.size(), 458u);
  EXPECT_EQ(ours(), theirs);
}

}  // namespace
}  // namespace drydock::wdf
