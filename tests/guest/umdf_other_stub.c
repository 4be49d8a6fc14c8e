// dll:
// A DLL with the entry of a UMDF driver, but with a stub that is not ours: as the kit would link it.

int __stdcall DllMain(void* Instance, unsigned Reason, void* Reserved) {
  (void)Instance;
  (void)Reason;
  (void)Reserved;
  return 1;
}

__declspec(dllexport) int FxDriverEntryUm(void* LoaderInterface, void* Context, void* DriverObject, void* RegistryPath) {
  (void)Context;
  (void)DriverObject;
  (void)RegistryPath;
  return LoaderInterface != 0;
}
