// dll:
// A DLL that is no UMDF driver: it exports something else.

int __stdcall DllMain(void* Instance, unsigned Reason, void* Reserved) {
  (void)Instance;
  (void)Reason;
  (void)Reserved;
  return 1;
}

__declspec(dllexport) int SomethingElse(void) {
  return 1;
}
