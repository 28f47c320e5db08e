(module
  (@custom "producers" "\01\0cprocess\10tK\0d\00\0b\0b\02@ \00E\0d\00clang\0614.0.6"))
