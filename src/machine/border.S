// The border between our code and a driver's. Offsets are asserted in border.cpp.
// gs: is the running processor's KPCR; its private block lies just below.

        .intel_syntax noprefix

#define GS_HOST_SP   -0x100
#define GS_GUEST_SP  -0xF8
#define GS_BORDER    -0xF0
#define GS_ATTENTION -0xE8
#define GS_CALLS     -0xE4
#define GS_REMOTE_FIRST -0xE0
#define GS_REMOTE_BYTES -0xD8
#define GS_IRQL      0x50

#define REC_SIZE     272
#define REC_PREVIOUS 0
#define REC_KIND     8
#define REC_IRQL     12
#define REC_RSP      16
#define REC_RBX      24
#define REC_RBP      32
#define REC_RSI      40
#define REC_RDI      48
#define REC_R12      56
#define REC_R13      64
#define REC_R14      72
#define REC_R15      80
#define REC_SLOT     88
#define REC_TRAP     96
#define REC_HOST_SP  104
#define REC_XMM6     112

#define SLOT_ENTRY      0
#define SLOT_IRQL_MIN   8
#define SLOT_IRQL_MAX   9
#define SLOT_STACK_ARGS 10

        .text

// uint64_t drydock_call_guest(const GuestCall*): {function, rax, count, args, call_stub}
        .globl  drydock_call_guest
        .type   drydock_call_guest, @function
drydock_call_guest:
        push    rbp
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        sub     rsp, 8                  // keeps the host stack pointer of the border aligned
        call    3f
        add     rsp, 8
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        pop     rbp
        ret
3:      push    qword ptr gs:[GS_HOST_SP]
        push    qword ptr gs:[GS_GUEST_SP]
        push    qword ptr gs:[GS_BORDER]
        mov     rax, gs:[GS_GUEST_SP]
        mov     gs:[GS_HOST_SP], rsp
        mov     r10, rdi
        mov     r11, [r10 + 24]
        mov     rcx, [r10 + 16]
        and     rax, -16
        mov     rsp, rax
        // Stack arguments above 32 bytes of home space, the whole 16-aligned.
        xor     edx, edx
        sub     rcx, 4
        cmovl   rcx, rdx
        lea     rdx, [rcx + 1]
        and     rdx, -2
        shl     rdx, 3
        sub     rsp, rdx
        sub     rsp, 32
1:      test    rcx, rcx
        jz      2f
        mov     rax, [r11 + rcx * 8 + 24]
        mov     [rsp + rcx * 8 + 24], rax
        dec     rcx
        jmp     1b
2:      mov     rcx, [r11]
        mov     rdx, [r11 + 8]
        mov     r8, [r11 + 16]
        mov     r9, [r11 + 24]
        mov     rax, [r10 + 8]
        mov     r11, [r10]
        cld
        jmp     qword ptr [r10 + 32]    // calls r11, so that the processor predicts the return
        .size   drydock_call_guest, .-drydock_call_guest

// uint64_t drydock_call_guest_4(a, b, c, d, function, stub) by the driver's convention: rcx, rdx, r8, r9 stay as they
// are, and the registers a caller may expect back are the driver's to preserve.
        .globl  drydock_call_guest_4
        .type   drydock_call_guest_4, @function
drydock_call_guest_4:
        mov     r11, [rsp + 40]
        mov     r10, [rsp + 48]
        mov     rax, r11
        sub     rax, gs:[GS_REMOTE_FIRST]
        cmp     rax, gs:[GS_REMOTE_BYTES]
        jb      drydock_call_remote_4   // another process runs it
        push    qword ptr gs:[GS_HOST_SP]
        push    qword ptr gs:[GS_GUEST_SP]
        push    qword ptr gs:[GS_BORDER]
        mov     rax, gs:[GS_GUEST_SP]
        mov     gs:[GS_HOST_SP], rsp
        and     rax, -16
        lea     rsp, [rax - 32]
        xor     eax, eax
        jmp     r10
        .size   drydock_call_guest_4, .-drydock_call_guest_4

// Where the call stub, to which a driver function returns, goes on.
        .globl  drydock_guest_return
        .type   drydock_guest_return, @function
drydock_guest_return:
        mov     rsp, gs:[GS_HOST_SP]
        pop     qword ptr gs:[GS_BORDER]
        pop     qword ptr gs:[GS_GUEST_SP]
        pop     qword ptr gs:[GS_HOST_SP]
        cld
        ret
        .size   drydock_guest_return, .-drydock_guest_return

// Every import thunk comes here with r11 = ExportSlot*, on the driver's stack. Writes nothing there.
        .globl  drydock_import_entry
        .type   drydock_import_entry, @function
