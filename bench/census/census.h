/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BENCH_CENSUS_H
#define BENCH_CENSUS_H

/* What interpreter/run.c tells about each instruction that it goes to, where it is compiled for the
 * census. */
union VmWord;
void census_see(const union VmWord *pc);
#define VM_SEEN(pc) census_see(pc)

#endif
