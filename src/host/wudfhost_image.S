// The program of UMDF host processes, carried along (WUDFHOST_FILE is where the build made it).

        .section .rodata
        .globl  drydock_wudfhost_begin
        .globl  drydock_wudfhost_end
        .balign 16
drydock_wudfhost_begin:
        .incbin WUDFHOST_FILE
drydock_wudfhost_end:

        .section .note.GNU-stack, "", @progbits