drydock_import_entry:
        mov     r10, gs:[GS_HOST_SP]
        mov     rax, r10
        sub     r10, REC_SIZE
        mov     [r10 + REC_HOST_SP], rax
        mov     rax, gs:[GS_BORDER]
        mov     [r10 + REC_PREVIOUS], rax
        mov     [r10 + REC_RSP], rsp
        mov     [r10 + REC_RBX], rbx
        mov     [r10 + REC_RBP], rbp
        mov     [r10 + REC_RSI], rsi
        mov     [r10 + REC_RDI], rdi
        mov     [r10 + REC_R12], r12
        mov     [r10 + REC_R13], r13
        mov     [r10 + REC_R14], r14
        mov     [r10 + REC_R15], r15
        movaps  [r10 + REC_XMM6], xmm6
        movaps  [r10 + REC_XMM6 + 16], xmm7
        movaps  [r10 + REC_XMM6 + 32], xmm8
        movaps  [r10 + REC_XMM6 + 48], xmm9
        movaps  [r10 + REC_XMM6 + 64], xmm10
        movaps  [r10 + REC_XMM6 + 80], xmm11
        movaps  [r10 + REC_XMM6 + 96], xmm12
        movaps  [r10 + REC_XMM6 + 112], xmm13
        movaps  [r10 + REC_XMM6 + 128], xmm14
        movaps  [r10 + REC_XMM6 + 144], xmm15
        movzx   eax, byte ptr gs:[GS_IRQL]
        mov     dword ptr [r10 + REC_KIND], 0
        mov     [r10 + REC_IRQL], eax
        mov     [r10 + REC_SLOT], r11
        mov     qword ptr [r10 + REC_TRAP], 0
        mov     gs:[GS_BORDER], r10
        mov     gs:[GS_GUEST_SP], rsp
        mov     rbx, r10
        movzx   r10d, word ptr [r11 + SLOT_STACK_ARGS]
        test    r10d, r10d
        jnz     4f
        lea     rsp, [rbx - 32]
1:      cmp     al, [r11 + SLOT_IRQL_MAX]
        ja      3f
        cmp     al, [r11 + SLOT_IRQL_MIN]
        jb      3f
        cmp     dword ptr gs:[GS_ATTENTION], 0
        jne     3f
        dec     dword ptr gs:[GS_CALLS]
        jz      3f
2:      call    qword ptr [r11 + SLOT_ENTRY]
        mov     rcx, [rbx + REC_PREVIOUS]
        mov     gs:[GS_BORDER], rcx
        mov     rsp, [rbx + REC_RSP]
        mov     rbx, [rbx + REC_RBX]
        ret
        // Wrong IRQL, or the machine wants attention: a point.
3:      sub     rsp, 96                 // rsi and rdi are the driver's: put back below
        mov     [rsp + 32], rcx
        mov     [rsp + 40], rdx
        mov     [rsp + 48], r8
        mov     [rsp + 56], r9
        mov     [rsp + 64], r11
        movlps  [rsp + 72], xmm0
        movlps  [rsp + 80], xmm1
        mov     rdi, r11
        movaps  [rsp], xmm2
        movaps  [rsp + 16], xmm3
        cld
        call    drydock_import_point
        movaps  xmm2, [rsp]
        movaps  xmm3, [rsp + 16]
        mov     rcx, [rsp + 32]
        mov     rdx, [rsp + 40]
        mov     r8, [rsp + 48]
        mov     r9, [rsp + 56]
        mov     r11, [rsp + 64]
        movlps  xmm0, [rsp + 72]
        movlps  xmm1, [rsp + 80]
        mov     rsi, [rbx + REC_RSI]
        mov     rdi, [rbx + REC_RDI]
        movaps  xmm6, [rbx + REC_XMM6]  // what a host function may change and a driver expects back
        movaps  xmm7, [rbx + REC_XMM6 + 16]
        movaps  xmm8, [rbx + REC_XMM6 + 32]
        movaps  xmm9, [rbx + REC_XMM6 + 48]
        movaps  xmm10, [rbx + REC_XMM6 + 64]
        movaps  xmm11, [rbx + REC_XMM6 + 80]
        movaps  xmm12, [rbx + REC_XMM6 + 96]
        movaps  xmm13, [rbx + REC_XMM6 + 112]
        movaps  xmm14, [rbx + REC_XMM6 + 128]
        movaps  xmm15, [rbx + REC_XMM6 + 144]
        add     rsp, 96
        jmp     2b
        // Stack arguments: from the driver's stack to ours.
4:      mov     rsi, [rbx + REC_RSP]
        lea     rdi, [r10 + 1]
        and     rdi, -2
        shl     rdi, 3
        neg     rdi
        lea     rsp, [rbx + rdi - 32]
5:      mov     rdi, [rsi + r10 * 8 + 32]
        mov     [rsp + r10 * 8 + 24], rdi
        dec     r10d
        jnz     5b
        mov     rsi, [rbx + REC_RSI]
        mov     rdi, [rbx + REC_RDI]
        jmp     1b
        .size   drydock_import_entry, .-drydock_import_entry

// A trap in driver code continues here on the host stack: rdi = TrapFrame*.
        .globl  drydock_trap_entry
        .type   drydock_trap_entry, @function
drydock_trap_entry:
        mov     rbx, rdi
        call    drydock_on_trap
        mov     rdi, rbx
        // falls through
        .globl  drydock_resume_guest
drydock_resume_guest:
        fxrstor64 [rdi + 160]
        push    0x2b
        push    qword ptr [rdi + 32]
        push    qword ptr [rdi + 136]
        push    0x33
        push    qword ptr [rdi + 128]
        mov     rax, [rdi]
        mov     rcx, [rdi + 8]
        mov     rdx, [rdi + 16]
        mov     rbx, [rdi + 24]
        mov     rbp, [rdi + 40]
        mov     rsi, [rdi + 48]
        mov     r8, [rdi + 64]
        mov     r9, [rdi + 72]
        mov     r10, [rdi + 80]
        mov     r11, [rdi + 88]
        mov     r12, [rdi + 96]
        mov     r13, [rdi + 104]
        mov     r14, [rdi + 112]
        mov     r15, [rdi + 120]
        mov     rdi, [rdi + 56]
        iretq
        .size   drydock_trap_entry, .-drydock_trap_entry

        .section .note.GNU-stack, "", @progbits
