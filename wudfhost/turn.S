// From driver code to the mailbox and back. Offsets are those of UmdfMailbox (umdf_protocol.h), asserted in offsets.c.

        .intel_syntax noprefix

#define INDEX  0
#define R      32              /* the registers */
#define FX     (R + 160)

        .text

// A thunk comes here with eax = index, on the driver's stack, the return address on top. r10, r11 and rax are free.
        .globl  umdf_call_entry
umdf_call_entry:
        mov     r11, [umdf_mailbox]
        mov     [r11 + INDEX], eax
        mov     r10, [rsp]
        mov     [r11 + R + 128], r10
        mov     r10d, 3
        jmp     1f

// The driver's function has returned: rsp is what it was before the call.
        .globl  umdf_return_entry
umdf_return_entry:
        mov     r11, [umdf_mailbox]
        mov     qword ptr [r11 + R + 128], 0
        mov     r10d, 2
1:      mov     [r11 + R], rax
        mov     [r11 + R + 8], rcx
        mov     [r11 + R + 16], rdx
        mov     [r11 + R + 24], rbx
        mov     [r11 + R + 32], rsp
        mov     [r11 + R + 40], rbp
        mov     [r11 + R + 48], rsi
        mov     [r11 + R + 56], rdi
        mov     [r11 + R + 64], r8
        mov     [r11 + R + 72], r9
        mov     [r11 + R + 96], r12
        mov     [r11 + R + 104], r13
        mov     [r11 + R + 112], r14
        mov     [r11 + R + 120], r15
        mov     qword ptr [r11 + R + 136], 0x202
        fxsave64 [r11 + FX]
        mov     rsp, [umdf_own_stack_top]
        cld
        mov     edi, r10d
        call    umdf_turn
        ud2

        .globl  umdf_begin
umdf_begin:
        mov     rsp, [umdf_own_stack_top]
        mov     edi, 1
        call    umdf_turn
        ud2

// rdi = UmdfRegisters*
        .globl  umdf_resume
umdf_resume:
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

        .section .note.GNU-stack, "", @progbits
