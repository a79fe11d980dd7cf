/* Hides AVX-512 and the VNNI instructions from the program that it is preloaded into, so that the
 * program picks what it would on an AVX2 processor.
 *
 * With CPUID faulting on (arch_prctl(ARCH_SET_CPUID, 0)), every CPUID instruction raises SIGSEGV; the
 * handler executes it with faulting off, clears the feature bits and goes on behind it. Where processor
 * or kernel has no CPUID faulting, only libraries in which mask_package.py has put INT 0xA2 in the
 * instruction's place are masked, which raises SIGSEGV as well; unless CPUID_MASK_REPLACED is set to say
 * that there are such, the program ends with status 125 and a message. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012

static struct sigaction former;
static int can_fault;

static long set_faulting(int on) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, on ? 0UL : 1UL); }

/* CPUID, or the INT 0xA2 in its place. */
static int asks_for_cpuid(const uint8_t* instruction) {
  return (instruction[0] == 0x0F || instruction[0] == 0xCD) && instruction[1] == 0xA2;
}

static void mask(uint32_t leaf, uint32_t subleaf, uint32_t* eax, uint32_t* ebx, uint32_t* ecx,
                 uint32_t* edx) {
  if (leaf == 7 && subleaf == 0) {
    /* F, DQ, IFMA, PF, ER, CD, BW, VL */
    *ebx &= ~((1u << 16) | (1u << 17) | (1u << 21) | (1u << 26) | (1u << 27) | (1u << 28) |
              (1u << 30) | (1u << 31));
    /* VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ */
    *ecx &= ~((1u << 1) | (1u << 6) | (1u << 11) | (1u << 12) | (1u << 14));
    /* 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, FP16, AMX-TILE, AMX-INT8 */
    *edx &= ~((1u << 2) | (1u << 3) | (1u << 8) | (1u << 22) | (1u << 23) | (1u << 24) |
              (1u << 25));
  } else if (leaf == 7 && subleaf == 1) {
    /* AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16, AVX10 */
    *eax &= ~((1u << 4) | (1u << 5) | (1u << 21) | (1u << 23));
    *edx &= ~((1u << 4) | (1u << 5) | (1u << 10) | (1u << 19));
  }
}

static void on_fault(int number, siginfo_t* info, void* context) {
  greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
  const uint8_t* instruction = (const uint8_t*)registers[REG_RIP];
  if (info->si_code != SI_KERNEL || !asks_for_cpuid(instruction)) {
    sigaction(SIGSEGV, &former, NULL); /* A fault of the program's own: it happens again, unmasked. */
    (void)number;
    return;
  }
  const uint32_t leaf = (uint32_t)registers[REG_RAX];
  const uint32_t subleaf = (uint32_t)registers[REG_RCX];
  uint32_t eax, ebx, ecx, edx;
  if (can_fault) {
    set_faulting(0);
  }
  __cpuid_count(leaf, subleaf, eax, ebx, ecx, edx);
  if (can_fault) {
    set_faulting(1);
  }
  mask(leaf, subleaf, &eax, &ebx, &ecx, &edx);
  registers[REG_RAX] = eax;
  registers[REG_RBX] = ebx;
  registers[REG_RCX] = ecx;
  registers[REG_RDX] = edx;
  registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void hide(void) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, &former);
  can_fault = set_faulting(1) == 0;
  if (!can_fault && getenv("CPUID_MASK_REPLACED") == NULL) {
    static const char message[] = "cpuid_mask: this processor or kernel has no CPUID faulting\n";
    const ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)ignored;
    _exit(125);
  }
}
